/**
 * The tree of groups as it is drawn: opened and shut, walked through by keys, dragged. Knows no
 * call: what shall be done to a group is told outside.
 */
import AddIcon from "@mui/icons-material/Add";
import ClosedIcon from "@mui/icons-material/ChevronRight";
import DeleteIcon from "@mui/icons-material/DeleteOutlined";
import MoveIcon from "@mui/icons-material/DriveFileMoveOutlined";
import EditIcon from "@mui/icons-material/EditOutlined";
import OpenIcon from "@mui/icons-material/ExpandMore";
import { Box, IconButton, Tooltip, Typography } from "@mui/material";
import { type DragEvent, type KeyboardEvent, type ReactNode, useRef, useState } from "react";
import { useTranslate } from "react-admin";
import { useRight } from "../use-right.ts";
import {
  type Group,
  type GroupLine,
  groupLines,
  groupTree,
  isWithin,
  keyOf,
} from "./group-tree.ts";

/** What is being done to a group. */
export type Doing =
  | { readonly kind: "create" | "rename" | "remove"; readonly group: Group }
  | { readonly kind: "move"; readonly group: Group; readonly parent: string | null };

interface GroupTreeProps {
  readonly groups: readonly Group[];
  readonly onDo: (doing: Doing) => void;
}

/** More groups than this are shut below the top at first. */
const openMax = 200;

export function GroupTree({ groups, onDo }: GroupTreeProps) {
  const translate = useTranslate();
  const tree = useRef<HTMLDivElement>(null);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState<string | null>(null);
  const isShutFirst = groups.length > openMax;
  const isShut = (id: string) => toggled.has(id) !== (isShutFirst && !isTop(groups, id));
  const lines = groupLines(groupTree(groups), isShut);
  const toggle = (id: string) =>
    setToggled((all) =>
      all.has(id) ? new Set([...all].filter((one) => one !== id)) : new Set([...all, id]),
    );
  const onKey = (event: KeyboardEvent, id: string) => {
    const leads = keyOf(event.key, lines, id);
    if (leads === null) return;
    event.preventDefault();
    if ("toggle" in leads) return toggle(leads.toggle);
    setActive(leads.to);
    tree.current?.querySelector<HTMLElement>(`[data-group="${leads.to}"]`)?.focus();
  };
  const stop = lines.some(({ group }) => group._id === active) ? active : lines[0]?.group._id;
  return (
    <Box ref={tree} role="tree" aria-label={translate("stoa.menu.groups")}>
      {lines.map((line) => (
        <Line
          key={line.group._id}
          line={line}
          groups={groups}
          isStop={line.group._id === stop}
          onKey={onKey}
          onToggle={() => toggle(line.group._id)}
          onFocus={() => setActive(line.group._id)}
          onDo={onDo}
        />
      ))}
    </Box>
  );
}

function isTop(groups: readonly Group[], id: string): boolean {
  return !groups.find(({ _id }) => _id === id)?.parent;
}

interface LineProps {
  readonly line: GroupLine;
  readonly groups: readonly Group[];
  /** Whether the keyboard comes here first. */
  readonly isStop: boolean;
  readonly onKey: (event: KeyboardEvent, id: string) => void;
  readonly onToggle: () => void;
  readonly onFocus: () => void;
  readonly onDo: (doing: Doing) => void;
}

