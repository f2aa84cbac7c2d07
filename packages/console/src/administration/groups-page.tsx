/**
 * The tree of groups: made, named, moved by dragging or by a dialog; before a move it is told who
 * would see more and who less.
 */
import { Alert, Paper, Skeleton, Typography } from "@mui/material";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Confirm, Title, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { problemText } from "../problem-text.ts";
import { useToldAttempt } from "../use-attempt.ts";
import type { Group } from "./group-tree.ts";
import { type Doing, GroupTree } from "./group-tree-view.tsx";
import { MoveDialog } from "./move-dialog.tsx";
import { NameDialog } from "./name-dialog.tsx";

const groupsMax = 5_000;
const groupsKey = ["stoa", "groups"];

export default function GroupsPage() {
  const translate = useTranslate();
  const found = useGroups();
  const [doing, setDoing] = useState<Doing | null>(null);
  const groups = found.data ?? [];
  const calls = useGroupCalls();
  const removing = useToldAttempt();
  const close = () => setDoing(null);
  const remove = ({ group }: Doing) =>
    removing.attempt(() => calls.remove(group._id).finally(close));
  return (
    <Paper sx={{ mt: 1, p: 2 }}>
      <Title title="stoa.menu.groups" />
      <Typography color="textSecondary" sx={{ mb: 1 }}>
        {translate("stoa.groups.about")}
      </Typography>
      {found.error && <Alert severity="error">{problemText(found.error, translate)}</Alert>}
      {found.isPending && <Skeleton height={240} />}
      <GroupTree groups={groups} onDo={setDoing} />
      {doing?.kind === "create" && (
        <NameDialog
          title="stoa.groups.create"
          onClose={close}
          onName={(name) => calls.create(name, doing.group._id)}
        />
      )}
      {doing?.kind === "rename" && (
        <NameDialog
          title="stoa.groups.rename"
          name={doing.group.name}
          onClose={close}
          onName={(name) => calls.change(doing.group._id, { name })}
        />
      )}
      {doing?.kind === "move" && (
        <MoveDialog
          group={doing.group}
          parent={doing.parent}
          groups={groups}
          onClose={close}
          onMove={(parent) => calls.change(doing.group._id, { parent })}
        />
      )}
      <Confirm
        isOpen={doing?.kind === "remove"}
        loading={removing.isBusy}
        title={translate("stoa.groups.removeTitle", { name: doing?.group.name })}
        content="stoa.groups.removeText"
        confirm="stoa.action.remove"
        confirmColor="warning"
        onConfirm={() => doing && remove(doing)}
        onClose={() => !removing.isBusy && close()}
      />
    </Paper>
  );
}

function useGroups() {
  return useQuery({
    queryKey: groupsKey,
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

/** Each is done once the tree is fetched anew. */
function useGroupCalls() {
  const queries = useQueryClient();
  const store = client.store<{ name: string; parent?: string | null }>("groups");
  const finish = async (call: Promise<unknown>) => {
    await call;
    const others = queries.invalidateQueries({ queryKey: ["stoa"] });
    await queries.invalidateQueries({ queryKey: groupsKey }, { cancelRefetch: false });
    void others;
  };
  return {
    create: (name: string, parent: string) => finish(store.create({ name, parent })),
    change: (id: string, patch: { name?: string; parent?: string }) =>
      finish(store.update(id, patch)),
    remove: (id: string) => finish(store.remove(id)),
  };
}
