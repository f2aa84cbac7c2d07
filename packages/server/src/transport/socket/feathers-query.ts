/**
 * The query of a FeathersJS client as a query of ours: `{$limit, $skip, $sort, $select, $or, $and,
 * age: {$gt: 5}}`. Knows names and notations; nothing of stores and callers.
 */
import {
  and,
  type CompareOp,
  type Filter,
  isJsonObject,
  type Json,
  type JsonObject,
  limit as limits,
  not,
  type OrderKey,
  or,
  type Path,
  type Query,
  violation,
} from "@stoa/domain";
import { parsePathOf } from "../entity-api/where-condition.ts";

/** Errors: `validation` naming the member. */
export function feathersQuery(query: JsonObject): Query {
  return {
    filter: conditionsOf(query, 0),
    order: orderOf(query["$sort"]),
    offset: countOf("$skip", query["$skip"]) ?? 0,
    limit: pageOf(countOf("$limit", query["$limit"])),
    after: null,
    only: selectOf(query),
  };
}

/** The fields of `$select`; null for all. Errors: `validation`. */
export function selectOf(query: JsonObject): readonly Path[] | null {
  const select = query["$select"];
  if (select === undefined || select === null) return null;
  if (!Array.isArray(select) || select.length > limits.fieldsMax) {
    throw violation("$select", "type", `must be a list of at most ${limits.fieldsMax} fields`);
  }
  return (select as readonly Json[]).map((field) => pathOf("$select", field));
}

const others: ReadonlySet<string> = new Set(["$sort", "$skip", "$limit", "$select"]);

function conditionsOf(query: JsonObject, depth: number): Filter {
  if (depth > limits.filterDepthMax) throw violation("query", "depth", "is nested too deeply");
  const keys = Object.keys(query);
  if (keys.length > limits.conditionsMax) {
    throw violation("query", "maxItems", `has at most ${limits.conditionsMax} conditions`);
  }
  const filters = keys
    .filter((key) => depth > 0 || !others.has(key))
    .map((key) => conditionOf(key, query[key] as Json, depth));
  return and(...filters);
}

function conditionOf(key: string, value: Json, depth: number): Filter {
  if (key === "$or") return or(...partsOf(key, value, depth));
  if (key === "$and") return and(...partsOf(key, value, depth));
  if (key.startsWith("$")) throw violation(key.slice(0, 100), "operator", "is not supported");
  const path = pathOf(key, key);
  if (!isJsonObject(value)) return equal(path, value);
  const operators = Object.keys(value);
  if (operators.length === 0) throw violation(key, "operator", "needs an operator");
  return and(...operators.map((name) => operationOf(path, name, value[name] as Json, key)));
}

function partsOf(key: string, value: Json, depth: number): Filter[] {
  if (!Array.isArray(value) || value.length > limits.conditionsMax) {
    throw violation(key, "type", "must be a list of conditions");
  }
  return (value as readonly Json[]).map((part) => {
    if (isJsonObject(part)) return conditionsOf(part, depth + 1);
    throw violation(key, "type", "must be a list of objects");
  });
}

function operationOf(path: Path, name: string, value: Json, key: string): Filter {
  const op = comparisons.get(name);
  if (op) return { kind: "element", op, path, value: idText(path, value) };
  if (name === "$ne") return not(equal(path, value));
  if (name !== "$in" && name !== "$nin") {
    throw violation(key, "operator", `${name.slice(0, 100)} is not supported`);
  }
  if (!Array.isArray(value) || value.length > limits.conditionsMax) {
    const message = `${name} takes a list of at most ${limits.conditionsMax} values`;
    throw violation(key, "type", message);
  }
  const any = or(...(value as readonly Json[]).map((one) => equal(path, one)));
  return name === "$in" ? any : not(any);
}

const comparisons: ReadonlyMap<string, Exclude<CompareOp, "!=" | "==">> = new Map([
  ["$lt", "<"],
  ["$lte", "<="],
  ["$gt", ">"],
  ["$gte", ">="],
] as const);

/** The value, or any element of an array. */
function equal(path: Path, value: Json): Filter {
  return { kind: "element", op: "==", path, value: idText(path, value) };
}

/** Ids are kept in lower case. */
function idText(path: Path, value: Json): Json {
  const isId = path.length === 1 && idFields.has(path[0] as string);
  if (!isId) return value;
  return (typeof value === "string" ? value : JSON.stringify(value)).toLowerCase();
}

const idFields: ReadonlySet<string> = new Set(["_id", "owner", "group"]);

function orderOf(sort: Json | undefined): readonly OrderKey[] {
  if (sort === undefined || sort === null) return [];
  if (!isJsonObject(sort)) throw violation("$sort", "type", 'must read like {"name": 1}');
  const keys = Object.keys(sort);
  if (keys.length > limits.sortKeysMax) {
    throw violation("$sort", "maxItems", `must not name more than ${limits.sortKeysMax} fields`);
  }
  return keys.map((key) => {
    const direction = Number(sort[key]);
    if (direction !== 1 && direction !== -1) throw violation("$sort", "enum", "takes 1 and -1");
    return { path: pathOf("$sort", key), descending: direction === -1 };
  });
}

function countOf(name: string, value: Json | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  const count = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= 0) return count;
  throw violation(name, "integer", "must be an integer of 0 or more");
}

function pageOf(limit: number | undefined): number {
  const { pageEntitiesMax } = limits;
  if (limit !== undefined && limit > pageEntitiesMax) {
    throw violation("$limit", "maximum", `must not be over ${pageEntitiesMax}`);
  }
  return limit ?? pageEntitiesMax;
}

function pathOf(parameter: string, value: Json): Path {
  if (typeof value === "string") return parsePathOf(parameter, value);
  throw violation(parameter, "type", "must be the name of a field");
}
