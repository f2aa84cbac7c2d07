/**
 * The lists of sparse callers: instead of passing over what they may not see, merges by id what
 * their groups hold, what they own and what was granted to them. Knows no cursors and no texts.
 */
import type { Visibility } from "@stoa/domain";
import type { Sql, SqlValue } from "./sql-filter.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { StoreTable } from "./sqlite-store.ts";

/** Where the entities that somebody sees stand, each along an index and in the order of ids. */
export interface Sources {
  readonly groups: readonly number[];
  /** The same groups as bytes, `01` at each. */
  readonly reach: Uint8Array;
  readonly owner: number | undefined;
  /** Sets of grants. */
  readonly sets: readonly number[];
  readonly count: number;
}

export interface Merge {
  readonly table: StoreTable;
  readonly sources: Sources;
  readonly descending: boolean;
  /** The id after which it begins; null for the beginning. */
  readonly after: SqlValue;
  readonly limit: number;
}

/** The sources of what a rule shows, or undefined where they are too many to be merged. */
export function sourcesOf(connection: SqliteConnection, rule: Visibility): Sources | undefined {
  if (rule.self !== null) return undefined;
  const { dictionary } = connection;
  const { numbers, bytes } = dictionary.reach(rule.reach);
  if (numbers.length > sourcesMax) return undefined;
  const owner = rule.owner === null ? undefined : dictionary.ownerNumber(rule.owner);
  const sets = setsOf(connection, [...rule.principals]);
  const count = numbers.length + sets.length + (owner === undefined ? 0 : 1);
  if (count > sourcesMax) return undefined;
  return { groups: numbers, reach: bytes, owner, sets, count };
}

/** Selects the rows, each once and in order, by `n`, with their id as `k0`; lazily. */
export function mergeSql(merge: Merge): Sql {
  return merge.sources.count <= joinedMax ? unionSql(merge) : queueSql(merge);
}

/**
 * The same of what the groups hold, where that is done in half the time: a row has one group, so
 * that none comes twice.
 */
export function groupsSql({ table, sources, descending, after, limit }: Merge): Sql | undefined {
  const { groups, count } = sources;
  if (groups.length === 0 || count > joinedMax) return undefined;
  const length = roundedUp(groups.length);
  const numbers = Array.from({ length }, (_, at) => groups[at] ?? nobody);
  const key = `${table.n} ${length} ${descending}`;
  if (groupsSqls.size >= textsKeptMax) groupsSqls.clear();
  const sql = groupsSqls.get(key) ?? groupsText(table, length, descending);
  groupsSqls.set(key, sql);
  return { sql, values: [after ?? firstId(descending), limit, ...numbers] };
}

/** The same text each time: it is long, and finding a statement by a new one takes as long. */
const groupsSqls = new Map<string, string>();
const textsKeptMax = 500;

function groupsText({ n }: StoreTable, length: number, descending: boolean): string {
  const ordered = `ORDER BY k0${descending ? " DESC" : ""} LIMIT ${wholeLimit}`;
  const term = (columns: string, at: number) => {
    const range = `x.grp = ?${at + 3} AND x.id ${descending ? "<" : ">"} ?1`;
    return `SELECT ${columns} FROM e${n} x INDEXED BY e${n}_grp WHERE ${range}`;
  };
  // What is no compound needs no further level.
  if (length === 1) return `${term("x.n AS n, x.id AS k0", 0)} ${ordered}`;
  const terms = Array.from({ length }, (_, at) => term("x.id AS k0, x.n AS n", at));
  return `SELECT n, k0 FROM (${terms.join(" UNION ALL ")} ${ordered})`;
}

/**
 * Whether a row of the owner or of a grant, and of none of the groups, comes up to the id `until`;
 * null for any further one. Looks at no more rows of the groups than these have in that stretch.
 */
export function othersSql(
  { table: { n }, sources, descending, after }: Merge,
  until: SqlValue | null,
): Sql | undefined {
  const { groups, reach, owner, sets } = sources;
  const values: SqlValue[] = [after ?? firstId(descending), until ?? firstId(!descending)];
  const [group] = groups;
  values.push(groups.length === 1 ? (group as number) : reach);
  const isElsewhere = groups.length === 1 ? "x.grp <> ?3" : "substr(?3, x.grp + 1, 1) <> x'01'";
  const between = descending ? "x.id < ?1 AND x.id >= ?2" : "x.id > ?1 AND x.id <= ?2";
  const tests = (source: Source, numbers: readonly number[], rest = "") =>
    Array.from({ length: roundedUp(numbers.length) }, (_, at) => {
      values.push(numbers[at] ?? nobody);
      const range = `x.${source} = ?${values.length}${rest} AND ${between} AND ${isElsewhere}`;
      return `EXISTS (SELECT 1 FROM e${n} x INDEXED BY e${n}_${source} WHERE ${range})`;
    });
  const all = [
    ...tests("own", owner === undefined ? [] : [owner]),
    ...tests("acc", sets, " AND x.acc <> 0"),
  ];
  return all.length === 0 ? undefined : { sql: `SELECT ${all.join(" OR ")}`, values };
}

