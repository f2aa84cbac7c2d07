/**
 * Counts: from the tallies of stores and groups where the filter allows, else from indexes.
 */
import type { Filter, Visibility } from "@stoa/domain";
import { conjuncts, equalityOf, joined, opposite, type Sql, visibilityOnly } from "./sql-filter.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { SqliteDialect } from "./sqlite-dialect.ts";
import { planOf, simplified } from "./sqlite-plan.ts";
import type { StoreTable } from "./sqlite-store.ts";
import { type DearStatement, dearCount, fewCount } from "./sqlite-window.ts";

/** Entities by store and group that the tallies of the file do not hold yet. */
export type TallyChanges = ReadonlyMap<number, ReadonlyMap<number, number>>;

export interface Counted {
  readonly connection: SqliteConnection;
  readonly table: StoreTable;
  /** Of the transaction that asks. */
  readonly pending?: TallyChanges;
}

/** How many entities the filter lets through, or the statement by which the worker finds out. */
export function countOf(asked: Counted, filter: Filter): number | DearStatement {
  const { connection, table } = asked;
  const dialect = new SqliteDialect({ connection, mayHoldArrays: () => true });
  const parts = simplified(conjuncts(filter), dialect);
  if (parts.length === 0) return tallyOf(asked, undefined);
  const rule = visibilityOnly(parts);
  if (rule) return visibleCount(asked, rule);
  const group = groupOnly(parts);
  if (group !== undefined) return tallyOf(asked, new Set([group]));
  const plan = planOf(connection, table, { filter, order: [] });
  if (plan.kind === "few") return fewCount(connection, plan);
  return dearCount(plan);
}

/** Tallies of what is in reach, then owned entities outside it, then granted ones of others. */
function visibleCount(asked: Counted, rule: Visibility): number {
  const { connection, table } = asked;
  const { dictionary } = connection;
  const outside: Sql[] = [];
  const reach = dictionary.reach(rule.reach);
  let count = reach.numbers.length === 0 ? 0 : tallyOf(asked, rule.reach);
  const add = (index: string, condition: Sql) => {
    const where = joined([condition, ...outside], "AND");
    const from = `e${table.n} e INDEXED BY e${table.n}_${index}`;
    const sql = `SELECT count(*) FROM ${from} WHERE ${where.sql}`;
    count += connection.first<[number]>(sql, where.values)?.[0] ?? 0;
    outside.push(opposite(condition));
  };
  if (reach.numbers.length > 0) {
    outside.push({ sql: "substr(?, e.grp + 1, 1) <> x'01'", values: [reach.bytes] });
  }
  const owner = rule.owner === null ? undefined : dictionary.ownerNumber(rule.owner);
  if (owner !== undefined) add("own", { sql: "e.own = ?", values: [owner] });
  if (rule.principals.size > 0) {
    const list = [...rule.principals];
    const sql =
      `e.acc <> 0 AND e.acc IN (SELECT m.n FROM access_member m ` +
      `WHERE m.principal IN (${list.map(() => "?").join()}))`;
    add("acc", { sql, values: list });
  }
  if (rule.self !== null) add("id", { sql: "e.id = ?", values: [rule.self] });
  return count;
}

/** Of all groups, or of some. */
function tallyOf(
  { connection, table, pending }: Counted,
  groups: ReadonlySet<string> | undefined,
): number {
  const changes = pending?.get(table.n) ?? new Map<number, number>();
  if (!groups) {
    const sql = "SELECT total(count) FROM tally WHERE store = ?";
    const kept = connection.first<[number]>(sql, [table.n])?.[0] ?? 0;
    return kept + [...changes.values()].reduce((sum, change) => sum + change, 0);
  }
  const { bytes } = connection.dictionary.reach(groups);
  const sql = "SELECT total(count) FROM tally WHERE store = ? AND substr(?, grp + 1, 1) = x'01'";
  let count = connection.first<[number]>(sql, [table.n, bytes])?.[0] ?? 0;
  for (const [group, change] of changes) if (bytes[group] === 1) count += change;
  return count;
}

function groupOnly(parts: readonly Filter[]): string | undefined {
  const test = parts.length === 1 && parts[0] ? equalityOf(parts[0]) : undefined;
  if (test?.path.length !== 1 || test.path[0] !== "group") return undefined;
  return typeof test.value === "string" ? test.value : undefined;
}
