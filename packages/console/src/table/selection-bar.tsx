/**
 * What can be done with the rows that are selected: change a field of all of them, or remove them.
 */
import DeleteIcon from "@mui/icons-material/DeleteOutlined";
import EditIcon from "@mui/icons-material/EditOutlined";
import { Box, Button, Tooltip, Typography } from "@mui/material";
import type { JsonObject } from "@stoa/domain";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useNotify, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { problemText } from "../problem-text.ts";
import { useRight } from "../use-right.ts";
import type { Bulk } from "./use-bulk.ts";
import type { Row, Wish } from "./use-rows.ts";

const BulkEdit = lazy(() => import("./bulk-edit.tsx"));

interface SelectionBarProps {
  readonly store: string;
  readonly wish: Wish;
  readonly selected: ReadonlySet<string>;
  readonly sample: Row | undefined;
  readonly bulk: Bulk;
  readonly onSelected: (selected: ReadonlySet<string>) => void;
}

const selectedMax = 1_000;

export function SelectionBar(props: SelectionBarProps) {
  const { store, wish, selected, sample, bulk, onSelected } = props;
  const translate = useTranslate();
  const notify = useNotify();
  const change = useRight("PATCH", [store, ":id"]);
  const remove = useRight("DELETE", [store, ":id"]);
  const [isEditing, setEditing] = useState(false);
  const ids = [...selected];
  const run = (text: string, call: (id: string) => Promise<unknown>) => {
    bulk.run(ids, text, call);
    onSelected(new Set());
  };
  const selectAll = () =>
    void client
      .store(store)
      .page({ ...wish, only: ["_id"], limit: selectedMax })
      .then(
        ({ entities }) => onSelected(new Set(entities.map(({ _id }) => _id))),
        (error: unknown) => notify(problemText(error, translate), { type: "error" }),
      );
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 0.5 }}>
      <Typography variant="body2" sx={{ fontWeight: 600, mr: 1 }}>
        {translate("stoa.table.selected", { smart_count: ids.length })}
      </Typography>
      <Act right={change} onClick={() => setEditing(true)} icon={<EditIcon />}>
        {translate("stoa.table.bulkEdit")}
      </Act>
      <Act
        right={remove}
        icon={<DeleteIcon />}
        onClick={() => run("stoa.table.willRemove", (id) => client.store(store).remove(id))}
      >
        {translate("stoa.table.bulkRemove")}
      </Act>
      <Button onClick={selectAll}>
        {translate("stoa.table.selectAll", { count: selectedMax })}
      </Button>
      <Button onClick={() => onSelected(new Set())}>{translate("stoa.table.unselect")}</Button>
      <Suspense>
        {isEditing && (
          <BulkEdit
            store={store}
            count={ids.length}
            sample={sample}
            onClose={() => setEditing(false)}
            onApply={(patch: JsonObject) => {
              setEditing(false);
              run("stoa.table.willEdit", (id) => client.store(store).update(id, patch));
            }}
          />
        )}
      </Suspense>
    </Box>
  );
}

interface ActProps {
  readonly right: { readonly isAllowed: boolean; readonly reason: string };
  readonly icon: ReactNode;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Act({ right, icon, onClick, children }: ActProps) {
  return (
    <Tooltip title={right.reason}>
      <span>
        <Button startIcon={icon} disabled={!right.isAllowed} onClick={onClick}>
          {children}
        </Button>
      </span>
    </Tooltip>
  );
}
