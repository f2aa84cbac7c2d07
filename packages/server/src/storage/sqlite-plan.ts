/**
 * Chooses how a query is answered: along an index in windows, out of few candidates, or by the
 * worker. Decides; what it must know of the file it asks of `sqlite-few.ts`.
 */
import { type Filter, type OrderKey, type Path, totalOrder } from "@stoa/domain";
import {
  choice,
  conjuncts,
  equalityOf,
  joined,
  propertyTest,
  type Sql,
  type SqlValue,
  sqlFilter,
  unimplied,
} from "./sql-filter.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { indexSql, isNumbered, keySql, keyValue, SqliteDialect } from "./sqlite-dialect.ts";
import {
  type Access,
  best,
  type Context,
  type Equality,
  fewest,
  foundOf,
  mayHoldArrays,
  seenAlong,
  sightOf,
  whole,
} from "./sqlite-few.ts";
import { pathName } from "./sqlite-path.ts";
import type { StoreIndex, StoreTable } from "./sqlite-store.ts";

/** A key of the total order as SQL; `bound` is its value where the filter lets only one through. */
export interface SortKey {
  readonly path: Path;
  readonly sql: string;
  readonly descending: boolean;
  readonly bound: SqlValue | undefined;
}

export interface Plan {
  /**
   * `scan`: the index gives the order, and only visibility is tested on the way;
   * `few`: at most `candidatesMax` entities come into question; `dear`: neither.
   */
  readonly kind: "scan" | "few" | "dear";
  /** `e3 e INDEXED BY e3_id` */
  readonly from: string;
  /** What the index answers. */
  readonly range: Sql;
  /** In a scan what is tested on the way; else the whole filter. */
  readonly rest: readonly Filter[];
  readonly keys: readonly SortKey[];
  readonly dialect: SqliteDialect;
  /** Paths that an index should have to make a dear query cheap. */
  readonly wish: readonly Path[];
}

export interface Question {
  readonly filter: Filter;
  readonly order: readonly OrderKey[];
}

export function planOf(connection: SqliteConnection, table: StoreTable, asked: Question): Plan {
  const dialect = new SqliteDialect({
    connection,
    mayHoldArrays: (path) => mayHoldArrays(connection, table, path),
    search: table.search,
  });
  const parts = simplified(conjuncts(asked.filter), dialect);
  const context: Context = { connection, table, dialect, parts, equal: equalities(parts, dialect) };
  const keys = sortKeys(asked.order, context);
  const accesses = table.indexes.map((index) => accessOf(index, keys, context));
  const ordered = best(accesses.filter(({ isOrdered }) => isOrdered));
  const rest = ordered && parts.filter((part) => !ordered.used.has(part));
  const isScan = rest?.every(({ kind }) => kind === "visible") === true;
  if (ordered && rest && isScan && !ordered.isPoint) {
    const narrow = accesses.filter(({ weight }) => weight > ordered.weight);
    const few = fewest(narrow, context) ?? (isById(keys) ? undefined : sightOf(context));
    if (!few) return { ...base(ordered, context, keys), kind: "scan", rest };
    return fewPlan(few, context, keys);
  }
  const narrow = accesses.filter(({ weight }) => weight > 0);
  const few =
    fewest(narrow, context) ??
    foundOf(context) ??
    sightOf(context) ??
    seenAlong(narrow, context) ??
    whole(context);
  if (few) return fewPlan(few, context, keys);
  const dear = ordered ?? best(narrow);
  return { ...base(dear, context, keys), kind: "dear", rest: parts };
}

/** Without what is always true: visibility for those who see all, or all of the group asked for. */
export function simplified(parts: readonly Filter[], dialect: SqliteDialect): readonly Filter[] {
  return unimplied(parts).filter((part) => {
    return part.kind !== "visible" || dialect.visible(part).sql !== "TRUE";
  });
}

/** Comes later in the order than these values of its keys. */
export function laterThan(keys: readonly SortKey[], cursor: readonly SqlValue[]): Sql {
  return joined(
    segments(keys, cursor).map(({ range }) => range),
    "OR",
  );
}

/** A stretch of an index; `keys` are those that still differ in it, from the left. */
export interface Segment {
  readonly range: Sql;
  readonly keys: readonly SortKey[];
}

/**
 * What comes later as ranges that follow each other: the same first keys and a later last one,
 * then the same but for the key before, and so on.
 */
export function segments(
  keys: readonly SortKey[],
  cursor: readonly SqlValue[],
): readonly Segment[] {
  return keys.map((_, at) => {
    const last = keys.length - 1 - at;
    const terms = keys.slice(0, last + 1).map(({ sql, descending }, index): Sql => {
      const op = index < last ? "=" : descending ? "<" : ">";
      return { sql: `${sql} ${op} ?`, values: [cursor[index] as SqlValue] };
    });
    return { range: joined(terms, "AND"), keys: keys.slice(last) };
  });
}

function base(
  access: Access | undefined,
  { table, dialect, parts }: Context,
  keys: readonly SortKey[],
) {
  const by = access?.index ? ` INDEXED BY ${access.index.name}` : "";
  const from = `e${table.n} e${by}`;
  const range = access?.range ?? { sql: "TRUE", values: [] };
  return { from, range, keys, dialect, wish: wishOf(parts, keys) };
}

