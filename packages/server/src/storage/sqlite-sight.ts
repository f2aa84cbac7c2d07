/**
 * What a caller may see as a set of rows, where that is little: by group, owner and grants, each
 * along its index. For questions that no order of an index answers. Knows no plans.
 */
import type { Visibility } from "@stoa/domain";
import type { Sql, SqlValue } from "./sql-filter.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** The condition that a row `e` of store `n` is among them; undefined if they are too many. */
export function sightSql(
  connection: SqliteConnection,
  n: number,
  rule: Visibility,
): Sql | undefined {
  if (rule.self !== null) return undefined;
  const { candidatesMax } = connection.bounds;
  const { bytes } = connection.dictionary.reach(rule.reach);
  const [tally = 0] = connection.first<[number]>(tallySql, [n, bytes]) ?? [];
  // What is pending of a transaction is little.
  if (tally > 2 * candidatesMax) return undefined;
  const sources = sourcesOf(connection, n, rule);
  let candidates = 0;
  for (const { sql, values } of sources) {
    const counted = `SELECT count(*) FROM (${sql} LIMIT ${candidatesMax + 1})`;
    candidates += connection.first<[number]>(counted, values)?.[0] ?? 0;
    if (candidates > candidatesMax) return undefined;
  }
  const all = sources.map(({ sql }) => sql).join(" UNION ALL ");
  return { sql: `e.n IN (${all})`, values: sources.flatMap(({ values }) => values) };
}

function sourcesOf(connection: SqliteConnection, n: number, rule: Visibility): readonly Sql[] {
  const { dictionary } = connection;
  const groups = JSON.stringify(dictionary.reach(rule.reach).numbers);
  const owner = rule.owner === null ? undefined : dictionary.ownerNumber(rule.owner);
  const principals = [...rule.principals];
  const list = principals.map(() => "?").join();
  const sets = `SELECT m.n FROM access_member m WHERE m.principal IN (${list})`;
  return [
    rowsBy(n, "grp", "x.grp IN (SELECT value FROM json_each(?))", [groups]),
    ...(owner === undefined ? [] : [rowsBy(n, "own", "x.own = ?", [owner])]),
    ...(list === "" ? [] : [rowsBy(n, "acc", `x.acc <> 0 AND x.acc IN (${sets})`, principals)]),
  ];
}

function rowsBy(n: number, index: string, condition: string, values: readonly SqlValue[]): Sql {
  return { sql: `SELECT x.n FROM e${n} x INDEXED BY e${n}_${index} WHERE ${condition}`, values };
}

const tallySql = "SELECT total(count) FROM tally WHERE store = ? AND substr(?, grp + 1, 1) = x'01'";
