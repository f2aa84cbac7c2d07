/**
 * How PostgreSQL says where a value stands and how it compares. Own fields become sort keys
 * (`stoa_key`), bytes whose order is that of `compareJson`; the server's own stand in columns. What
 * it cannot say is left to `matches`, which then looks at each row that is left.
 */
import {
  type CompareOp,
  type ElementComparison,
  type Filter,
  type GroupTree,
  type Json,
  orderKey,
  type Path,
  type Search,
  systemFields,
  type Visibility,
} from "@stoa/domain";
import { arrayText } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import { foundSql } from "./postgres-search.ts";
import { indexedKey, type PostgresTable, pathLiteral } from "./postgres-store.ts";
import { compares, kindOf, sampleOf, sqlOps, textAfter } from "./sql-field.ts";
import {
  type FilterDialect,
  joined,
  opposite,
  type Sql,
  type SqlValue,
  sqlFilter,
  truth,
} from "./sql-filter.ts";

export interface DialectOptions {
  readonly dictionary: PostgresDictionary;
  readonly tree: GroupTree;
  readonly table: PostgresTable;
  /** Paths at which no entity of the store has an array. */
  readonly withoutArrays: ReadonlySet<string>;
}

/** The condition of some filters, and those of them that are left to `matches`. */
export interface Conditions {
  readonly where: Sql;
  readonly rest: readonly Filter[];
}

export class PostgresDialect implements FilterDialect {
  readonly #options: DialectOptions;
  #isSaid = true;

  constructor(options: DialectOptions) {
    this.#options = options;
  }