function fewPlan(few: Access, context: Context, keys: readonly SortKey[]): Plan {
  context.dialect.testsFew = true;
  const rest = context.parts.filter((part) => part.kind !== "search" || !few.used.has(part));
  return { ...base(few, context, keys), kind: "few", rest };
}

function accessOf(index: StoreIndex, keys: readonly SortKey[], context: Context): Access {
  const used = new Set<Filter>();
  const terms: Sql[] = [];
  let bound = 0;
  for (const path of index.paths) {
    const equality = context.equal.get(pathName(path));
    const term = equality && boundTerm(index, equality, context.dialect);
    if (!equality || !term) break;
    used.add(equality.part);
    terms.push(term);
    bound++;
  }
  const ranges = index.isUnique ? [] : rangesOf(index.paths[bound], context);
  for (const { part, sql } of ranges) {
    used.add(part);
    terms.push(sql);
  }
  return {
    index,
    range: joined(terms, "AND"),
    used,
    isOrdered: isOrderedBy(index, bound, keys) && !ranges.some(({ isList }) => isList),
    weight: 2 * bound + Math.min(1, ranges.length),
    isPoint:
      bound === index.paths.length &&
      (index.isUnique || pathName(index.paths[0] as Path) === idName),
  };
}

function boundTerm(
  index: StoreIndex,
  { path, value }: Equality,
  dialect: SqliteDialect,
): Sql | undefined {
  if (!index.isUnique) return dialect.compare(path, "==", value);
  if (value === null || isNumbered(path) || path[0] === "access" || path[0] === "branch")
    return undefined;
  return { sql: `${indexSql(path, true, "e.")} = ?`, values: [keyValue(value)] };
}

interface Range {
  readonly part: Filter;
  readonly sql: Sql;
  /** Several values in no order, instead of one stretch. */
  readonly isList: boolean;
}

function rangesOf(path: Path | undefined, { parts, dialect }: Context): readonly Range[] {
  if (!path || isNumbered(path)) return [];
  const name = pathName(path);
  return parts.flatMap((part): Range[] => {
    const isList = (choice(part)?.values.length ?? 0) > 0;
    const tested = isList ? choice(part)?.path : rangePath(part, dialect);
    if (!tested || pathName(tested) !== name || tested.length !== path.length) return [];
    return [{ part, sql: sqlFilter(part, dialect), isList }];
  });
}

/** The path of which the filter lets one stretch of values through. */
function rangePath(part: Filter, dialect: SqliteDialect): Path | undefined {
  const test = propertyTest(part);
  if (test) return test.op === "!=" ? undefined : test.path;
  if (part.kind === "element") {
    return dialect.mayHoldArrays(part.path) ? undefined : part.path;
  }
  if (part.kind !== "like" || part.left.kind !== "property") return undefined;
  const pattern = part.pattern.kind === "constant" ? part.pattern.value : null;
  const isPrefix = typeof pattern === "string" && pattern.indexOf("*") === pattern.length - 1;
  return isPrefix && pattern.length > 1 ? part.left.path : undefined;
}

/** Whether the rest of the index, behind what is bound, is the order in one direction. */
function isOrderedBy(index: StoreIndex, bound: number, keys: readonly SortKey[]): boolean {
  if (index.isUnique) return false;
  const free = keys.filter((key) => key.bound === undefined);
  const isUniform = free.every(({ descending }) => descending === free[0]?.descending);
  const rest = [...index.paths.slice(bound), ["_id"]];
  return (
    isUniform &&
    free.every(({ path }, at) => {
      const column = rest[at];
      return column !== undefined && !isNumbered(column) && pathName(column) === pathName(path);
    })
  );
}

function sortKeys(order: readonly OrderKey[], { equal }: Context): readonly SortKey[] {
  return totalOrder(order).flatMap(({ path, descending }): SortKey[] => {
    const sql = keySql(path, "e.");
    if (sql === undefined) return [];
    const equality = equal.get(pathName(path));
    const bound = equality && keyValue(equality.value);
    return [{ path, sql, descending, bound }];
  });
}

function equalities(parts: readonly Filter[], dialect: SqliteDialect): Map<string, Equality> {
  const found = new Map<string, Equality>();
  for (const part of parts) {
    const test = equalityOf(part);
    if (!test || (part.kind === "element" && dialect.mayHoldArrays(test.path))) continue;
    const name = pathName(test.path);
    if (!found.has(name)) found.set(name, { ...test, part });
  }
  return found;
}

function isById(keys: readonly SortKey[]): boolean {
  return keys.length === 1 && keys[0]?.sql === "e.id";
}

function wishOf(parts: readonly Filter[], keys: readonly SortKey[]): readonly Path[] {
  const names = new Map<string, Path>();
  for (const part of parts) {
    const path = equalityOf(part)?.path ?? propertyTest(part)?.path ?? choice(part)?.path;
    if (path) names.set(pathName(path), path);
  }
  for (const { path } of keys) names.set(pathName(path), path);
  names.delete(idName);
  return [...names.values()];
}

const idName = pathName(["_id"]);