/**
 * Few sources: SQLite merges the terms of a compound SELECT that is ordered, each running only as
 * far as it is asked. A row has one group and one set; that it is owned as well makes it come
 * twice in a row, which UNION makes one; for that the columns are in the order of every index.
 */
function unionSql({ table: { n }, sources, descending, after, limit }: Merge): Sql {
  const { groups, owner, sets } = sources;
  const values: SqlValue[] = [after ?? firstId(descending), limit];
  const columns = "x.id AS k0, x.grp AS grp, x.own AS own, x.acc AS acc, x.n AS n";
  const terms = (index: Source, numbers: readonly number[], rest = "") =>
    Array.from({ length: roundedUp(numbers.length) }, (_, at) => {
      values.push(numbers[at] ?? nobody);
      const range = `x.${index} = ?${values.length}${rest} AND x.id ${descending ? "<" : ">"} ?1`;
      return `SELECT ${columns} FROM e${n} x INDEXED BY e${n}_${index} WHERE ${range}`;
    }).join(" UNION ALL ");
  const kinds = [
    terms("grp", groups),
    terms("own", owner === undefined ? [] : [owner]),
    terms("acc", sets, " AND x.acc <> 0"),
  ].filter((sql) => sql !== "");
  const all = kinds.length > 0 ? kinds : [terms("grp", [nobody])];
  const order = [1, 2, 3, 4, 5].map((column) => `${column}${descending ? " DESC" : ""}`).join();
  return {
    sql: `SELECT n, k0 FROM (${compound(all)} ORDER BY ${order} LIMIT ${wholeLimit})`,
    values,
  };
}

/** Terms associate to the left, so each kind but the first stands in a SELECT of its own. */
function compound([first = "", ...others]: readonly string[]): string {
  return [first, ...others.map((sql) => `SELECT * FROM (${sql})`)].join(" UNION ");
}

/**
 * Many sources: SQLite keeps the rows of a recursive table that is ordered as a queue, of which
 * each row brings in the next one of its source. Open cursors slow each other down, and this needs
 * one for each kind of source.
 */
function queueSql({ table: { n }, sources, descending, after, limit }: Merge): Sql {
  const op = descending ? "<" : ">";
  const order = descending ? " DESC" : "";
  const next = (source: Source, of: string, from: string) =>
    `(SELECT x.id FROM e${n} x INDEXED BY e${n}_${source} WHERE x.${source} = ${of}` +
    `${source === "acc" ? " AND x.acc <> 0" : ""} AND x.id ${op} ${from} ` +
    `ORDER BY x.id${order} LIMIT 1)`;
  const firsts = (["grp", "own", "acc"] as const).map(
    (source, at) =>
      `SELECT ${next(source, "f.value", "?1")}, '${source}', f.value FROM json_each(?${at + 2}) f`,
  );
  const follows = (["grp", "own", "acc"] as const).map((source) => {
    const living = `m.kind = '${source}' AND m.id IS NOT NULL`;
    return `SELECT ${next(source, "m.source", "m.id")}, m.kind, m.source FROM m WHERE ${living}`;
  });
  const ids =
    `WITH RECURSIVE m (id, kind, source) AS (SELECT * FROM (${firsts.join(" UNION ALL ")}) ` +
    `UNION ALL ${follows.join(" UNION ALL ")} ORDER BY 1${order}) ` +
    "SELECT DISTINCT id FROM m WHERE id IS NOT NULL LIMIT ?5";
  const { groups, owner, sets } = sources;
  const lists = [groups, owner === undefined ? [] : [owner], sets].map((l) => JSON.stringify(l));
  return {
    sql:
      `SELECT x.n AS n, m.id AS k0 FROM (${ids}) m ` +
      `CROSS JOIN e${n} x INDEXED BY e${n}_id ON x.id = m.id`,
    values: [after ?? firstId(descending), ...lists, limit],
  };
}

type Source = "grp" | "own" | "acc";

function setsOf(connection: SqliteConnection, principals: readonly string[]): readonly number[] {
  if (principals.length === 0) return [];
  const list = principals.map(() => "?").join();
  const sql =
    `SELECT DISTINCT n FROM access_member WHERE principal IN (${list}) ` +
    `LIMIT ${sourcesMax + 1}`;
  return connection.all<[number]>(sql, principals).map(([n]) => n);
}

function roundedUp(count: number): number {
  return count <= 8 ? count : Math.ceil(count / 4) * 4;
}

/** Less or more than every id, which are texts. */
function firstId(descending: boolean): SqlValue {
  return descending ? new Uint8Array([255]) : "";
}

/** Numbers are bound as REAL, by which SQLite merges everything before it counts. */
const wholeLimit = "CAST(?2 AS INTEGER)";
/** A number that no group, owner or set has. */
const nobody = -1;
/** Groups and sets of grants that are merged; each costs a microsecond or more at the start. */
const sourcesMax = 1_000;
/** Sources that are merged as terms of one SELECT. */
const joinedMax = 64;
