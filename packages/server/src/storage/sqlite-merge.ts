/**
 * The lists of sparse callers: instead of passing over what they may not see, merges by id what
 * their groups hold, what they own and what was granted to them. Knows no cursors and no texts.
 */
import type { Visibility } from "@stoa/domain";
import type { Sql, SqlValue } from "./sql-filter.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { StoreTable } from "./sqlite-store.ts";

export interface Merge {
  readonly connection: SqliteConnection;
  readonly table: StoreTable;
  readonly rule: Visibility;
  readonly descending: boolean;
  /** The id after which it begins; null for the beginning. */
  readonly after: SqlValue;
}

/** Whether merging is possible, and cheaper than passing over a stretch of the index. */
export function canMerge({ connection, rule }: Merge): boolean {
  if (rule.self !== null) return false;
  const { numbers } = connection.dictionary.reach(rule.reach);
  if (numbers.length > sourcesMax) return false;
  return numbers.length + grantsOf(connection, rule) <= sourcesMax;
}

/**
 * Selects the ids, each once and in order, as `id`; lazily: SQLite keeps the rows of a recursive
 * table that is ordered as a queue, of which each row brings in the next one of its source.
 */
export function mergeSql({ connection, table: { n }, rule, descending, after }: Merge): Sql {
  const { dictionary } = connection;
  const { numbers } = dictionary.reach(rule.reach);
  const owner = rule.owner === null ? undefined : dictionary.ownerNumber(rule.owner);
  const op = descending ? "<" : ">";
  const order = descending ? " DESC" : "";
  const next = (source: Source, of: string, from: string) =>
    `(SELECT x.id FROM e${n} x INDEXED BY e${n}_${source} WHERE x.${source} = ${of}` +
    `${source === "acc" ? " AND x.acc <> 0" : ""}${from} ORDER BY x.id${order} LIMIT 1)`;
  const start = after === null ? "" : ` AND x.id ${op} ?`;
  const from = after === null ? [] : [after];
  const principals = [...rule.principals];
  const list = principals.map(() => "?").join();
  const granted = `SELECT DISTINCT a.n FROM access_member a WHERE a.principal IN (${list})`;
  const firsts = [
    `SELECT ${next("grp", "g.value", start)}, 'grp', g.value FROM json_each(?) g`,
    `SELECT ${next("own", "o.value", start)}, 'own', o.value FROM json_each(?) o`,
    `SELECT ${next("acc", "a.n", start)}, 'acc', a.n FROM (${granted}) a`,
  ];
  const follows = (["grp", "own", "acc"] as const).map((source) => {
    const later = next(source, "m.source", ` AND x.id ${op} m.id`);
    const living = `m.kind = '${source}' AND m.id IS NOT NULL`;
    return `SELECT ${later}, m.kind, m.source FROM m WHERE ${living}`;
  });
  return {
    sql:
      `WITH RECURSIVE m (id, kind, source) AS (SELECT * FROM (${firsts.join(" UNION ALL ")}) ` +
      `UNION ALL ${follows.join(" UNION ALL ")} ORDER BY 1${order}) ` +
      "SELECT DISTINCT id FROM m WHERE id IS NOT NULL",
    values: [
      ...from,
      JSON.stringify(numbers),
      ...from,
      JSON.stringify(owner === undefined ? [] : [owner]),
      ...from,
      ...principals,
    ],
  };
}

type Source = "grp" | "own" | "acc";

function grantsOf(connection: SqliteConnection, { principals }: Visibility): number {
  const list = [...principals].map(() => "?").join();
  const sql =
    `SELECT count(*) FROM (SELECT 1 FROM access_member WHERE principal IN (${list}) ` +
    `LIMIT ${sourcesMax + 1})`;
  return connection.first<[number]>(sql, [...principals])?.[0] ?? 0;
}

/** Groups and sets of grants that are merged; each costs some microseconds before the first row. */
const sourcesMax = 1_000;
