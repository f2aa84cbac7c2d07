/**
 * What can be done with the rows that are selected: change a field of all of them, or remove them.
 */
import DeleteIcon from "@mui/icons-material/DeleteOutlined";
import EditIcon from "@mui/icons-material/EditOutlined";
import { Box, Button, Tooltip, Typography } from "@mui/material";
import type { JsonObject } from "@stoa/domain";
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { useNotify, useTranslate } from "react-admin";
import { client } from "../connection.ts";
import { problemText } from "../problem-text.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { useRight } from "../use-right.ts";
import type { BulkCall } from "./bulk-calls.ts";
import { noSelection, type Selection, selectedCount } from "./selection.ts";
import type { Bulk, BulkAct } from "./use-bulk.ts";
import type { Row, Wish } from "./use-rows.ts";

const BulkEdit = lazy(() => import("./bulk-edit.tsx"));
const RemoveAll = lazy(() => import("./remove-all.tsx"));

interface SelectionBarProps {
  readonly store: string;
  readonly wish: Wish;
  readonly total: number | undefined;
  readonly selection: Selection;
  readonly sample: Row | undefined;
  readonly bulk: Bulk;
  readonly onSelection: (selection: Selection) => void;
}

/** As many are kept by their ids, and can be undone; more are all that fit, with progress. */
const selectedMax = 1_000;

export function SelectionBar(props: SelectionBarProps) {
  const { store, total = 0, selection, sample, bulk, onSelection } = props;
  const translate = useTranslate();
  const locale = useFormatLocale();
  const change = useRight("PATCH", [store, ":id"]);
  const remove = useRight("DELETE", [store, ":id"]);
  const [asking, setAsking] = useState<BulkAct | null>(null);
  const selectAll = useSelectAll(props);
  const count = selectedCount(selection, total);
  const figure = (of: number) => new Intl.NumberFormat(locale).format(of);
  const isBusy = bulk.work.isRunning && selection.isAll;
  const act = (name: BulkAct, call: BulkCall) => {
    const { sortBy: _, ...choice } = props.wish;
    if (selection.isAll) {
      bulk.runAll({ store, choice, selection }, { act: name, total: count }, call);
    } else bulk.run([...selection.ids], name, call);
    setAsking(null);
    onSelection(noSelection);
  };
  const removeThem = () => act("Remove", (id) => client.store(store).remove(id));
  return (
    <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 0.5 }}>
      <Typography variant="body2" sx={{ fontWeight: 600, mr: 1 }}>
        {translate("stoa.table.selected", { smart_count: count, figure: figure(count) })}
      </Typography>
      <Act right={change} isBusy={isBusy} onClick={() => setAsking("Edit")} icon={<EditIcon />}>
        {translate("stoa.table.bulkEdit")}
      </Act>
      <Act
        right={remove}
        isBusy={isBusy}
        icon={<DeleteIcon />}
        onClick={() => (selection.isAll ? setAsking("Remove") : removeThem())}
      >
        {translate("stoa.table.bulkRemove")}
      </Act>
      {count < total && (
        <Button onClick={selectAll}>
          {translate("stoa.table.selectAll", { figure: figure(total) })}
        </Button>
      )}
      <Button onClick={() => onSelection(noSelection)}>{translate("stoa.table.unselect")}</Button>
      <Suspense>
        {asking === "Edit" && (
          <BulkEdit
            store={store}
            count={count}
            isForGood={selection.isAll}
            sample={sample}
            onClose={() => setAsking(null)}
            onApply={(patch: JsonObject) =>
              act("Edit", (id) => client.store(store).update(id, patch))
            }
          />
        )}
        {asking === "Remove" && (
          <RemoveAll count={count} onClose={() => setAsking(null)} onRemove={removeThem} />
        )}
      </Suspense>
    </Box>
  );
}

function useSelectAll({ store, wish, total = 0, onSelection }: SelectionBarProps) {
  const translate = useTranslate();
  const notify = useNotify();
  const ending = useRef<AbortController | null>(null);
  const question = JSON.stringify(wish);
  // What comes when something else is asked for, or nothing is selected any more, is too late.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it ends with the question.
  useEffect(() => () => ending.current?.abort(), [question]);
  const fetchIds = async (signal: AbortSignal) => {
    const query = { ...wish, only: ["_id"], limit: selectedMax };
    const { entities } = await client.store(store).page(query, { signal });
    signal.throwIfAborted();
    onSelection({ isAll: false, ids: new Set(entities.map(({ _id }) => _id)) });
  };
  return () => {
    if (total > selectedMax) return onSelection({ isAll: true, ids: new Set() });
    ending.current?.abort();
    ending.current = new AbortController();
    const { signal } = ending.current;
    fetchIds(signal).catch((error: unknown) => {
      if (!signal.aborted) notify(problemText(error, translate), { type: "error" });
    });
  };
}

interface ActProps {
  readonly right: { readonly isAllowed: boolean; readonly reason: string };
  readonly isBusy: boolean;
  readonly icon: ReactNode;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function Act({ right, isBusy, icon, onClick, children }: ActProps) {
  return (
    <Tooltip title={right.reason}>
      <span>
        <Button startIcon={icon} disabled={isBusy || !right.isAllowed} onClick={onClick}>
          {children}
        </Button>
      </span>
    </Tooltip>
  );
}
