/**
 * Reads what a plan asks for a window at a time, with nothing left open behind it: along an index,
 * out of what was sorted once, or merged from what the caller may see. Makes no texts.
 */
import { entityValue, type Json, matches, type StoredEntity } from "@stoa/domain";
import { arrayText, type Values } from "./postgres-connection.ts";
import { mergedWindow } from "./postgres-merge.ts";
import { free, laterThan, laterThanRow, type Plan, type SortKey } from "./postgres-plan.ts";
import type { Runner } from "./postgres-runner.ts";
import { joined, type Sql, type SqlValue, truth } from "./sql-filter.ts";
import { type Row, rowColumns } from "./sql-row.ts";

export interface Start {
  /** One value for each key of the order. */
  readonly after: readonly Json[] | null;
  readonly skip: number;
  /** Entities that are wanted; Infinity for all. */
  readonly left: number;
}

type Window = readonly StoredEntity[];

/** Errors: `timeout`, `unavailable`. */
export function windowsOf(runner: Runner, plan: Plan, start: Start): AsyncIterable<Window> {
  const windows = found(runner, plan, start);
  return plan.rest.length === 0 ? windows : cut(windows, start);
}

/** The same, each asked for while the one before it is taken: then both sides work at a time. */
export async function* ahead<T>(windows: AsyncIterable<T>): AsyncGenerator<T> {
  const source = windows[Symbol.asyncIterator]();
  try {
    for (let next = source.next(); ; ) {
      const step = await next;
      if (step.done) return;
      next = source.next();
      // Told when it is asked for, if it ever is.
      next.catch(() => {});
      yield step.value;
    }
  } finally {
    // What is on its way comes to its end by itself.
    source.return?.().catch(() => {});
  }
}

function found(runner: Runner, plan: Plan, start: Start): AsyncIterable<Window> {
  if (plan.rest.length > 0) {
    const all = { after: start.after, skip: 0, left: Number.POSITIVE_INFINITY };
    const windows = plan.isOrdered ? walked(runner, plan, all) : sorted(runner, plan, all);
    return sifted(runner, plan, windows);
  }
  if (plan.sight && start.skip === 0) return seen(runner, plan, start);
  return plan.isOrdered ? walked(runner, plan, start) : sorted(runner, plan, start);
}

/** Those that fit what SQL could not say. */
async function* sifted({ tree }: Runner, { rest }: Plan, windows: AsyncIterable<Window>) {
  for await (const window of windows) {
    yield window.filter((entity) => {
      const value = entityValue(entity, tree.branchOf(entity.group));
      return rest.every((filter) => matches(filter, value));
    });
  }
}

/** Those that are wanted of what was sifted. */
async function* cut(windows: AsyncIterable<Window>, { skip, left }: Start) {
  let [toSkip, toTake] = [skip, left];
  if (toTake <= 0) return;
  for await (const window of windows) {
    const wanted = window.slice(toSkip, toSkip + toTake);
    toSkip = Math.max(0, toSkip - window.length);
    toTake -= wanted.length;
    if (wanted.length > 0) yield wanted;
    if (toTake <= 0) return;
  }
}

/** Along an index that gives the order. */
async function* walked(runner: Runner, plan: Plan, { after, skip, left }: Start) {
  let later = after ? laterThan(plan.keys, after) : truth(true);
  let [toSkip, toTake] = [skip, left];
  while (toTake > 0) {
    const size = Math.min(toTake, sizeOf(runner, plan));
    const statement = entitiesSql(plan, later, { limit: size, skip: toSkip });
    const isQuick = plan.isQuick && toSkip <= skippedMax;
    const rows = await (isQuick ? runner.quick(statement) : runner.slow(statement, plan.wish));
    const end = rows.at(-1);
    if (end) yield await runner.entities(rows as unknown as Row[]);
    if (!end || rows.length < size) return;
    later = laterThanRow(plan.keys, cursorOf(plan.keys, end as Values));
    toTake -= rows.length;
    toSkip = 0;
  }
}

