/**
 * How SQLite says where a value stands and how it compares. Every property becomes a sort key that
 * is never NULL, and whose order in SQLite (REAL < TEXT < BLOB) is that of `compareJson`.
 */
import {
  type CompareOp,
  type ElementComparison,
  type Filter,
  type Json,
  orderKey,
  type Path,
  type Search,
  systemFields,
  type Visibility,
} from "@stoa/domain";
import { compares, kindOf, sampleOf, sqlOps, textAfter } from "./sql-field.ts";
import {
  type FilterDialect,
  joined,
  opposite,
  type Sql,
  type SqlValue,
  truth,
} from "./sql-filter.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { jsonPath } from "./sqlite-path.ts";
import { foundSql, isSearchOf, type StoreSearch } from "./sqlite-search.ts";

/** What stands in for null and missing: below every number that JSON can say. */
const nullKey = "-9e999";

/** The value that `keySql` gives for a property with this value. */
export function keyValue(value: Json): SqlValue {
  if (value === null) return Number.NEGATIVE_INFINITY;
  if (typeof value === "number" || typeof value === "string") return value;
  return orderKey(value);
}

/** The value whose key it is, or undefined for objects and arrays, of which a key tells nothing. */
export function jsonOf(key: SqlValue): Json | undefined {
  if (key === Number.NEGATIVE_INFINITY) return null;
  if (!(key instanceof Uint8Array)) return key;
  return key[0] === 5 ? key[1] === 1 : undefined;
}

/**
 * The sort key of a property, or undefined for a path below a system field, where nothing stands.
 * `table` is what stands before a column: `"e."`, or `""` in the definition of an index.
 */
export function keySql(path: Path, table: string): string | undefined {
  const [first, second] = path;
  if (first === undefined || !systemFields.has(first)) return bodyKey(path, table);
  if (second !== undefined) return undefined;
  switch (first) {
    case "_id":
      return `${table}id`;
    case "owner":
      return `(SELECT o.id FROM owner_id o WHERE o.n = ${table}own)`;
    case "group":
      return `(SELECT g.id FROM group_id g WHERE g.n = ${table}grp)`;
    case "time":
      return `${table}time`;
    case "_at":
      return `ifnull(${table}at, ${nullKey})`;
    case "access":
      return `stoa_key(stoa_access(${table}acc))`;
    default:
      return `stoa_key(stoa_branch(${table}grp))`;
  }
}

/**
 * What an index holds of a property: the sort key, or the number that stands for a text; in a
 * unique index NULL for null and missing, which never conflict. Undefined where no index can help.
 */
export function indexSql(path: Path, isUnique: boolean, table: string): string | undefined {
  const column = path.length === 1 ? numberColumns.get(path[0] as string) : undefined;
  if (column && !isUnique && !isNumbered(path)) return undefined;
  const key = column ? table + column : keySql(path, table);
  return key && isUnique ? `nullif(${key}, ${nullKey})` : key;
}

/** Whether a number stands for the one text at the path: `owner` and `group`. */
export function isNumbered(path: Path): boolean {
  return path.length === 1 && (path[0] === "owner" || path[0] === "group");
}

const numberColumns: ReadonlyMap<string, string> = new Map([
  ["owner", "own"],
  ["group", "grp"],
  ["access", "acc"],
  ["branch", "grp"],
]);

export interface DialectOptions {
  readonly connection: SqliteConnection;
  /** Whether an array may stand at the path in some entity of the store. */
  readonly mayHoldArrays: (path: Path) => boolean;
  readonly search?: StoreSearch | null;
}

/** Compiles for one statement, and gathers the filters that it calls back for. */
export class SqliteDialect implements FilterDialect {
  readonly filters: Filter[] = [];
  /** Whether few entities are tested: then each is looked at rather than all that have a word. */
  testsFew = false;
  readonly #connection: SqliteConnection;
  readonly #search: StoreSearch | null;
  readonly mayHoldArrays: (path: Path) => boolean;

  constructor({ connection, mayHoldArrays, search = null }: DialectOptions) {
    this.#connection = connection;
    this.#search = search;
    this.mayHoldArrays = mayHoldArrays;
  }

