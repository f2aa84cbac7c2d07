/**
 * A store in the file: its table and what its indexes hold. Knows no entities and no queries.
 */
import type { Path } from "@stoa/domain";
import { type DeclaredSets, eachOnce, indexName } from "./sql-index.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { indexSql } from "./sqlite-dialect.ts";
import { dropSearch, presentSql, type StoreSearch, searchOf } from "./sqlite-search.ts";

export interface StoreTable {
  /** The table is `e<n>`. */
  readonly n: number;
  readonly name: string;
  readonly indexes: readonly StoreIndex[];
  readonly search: StoreSearch | null;
  /** No body in it is longer: a power of two, characters. */
  readonly widest: number;
}

export interface StoreIndex {
  readonly name: string;
  /** What it sorts by, from the left; behind them stands the id, unless it is unique. */
  readonly paths: readonly Path[];
  readonly isUnique: boolean;
  /** The statement that makes it, or null for those that every store has. */
  readonly sql: string | null;
}

/** Stores by name. */
export type Catalog = ReadonlyMap<string, StoreTable>;

/** The stores that the file holds. */
export function readCatalog(connection: SqliteConnection): Catalog {
  const sql = "SELECT n, name, widest, definition FROM store WHERE name IS NOT NULL";
  const rows = connection.all<[number, string, number, string]>(sql);
  return new Map(
    rows.map(([n, name, widest, text]) => {
      // What was kept before there was any search lacks it.
      const sets = { search: [], ...(JSON.parse(text) as Partial<DeclaredSets>) } as DeclaredSets;
      return [name, storeOf({ n, name, widest }, sets)];
    }),
  );
}

export function storeOf(
  { n, name, widest }: Pick<StoreTable, "n" | "name" | "widest">,
  { unique, indexes, search }: DeclaredSets,
): StoreTable {
  const own = [
    { name: `e${n}_id`, paths: [["_id"]], isUnique: false, sql: null },
    { name: `e${n}_own`, paths: [["owner"]], isUnique: false, sql: null },
    { name: `e${n}_grp`, paths: [["group"]], isUnique: false, sql: null },
  ];
  const declared = eachOnce([
    ...unique.map((paths) => uniqueIndex(n, paths)),
    ...indexes.map((paths) => plainIndex(n, paths)),
  ]);
  const all = [...own, ...declared];
  return { n, name, widest, indexes: all, search: searchOf(n, search) };
}

/** What `widest` becomes for a body of so many characters. */
export function widestFor(characters: number): number {
  return 2 ** Math.ceil(Math.log2(characters));
}

/** Statements by which the file gets what the store is found by, and loses all else of it. */
export interface StoreDifference {
  readonly make: readonly string[];
  readonly drop: readonly string[];
}

export function storeDifference(connection: SqliteConnection, table: StoreTable): StoreDifference {
  const ofTable = [`e${table.n}`];
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?";
  const indexes = new Set(connection.all<[string]>(sql, ofTable).map(([name]) => name));
  const searches = connection.all<[string]>(presentSql, ofTable).map(([name]) => name);
  const isWanted = (name: string) => table.indexes.some((index) => index.name === name);
  const surplus = [...indexes].filter((name) => /_[iu]_/.test(name) && !isWanted(name));
  const { search } = table;
  return {
    make: [
      ...table.indexes.flatMap(({ name, sql }) => (sql && !indexes.has(name) ? [sql] : [])),
      ...(search && !searches.includes(search.name) ? search.make : []),
    ],
    drop: [
      ...surplus.map((name) => `DROP INDEX ${name}`),
      ...searches.filter((name) => name !== search?.name).flatMap(dropSearch),
    ],
  };
}

/** Sorted by paths and ids; covers what decides visibility, so that a scan touches no rows. */
function plainIndex(n: number, declared: readonly Path[]): StoreIndex | undefined {
  const stop = declared.findIndex((path) => indexSql(path, false, "") === undefined);
  const paths = stop < 0 ? declared : declared.slice(0, stop);
  if (paths.length === 0) return undefined;
  const name = indexName(n, "i", paths);
  const columns = paths.map((path) => indexSql(path, false, ""));
  const sql = `CREATE INDEX ${name} ON e${n} (${columns.join(", ")}, id, grp, own, acc)`;
  return { name, paths, isUnique: false, sql };
}

function uniqueIndex(n: number, paths: readonly Path[]): StoreIndex | undefined {
  const columns = paths.map((path) => indexSql(path, true, ""));
  // Where nothing can stand, nothing can conflict.
  if (!columns.every((column) => column !== undefined)) return undefined;
  const name = indexName(n, "u", paths);
  const sql = `CREATE UNIQUE INDEX ${name} ON e${n} (${columns.join(", ")})`;
  return { name, paths, isUnique: true, sql };
}
