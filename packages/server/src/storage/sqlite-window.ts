/**
 * Reads a query a window at a time, each in one turn of the event loop and with nothing left open
 * behind it. Knows plans and how rows are found along them; not how rows are read.
 */
import { type Filter, type StoredEntity, textSeparator } from "@stoa/domain";
import { joined, type Sql, type SqlValue, sqlFilter, truth } from "./sql-filter.ts";
import { type Row, rowColumns } from "./sql-row.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { Merging } from "./sqlite-merging.ts";
import {
  cursorOf,
  free,
  type Gathered,
  gathered,
  keysBeside,
  type Picked,
  type Reading,
  rowsSql,
  type Values,
  windowEntities,
} from "./sqlite-pick.ts";
import {
  laterThan,
  type Plan,
  planOf,
  type Question,
  type Segment,
  type SortKey,
  segments,
} from "./sqlite-plan.ts";
import { entityOf } from "./sqlite-row.ts";

/** Where reading goes on: after these values of the order's keys, and how much there is to do. */
export interface Position {
  readonly cursor: readonly SqlValue[] | null;
  /** Entities to pass over first. */
  readonly skip: number;
  /** Entities still wanted; Infinity for all. */
  readonly left: number;
}

export interface Window {
  /** Columns of each, or its id and text, or none where `bytes` hold the texts of all. */
  readonly rows: readonly Values[];
  readonly bytes: Uint8Array | null;
  readonly count: number;
  /** Values of the order's keys of the last one. */
  readonly last: Values | undefined;
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

/** The same for a list; its rows are like those of a window. */
export interface DearList {
  readonly statement: DearStatement;
  readonly keys: readonly SortKey[];
}

export interface Windowed extends Question, Reading {}

/** How windows of a list are read: that of a scan holds until something is committed. */
export interface Way {
  readonly plan: Plan;
  readonly merging: Merging | undefined;
}

export function wayOf(asked: Windowed): Way {
  const plan = planOf(asked.connection, asked.table, asked);
  return { plan, merging: plan.kind === "scan" ? Merging.of(asked, plan) : undefined };
}

/** The next window, or the statement that the worker must run from here on. */
export function readWindow(
  asked: Windowed,
  position: Position,
  way: Way = wayOf(asked),
): Window | DearList {
  const { plan } = way;
  switch (plan.kind) {
    case "scan":
      return scanWindow(asked, way, position);
    case "few":
      return fewWindow(asked, plan, position);
    case "dear":
      return dearFind(asked, plan, position);
    default:
      return plan.kind satisfies never;
  }
}

export function isDear(found: Window | DearList): found is DearList {
  return "statement" in found;
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

function scanWindow(asked: Windowed, { plan, merging }: Way, position: Position): Window {
  const { connection } = asked;
  const most = connection.bounds;
  const isSkipping = position.skip > 0;
  const wanted = isSkipping
    ? Math.min(position.skip, most.scannedMax)
    : Math.min(position.left, windowEntities(asked));
  const page = { wanted, isSkipping };
  if (merging?.comesFirst()) {
    const merged = merging.read(asked, { ...page, after: position.cursor, limit: wanted });
    return windowOf(position, [merged], { wanted });
  }
  const stretch = merging?.stretch(wanted) ?? most.scannedMax;
  const scannedMax = Math.min(most.scannedMax, stretch);
  const parts: Gathered[] = [];
  let left = wanted;
  for (const segment of openSegments(plan.keys, position.cursor)) {
    const found = gathered(asked, scanPick(plan, segment, { ...page, left, scannedMax }));
    parts.push(found);
    left -= found.count;
    if (left === 0 || found.isCut) break;
    const passed = plan.rest.length > 0 && lastScanned(connection, plan, segment, scannedMax);
    if (!passed) continue;
    if (!merging) {
      return windowOf(position, parts, { wanted, passed: cursorOf(plan.keys, passed, true) });
    }
    merging.rememberSparse();
    parts.push(merging.read(asked, { ...page, after: passed, limit: left }));
    break;
  }
  return windowOf(position, parts, { wanted });
}

/** What was found, and where it goes on: nowhere, if all has been looked at. */
function windowOf(
  position: Position,
  parts: readonly Gathered[],
  { wanted, passed }: { wanted: number; passed?: Values },
): Window {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const last = parts.findLast((part) => part.last)?.last;
  const isMore = count === wanted || parts.at(-1)?.isCut === true;
  const end = passed ?? (isMore ? last : undefined);
  const isSkipping = position.skip > 0;
  return {
    rows: parts.flatMap(({ rows }) => rows),
    bytes: joinedBytes(parts),
    count: isSkipping ? 0 : count,
    last: isSkipping ? undefined : last,
    next: end ? advanced(position, end, count) : null,
  };
}

function joinedBytes(parts: readonly Gathered[]): Uint8Array | null {
  const pieces = parts.flatMap(({ bytes }) => (bytes && bytes.length > 0 ? [bytes] : []));
  const [first, ...others] = pieces;
  if (!first || others.length === 0) return first ?? null;
  const length = others.reduce((sum, piece) => sum + separator.length + piece.length, first.length);
  // Not from the pool of buffers: a page has its memory to itself.
  const joint = new Uint8Array(length);
  joint.set(first);
  let at = first.length;
  for (const piece of others) {
    joint.set(separator, at);
    joint.set(piece, at + separator.length);
    at += separator.length + piece.length;
  }
  return joint;
}

const separator = Buffer.from(textSeparator);

/** Without visibility one level; with it, a bounded stretch of the index first. */
function scanPick(
  plan: Plan,
  segment: Segment,
  { wanted, isSkipping, left, scannedMax }: ScanBounds,
): Picked {
  const where = joined([plan.range, segment.range], "AND");
  const keys = keysBeside(plan.keys, isSkipping).map(({ sql }, at) => `${sql} AS k${at}`);
  const order = orderSql(segment.keys);
  const picked = { keys: plan.keys, isSkipping, most: wanted };
  if (plan.rest.length === 0) {
    const columns = ["e.n AS n", ...keys].join(", ");
    const sql = `SELECT ${columns} FROM ${plan.from} WHERE ${where.sql} ORDER BY ${order} LIMIT ?`;
    return { ...picked, sql, values: [...where.values, left] };
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
  const names = ["v.n AS n", ...keys.map((_, at) => `v.k${at} AS k${at}`)].join(", ");
  const sql = `SELECT ${names} FROM (${inner}) v WHERE ${seen.sql} LIMIT ?`;
  return { ...picked, sql, values: [...where.values, ...seen.values, left] };
}

function visibleIn({ dialect }: Plan, rule: Filter): Sql {
  return rule.kind === "visible" ? dialect.visibleIn(rule, "v.") : truth(true);
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
  return connection.first<Values & unknown[]>(sql, where.values);
}

function fewWindow(asked: Windowed, plan: Plan, position: Position): Window {
  const { connection } = asked;
  const limit = Math.min(position.left, windowEntities(asked));
  connection.filters = plan.dialect.filters;
  const found = gathered(asked, pick(plan, position, limit, truth(true)));
  return windowOf({ ...position, skip: 0 }, [found], { wanted: limit });
}

/** Sorts numbers and keys, so that no text goes through the sorter. */
function pick(plan: Plan, { cursor, skip }: Position, limit: number, also: Sql): Picked {
  const { keys } = plan;
  const later = cursor === null ? truth(true) : laterThan(keys, cursor);
  const where = joined([also, plan.range, filterOf(plan), later], "AND");
  const beside = keysBeside(keys, false).map(({ sql }, at) => `${sql} AS k${at}`);
  const order = free(keys).length > 0 ? `ORDER BY ${orderSql(keys)}` : "";
  return {
    sql:
      `SELECT ${["e.n AS n", ...beside].join(", ")} FROM ${plan.from} WHERE ${where.sql} ` +
      `${order} LIMIT ? OFFSET ?`,
    values: [...where.values, Number.isFinite(limit) ? limit : -1, skip],
    keys,
    isSkipping: false,
    most: limit,
  };
}

function dearFind(asked: Windowed, plan: Plan, position: Position): DearList {
  const { sql, values } = rowsSql(asked, pick(plan, position, position.left, tick));
  return { statement: statementOf(plan, sql, values), keys: plan.keys };
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

interface PageBounds {
  readonly wanted: number;
  /** Only keys are wanted. */
  readonly isSkipping: boolean;
}

interface ScanBounds extends PageBounds {
  readonly left: number;
  readonly scannedMax: number;
}

/** Segments that are empty because the filter binds their last key are left out. */
function openSegments(keys: readonly SortKey[], cursor: Values | null): readonly Segment[] {
  if (cursor === null) return [{ range: truth(true), keys }];
  return segments(keys, cursor).filter((_, at) => {
    const last = keys.length - 1 - at;
    return keys[last]?.bound === undefined || keys[last].bound !== cursor[last];
  });
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

const tick: Sql = { sql: "stoa_tick(e.n) = 1", values: [] };
