/**
 * Reads a query a window at a time, each in one turn of the event loop and with nothing left open
 * behind it. Knows the plan and the rows; the texts are made by others.
 */
import type { Filter, StoredEntity, Visibility } from "@stoa/domain";
import { joined, type Sql, type SqlValue, sqlFilter, truth } from "./sql-filter.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { canMerge, mergeSql } from "./sqlite-merge.ts";
import {
  laterThan,
  type Plan,
  planOf,
  type Question,
  type Segment,
  type SortKey,
  segments,
} from "./sqlite-plan.ts";
import { entityOf, type Row, rowColumns } from "./sqlite-row.ts";
import type { StoreTable } from "./sqlite-store.ts";

/** Where reading goes on: after these values of the order's keys, and how much there is to do. */
export interface Position {
  readonly cursor: readonly SqlValue[] | null;
  /** Entities to pass over first. */
  readonly skip: number;
  /** Entities still wanted; Infinity for all. */
  readonly left: number;
}

export interface Window {
  readonly rows: readonly Row[];
  /** Null when there is no more. */
  readonly next: Position | null;
}

/** A statement for the worker: SQL that no index makes cheap. */
export interface DearStatement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  readonly filters: readonly Filter[];
  readonly hint: string;
}

export interface Windowed extends Question {
  readonly connection: SqliteConnection;
  readonly table: StoreTable;
  /** An expression for what to read instead of the whole body. */
  readonly body?: string | undefined;
}

/** The next window, or the statement that the worker must run from here on. */
export function readWindow(asked: Windowed, position: Position): Window | DearStatement {
  const plan = planOf(asked.connection, asked.table, asked);
  switch (plan.kind) {
    case "scan":
      return scanWindow(asked, plan, position);
    case "few":
      return fewWindow(asked, plan, position);
    case "dear":
      return dearFind(asked, plan, position);
    default:
      return plan.kind satisfies never;
  }
}

export function isDear(found: Window | DearStatement): found is DearStatement {
  return "sql" in found;
}

/** Counts what the filter lets through on the way, for plans that are dear. */
export function dearCount(plan: Plan): DearStatement {
  const where = joined([tick, plan.range, filterOf(plan)], "AND");
  return statementOf(plan, `SELECT count(*) FROM ${plan.from} WHERE ${where.sql}`, where.values);
}

export function fewCount(connection: SqliteConnection, plan: Plan): number {
  const where = joined([plan.range, filterOf(plan)], "AND");
  connection.filters = plan.dialect.filters;
  const sql = `SELECT count(*) FROM ${plan.from} WHERE ${where.sql}`;
  return connection.first<[number]>(sql, where.values)?.[0] ?? 0;
}

/** By a lookup in the index of ids. */
export function readEntity(
  connection: SqliteConnection,
  n: number,
  id: string,
): StoredEntity | undefined {
  const row = connection.first<Row & readonly unknown[]>(readSql(n), [id]);
  return row && entityOf(row, connection.dictionary);
}

/** The same text each time: finding a statement by a new one costs as much as a column. */
function readSql(n: number): string {
  const known = readSqls.get(n);
  if (known !== undefined) return known;
  const sql = `SELECT ${rowColumns("")} FROM e${n} WHERE id = ?`;
  readSqls.set(n, sql);
  return sql;
}

const readSqls = new Map<number, string>();

function scanWindow(asked: Windowed, plan: Plan, position: Position): Window {
  const { connection, table } = asked;
  const isSkipping = position.skip > 0;
  const most = connection.bounds;
  const wanted = isSkipping
    ? Math.min(position.skip, most.scannedMax)
    : Math.min(position.left, most.windowEntitiesMax);
  const rule = mergeable(plan);
  const scannedMax = rule ? Math.min(most.scannedMax, scanOf(wanted)) : most.scannedMax;
  const rows: Values[] = [];
  const upTo = (cursor: Values): Window => ({
    rows: isSkipping ? [] : (rows as unknown as Row[]),
    next: advanced(position, cursor, rows.length),
  });
  for (const segment of openSegments(plan.keys, position.cursor)) {
    const limit = wanted - rows.length;
    const bounds = { table, isSkipping, limit, scannedMax, body: asked.body };
    const statement = scanSql(plan, segment, bounds);
    const found = gathered(connection, statement, { table, limit });
    rows.push(...found.rows);
    const last = found.rows.at(-1);
    if (last && (rows.length === wanted || found.isCut)) {
      return upTo(cursorOf(plan.keys, last, isSkipping));
    }
    const passed = plan.rest.length > 0 && lastScanned(connection, plan, segment, scannedMax);
    if (!passed) continue;
    const merged =
      rule &&
      mergedRows(asked, plan, { rule, after: passed, limit: wanted - rows.length, isSkipping });
    if (!merged) return upTo(cursorOf(plan.keys, passed, true));
    rows.push(...merged.rows);
    const end = merged.rows.at(-1);
    if (end && (rows.length === wanted || merged.isCut)) {
      return upTo(cursorOf(plan.keys, end, isSkipping));
    }
    break;
  }
  return { rows: isSkipping ? [] : (rows as unknown as Row[]), next: null };
}

