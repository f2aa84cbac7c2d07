/**
 * Counts: from the tallies of stores and groups where the filter allows, else from indexes.
 */
import type { Filter, Visibility } from "@stoa/domain";
import { arrayText } from "./postgres-connection.ts";
import type { Plan } from "./postgres-plan.ts";
import type { Runner } from "./postgres-runner.ts";
import { windowsOf } from "./postgres-window.ts";
import { conjuncts, equalityOf, type Sql, visibilityOnly } from "./sql-filter.ts";

/** How many entities the filter lets through; `plan` is that of the filter without an order. */
export async function countOf(runner: Runner, plan: Plan, filter: Filter): Promise<number> {
  const parts = conjuncts(filter);
  if (parts.length === 0) return sumOf(runner, tallySql(plan, null));
  const rule = visibilityOnly(parts);
  if (rule) return visibleCount(runner, plan, rule);
  const group = groupOnly(parts);
  if (group !== undefined) {
    return sumOf(runner, tallySql(plan, plan.dialect.numbersOf(new Set([group]))));
  }
  if (plan.rest.length > 0) return sifted(runner, plan);
  const { sql, values } = plan.where;
  const counted = `SELECT count(*) FROM e${plan.table.n} e WHERE ${sql}`;
  const [row] = await runner.slow<[number]>({ sql: counted, values }, plan.wish);
  return row?.[0] ?? 0;
}

/** Tallies of what is in reach, then owned entities outside it, then granted ones of others. */
async function visibleCount(runner: Runner, plan: Plan, rule: Visibility): Promise<number> {
  const { n } = plan.table;
  const groups = arrayText(plan.dialect.numbersOf(rule.reach));
  const inReach = "e.grp = ANY(?::integer[])";
  const owned = "e.own = coalesce((SELECT o.n FROM owner_id o WHERE o.id = ?), -1)";
  const granted =
    "e.acc <> 0 AND e.acc IN (SELECT m.n FROM access_member m WHERE m.principal = ANY(?::text[]))";
  const owner = rule.owner ?? "";
  const principals = arrayText([...rule.principals]);
  const self = rule.self ?? "";
  const from = `(SELECT count(*) FROM e${n} e WHERE`;
  const statement: Sql = {
    sql:
      "SELECT coalesce((SELECT sum(t.count) FROM tally t WHERE t.store = ? " +
      "AND t.grp = ANY(?::integer[])), 0)::bigint + " +
      `${from} ${owned} AND NOT ${inReach}) + ` +
      `${from} ${granted} AND NOT ${inReach} AND NOT ${owned}) + ` +
      `${from} e.id = ? AND NOT ${inReach} AND NOT ${owned} AND NOT (${granted}))`,
    values: [
      ...[n, groups],
      ...[owner, groups],
      ...[principals, groups, owner],
      ...[self, groups, owner, principals],
    ],
  };
  const [row] = await runner.slow<[number]>(statement, plan.wish);
  return row?.[0] ?? 0;
}

/** Of all groups, or of some. */
function tallySql({ table: { n } }: Plan, groups: readonly number[] | null): Sql {
  const sql = "SELECT coalesce(sum(count), 0)::bigint FROM tally WHERE store = ?";
  if (!groups) return { sql, values: [n] };
  return { sql: `${sql} AND grp = ANY(?::integer[])`, values: [n, arrayText(groups)] };
}

async function sumOf(runner: Runner, statement: Sql): Promise<number> {
  const [row] = await runner.quick<[number]>(statement);
  return row?.[0] ?? 0;
}

async function sifted(runner: Runner, plan: Plan): Promise<number> {
  let count = 0;
  const start = { after: null, skip: 0, left: Number.POSITIVE_INFINITY };
  for await (const window of windowsOf(runner, plan, start)) count += window.length;
  return count;
}

function groupOnly(parts: readonly Filter[]): string | undefined {
  const [part] = parts;
  const test = parts.length === 1 && part ? equalityOf(part) : undefined;
  if (test?.path.length !== 1 || test.path[0] !== "group") return undefined;
  return typeof test.value === "string" ? test.value : undefined;
}
