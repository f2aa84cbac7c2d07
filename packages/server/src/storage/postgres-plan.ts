/**
 * Says a query in SQL: what must hold, what is sorted by, where a window begins; and whether an
 * index gives the order. Which index is used PostgreSQL decides. Runs nothing.
 */
import {
  compareJson,
  type Filter,
  type GroupTree,
  type Json,
  type OrderKey,
  type Path,
  pathText,
  totalOrder,
  type Visibility,
} from "@stoa/domain";
import { PostgresDialect, type SortColumn } from "./postgres-dialect.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import type { PostgresIndex, PostgresTable } from "./postgres-store.ts";
import {
  choice,
  conjuncts,
  equalityOf,
  joined,
  propertyTest,
  type Sql,
  type SqlValue,
  unimplied,
  visibilityOnly,
} from "./sql-filter.ts";

/** A key of the total order; `bound` where the filter lets only one value through. */
export interface SortKey {
  readonly path: Path;
  readonly column: SortColumn;
  readonly descending: boolean;
  readonly bound: { readonly value: Json } | undefined;
}

export interface Plan {
  readonly table: PostgresTable;
  readonly dialect: PostgresDialect;
  readonly where: Sql;
  /** What SQL cannot say: `matches` must look at each row. */
  readonly rest: readonly Filter[];
  readonly keys: readonly SortKey[];
  /** Whether an index gives the order, so that the first rows cost no more than themselves. */
  readonly isOrdered: boolean;
  /** Whether it besides answers all of the filter: no row is looked at in vain. */
  readonly isQuick: boolean;
  /** The visibility, where nothing else is asked and the order is that of the ids. */
  readonly sight: Visibility | undefined;
  /** Paths that an index should have to make a dear query cheap. */
  readonly wish: readonly string[];
}

export interface Question {
  readonly table: PostgresTable;
  readonly dictionary: PostgresDictionary;
  readonly tree: GroupTree;
  readonly filter: Filter;
  readonly order: readonly OrderKey[];
  /** Paths at which no entity of the store has an array. */
  readonly withoutArrays: ReadonlySet<string>;
}

export function planOf({ filter, order, ...options }: Question): Plan {
  const { table, withoutArrays } = options;
  const dialect = new PostgresDialect(options);
  const parts = unimplied(conjuncts(filter));
  const equal = equalities(parts, withoutArrays);
  const keys = sortKeys(order, dialect, equal);
  const { where, rest } = dialect.conditions(parts);
  const ordering = table.indexes.filter((index) => isOrderedBy(index, keys, equal));
  const isQuick = ordering.some(({ paths }) => areBound(parts, paths));
  const sight = isById(keys) ? visibilityOnly(parts) : undefined;
  const isOrdered = ordering.length > 0;
  const wish = wishOf(parts, keys);
  return { table, dialect, where, rest, keys, isOrdered, isQuick, sight, wish };
}

/** Paths of the filter about which must be known whether arrays stand there, with an index each. */
export function arrayPaths(
  filter: Filter,
  { indexes }: PostgresTable,
): readonly { readonly path: Path; readonly index: PostgresIndex }[] {
  if (filter.kind === "not") return arrayPaths(filter.of, { indexes } as PostgresTable);
  if (filter.kind === "all" || filter.kind === "any") {
    return filter.of.flatMap((part) => arrayPaths(part, { indexes } as PostgresTable));
  }
  if (filter.kind !== "element") return [];
  const name = JSON.stringify(filter.path);
  const index = indexes.find(
    ({ sql, isUnique, paths }) => sql !== null && !isUnique && JSON.stringify(paths[0]) === name,
  );
  return index ? [{ path: filter.path, index }] : [];
}

/** Comes later in the order than these values, one for each key. */
export function laterThan(keys: readonly SortKey[], after: readonly Json[]): Sql {
  const later: Sql[] = [];
  const same: Sql[] = [];
  for (const [at, { column, descending, bound }] of keys.entries()) {
    const value = after[at] ?? null;
    if (bound) {
      const sign = compareJson(bound.value, value) * (descending ? -1 : 1);
      if (sign > 0) later.push(joined(same, "AND"));
      if (sign !== 0) break;
      continue;
    }
    later.push(joined([...same, beyond(column, descending, column.valueOf(value))], "AND"));
    same.push(test(column, "=", column.valueOf(value)));
  }
  return joined(later, "OR");
}