  compare(path: Path, op: CompareOp, value: Json): Sql | undefined {
    const sample = sampleOf(path);
    if (sample !== undefined && kindOf(sample) !== kindOf(value)) {
      if (path[0] !== "_at" || value !== null) return truth(compares(op, sample, value));
    }
    if (sample === null) return truth(compares(op, null, value));
    if (Array.isArray(sample)) return undefined;
    if (isNumbered(path) && (op === "==" || op === "!=")) {
      return this.#numberTest(path[0] as string, op, String(value));
    }
    return { sql: `${keySql(path, "e.")} ${sqlOps[op]} ?`, values: [keyValue(value)] };
  }

  oneOf(path: Path, values: readonly Json[]): Sql | undefined {
    const isOwnField = !systemFields.has(path[0] as string);
    const isId = path.length === 1 && path[0] === "_id";
    if (!isOwnField && !isId)
      return this.#anyOf(values.map((value) => this.compare(path, "==", value)));
    const used = isId ? values.filter((value) => typeof value === "string") : values;
    if (used.length === 0) return truth(false);
    const key = keySql(path, "e.");
    if (used.length > listedMax && used.every((value) => typeof value === "string")) {
      return { sql: `${key} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(used)] };
    }
    if (used.length === 1) return { sql: `${key} = ?`, values: used.map(keyValue) };
    return { sql: `${key} IN (${used.map(() => "?").join()})`, values: used.map(keyValue) };
  }

  element({ op, path, value }: ElementComparison): Sql | undefined {
    const sample = sampleOf(path);
    if (Array.isArray(sample)) return op === "==" ? this.#listHolds(path, value) : undefined;
    if (sample !== undefined || !this.mayHoldArrays(path)) return this.compare(path, op, value);
    const key = keySql(path, "e.") as string;
    const itself: Sql = { sql: `${key} ${sqlOps[op]} ?`, values: [keyValue(value)] };
    const others = joined([opposite(isArray(key)), itself], "AND");
    return joined([others, this.#arrayHolds(path, op, value)], "OR");
  }

  like(path: Path, pattern: string): Sql | undefined {
    const sample = sampleOf(path);
    if (sample !== undefined && typeof sample !== "string") return truth(false);
    const stars = pattern.split("*").length - 1;
    if (stars === 0) return this.compare(path, "==", pattern);
    const key = keySql(path, "e.");
    const prefix = pattern.slice(0, -1);
    const next = stars === 1 && pattern.endsWith("*") ? textAfter(prefix) : undefined;
    if (next !== undefined) return { sql: `${key} >= ? AND ${key} < ?`, values: [prefix, next] };
    if (stars > globStarsMax || pattern.length > globCharactersMax) return undefined;
    const glob = pattern.replace(/[?[]/g, "[$&]");
    return { sql: `typeof(${key}) = 'text' AND ${key} GLOB ?`, values: [glob] };
  }

  contains(path: Path, value: Json): Sql | undefined {
    const sample = sampleOf(path);
    if (Array.isArray(sample)) return this.#listHolds(path, value);
    const key = keySql(path, "e.");
    const text: Sql =
      typeof value === "string" && (sample === undefined || typeof sample === "string")
        ? { sql: `typeof(${key}) = 'text' AND instr(${key}, ?) > 0`, values: [value] }
        : truth(false);
    if (sample !== undefined) return text;
    return joined([text, this.#arrayHolds(path, "==", value)], "OR");
  }

  search(asked: Search): Sql | undefined {
    if (this.testsFew || !isSearchOf(this.#search, asked)) return undefined;
    const { sql, values } = foundSql(this.#search.name, asked);
    return { sql: `e.n IN (${sql})`, values };
  }

  visible(rule: Visibility): Sql {
    return this.visibleIn(rule, "e.");
  }

  /** The same for rows of another table that has the columns `id`, `grp`, `own` and `acc`. */
  visibleIn(rule: Visibility, table: string): Sql {
    const { dictionary } = this.#connection;
    const { bytes, numbers } = dictionary.reach(rule.reach);
    if (numbers.length > 0 && numbers.length === dictionary.groupCount) return truth(true);
    const owner = rule.owner === null ? undefined : dictionary.ownerNumber(rule.owner);
    const parts: Sql[] = [];
    if (numbers.length === 1) parts.push({ sql: `${table}grp = ?`, values: numbers });
    else if (numbers.length > 0) {
      parts.push({ sql: `substr(?, ${table}grp + 1, 1) = x'01'`, values: [bytes] });
    }
    if (owner !== undefined) parts.push({ sql: `${table}own = ?`, values: [owner] });
    if (rule.principals.size > 0) parts.push(grantedTo(rule.principals, table));
    if (rule.self !== null) parts.push({ sql: `${table}id = ?`, values: [rule.self] });
    return joined(parts, "OR");
  }

  other(filter: Filter): Sql {
    const index = this.filters.push(filter) - 1;
    return { sql: `stoa_matches(${index}, ${matchedColumns}) = 1`, values: [] };
  }

  #numberTest(field: string, op: "==" | "!=", id: string): Sql {
    const { dictionary } = this.#connection;
    const n = field === "owner" ? dictionary.ownerNumber(id) : dictionary.groupNumber(id);
    if (n === undefined) return truth(op === "!=");
    return { sql: `e.${field === "owner" ? "own" : "grp"} ${sqlOps[op]} ?`, values: [n] };
  }

  #anyOf(parts: readonly (Sql | undefined)[]): Sql | undefined {
    return parts.every((part) => part !== undefined) ? joined(parts, "OR") : undefined;
  }

  /** Whether `access` or `branch` holds the value. */
  #listHolds(path: Path, value: Json): Sql {
    if (typeof value !== "string") return truth(false);
    if (path[0] === "access") return grantedTo(new Set([value]), "e.");
    const { tree } = this.#connection;
    const reach = tree.has(value) ? tree.reachOf([value]) : new Set([value]);
    const { bytes, numbers } = this.#connection.dictionary.reach(reach);
    if (numbers.length === 0) return truth(false);
    return { sql: "substr(?, e.grp + 1, 1) = x'01'", values: [bytes] };
  }

  #arrayHolds(path: Path, op: CompareOp, value: Json): Sql {
    const key = keySql(path, "e.") as string;
    const { sql } = isArray(key);
    const element = typedKey("j.type", "j.value", "j.value");
    return {
      sql:
        `${sql} AND EXISTS (SELECT 1 FROM json_each(e.body, ${jsonPath(path)}) j ` +
        `WHERE ${element} ${sqlOps[op]} ?)`,
      values: [keyValue(value)],
    };
  }
}

function bodyKey(path: Path, table: string): string {
  const at = jsonPath(path);
  const body = `${table}body`;
  return typedKey(`json_type(${body}, ${at})`, `${body} ->> ${at}`, `${body} -> ${at}`);
}

/** Numbers as REAL, because an INTEGER past 2^53 would not equal the double that it stands for. */
function typedKey(type: string, value: string, json: string): string {
  return (
    `CASE ${type} WHEN 'text' THEN ${value} ` +
    `WHEN 'integer' THEN CAST(${value} AS REAL) WHEN 'real' THEN CAST(${value} AS REAL) ` +
    `WHEN 'true' THEN x'0501' WHEN 'false' THEN x'0500' ` +
    `WHEN 'object' THEN stoa_key(${json}) WHEN 'array' THEN stoa_key(${json}) ` +
    `ELSE ${nullKey} END`
  );
}

function isArray(key: string): Sql {
  return { sql: `${key} >= x'04' AND ${key} < x'05'`, values: [] };
}

/** The unary plus keeps SQLite from asking once for each principal. */
function grantedTo(principals: ReadonlySet<string>, table: string): Sql {
  const values = [...principals];
  // Few lengths of lists make few statements.
  while ((values.length & (values.length - 1)) !== 0) values.push(values[0] as string);
  const list = values.map(() => "?").join();
  return {
    sql:
      `${table}acc <> 0 AND EXISTS (SELECT 1 FROM access_member m ` +
      `WHERE m.n = ${table}acc AND +m.principal IN (${list}))`,
    values,
  };
}

const matchedColumns = "e.id, e.grp, e.own, e.acc, e.time, e.at, e.rev, e.body";
/** Values listed one by one in a statement; longer lists of strings are one parameter. */
const listedMax = 16;
/** Patterns past these are left to `matches`, whose time is linear. */
const globStarsMax = 2;
const globCharactersMax = 1_000;
