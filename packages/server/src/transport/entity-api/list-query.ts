/**
 * The parameters of a list (design 3, "Lists") as a query. Knows names and notations of parameters;
 * nothing of stores, callers or HTTP.
 */
import {
  and,
  type Filter,
  type FindOptions,
  type LagOptions,
  limit as limits,
  type OrderKey,
  type Path,
  parseCursor,
  parseFilter,
  parseSearch,
  type Query,
  violation,
} from "@stoa/domain";
import { lagOptions } from "../consistency.ts";
import { type Parameter, parseQueryString } from "../query-string.ts";
import { parseTimeBound } from "./time-bound.ts";
import { isCondition, parseCondition, parsePathOf } from "./where-condition.ts";

export interface ListQuery {
  readonly query: Query;
  readonly options: FindOptions;
  /** `all`: total, first and last; `count`: the total alone; `none`: the list itself. */
  readonly meta: "none" | "all" | "count";
}

/**
 * The list that a query string asks for. Unknown parameters mean nothing.
 * Errors: `validation` naming the parameter, for values that make no sense and for a parameter that
 * is given twice (`only`, `sortBy`, `unwind` and `where.` may be: they add up).
 * @param consistency the header of that name.
 */
export function parseListQuery(text: string, consistency?: string): ListQuery {
  if (text === "" && consistency === undefined) return wholeList;
  const parameters = parseQueryString(text);
  const given = new Given(parameters);
  const order = parseOrder(given.list("sortBy"));
  const after = given.one("after");
  const meta = parseMeta(given);
  const { offset, limit } = parsePage(given);
  return {
    query: {
      filter: and(...timeFilters(given), ...conditions(parameters), ...filterOf(given)),
      order,
      offset,
      limit,
      after: after === undefined ? null : parseCursor(order, after),
      only: given.has("only") ? parseOnly(given.list("only")) : null,
    },
    options: findOptions(given, consistency),
    meta,
  };
}

/** `only=a,b.c` and `unwind=city` of a single GET. Same errors. */
export function parseReadOptions(text: string, consistency?: string): ParsedReadOptions {
  const given = new Given(parseQueryString(text));
  return {
    only: given.has("only") ? parseOnly(given.list("only")) : null,
    unwind: parseUnwind(given),
    ...lagOptions(given.one("consistency"), consistency),
  };
}

interface ParsedReadOptions extends LagOptions {
  readonly only: readonly Path[] | null;
  readonly unwind: readonly Path[];
}

/** Values of parameters by name. */
class Given {
  readonly #values = new Map<string, string[]>();

  constructor(parameters: readonly Parameter[]) {
    for (const { name, value } of parameters) {
      const values = this.#values.get(name);
      if (values) values.push(value ?? "");
      else this.#values.set(name, [value ?? ""]);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  one(name: string): string | undefined {
    const values = this.#values.get(name);
    if (values && values.length > 1) throw violation(name, "once", "must not be given twice");
    return values?.[0];
  }

  /** Elements between commas, of all parameters of this name. */
  list(name: string): readonly string[] {
    return (this.#values.get(name) ?? []).flatMap((value) => value.split(","));
  }

  flag(name: string): boolean | undefined {
    const value = this.one(name);
    if (value === undefined || value === "true") return value && true;
    if (value === "false") return false;
    throw violation(name, "boolean", "must be true or false");
  }
}

const wholeList: ListQuery = {
  query: {
    filter: and(),
    order: [],
    offset: 0,
    limit: limits.pageEntitiesMax,
    after: null,
    only: null,
  },
  options: {},
  meta: "none",
};

function parsePage(given: Given): { offset: number; limit: number } {
  const { pageEntitiesMax } = limits;
  const unlimited = given.flag("nolimit") ?? false;
  const offset = parseCount("offset", given.one("offset")) ?? 0;
  const limit = parseCount("limit", given.one("limit"));
  if (limit === undefined) {
    return { offset, limit: unlimited ? Number.POSITIVE_INFINITY : pageEntitiesMax };
  }
  if (limit > pageEntitiesMax && !unlimited) {
    const message = `must not be over ${pageEntitiesMax}; with nolimit=true it may`;
    throw violation("limit", "maximum", message);
  }
  return { offset, limit };
}

function parseCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw violation(name, "integer", "must be an integer of 0 or more");
}

function parseMeta(given: Given): ListQuery["meta"] {
  const value = given.one("meta");
  if (value === undefined || value === "false") return "none";
  if (value !== "true" && value !== "count") {
    throw violation("meta", "enum", "must be true, count or false");
  }
  for (const name of ["offset", "limit", "after"]) {
    if (given.has(name)) throw violation(name, "meta", "cannot be used together with meta");
  }
  return value === "true" ? "all" : "count";
}

function parseOrder(keys: readonly string[]): readonly OrderKey[] {
  const { sortKeysMax } = limits;
  if (keys.length > sortKeysMax) {
    throw violation("sortBy", "maxItems", `must not name more than ${sortKeysMax} fields`);
  }
  return keys.map((key) => {
    const descending = key.startsWith("-");
    return { path: parsePathOf("sortBy", descending ? key.slice(1) : key), descending };
  });
}

function parseOnly(fields: readonly string[]): readonly Path[] {
  const { fieldsMax } = limits;
  if (fields.length > fieldsMax) {
    throw violation("only", "maxItems", `must not name more than ${fieldsMax} fields`);
  }
  return fields.map((field) => parsePathOf("only", field));
}

function parseUnwind(given: Given): Path[] {
  const { fieldsMax } = limits;
  const fields = given.list("unwind");
  if (fields.length > fieldsMax) {
    throw violation("unwind", "maxItems", `must not name more than ${fieldsMax} fields`);
  }
  return fields.map((field) => parsePathOf("unwind", field));
}

/**
 * Inclusive bounds on `time`; where both names are given, the tighter one counts by being ANDed.
 */
function timeFilters(given: Given): Filter[] {
  const bound = (name: string, op: ">=" | "<="): Filter[] => {
    const text = given.one(name);
    if (text === undefined) return [];
    const right = { kind: "constant", value: parseTimeBound(name, text) } as const;
    return [{ kind: "compare", op, left: { kind: "property", path: ["time"] }, right }];
  };
  return [
    ...bound("from", ">="),
    ...bound("begin", ">="),
    ...bound("to", "<="),
    ...bound("end", "<="),
  ];
}

function conditions(parameters: readonly Parameter[]): Filter[] {
  const { conditionsMax } = limits;
  const found = parameters.filter(isCondition);
  if (found.length > conditionsMax) {
    throw violation("where", "maxItems", `must not have more than ${conditionsMax} conditions`);
  }
  return found.map(parseCondition);
}

function filterOf(given: Given): Filter[] {
  const text = given.one("filter");
  return text === undefined ? [] : [parseFilter(text)];
}

function findOptions(given: Given, consistency: string | undefined): FindOptions {
  const search = given.one("search");
  const withChildGroups = given.flag("withChildGroups");
  const unwind = parseUnwind(given);
  return {
    ...(search !== undefined && { search: parseSearch(search) }),
    ...(unwind.length > 0 && { unwind }),
    ...(withChildGroups !== undefined && { withChildGroups }),
    ...lagOptions(given.one("consistency"), consistency),
  };
}