/** The same for the values that stand in the columns of the free keys. */
export function laterThanRow(keys: readonly SortKey[], row: readonly SqlValue[]): Sql {
  const open = free(keys);
  if (open.every(({ descending }) => descending === open[0]?.descending)) {
    const columns = open.map(({ column }) => column.sql.sql).join(", ");
    const op = open[0]?.descending ? "<" : ">";
    const values = open.flatMap(({ column }) => column.sql.values);
    return {
      sql: `(${columns}) ${op} (${open.map(() => "?").join()})`,
      values: [...values, ...row],
    };
  }
  const later: Sql[] = [];
  const same: Sql[] = [];
  for (const [at, { column, descending }] of open.entries()) {
    const value = row[at] as SqlValue;
    later.push(joined([...same, beyond(column, descending, value)], "AND"));
    same.push(test(column, "=", value));
  }
  return joined(later, "OR");
}

export function free(keys: readonly SortKey[]): readonly SortKey[] {
  return keys.filter(({ bound }) => bound === undefined);
}

function isById(keys: readonly SortKey[]): boolean {
  return keys.length === 1 && pathText(keys[0]?.path ?? []) === "_id" && !keys[0]?.bound;
}

/** The values of one key that the filter lets through are one: `{path: ["a"], value: 5}`. */
type Equalities = ReadonlyMap<string, { readonly path: Path; readonly value: Json }>;

function equalities(parts: readonly Filter[], withoutArrays: ReadonlySet<string>): Equalities {
  const found = new Map<string, { path: Path; value: Json }>();
  for (const part of parts) {
    const test = equalityOf(part);
    const name = test && JSON.stringify(test.path);
    if (!test || name === undefined || found.has(name)) continue;
    if (part.kind === "element" && !withoutArrays.has(name)) continue;
    found.set(name, test);
  }
  return found;
}

function sortKeys(
  order: readonly OrderKey[],
  dialect: PostgresDialect,
  equal: Equalities,
): readonly SortKey[] {
  return totalOrder(order).flatMap(({ path, descending }): SortKey[] => {
    const column = dialect.sortKey(path);
    const bound = equal.get(JSON.stringify(path));
    return column ? [{ path, column, descending, bound }] : [];
  });
}

/** Whether the index, behind what the filter binds, is the order in one direction. */
function isOrderedBy(
  { paths, isUnique, isExact }: PostgresIndex,
  keys: readonly SortKey[],
  equal: Equalities,
): boolean {
  if (isUnique || !isExact) return false;
  const open = free(keys);
  if (!open.every(({ descending }) => descending === open[0]?.descending)) return false;
  const columns = [...paths, ["_id"]].map((path) => JSON.stringify(path));
  const bound = columns.findIndex((name) => !equal.has(name));
  const rest = bound < 0 ? [] : columns.slice(bound);
  return open.every(({ path }, at) => {
    return rest[at] === JSON.stringify(path) && !numbered.has(path[0] as string);
  });
}

/** Fields whose columns hold numbers, which sort in no order of theirs. */
const numbered: ReadonlySet<string> = new Set(["owner", "group", "access", "branch"]);

/** Whether each part binds one of the columns, which stand at the front of an index. */
function areBound(parts: readonly Filter[], paths: readonly Path[]): boolean {
  const names = new Set(parts.map((part) => JSON.stringify(equalityOf(part)?.path ?? null)));
  return parts.length === names.size && paths.slice(0, parts.length).every(isNamed);
  function isNamed(path: Path): boolean {
    return names.has(JSON.stringify(path));
  }
}

function beyond(column: SortColumn, descending: boolean, value: SqlValue): Sql {
  return test(column, descending ? "<" : ">", value);
}

function test({ sql: { sql, values } }: SortColumn, op: string, value: SqlValue): Sql {
  return { sql: `${sql} ${op} ?`, values: [...values, value] };
}

function wishOf(parts: readonly Filter[], keys: readonly SortKey[]): readonly string[] {
  const names = new Set<string>();
  for (const part of parts) {
    const path = equalityOf(part)?.path ?? propertyTest(part)?.path ?? choice(part)?.path;
    if (path) names.add(pathText(path));
  }
  for (const { path } of keys) names.add(pathText(path));
  names.delete("_id");
  return [...names];
}
