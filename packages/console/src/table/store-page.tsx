/**
 * A store as a table: what of it is shown, in which order, and where a row leads.
 */
import { Alert, Box, Button, Paper } from "@mui/material";
import { useCallback, useMemo, useState } from "react";
import { Title, useStore as useKept, useTranslate } from "react-admin";
import { useNavigate, useParams } from "react-router-dom";
import { problemText } from "../problem-text.ts";
import { useStore } from "../stores.ts";
import { useFormatLocale } from "../text/use-format-locale.ts";
import { type Asked, isNarrowed, type Sort, wishOf } from "./asked.ts";
import { BulkProgress } from "./bulk-progress.tsx";
import { cellText } from "./cell-text.ts";
import { firstColumns, offeredColumns, valueAt } from "./columns.ts";
import { EntityGrid } from "./entity-grid.tsx";
import { isSelected, noSelection, type Selection, toggled } from "./selection.ts";
import { StoreToolbar } from "./store-toolbar.tsx";
import { useAsked } from "./use-asked.ts";
import { useBulk } from "./use-bulk.ts";
import { useLiveRows } from "./use-live-rows.ts";
import { type Row, useRows, useTotal, type Wish } from "./use-rows.ts";

/** The page of the store in the address: a fresh one for each. */
export function StorePage() {
  const { store = "" } = useParams();
  return <StoreTable key={store} name={store} />;
}

function StoreTable({ name }: { readonly name: string }) {
  const translate = useTranslate();
  const definition = useStore(name);
  const [asked, ask] = useAsked();
  const wish = useMemo(() => wishOf(asked), [asked]);
  const [selection, setSelection] = useSelection(wish);
  const { marked, isReady } = useLiveRows(name, wish);
  const total = useTotal(name, wish, isReady);
  const [{ first, end }, setRange] = useState({ first: 0, end: 40 });
  const bulk = useBulk(name);
  const sight = { first, end: Math.min(end, total.data ?? 0), isReady };
  const rows = useRows(name, wish, sight);
  const columns = useColumns(name, rows.rowAt);
  const navigate = useNavigate();
  const problem = total.error ?? rows.error;
  const title = definition?.title ?? name;

  return (
    <Paper sx={page}>
      <Title title={title} />
      <StoreToolbar
        store={name}
        searched={definition?.search ?? []}
        total={total.data}
        columns={columns}
        asked={asked}
        wish={wish}
        selection={selection}
        sample={rows.rowAt(first)}
        bulk={bulk}
        onAsked={ask}
        onSelection={setSelection}
      />
      <BulkProgress store={name} bulk={bulk} />
      {problem && <Alert severity="error">{problemText(problem, translate)}</Alert>}
      <EntityGrid<Row>
        label={title}
        total={total.data ?? skeletonRows}
        columns={columns.shown}
        rowAt={rows.rowAt}
        keyOf={(row) => row._id}
        sort={asked.sort}
        isSelected={(row) => isSelected(selection, row._id)}
        marked={marked}
        pending={bulk.pending}
        onSort={(path) => ask(({ sort }) => ({ sort: nextSort(sort, path) }))}
        onRange={useCallback(
          (range) =>
            setRange((was) => (was.first === range.first && was.end === range.end ? was : range)),
          [],
        )}
        onOpen={(row) => navigate(`/stores/${name}/${row._id}`)}
        onSelect={(row) => setSelection(toggled(selection, row._id))}
      >
        {total.data === 0 && <Empty asked={asked} onAsked={ask} />}
      </EntityGrid>
    </Paper>
  );
}

const page = {
  ...{ display: "flex", flexDirection: "column", height: "calc(100vh - 72px)", mt: 1 },
} as const;

/** Drawn while the first figure is on its way. */
const skeletonRows = 20;

/** Those that can be had and those that are shown; the choice is kept in this browser. */
function useColumns(store: string, rowAt: (index: number) => Row | undefined) {
  const locale = useFormatLocale();
  const schema = useStore(store)?.schema;
  const [chosen, choose] = useKept<string[] | null>(`columns.${store}`, null);
  const samples = [0, 1, 2, 3, 4].map(rowAt).filter((row) => row !== undefined);
  const offered = offeredColumns(schema, samples);
  const paths = chosen ?? firstColumns(offered);
  const shown = paths.map((path) => ({
    path,
    label: path,
    isNumber: offered.find((column) => column.path === path)?.kind === "number",
    textOf: (row: Row) => cellText(valueAt(row, path), path, locale),
  }));
  return { offered, shown, paths, choose };
}

/** Ascending, descending, and as it was. */
function nextSort(was: Sort | null, path: string): Sort | null {
  if (was?.path !== path) return { path, descending: false };
  return was.descending ? null : { path, descending: true };
}

/** What is selected of what is asked for now: all that fitted before are something else. */
function useSelection(wish: Wish) {
  const question = JSON.stringify(wish);
  const [kept, keep] = useState({ selection: noSelection, question });
  const isOver = kept.selection.isAll && kept.question !== question;
  const select = (selection: Selection) => keep({ selection, question });
  return [isOver ? noSelection : kept.selection, select] as const;
}

interface EmptyProps {
  readonly asked: Asked;
  readonly onAsked: (some: Partial<Asked>) => void;
}

function Empty({ asked, onAsked }: EmptyProps) {
  const translate = useTranslate();
  const isFiltered = isNarrowed(asked);
  return (
    <Box role="status" sx={{ p: 4, textAlign: "center", color: "text.secondary" }}>
      {translate(isFiltered ? "stoa.state.noMatch" : "stoa.state.empty")}
      {isFiltered && (
        <Button
          onClick={() => onAsked({ where: {}, filter: "", quick: null })}
          sx={{ display: "block", mx: "auto", mt: 1 }}
        >
          {translate("stoa.state.clear")}
        </Button>
      )}
    </Box>
  );
}