/** The visibility by which a list in the order of ids can be merged. */
function mergeable({ keys, range, rest }: Plan): Visibility | undefined {
  const [rule] = rest;
  const isById = keys.length === 1 && keys[0]?.sql === "e.id" && range.sql === "TRUE";
  return isById && rest.length === 1 && rule?.kind === "visible" ? rule : undefined;
}

/** What comes after the stretch that was scanned, or undefined where scanning on is better. */
function mergedRows(
  { connection, table, body }: Windowed,
  { keys }: Plan,
  { rule, after, limit, isSkipping }: MergeBounds,
): Gathered | undefined {
  const merge = {
    connection,
    table,
    rule,
    descending: keys[0]?.descending === true,
    after: after[0] ?? null,
  };
  if (!canMerge(merge)) return undefined;
  const { sql, values } = mergeSql(merge);
  const entities = `e${table.n} e INDEXED BY e${table.n}_id`;
  const from = `(${sql} LIMIT ?) s CROSS JOIN ${entities} ON e.id = s.id`;
  const statement = {
    sql: `SELECT ${isSkipping ? idKey : rowColumns("e.", body)} FROM ${from}`,
    values: [...values, limit],
  };
  return gathered(connection, statement, { table, limit });
}

/** How far a list is looked for along the index before its sources are merged. */
function scanOf(wanted: number): number {
  return Math.max(4_000, 4 * wanted);
}

/** Without visibility one level; with it, a bounded stretch of the index first. */
function scanSql(
  plan: Plan,
  segment: Segment,
  { table, isSkipping, limit, scannedMax, body }: ScanBounds,
): Sql {
  const where = joined([plan.range, segment.range], "AND");
  const keys = keysBeside(plan.keys, isSkipping).map(({ sql }, at) => `${sql} AS k${at}`);
  const order = orderSql(segment.keys);
  if (plan.rest.length === 0) {
    const columns = [...(isSkipping ? [] : [rowColumns("e.", body)]), ...keys].join(", ");
    return {
      sql: `SELECT ${columns} FROM ${plan.from} WHERE ${where.sql} ORDER BY ${order} LIMIT ?`,
      values: [...where.values, limit],
    };
  }
  // Each column that the inner level hands on costs as much as looking at a row.
  const hasSelf = plan.rest.some((rule) => rule.kind === "visible" && rule.self !== null);
  const handedOn = ["n", "grp", "own", "acc", ...(hasSelf ? ["id"] : [])];
  const columns = [...handedOn.map((name) => `e.${name} AS ${name}`), ...keys].join(", ");
  const stretch = `WHERE ${where.sql} ORDER BY ${order} LIMIT ${scannedMax}`;
  const inner = `SELECT ${columns} FROM ${plan.from} ${stretch}`;
  const seen = joined(
    plan.rest.map((rule) => visibleIn(plan, rule)),
    "AND",
  );
  const names = keys.map((_, at) => `s.k${at}`);
  const outer = isSkipping
    ? `SELECT ${names.join(", ")} FROM (${inner}) s`
    : `SELECT ${[rowColumns("e.", body), ...names].join(", ")} FROM (${inner}) s ` +
      `CROSS JOIN e${table.n} e ON e.n = s.n`;
  return {
    sql: `${outer} WHERE ${seen.sql} LIMIT ?`,
    values: [...where.values, ...seen.values, limit],
  };
}

function visibleIn({ dialect }: Plan, rule: Filter): Sql {
  return rule.kind === "visible" ? dialect.visibleIn(rule, "s.") : truth(true);
}

/** The keys of the last row of a stretch that was scanned to its bound; undefined if it ended. */
function lastScanned(
  connection: SqliteConnection,
  plan: Plan,
  segment: Segment,
  scannedMax: number,
): Values | undefined {
  const where = joined([plan.range, segment.range], "AND");
  const keys = free(plan.keys);
  const sql =
    `SELECT ${keys.map((key) => key.sql).join(", ")} FROM ${plan.from} WHERE ${where.sql} ` +
    `ORDER BY ${orderSql(segment.keys)} LIMIT 1 OFFSET ${scannedMax - 1}`;
  return connection.first<Values>(sql, where.values);
}

function fewWindow({ connection, table, body }: Windowed, plan: Plan, position: Position): Window {
  const later = position.cursor === null ? truth(true) : laterThan(plan.keys, position.cursor);
  const where = joined([plan.range, filterOf(plan), later], "AND");
  const keys = free(plan.keys);
  const limit = Math.min(position.left, connection.bounds.windowEntitiesMax);
  const beside = keysBeside(plan.keys, false).map(({ sql }) => sql);
  const columns = [rowColumns("e.", body), ...beside].join(", ");
  const order = keys.length > 0 ? `ORDER BY ${orderSql(keys)}` : "";
  connection.filters = plan.dialect.filters;
  const statement: Sql = {
    sql: `SELECT ${columns} FROM ${plan.from} WHERE ${where.sql} ${order} LIMIT ? OFFSET ?`,
    values: [...where.values, limit, position.skip],
  };
  const found = gathered(connection, statement, { table, limit });
  const rows = found.rows as unknown as Row[];
  const last = found.rows.at(-1);
  const isOver = !last || (rows.length < limit && !found.isCut);
  const from = { ...position, skip: 0 };
  return { rows, next: isOver ? null : advanced(from, cursorOf(plan.keys, last), rows.length) };
}