function Line({ line, groups, isStop, onKey, onToggle, onFocus, onDo }: LineProps) {
  const { group, level, isLeaf, isOpen, place, siblings } = line;
  const dragging = useDragging(group, groups, onDo);
  const Arrow = isOpen ? OpenIcon : ClosedIcon;
  return (
    <Box
      role="treeitem"
      aria-label={group.name}
      aria-level={level}
      aria-posinset={place}
      aria-setsize={siblings}
      aria-expanded={isLeaf ? undefined : isOpen}
      data-group={group._id}
      tabIndex={isStop ? 0 : -1}
      onFocus={onFocus}
      onKeyDown={(event) => event.target === event.currentTarget && onKey(event, group._id)}
      {...dragging.handlers}
      sx={{
        ...row,
        ml: { xs: (level - 1) * 2, sm: (level - 1) * 3 },
        bgcolor: dragging.isOver ? "action.selected" : undefined,
      }}
    >
      <Arrow
        fontSize="small"
        color="action"
        onClick={onToggle}
        sx={{ mr: 0.5, cursor: "pointer", visibility: isLeaf ? "hidden" : "visible" }}
      />
      <Typography sx={{ flexGrow: 1, overflowWrap: "anywhere" }}>{group.name}</Typography>
      <Actions group={group} isLeaf={isLeaf} isStop={isStop} onDo={onDo} />
    </Box>
  );
}

const draggedType = "application/x-stoa-group";

/** Dropped on another group, it is asked whether it shall stand below that. */
function useDragging(group: Group, groups: readonly Group[], onDo: (doing: Doing) => void) {
  const [isOver, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const moved = groups.find(({ _id }) => _id === event.dataTransfer.getData(draggedType));
    if (!moved || moved.parent === group._id || isWithin(groups, group._id, moved._id)) return;
    onDo({ kind: "move", group: moved, parent: group._id });
  };
  const handlers = {
    draggable: true,
    onDragStart: (event: DragEvent) => event.dataTransfer.setData(draggedType, group._id),
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: drop,
  };
  return { isOver, handlers };
}

interface ActionsProps {
  readonly group: Group;
  readonly isLeaf: boolean;
  readonly isStop: boolean;
  readonly onDo: (doing: Doing) => void;
}

function Actions({ group, isLeaf, isStop, onDo }: ActionsProps) {
  const create = useRight("POST", ["groups"]);
  const change = useRight("PATCH", ["groups", ":id"]);
  const remove = useRight("DELETE", ["groups", ":id"]);
  const isRoot = !group.parent;
  const kinds = [
    { kind: "create", text: "stoa.groups.create", right: create, icon: <AddIcon />, is: true },
    { kind: "rename", text: "stoa.groups.rename", right: change, icon: <EditIcon />, is: true },
    { kind: "move", text: "stoa.groups.move", right: change, icon: <MoveIcon />, is: !isRoot },
    {
      kind: "remove",
      text: "stoa.action.remove",
      right: remove,
      icon: <DeleteIcon />,
      is: !isRoot && isLeaf,
    },
  ] as const;
  return (
    <Box sx={{ display: "flex" }}>
      {kinds
        .filter(({ is }) => is)
        .map(({ kind, text, right, icon }) => (
          <Action
            key={kind}
            text={text}
            right={right}
            isStop={isStop}
            onClick={() => onDo(kind === "move" ? { kind, group, parent: null } : { kind, group })}
          >
            {icon}
          </Action>
        ))}
    </Box>
  );
}

interface ActionProps {
  readonly text: string;
  readonly right: { readonly isAllowed: boolean; readonly reason: string };
  readonly isStop: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Action({ text, right, isStop, onClick, children }: ActionProps) {
  const label = useTranslate()(text);
  return (
    <Tooltip title={right.reason || label}>
      <span>
        <IconButton
          size="small"
          aria-label={label}
          disabled={!right.isAllowed}
          tabIndex={isStop ? 0 : -1}
          onClick={onClick}
          sx={{ "& svg": { fontSize: 20 } }}
        >
          {children}
        </IconButton>
      </span>
    </Tooltip>
  );
}

const row = {
  ...{ display: "flex", alignItems: "center", minHeight: 40, my: 0.5, px: 1 },
  ...{ borderRadius: 1, border: 1, borderColor: "divider", cursor: "grab" },
  "&:focus-visible": { outline: "2px solid", outlineColor: "primary.main", outlineOffset: "1px" },
} as const;
