/**
 * A store in the database: its table and what its indexes hold. Knows no entities and no queries.
 */
import type { Path } from "@stoa/domain";
import { arrayText, type PostgresConnection, quoted } from "./postgres-connection.ts";
import { type PostgresSearch, searchOf } from "./postgres-search.ts";
import { type DeclaredSets, eachOnce, indexName } from "./sql-index.ts";

export interface PostgresTable {
  /** The table is `e<n>`. */
  readonly n: number;
  readonly name: string;
  readonly indexes: readonly PostgresIndex[];
  readonly search: PostgresSearch | null;
  /** No body in it is longer: a power of two, characters. */
  readonly widest: number;
}

export interface PostgresIndex {
  readonly name: string;
  /** What it sorts by, from the left; behind them stands the id, unless it is unique. */
  readonly paths: readonly Path[];
  readonly isUnique: boolean;
  /** The statement that makes it, or null for those that every store has. */
  readonly sql: string | null;
  /** Bytes of a key that it holds; the rest of a longer one is cut off. */
  readonly keyBytes: number;
  /** Whether no key is longer, so that it can give the order. */
  readonly isExact: boolean;
}

/** Stores by name. */
export type Catalog = ReadonlyMap<string, PostgresTable>;

export async function readCatalog(connection: PostgresConnection): Promise<Catalog> {
  const sql = "SELECT n, name, widest, definition FROM store WHERE name IS NOT NULL";
  const [stores, inexact] = await Promise.all([
    connection.all<[number, string, number, string]>(sql),
    connection.all<[string]>("SELECT name FROM inexact"),
  ]);
  const cut = new Set(inexact.map(([name]) => name));
  return new Map(
    stores.map(([n, name, widest, text]) => {
      const table = tableOf({ n, name, widest }, { search: [], ...JSON.parse(text) });
      return [name, withInexact(table, cut)];
    }),
  );
}

export function tableOf(
  { n, name, widest }: Pick<PostgresTable, "n" | "name" | "widest">,
  { unique, indexes, search }: DeclaredSets,
): PostgresTable {
  const given = { isUnique: false, sql: null, keyBytes: 0, isExact: true };
  const own = [
    { ...given, name: `e${n}_id`, paths: [["_id"]] },
    { ...given, name: `e${n}_own`, paths: [["owner"]] },
    { ...given, name: `e${n}_grp`, paths: [["group"]] },
  ];
  const declared = eachOnce([
    ...unique.map((paths) => uniqueIndex(n, paths)),
    ...indexes.map((paths) => plainIndex(n, paths)),
  ]);
  const all = [...own, ...declared];
  return { n, name, widest, indexes: all, search: searchOf(search) };
}

/** The same with those indexes marked whose keys are cut. */
export function withInexact(table: PostgresTable, cut: ReadonlySet<string>): PostgresTable {
  if (!table.indexes.some(({ name }) => cut.has(name))) return table;
  const indexes = table.indexes.map((one) =>
    cut.has(one.name) ? { ...one, isExact: false } : one,
  );
  return { ...table, indexes };
}

/** What must be made and what dropped so that a store has its indexes, and no others. */
export async function indexDifference(
  connection: PostgresConnection,
  table: PostgresTable,
): Promise<{ missing: readonly PostgresIndex[]; surplus: readonly string[] }> {
  const sql =
    "SELECT i.relname::text, x.indisvalid FROM pg_index x " +
    "JOIN pg_class i ON i.oid = x.indexrelid " +
    "WHERE x.indrelid = to_regclass(?::text)";
  const rows = await connection.all<[string, boolean]>(sql, [`e${table.n}`]);
  const present = new Set(rows.flatMap(([name, isValid]) => (isValid ? [name] : [])));
  const isWanted = (name: string) =>
    present.has(name) && table.indexes.some((i) => i.name === name);
  return {
    missing: table.indexes.filter(({ name, sql }) => sql !== null && !present.has(name)),
    surplus: rows.flatMap(([name]) => (/_[iu]_/.test(name) && !isWanted(name) ? [name] : [])),
  };
}

/** What an index holds of a property of the body: `stoa_index(body, '{"name"}'::text[], 1000)`. */
export function indexedKey(path: Path, keyBytes: number, table: string): string {
  return `stoa_index(${table}body, ${pathLiteral(path)}, ${keyBytes})`;
}

/** `'{"address","city"}'::text[]` */
export function pathLiteral(path: Path): string {
  return `${quoted(arrayText(path))}::text[]`;
}

/** The expression of a unique index for a path; undefined where nothing ever stands. */
export function uniqueKey(path: Path, table: string): string | undefined {
  const [first = "", second] = path;
  const column = systemColumns.get(first);
  if (column === undefined) return `stoa_unique(${table}body, ${pathLiteral(path)})`;
  return second === undefined ? table + column : undefined;
}

/** The columns that are the same for the same value of a system field. */
const systemColumns: ReadonlyMap<string, string> = new Map([
  ["_id", "id"],
  ["owner", "own"],
  ["group", "grp"],
  ["access", "acc"],
  ["branch", "grp"],
  ["time", "time"],
  ["_at", "at"],
]);

/** Sorted by paths and ids. */
function plainIndex(n: number, declared: readonly Path[]): PostgresIndex | undefined {
  const stop = declared.findIndex((path) => !isSortable(path));
  const paths = stop < 0 ? declared : declared.slice(0, stop);
  if (paths.length === 0) return undefined;
  const name = indexName(n, "i", paths);
  const keyBytes = paths.length <= 2 ? 1_000 : 280;
  const columns = paths.map((path) => {
    const column = systemColumns.get(path[0] as string);
    return column === undefined ? `(${indexedKey(path, keyBytes, "")})` : column;
  });
  const sql = `${name} ON e${n} (${columns.join(", ")}, id) INCLUDE (grp, own, acc)`;
  return { name, paths, isUnique: false, sql: `INDEX ${sql}`, keyBytes, isExact: true };
}

/** Own fields, and those of the server whose columns sort as their values do. */
function isSortable([first = "", second]: Path): boolean {
  if (!systemColumns.has(first)) return true;
  return second === undefined && (first === "_id" || first === "time");
}

function uniqueIndex(n: number, paths: readonly Path[]): PostgresIndex | undefined {
  const columns = paths.map((path) => uniqueKey(path, ""));
  // Where nothing can stand, nothing can conflict.
  if (!columns.every((column) => column !== undefined)) return undefined;
  const name = indexName(n, "u", paths);
  const sql = `UNIQUE INDEX ${name} ON e${n} (${columns.map((one) => `(${one})`).join(", ")})`;
  return { name, paths, isUnique: true, sql, keyBytes: 0, isExact: true };
}