/** Sorts ids and keys first, so that no text goes through the sorter. */
function dearFind({ table: { n }, body }: Windowed, plan: Plan, position: Position): DearStatement {
  const later = position.cursor === null ? truth(true) : laterThan(plan.keys, position.cursor);
  const where = joined([tick, plan.range, filterOf(plan), later], "AND");
  const keys = free(plan.keys);
  const order = keys.length > 0 ? `ORDER BY ${orderSql(keys)}` : "";
  const sql =
    `SELECT ${rowColumns("e.", body)} FROM (SELECT e.n AS n FROM ${plan.from} WHERE ${where.sql} ` +
    `${order} LIMIT ? OFFSET ?) s CROSS JOIN e${n} e ON e.n = s.n`;
  const limit = Number.isFinite(position.left) ? position.left : -1;
  return statementOf(plan, sql, [...where.values, limit, position.skip]);
}

function statementOf(plan: Plan, sql: string, values: readonly SqlValue[]): DearStatement {
  const paths = plan.wish.map((path) => path.join(".")).join(", ");
  const hint = paths === "" ? "narrow the filter" : `an index on ${paths} would help`;
  return { sql, values, filters: plan.dialect.filters, hint };
}

function filterOf({ rest, dialect }: Plan): Sql {
  return joined(
    rest.map((part) => sqlFilter(part, dialect)),
    "AND",
  );
}

type Values = readonly SqlValue[];

/** All rows at once where they are sure to be small; else as many as fill a window. */
function gathered(connection: SqliteConnection, { sql, values }: Sql, bounds: Bounds): Gathered {
  const { limit, table } = bounds;
  const { windowCharactersMax } = connection.bounds;
  if (limit * table.widest <= windowCharactersMax * sureFactor) {
    return { rows: connection.all<Values & unknown[]>(sql, values), isCut: false };
  }
  const rows: Values[] = [];
  let characters = 0;
  const found = connection.statement(sql).iterate(...(values as SqlValue[]));
  for (const row of found as unknown as Iterable<Values>) {
    rows.push(row);
    characters += String(row[bodyColumn] ?? "").length;
    if (characters > windowCharactersMax) return { rows, isCut: true };
  }
  return { rows, isCut: false };
}

interface Bounds {
  readonly limit: number;
  readonly table: StoreTable;
}

interface MergeBounds {
  readonly rule: Visibility;
  readonly after: Values;
  readonly limit: number;
  readonly isSkipping: boolean;
}

interface ScanBounds extends Bounds {
  /** Only keys are wanted. */
  readonly isSkipping: boolean;
  readonly body: string | undefined;
  readonly scannedMax: number;
}

interface Gathered {
  readonly rows: readonly Values[];
  readonly isCut: boolean;
}

/** Segments that are empty because the filter binds their last key are left out. */
function openSegments(keys: readonly SortKey[], cursor: Values | null): readonly Segment[] {
  if (cursor === null) return [{ range: truth(true), keys }];
  return segments(keys, cursor).filter((_, at) => {
    const last = keys.length - 1 - at;
    return keys[last]?.bound === undefined || keys[last].bound !== cursor[last];
  });
}

/** The values of all keys, those bound among them, out of a row that ends with `keysBeside`. */
function cursorOf(keys: readonly SortKey[], row: Values, isSkipping = false): Values {
  let at = row.length - keysBeside(keys, isSkipping).length;
  return keys.map(({ bound, sql }) => {
    if (bound !== undefined) return bound;
    return !isSkipping && sql === idKey ? (row[0] as SqlValue) : (row[at++] as SqlValue);
  });
}

/** Free keys that stand behind the columns of a row, which begin with the id. */
function keysBeside(keys: readonly SortKey[], isSkipping: boolean): readonly SortKey[] {
  return free(keys).filter(({ sql }) => isSkipping || sql !== idKey);
}

function free(keys: readonly SortKey[]): readonly SortKey[] {
  return keys.filter(({ bound }) => bound === undefined);
}

function orderSql(keys: readonly SortKey[]): string {
  return free(keys)
    .map(({ sql, descending }) => `${sql}${descending ? " DESC" : ""}`)
    .join(", ");
}

function advanced({ skip, left }: Position, cursor: Values, count: number): Position | null {
  if (skip > 0) return { cursor, skip: skip - count, left };
  return left - count <= 0 ? null : { cursor, skip, left: left - count };
}

const idKey = "e.id";
const tick: Sql = { sql: "stoa_tick(e.n) = 1", values: [] };
/** Where the text stands in `rowColumns`. */
const bodyColumn = 7;
/** A window may be that much larger where it cannot be larger still. */
const sureFactor = 8;
