/**
 * A store as a table: what of it is shown, in which order, and where a row leads.
 */
import { Alert, Box, Paper } from "@mui/material";
import { useCallback, useMemo, useState } from "react";
import { Title, useStore as useKept, useLocaleState, useTranslate } from "react-admin";
import { useNavigate, useParams } from "react-router-dom";
import { problemText } from "../problem-text.ts";
import { useStore } from "../stores.ts";
import { cellText } from "./cell-text.ts";
import { firstColumns, offeredColumns, valueAt } from "./columns.ts";
import { EntityGrid } from "./entity-grid.tsx";
import { type Sort, StoreToolbar } from "./store-toolbar.tsx";
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
  const [sort, setSort] = useState<Sort | null>(null);
  const [choice, setChoice] = useState<Omit<Wish, "sortBy">>({});
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const sortBy = useMemo(() => (sort ? [`${sort.descending ? "-" : ""}${sort.path}`] : []), [sort]);
  const wish = useMemo((): Wish => ({ ...choice, sortBy }), [choice, sortBy]);
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
    <Paper sx={{ display: "flex", flexDirection: "column", height: "calc(100vh - 72px)", mt: 1 }}>
      <Title title={title} />
      <StoreToolbar
        store={name}
        searched={definition?.search ?? []}
        total={total.data}
        columns={columns}
        choice={choice}
        wish={wish}
        selected={selected}
        sample={rows.rowAt(first)}
        bulk={bulk}
        onChoice={setChoice}
        onSelected={setSelected}
      />
      {problem && <Alert severity="error">{problemText(problem, translate)}</Alert>}
      {total.data === 0 && <Empty isFiltered={Object.keys(choice).length > 0} />}
      <EntityGrid<Row>
        label={title}
        total={total.data ?? skeletonRows}
        columns={columns.shown}
        rowAt={rows.rowAt}
        keyOf={(row) => row._id}
        sort={sort}
        selected={selected}
        marked={marked}
        pending={bulk.pending}
        onSort={useCallback((path) => setSort((was) => nextSort(was, path)), [])}
        onRange={useCallback(
          (range) =>
            setRange((was) => (was.first === range.first && was.end === range.end ? was : range)),
          [],
        )}
        onOpen={(row) => navigate(`/stores/${name}/${row._id}`)}
        onSelect={(row) => setSelected((was) => toggled(was, row._id))}
      />
    </Paper>
  );
}

/** Drawn while the first figure is on its way. */
const skeletonRows = 20;

/** Those that can be had and those that are shown; the choice is kept in this browser. */
function useColumns(store: string, rowAt: (index: number) => Row | undefined) {
  const [locale] = useLocaleState();
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

function toggled(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}

function Empty({ isFiltered }: { readonly isFiltered: boolean }) {
  const translate = useTranslate();
  return (
    <Box role="status" sx={{ p: 4, textAlign: "center", color: "text.secondary" }}>
      {translate(isFiltered ? "stoa.state.noMatch" : "stoa.state.empty")}
    </Box>
  );
}
