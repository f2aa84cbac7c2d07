/**
 * The lists of sparse callers: instead of passing over what they may not see, merges by id what
 * their groups hold, what they own and what was granted to them. Of each the first few are taken;
 * what lies before the end of all of them is sure. Knows no cursors and no texts.
 */
import type { Visibility } from "@stoa/domain";
import { arrayText } from "./postgres-connection.ts";
import type { Plan } from "./postgres-plan.ts";
import type { Runner } from "./postgres-runner.ts";
import type { Sql, SqlValue } from "./sql-filter.ts";
import { type Row, rowColumns } from "./sql-row.ts";

export interface Merge {
  readonly plan: Plan;
  readonly rule: Visibility;
  readonly descending: boolean;
  /** The id after which it begins; null for the beginning. */
  readonly after: SqlValue;
  readonly wanted: number;
}

/** The next ones, at least one if there is any; undefined where there is too much to merge. */
export async function mergedWindow(
  runner: Runner,
  merge: Merge,
): Promise<{ rows: readonly Row[]; isOver: boolean } | undefined> {
  const { rule, plan, wanted } = merge;
  if (rule.self !== null) return undefined;
  const groups = plan.dialect.numbersOf(rule.reach);
  const grants = groups.length > sourcesMax ? [] : await grantsOf(runner, rule);
  const sources = groups.length + grants.length + 1;
  if (sources > sourcesMax) return undefined;
  const each = Math.min(wanted, Math.max(eachMin, Math.ceil((shareFactor * wanted) / sources)));
  const statement = mergeSql(merge, { groups, grants, each });
  const rows = await runner.quick<[...Row, boolean]>(statement);
  const isSure = rows[0]?.[8] !== false;
  return { rows: rows as unknown as Row[], isOver: rows.length < wanted && isSure };
}

interface Sources {
  readonly groups: readonly number[];
  readonly grants: readonly number[];
  /** How many are taken of each. */
  readonly each: number;
}

function mergeSql(merge: Merge, { groups, grants, each }: Sources): Sql {
  const { plan, rule, descending, after, wanted } = merge;
  const { n } = plan.table;
  const order = descending ? " DESC" : "";
  const beyond = after === null ? "" : ` AND x.id ${descending ? "<" : ">"} ?`;
  const from = after === null ? [] : [after];
  const firsts = (column: string, source: string) =>
    `SELECT f.id, f.place FROM ${source} s(n) CROSS JOIN LATERAL (` +
    `SELECT r.id, row_number() OVER () AS place FROM (SELECT x.id FROM e${n} x ` +
    `WHERE x.${column} = s.n${column === "acc" ? " AND x.acc <> 0" : ""}${beyond} ` +
    `ORDER BY x.id${order} LIMIT ${each}) r) f`;
  const owner = "(SELECT o.n FROM owner_id o WHERE o.id = ?::text)";
  const all = [
    firsts("grp", "unnest(?::integer[])"),
    firsts("own", owner),
    firsts("acc", "unnest(?::integer[])"),
  ].join(" UNION ALL ");
  const edge = descending ? "max" : "min";
  const sure = descending ? ">=" : "<=";
  return {
    sql:
      `WITH m AS MATERIALIZED (${all}), ` +
      `b AS MATERIALIZED (SELECT ${edge}(id) AS id FROM m WHERE place = ${each}) ` +
      `SELECT ${rowColumns("e.")}, b.id IS NULL FROM (SELECT DISTINCT m.id FROM m, b ` +
      `WHERE b.id IS NULL OR m.id ${sure} b.id ORDER BY 1${order} LIMIT ?) s ` +
      `JOIN e${n} e ON e.id = s.id CROSS JOIN b ORDER BY e.id${order}`,
    values: [
      ...[arrayText(groups), ...from],
      ...[rule.owner ?? "", ...from],
      ...[arrayText(grants), ...from],
      wanted,
    ],
  };
}

/** Sets of grants that name one of the caller's principals, one more than may be merged. */
async function grantsOf(runner: Runner, { principals }: Visibility): Promise<readonly number[]> {
  if (principals.size === 0) return [];
  const rows = await runner.quick<[number]>({
    sql:
      "SELECT DISTINCT n FROM access_member WHERE principal = ANY(?::text[]) " +
      `LIMIT ${sourcesMax + 1}`,
    values: [arrayText([...principals])],
  });
  return rows.map(([n]) => n);
}

/** Groups and sets of grants that are merged. */
const sourcesMax = 1_000;
/** Taken of each source: so many at least, and so many times its share. */
const eachMin = 4;
const shareFactor = 4;