/** Sorts ids first, as many as are wanted, so that no text goes through the sorter. */
async function* sorted(runner: Runner, plan: Plan, { after, skip, left }: Start) {
  let later = after ? laterThan(plan.keys, after) : truth(true);
  if (left <= sizeOf(runner, plan)) {
    const statement = entitiesSql(plan, later, { limit: left, skip });
    const rows = left > 0 ? await runner.slow(statement, plan.wish) : [];
    if (rows.length > 0) yield await runner.entities(rows as unknown as Row[]);
    return;
  }
  let [toSkip, toTake] = [skip, left];
  while (toTake > 0) {
    const limit = Math.min(toTake, runner.bounds.sortedMax);
    const located = await runner.slow<Values>(
      locationSql(plan, later, { limit, skip: toSkip }),
      plan.wish,
    );
    for (const ids of portions(runner, located)) {
      const rows = await runner.slow<Row>(againSql(plan, ids), plan.wish);
      if (rows.length > 0) yield await runner.entities(rows);
    }
    const end = located.at(-1);
    if (!end || located.length < limit) return;
    later = laterThanRow(plan.keys, cursorOf(plan.keys, end));
    toTake -= located.length;
    toSkip = 0;
  }
}

/** By id what the caller may see: a stretch of the index first, then what it may see, merged. */
async function* seen(runner: Runner, plan: Plan, { after, left }: Start) {
  const rule = plan.sight;
  if (!rule) return;
  const descending = plan.keys[0]?.descending === true;
  const [id] = after ?? [];
  let later = id === undefined ? null : (plan.keys[0]?.column.valueOf(id) ?? null);
  let toTake = left;
  let [isNear, isDense] = [true, false];
  while (toTake > 0) {
    const wanted = Math.min(toTake, sizeOf(runner, plan));
    // Merging costs less than passing over much, and rows more than entries of the index.
    const scannedMax = isNear ? 2 * wanted : stretchMax(runner, wanted, isDense);
    const stretch = { after: later, scannedMax };
    const scan = isNear ? nearSql : scanSql;
    const rows = await runner.rows(scan(plan, stretch, wanted));
    if (rows.length > 0) yield await runner.entities(rows);
    toTake -= rows.length;
    if (rows.length === wanted) {
      later = (rows.at(-1) as Row)[0];
      continue;
    }
    const [passed] = await runner.quick<[string]>(passedSql(plan, stretch));
    if (!passed) return;
    [later] = passed;
    if (isNear) {
      isNear = false;
      continue;
    }
    for (let isOver = false; !isOver && toTake > 0; ) {
      const size = Math.min(toTake, sizeOf(runner, plan));
      const merge = { plan, rule, descending, after: later, wanted: size };
      const merged = await mergedWindow(runner, merge);
      // Too many sources: on along the index.
      isDense = !merged;
      if (!merged) break;
      if (merged.rows.length > 0) yield await runner.entities(merged.rows);
      toTake -= merged.rows.length;
      later = merged.rows.at(-1)?.[0] ?? later;
      isOver = merged.isOver;
      if (isOver) return;
    }
  }
}

/** Entities in a window; fewer where they are long. */
function sizeOf({ bounds }: Runner, { table: { widest } }: Plan): number {
  const { windowEntitiesMax, windowCharactersMax } = bounds;
  const fitting = Math.floor((windowCharactersMax * sureFactor) / Math.max(1, widest));
  return Math.max(1, Math.min(windowEntitiesMax, fitting));
}

function entitiesSql(plan: Plan, later: Sql, { limit, skip }: Bounds): Sql {
  const keys = free(plan.keys).map(({ column }) => column.sql);
  const where = joined([plan.where, later], "AND");
  const columns = [rowColumns("e."), ...keys.map(({ sql }) => sql)].join(", ");
  return {
    sql:
      `SELECT ${columns} FROM e${plan.table.n} e WHERE ${where.sql} ` +
      `${orderSql(plan.keys, rowLength)} LIMIT ?${skip > 0 ? " OFFSET ?" : ""}`,
    values: [...valuesOf(keys), ...where.values, limit, ...(skip > 0 ? [skip] : [])],
  };
}

function locationSql(plan: Plan, later: Sql, { limit, skip }: Bounds): Sql {
  const keys = free(plan.keys).map(({ column }) => column.sql);
  const where = joined([plan.where, later], "AND");
  const columns = ["e.id", "octet_length(e.body)", ...keys.map(({ sql }) => sql)].join(", ");
  return {
    sql:
      `SELECT ${columns} FROM e${plan.table.n} e WHERE ${where.sql} ` +
      `${orderSql(plan.keys, 2)} LIMIT ? OFFSET ?`,
    values: [...valuesOf(keys), ...where.values, limit, skip],
  };
}

/** Those of the ids that still fit, in their order. */
function againSql(plan: Plan, ids: readonly string[]): Sql {
  return {
    sql:
      `SELECT ${rowColumns("e.")} FROM unnest(?::text[]) WITH ORDINALITY u(id, place) ` +
      `JOIN e${plan.table.n} e ON e.id = u.id WHERE ${plan.where.sql} ORDER BY u.place`,
    values: [arrayText(ids), ...plan.where.values],
  };
}