  conditions(parts: readonly Filter[]): Conditions {
    const said: Sql[] = [];
    const rest: Filter[] = [];
    for (const part of parts) {
      this.#isSaid = true;
      const sql = sqlFilter(part, this);
      if (this.#isSaid) said.push(sql);
      else rest.push(part);
    }
    return { where: joined(said, "AND"), rest };
  }

  /** What a property is sorted by, and what stands there for a value; undefined for nothing. */
  sortKey(path: Path): SortColumn | undefined {
    const [first = "", second] = path;
    if (!systemFields.has(first)) {
      const key = this.#indexOf(path);
      const sql = key?.isExact ? key.sql : fullKey(path);
      return { sql: { sql, values: [] }, valueOf: (value) => Buffer.from(orderKey(value)) };
    }
    if (second !== undefined) return undefined;
    switch (first) {
      case "_id":
      case "owner":
      case "group":
        return { sql: textColumn(first), valueOf: textBound };
      case "time":
        return { sql: plain("e.time"), valueOf: numberBound };
      case "_at":
        return { sql: plain(atColumn), valueOf: numberBound };
      case "access":
        return { sql: plain(accessKey), valueOf: (value) => Buffer.from(orderKey(value)) };
      default:
        return { sql: this.#branchKey(), valueOf: (value) => Buffer.from(orderKey(value)) };
    }
  }

  compare(path: Path, op: CompareOp, value: Json): Sql | undefined {
    const sample = sampleOf(path);
    if (sample === undefined) return this.#compareOwn(path, op, value);
    if (kindOf(sample) !== kindOf(value)) {
      if (path[0] !== "_at" || value !== null) return truth(compares(op, sample, value));
    }
    if (sample === null) return truth(compares(op, null, value));
    if (Array.isArray(sample)) return undefined;
    if (typeof value === "string") return this.#compareText(path[0] as string, op, value);
    const column = path[0] === "time" ? "e.time" : atColumn;
    return { sql: `${column} ${sqlOps[op]} ?::double precision`, values: [numberBound(value)] };
  }

  oneOf(path: Path, values: readonly Json[]): Sql | undefined {
    const first = path[0] as string;
    if (path.length === 1 && first === "_id") {
      const ids = values.filter((value) => typeof value === "string");
      if (ids.length === 0) return truth(false);
      if (!ids.every(isPlain)) return undefined;
      return { sql: "e.id = ANY(?::text[])", values: [arrayText(ids)] };
    }
    const isOwnField = !systemFields.has(first);
    const isLong = values.length > listedMax;
    if (isOwnField && isLong && values.every(isWellFormed)) return this.#oneOfOwn(path, values);
    const parts = values.map((value) => this.compare(path, "==", value));
    return parts.every((part) => part !== undefined) ? joined(parts, "OR") : undefined;
  }

  element({ op, path, value }: ElementComparison): Sql | undefined {
    const sample = sampleOf(path);
    if (Array.isArray(sample)) return op === "==" ? this.#listHolds(path, value) : undefined;
    const noArrays = this.#options.withoutArrays.has(JSON.stringify(path));
    if (sample !== undefined || noArrays) return this.compare(path, op, value);
    if (!isWellFormed(value)) return undefined;
    const itself = this.#compareOwn(path, op, value);
    const others = joined([opposite(isArray(fullKey(path))), itself as Sql], "AND");
    return joined([others, arrayHolds(path, op, value)], "OR");
  }

  like(path: Path, pattern: string): Sql | undefined {
    const sample = sampleOf(path);
    if (sample !== undefined && typeof sample !== "string") return truth(false);
    if (!isPlain(pattern)) return undefined;
    const stars = pattern.split("*").length - 1;
    if (stars === 0) return this.compare(path, "==", pattern);
    const prefix = pattern.slice(0, -1);
    const next = stars === 1 && pattern.endsWith("*") ? textAfter(prefix) : undefined;
    if (next !== undefined) {
      const parts = [this.compare(path, ">=", prefix), this.compare(path, "<", next)];
      return parts.every((part) => part !== undefined) ? joined(parts, "AND") : undefined;
    }
    if (stars > likeStarsMax || pattern.length > likeCharactersMax) return undefined;
    const like = pattern.replace(/[\\%_]/g, "\\$&").replaceAll("*", "%");
    return this.#textTest(path, (text) => ({ sql: `${text} LIKE ?`, values: [like] }));
  }

  contains(path: Path, value: Json): Sql | undefined {
    const sample = sampleOf(path);
    if (Array.isArray(sample)) return this.#listHolds(path, value);
    if (!isWellFormed(value)) return undefined;
    if (typeof value === "string" && !isPlain(value)) return undefined;
    const isText = typeof value === "string" && (sample === undefined || sample === "");
    const text = isText
      ? this.#textTest(path, (text) => ({ sql: `strpos(${text}, ?) > 0`, values: [value] }))
      : truth(false);
    if (sample !== undefined) return text;
    return joined([text, arrayHolds(path, "==", value)], "OR");
  }

  search(asked: Search): Sql | undefined {
    return foundSql(this.#options.table.search, asked);
  }

  /** The numbers of those groups that have one. */
  numbersOf(groups: ReadonlySet<string>): readonly number[] {
    return this.#options.dictionary.reach(groups).numbers;
  }

  visible(rule: Visibility): Sql {
    const { numbers } = this.#options.dictionary.reach(rule.reach);
    const groups: Sql = { sql: "e.grp = ANY(?::integer[])", values: [arrayText(numbers)] };
    return visibleRows(rule, "e.", numbers.length > 0 ? groups : truth(false));
  }

  /** The same for rows of an index, by one look for each, however many groups there are. */
  visibleIn(rule: Visibility, table: string): Sql {
    const { bytes, numbers } = this.#options.dictionary.reach(rule.reach);
    const groups: Sql = {
      sql:
        `CASE WHEN ${table}grp < length(?::bytea) ` +
        `THEN get_byte(?::bytea, ${table}grp) = 1 ELSE FALSE END`,
      values: [bytes, bytes],
    };
    return visibleRows(rule, table, numbers.length > 0 ? groups : truth(false));
  }

  other(): Sql {
    this.#isSaid = false;
    return { sql: "NULL", values: [] };
  }

  #compareOwn(path: Path, op: CompareOp, value: Json): Sql | undefined {
    if (!isWellFormed(value)) return undefined;
    const key = Buffer.from(orderKey(value));
    const full: Sql = { sql: `${fullKey(path)} ${sqlOps[op]} ?`, values: [key] };
    const index = this.#indexOf(path);
    if (!index) return full;
    // What is cut off decides only where the value is as long.
    if (index.isExact || key.length < index.keyBytes) {
      return { sql: `${index.sql} ${sqlOps[op]} ?`, values: [key] };
    }
    if (op !== "==") return full;
    const start: Sql = { sql: `${index.sql} = ?`, values: [key.subarray(0, index.keyBytes)] };
    return joined([start, full], "AND");
  }

  #oneOfOwn(path: Path, values: readonly Json[]): Sql {
    const index = this.#indexOf(path);
    const keys = values.map((value) => Buffer.from(orderKey(value)));
    const canUse = index && (index.isExact || keys.every((key) => key.length < index.keyBytes));
    const sql = canUse ? index.sql : fullKey(path);
    const list = arrayText(keys.map((key) => `\\x${key.toString("hex")}`));
    return { sql: `${sql} = ANY(?::bytea[])`, values: [list] };
  }

  #compareText(field: string, op: CompareOp, value: string): Sql | undefined {
    if (!isPlain(value)) return undefined;
    const isEquality = op === "==" || op === "!=";
    if (field === "group" && isEquality) {
      const n = this.#options.dictionary.groupNumber(value);
      if (n === undefined) return truth(op === "!=");
      return { sql: `e.grp ${sqlOps[op]} ?::integer`, values: [n] };
    }
    if (field === "owner" && isEquality) {
      return { sql: `e.own ${sqlOps[op]} ${ownerNumber}`, values: [value] };
    }
    const { sql, values } = textColumn(field);
    return { sql: `${sql} ${sqlOps[op]} ?`, values: [...values, value] };
  }

