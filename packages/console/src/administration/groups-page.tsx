/**
 * The tree of groups: made, named, moved by dragging or by a dialog; before a move it is told who
 * would see more and who less.
 */
import AddIcon from "@mui/icons-material/Add";
import DeleteIcon from "@mui/icons-material/DeleteOutlined";
import MoveIcon from "@mui/icons-material/DriveFileMoveOutlined";
import EditIcon from "@mui/icons-material/EditOutlined";
import { Alert, Box, IconButton, Paper, Skeleton, Tooltip, Typography } from "@mui/material";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type DragEvent, type ReactNode, useState } from "react";
import { Title, useNotify, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { problemText } from "../problem-text.ts";
import { useRight } from "../use-right.ts";
import { type Group, type GroupNode, groupTree, isWithin } from "./group-tree.ts";
import { MoveDialog } from "./move-dialog.tsx";
import { NameDialog } from "./name-dialog.tsx";

/** What is being done to a group. */
type Doing =
  | { readonly kind: "create" | "rename"; readonly group: Group }
  | { readonly kind: "move"; readonly group: Group; readonly parent: string | null };

const groupsMax = 5_000;

export default function GroupsPage() {
  const translate = useTranslate();
  const found = useGroups();
  const [doing, setDoing] = useState<Doing | null>(null);
  const groups = found.data ?? [];
  const calls = useGroupCalls(() => setDoing(null));
  return (
    <Paper sx={{ mt: 1, p: 2 }}>
      <Title title="stoa.menu.groups" />
      <Typography color="textSecondary" sx={{ mb: 1 }}>
        {translate("stoa.groups.about")}
      </Typography>
      {found.error && <Alert severity="error">{problemText(found.error, translate)}</Alert>}
      {found.isPending && <Skeleton height={240} />}
      <Box component="ul" role="tree" aria-label={translate("stoa.menu.groups")} sx={list}>
        {groupTree(groups).map((node) => (
          <Branch
            key={node.group._id}
            node={node}
            groups={groups}
            onDo={setDoing}
            onRemove={calls.remove}
          />
        ))}
      </Box>
      {doing?.kind === "create" && (
        <NameDialog
          title="stoa.groups.create"
          onClose={() => setDoing(null)}
          onName={(name) => calls.create(name, doing.group._id)}
        />
      )}
      {doing?.kind === "rename" && (
        <NameDialog
          title="stoa.groups.rename"
          name={doing.group.name}
          onClose={() => setDoing(null)}
          onName={(name) => calls.change(doing.group._id, { name })}
        />
      )}
      {doing?.kind === "move" && (
        <MoveDialog
          group={doing.group}
          parent={doing.parent}
          groups={groups}
          onClose={() => setDoing(null)}
          onMove={(parent) => calls.change(doing.group._id, { parent })}
        />
      )}
    </Paper>
  );
}

function useGroups() {
  return useQuery({
    queryKey: ["stoa", "groups"],
    queryFn: async ({ signal }) => {
      const all: Group[] = [];
      const query = { sortBy: ["name"], limit: groupsMax };
      for await (const group of client.store<Group>("groups").find(query, { signal })) {
        all.push(group);
      }
      return all;
    },
  });
}

function useGroupCalls(done: () => void) {
  const notify = useNotify();
  const translate = useTranslate();
  const queries = useQueryClient();
  const store = client.store<{ name: string; parent?: string | null }>("groups");
  const finish = (call: Promise<unknown>) =>
    void call.then(
      () => {
        done();
        void queries.invalidateQueries({ queryKey: ["stoa"] });
      },
      (error: unknown) => notify(problemText(error, translate), { type: "error" }),
    );
  return {
    create: (name: string, parent: string) => finish(store.create({ name, parent })),
    change: (id: string, patch: { name?: string; parent?: string }) =>
      finish(store.update(id, patch)),
    remove: (id: string) => finish(store.remove(id)),
  };
}

interface BranchProps {
  readonly node: GroupNode;
  readonly groups: readonly Group[];
  readonly onDo: (doing: Doing) => void;
  readonly onRemove: (id: string) => void;
}

const draggedType = "application/x-stoa-group";

function Branch({ node, groups, onDo, onRemove }: BranchProps) {
  const { group, children } = node;
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const moved = groups.find(({ _id }) => _id === event.dataTransfer.getData(draggedType));
    if (!moved || moved.parent === group._id || isWithin(groups, group._id, moved._id)) return;
    onDo({ kind: "move", group: moved, parent: group._id });
  };
  return (
    <Box component="li" role="treeitem" aria-label={group.name} aria-expanded sx={{ my: 0.25 }}>
      <Box
        draggable
        onDragStart={(event) => event.dataTransfer.setData(draggedType, group._id)}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
        sx={{ ...row, bgcolor: isOver ? "action.selected" : undefined }}
      >
        <Typography sx={{ flexGrow: 1 }}>{group.name}</Typography>
        <Actions group={group} isLeaf={children.length === 0} onDo={onDo} onRemove={onRemove} />
      </Box>
      {children.length > 0 && (
        <Box component="ul" role="group" sx={{ ...list, pl: 3 }}>
          {children.map((child) => (
            <Branch key={child.group._id} {...{ node: child, groups, onDo, onRemove }} />
          ))}
        </Box>
      )}
    </Box>
  );
}

interface ActionsProps {
  readonly group: Group;
  readonly isLeaf: boolean;
  readonly onDo: (doing: Doing) => void;
  readonly onRemove: (id: string) => void;
}

function Actions({ group, isLeaf, onDo, onRemove }: ActionsProps) {
  const create = useRight("POST", ["groups"]);
  const change = useRight("PATCH", ["groups", ":id"]);
  const remove = useRight("DELETE", ["groups", ":id"]);
  const isRoot = !group.parent;
  return (
    <Box className="actions" sx={{ display: "flex" }}>
      <Action
        text="stoa.groups.create"
        right={create}
        onClick={() => onDo({ kind: "create", group })}
      >
        <AddIcon fontSize="small" />
      </Action>
      <Action
        text="stoa.groups.rename"
        right={change}
        onClick={() => onDo({ kind: "rename", group })}
      >
        <EditIcon fontSize="small" />
      </Action>
      {!isRoot && (
        <Action
          text="stoa.groups.move"
          right={change}
          onClick={() => onDo({ kind: "move", group, parent: null })}
        >
          <MoveIcon fontSize="small" />
        </Action>
      )}
      {!isRoot && isLeaf && (
        <Action text="stoa.action.remove" right={remove} onClick={() => onRemove(group._id)}>
          <DeleteIcon fontSize="small" />
        </Action>
      )}
    </Box>
  );
}

interface ActionProps {
  readonly text: string;
  readonly right: { readonly isAllowed: boolean; readonly reason: string };
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Action({ text, right, onClick, children }: ActionProps) {
  const label = useTranslate()(text);
  return (
    <Tooltip title={right.reason || label}>
      <span>
        <IconButton size="small" aria-label={label} disabled={!right.isAllowed} onClick={onClick}>
          {children}
        </IconButton>
      </span>
    </Tooltip>
  );
}

const list = { listStyle: "none", m: 0, p: 0 } as const;
const row = {
  display: "flex",
  alignItems: "center",
  minHeight: 40,
  px: 1,
  borderRadius: 1,
  border: 1,
  borderColor: "divider",
  cursor: "grab",
} as const;