/** A part of the index of ids. */
interface Stretch {
  /** The id behind which it begins; null for the beginning. */
  readonly after: SqlValue;
  readonly scannedMax: number;
}

/** How far a list is looked for along the index before its sources are merged, if they can be. */
function stretchMax({ bounds }: Runner, wanted: number, isDense: boolean): number {
  return isDense ? bounds.scannedMax : Math.min(bounds.scannedMax, Math.max(1_000, 8 * wanted));
}

/** The same for a caller who sees most of it: no row is looked up by its id. */
function nearSql(plan: Plan, scanned: Stretch, wanted: number): Sql {
  const { stretch, order } = stretchOf(plan, scanned, rowColumns("x."));
  const visible = plan.sight ? plan.dialect.visibleIn(plan.sight, "s.") : truth(true);
  return {
    sql:
      `SELECT ${rowColumns("s.")} FROM (${stretch.sql}) s ` +
      `WHERE ${visible.sql} ORDER BY s.id${order} LIMIT ?`,
    values: [...stretch.values, ...visible.values, wanted],
  };
}

function scanSql(plan: Plan, scanned: Stretch, wanted: number): Sql {
  const { n } = plan.table;
  const { stretch, order } = stretchOf(plan, scanned);
  const visible = plan.sight ? plan.dialect.visibleIn(plan.sight, "s.") : truth(true);
  return {
    sql:
      `SELECT ${rowColumns("e.")} FROM (${stretch.sql}) s JOIN e${n} e ON e.id = s.id ` +
      `WHERE ${visible.sql} ORDER BY s.id${order} LIMIT ?`,
    values: [...stretch.values, ...visible.values, wanted],
  };
}

/** The last id of a stretch, if it did not come to the end before. */
function passedSql(plan: Plan, scanned: Stretch): Sql {
  const { stretch, order } = stretchOf(plan, scanned);
  const skip = scanned.scannedMax - 1;
  return {
    sql: `SELECT s.id FROM (${stretch.sql}) s ORDER BY s.id${order} LIMIT 1 OFFSET ${skip}`,
    values: stretch.values,
  };
}

function stretchOf(
  { table: { n }, keys }: Plan,
  { after, scannedMax }: Stretch,
  columns = "x.id, x.grp, x.own, x.acc",
) {
  const descending = keys[0]?.descending === true;
  const order = descending ? " DESC" : "";
  const where = after === null ? "" : `WHERE x.id ${descending ? "<" : ">"} ?`;
  const stretch: Sql = {
    sql: `SELECT ${columns} FROM e${n} x ${where} ` + `ORDER BY x.id${order} LIMIT ${scannedMax}`,
    values: after === null ? [] : [after],
  };
  return { stretch, order };
}

interface Bounds {
  readonly limit: number;
  readonly skip: number;
}

/** `ORDER BY 9, 10 DESC`: by the columns that begin behind so many others. */
function orderSql(keys: readonly SortKey[], behind: number): string {
  const terms = free(keys).map(({ descending }, at) => {
    return `${behind + 1 + at}${descending ? " DESC" : ""}`;
  });
  return terms.length === 0 ? "" : `ORDER BY ${terms.join(", ")}`;
}

/** The values of the free keys, which stand at the end of a row. */
function cursorOf(keys: readonly SortKey[], row: Values): readonly SqlValue[] {
  const count = free(keys).length;
  return row.slice(row.length - count) as SqlValue[];
}

function valuesOf(keys: readonly Sql[]): readonly SqlValue[] {
  return keys.flatMap(({ values }) => values);
}

/** Located entities by as many as may be read at once. */
function* portions({ bounds }: Runner, located: readonly Values[]): Iterable<readonly string[]> {
  let ids: string[] = [];
  let size = 0;
  for (const [id, length] of located) {
    const isFull = ids.length === bounds.windowEntitiesMax;
    if (ids.length > 0 && (isFull || size + Number(length) > bounds.windowCharactersMax)) {
      yield ids;
      [ids, size] = [[], 0];
    }
    ids.push(id as string);
    size += Number(length);
  }
  if (ids.length > 0) yield ids;
}

const rowLength = 8;
/** A window may be that much larger where it cannot be larger still. */
const sureFactor = 8;
/** Rows that are passed over where others wait for the connection. */
const skippedMax = 10_000;
