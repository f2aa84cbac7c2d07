/**
 * Accesses to few entities: what an index, the words of a search or a caller's sight leave to be
 * looked at one by one. Runs small probes of indexes; decides nothing between plans.
 */
import type { Filter, Json, Path } from "@stoa/domain";
import { joined, type Sql } from "./sql-filter.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { indexSql, type SqliteDialect } from "./sqlite-dialect.ts";
import { pathName } from "./sqlite-path.ts";
import { fewFoundSql } from "./sqlite-search.ts";
import { sightSql } from "./sqlite-sight.ts";
import type { StoreIndex, StoreTable } from "./sqlite-store.ts";

/** What a plan is made for. */
export interface Context {
  readonly connection: SqliteConnection;
  readonly table: StoreTable;
  readonly dialect: SqliteDialect;
  readonly parts: readonly Filter[];
  /** Properties that the filter binds to one value. */
  readonly equal: ReadonlyMap<string, Equality>;
}

export interface Equality {
  readonly path: Path;
  readonly value: Json;
  readonly part: Filter;
}

/** A way to entities: a stretch of an index, or rows that are known. */
export interface Access {
  readonly index: StoreIndex | null;
  readonly range: Sql;
  readonly used: ReadonlySet<Filter>;
  readonly isOrdered: boolean;
  /** How narrow: two for each property bound, one for a range behind them. */
  readonly weight: number;
  /** Whether it leads to one entity at most. */
  readonly isPoint: boolean;
}

/** The access by which the fewest entities come into question, if they are few. */
export function fewest(accesses: readonly Access[], context: Context): Access | undefined {
  const sorted = accesses.toSorted(
    (a, b) => Number(b.isPoint) - Number(a.isPoint) || b.weight - a.weight,
  );
  return sorted.find((access) => access.isPoint || areFew(access, context));
}

export function whole(context: Context): Access | undefined {
  const range = { sql: "TRUE", values: [] };
  const all: Access = {
    index: null,
    range,
    used: new Set(),
    isOrdered: false,
    weight: 0,
    isPoint: false,
  };
  return areFew(all, context) ? all : undefined;
}

function areFew(access: Access, context: Context): boolean {
  return areAtMost(context.connection.bounds.candidatesMax, access, context);
}

function areAtMost(
  most: number,
  { index, range }: Access,
  { connection, table }: Context,
): boolean {
  const by = index ? ` INDEXED BY ${index.name}` : "";
  const sql =
    `SELECT count(*) FROM (SELECT 1 FROM e${table.n} e${by} WHERE ${range.sql} ` +
    `LIMIT ${most + 1})`;
  return (connection.first<[number]>(sql, range.values)?.[0] ?? 0) <= most;
}

export function best(accesses: readonly Access[]): Access | undefined {
  return accesses.toSorted((a, b) => b.weight - a.weight)[0];
}

/** What has the words that are searched for, if that is little. */
export function foundOf({ connection, table, parts }: Context): Access | undefined {
  const part = parts.find(({ kind }) => kind === "search");
  if (part?.kind !== "search") return undefined;
  const { candidatesMax } = connection.bounds;
  // Where only sight is left, no body is looked at.
  const isSeen = parts.every(({ kind }) => kind === "search" || kind === "visible");
  const most = isSeen ? candidatesMax * seenFactor : candidatesMax;
  const range = fewFoundSql(connection, table.search, part, most);
  const used = new Set<Filter>([part]);
  return range && { index: null, range, used, isOrdered: false, weight: 0, isPoint: false };
}

/** What the caller may see, if that is little, whatever the order and the filters are. */
export function sightOf({ connection, table: { n }, parts }: Context): Access | undefined {
  const rule = parts.find(({ kind }) => kind === "visible");
  const range = rule?.kind === "visible" ? sightSql(connection, n, rule) : undefined;
  if (!range) return undefined;
  return { index: null, range, used: new Set(), isOrdered: false, weight: 0, isPoint: false };
}

/**
 * What the caller may see of a stretch of an index that is short enough to be looked through, if
 * that is little. Only the rows themselves are left to the other filters then.
 */
export function seenAlong(accesses: readonly Access[], context: Context): Access | undefined {
  const { connection, table, dialect, parts } = context;
  const rule = parts.find(({ kind }) => kind === "visible");
  const access = best(accesses.filter(({ index }) => index?.isUnique === false));
  if (rule?.kind !== "visible" || !access?.index) return undefined;
  const { candidatesMax } = connection.bounds;
  if (!areAtMost(candidatesMax * stretchFactor, access, context)) return undefined;
  const seen = dialect.visibleIn(rule, "e.");
  const where = joined([access.range, seen], "AND");
  const sql =
    `SELECT e.n FROM e${table.n} e INDEXED BY ${access.index.name} WHERE ${where.sql} ` +
    `LIMIT ${candidatesMax + 1}`;
  const rows = connection.all<[number]>(sql, where.values);
  if (rows.length > candidatesMax) return undefined;
  const values = [JSON.stringify(rows.map(([n]) => n))];
  const range = { sql: "e.n IN (SELECT value FROM json_each(?))", values };
  return { index: null, range, used: new Set(), isOrdered: false, weight: 0, isPoint: false };
}

/** Without an index that begins with the path nobody knows, so they may. */
export function mayHoldArrays(
  connection: SqliteConnection,
  table: StoreTable,
  path: Path,
): boolean {
  const name = pathName(path);
  const index = table.indexes.find(({ paths }) => pathName(paths[0] as Path) === name);
  if (!index) return true;
  const key = indexSql(path, index.isUnique, "e.");
  const sql =
    `SELECT 1 FROM e${table.n} e INDEXED BY ${index.name} ` +
    `WHERE ${key} >= x'04' AND ${key} < x'05' LIMIT 1`;
  return connection.first(sql) !== undefined;
}

/** So many entities are sorted by id in the time in which one is looked at. */
const seenFactor = 3;
/** So many rows of an index are looked through in the time in which one entity is. */
const stretchFactor = 10;