  #textTest(path: Path, test: (text: string) => Sql): Sql {
    if (sampleOf(path) !== undefined) return test(textColumn(path[0] as string).sql);
    const field = fieldSql(path);
    const { sql, values } = test(`(${field} #>> '{}')`);
    return { sql: `coalesce(jsonb_typeof(${field}) = 'string' AND ${sql}, FALSE)`, values };
  }

  /** Whether `access` or `branch` holds the value. */
  #listHolds(path: Path, value: Json): Sql | undefined {
    if (typeof value !== "string") return truth(false);
    if (!isPlain(value)) return undefined;
    if (path[0] === "access") return grantedTo(new Set([value]), "e.");
    const { tree, dictionary } = this.#options;
    const reach = tree.has(value) ? tree.reachOf([value]) : new Set([value]);
    const { numbers } = dictionary.reach(reach);
    if (numbers.length === 0) return truth(false);
    return { sql: "e.grp = ANY(?::integer[])", values: [arrayText(numbers)] };
  }

  /** The index whose expression a filter on this path should use: one that begins with it. */
  #indexOf(path: Path): { sql: string; keyBytes: number; isExact: boolean } | undefined {
    const name = JSON.stringify(path);
    const plain = this.#options.table.indexes.filter(
      ({ isUnique, paths }) => !isUnique && paths.some((one) => JSON.stringify(one) === name),
    );
    const index = plain.find(({ paths }) => JSON.stringify(paths[0]) === name) ?? plain[0];
    if (!index) return undefined;
    const { keyBytes, isExact } = index;
    return { sql: indexedKey(path, keyBytes, "e."), keyBytes, isExact };
  }

  #branchKey(): Sql {
    const { tree, dictionary } = this.#options;
    const [numbers, keys]: [number[], string[]] = [[], []];
    for (const [id, n] of dictionary.groups()) {
      numbers.push(n);
      keys.push(`\\x${Buffer.from(orderKey([...tree.branchOf(id)])).toString("hex")}`);
    }
    return {
      sql:
        "(SELECT b.key FROM unnest(?::integer[], ?::bytea[]) b(n, key) " +
        "WHERE b.n = e.grp LIMIT 1)",
      values: [arrayText(numbers), arrayText(keys)],
    };
  }
}

export interface SortColumn {
  readonly sql: Sql;
  /** What stands in the column for a value. */
  readonly valueOf: (value: Json) => SqlValue;
}

/** Whether it is well formed and without NUL, which PostgreSQL takes in no text. */
function isPlain(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

function isWellFormed(value: Json): boolean {
  return typeof value === "string" ? isPlain(value) : true;
}

function visibleRows(rule: Visibility, table: string, groups: Sql): Sql {
  const parts = [groups];
  if (rule.owner !== null) {
    parts.push({ sql: `${table}own = ${ownerNumber}`, values: [rule.owner] });
  }
  if (rule.principals.size > 0) parts.push(grantedTo(rule.principals, table));
  if (rule.self !== null) parts.push({ sql: `${table}id = ?`, values: [rule.self] });
  return joined(parts, "OR");
}

function grantedTo(principals: ReadonlySet<string>, table: string): Sql {
  return {
    sql:
      `${table}acc <> 0 AND EXISTS (SELECT 1 FROM access_member m ` +
      `WHERE m.n = ${table}acc AND m.principal = ANY(?::text[]))`,
    values: [arrayText([...principals])],
  };
}

function plain(sql: string): Sql {
  return { sql, values: [] };
}

function textColumn(field: string): Sql {
  if (field === "_id") return plain("e.id");
  if (field === "owner") return plain("(SELECT o.id FROM owner_id o WHERE o.n = e.own)");
  return plain("(SELECT g.id FROM group_id g WHERE g.n = e.grp)");
}

/** What no text begins with stands for values below all texts, or above them. */
function textBound(value: Json): SqlValue {
  if (typeof value === "string") return value.replaceAll("\0", "\u0001");
  return value === null || typeof value === "number" ? "" : "\u{10ffff}";
}

function numberBound(value: Json): SqlValue {
  if (typeof value === "number") return value;
  return value === null ? "-Infinity" : "Infinity";
}

function fieldSql(path: Path): string {
  return `stoa_field(e.body, ${pathLiteral(path)})`;
}

function fullKey(path: Path): string {
  return `stoa_key(${fieldSql(path)})`;
}

function isArray(key: string): Sql {
  return { sql: `get_byte(${key}, 0) = 4`, values: [] };
}

function arrayHolds(path: Path, op: CompareOp, value: Json): Sql {
  const field = fieldSql(path);
  return {
    sql:
      "EXISTS (SELECT 1 FROM jsonb_array_elements(CASE WHEN jsonb_typeof(" +
      `${field}) = 'array' THEN ${field} ELSE '[]'::jsonb END) j ` +
      `WHERE stoa_key(j) ${sqlOps[op]} ?)`,
    values: [Buffer.from(orderKey(value))],
  };
}

const atColumn = "coalesce(e.at, '-Infinity'::double precision)";
const accessKey =
  "coalesce((SELECT stoa_key(a.ids::jsonb) FROM access_set a WHERE a.n = e.acc), " +
  "'\\x0400'::bytea)";
/** Of a user; one that nobody has where it owns nothing. */
const ownerNumber = "coalesce((SELECT o.n FROM owner_id o WHERE o.id = ?), -1)";
/** Values listed one by one in a statement; more are one parameter. */
const listedMax = 16;
/** Patterns past these are left to `matches`, whose time is linear. */
const likeStarsMax = 2;
const likeCharactersMax = 1_000;
