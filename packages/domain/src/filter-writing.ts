/**
 * A filter as JSON of the filter language, the inverse of `parseFilter`: what a client sends. Knows
 * the tree and the language; no parameter and no transport.
 */
import { violation } from "./error.ts";
import type { ElementComparison, Expression, Filter } from "./filter.ts";
import type { Json, JsonObject } from "./json.ts";
import { pathText } from "./path.ts";

/**
 * `["==",["property","type"],"lamp"]`: read back it means the same for every entity, though the
 * tree may be another one (`loosely` becomes `in`).
 * @throws StoaError `validation` for what the language has no words for: the visibility of a caller
 * (rule `visible`), a search (rule `search`), and `<` and the like on elements (rule `element`),
 * which only conditions say.
 */
export function filterJson(filter: Filter): readonly Json[] {
  const json = testJson(filter);
  return Array.isArray(json) ? json : ["and", json];
}

function testJson(filter: Filter): Json {
  switch (filter.kind) {
    case "all":
      return filter.of.length === 0 ? true : ["and", ...filter.of.map(testJson)];
    case "any":
      return filter.of.length === 0 ? false : ["or", ...filter.of.map(testJson)];
    case "not":
      return ["not", testJson(filter.of)];
    case "compare":
      return [filter.op, valueJson(filter.left), valueJson(filter.right)];
    case "loosely":
      return [
        "in",
        property(filter.path),
        ["list", ...equivalents(filter.value).map(constantJson)],
      ];
    case "element":
      return elementJson(filter);
    case "in":
    case "contains":
      return [filter.kind, valueJson(filter.left), valueJson(filter.right)];
    case "like":
      return ["like", valueJson(filter.left), valueJson(filter.pattern)];
    case "isnull":
      return ["isnull", valueJson(filter.of)];
    case "truthy":
      return truthyJson(filter.of);
    case "search":
      throw violation("filter", "search", "holds words, which are sent beside a filter");
    case "visible":
      throw violation("filter", "visible", "holds what a caller may see, which is not sent");
    default:
      return filter satisfies never;
  }
}

function valueJson(expression: Expression): Json {
  switch (expression.kind) {
    case "property":
      return property(expression.path);
    case "constant":
      return constantJson(expression.value);
    case "list":
      return ["list", ...expression.items.map(valueJson)];
    case "call":
      return [expression.name, ...expression.args.map(valueJson)];
    case "test":
      return asOperation(testJson(expression.filter));
    default:
      return expression satisfies never;
  }
}

function property(path: readonly string[]): Json {
  return ["property", pathText(path)];
}

/** In an object arrays are values; elsewhere they would be operations. */
function constantJson(value: Json): Json {
  return Array.isArray(value) ? ["list", ...(value as readonly Json[]).map(constantJson)] : value;
}

/** What `loosely` takes for the same: `"2"` and 2. */
function equivalents(value: Json): readonly Json[] {
  if (typeof value !== "string") {
    return typeof value === "object" && value !== null ? [value] : [value, JSON.stringify(value)];
  }
  const scalar = scalarOf(value);
  return scalar === undefined ? [value] : [value, scalar];
}

/** The scalar, other than a string, whose JSON text this is. */
function scalarOf(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json;
    const isScalar = value === null || typeof value === "number" || typeof value === "boolean";
    return isScalar && JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Equal itself, or with an element that is; an array itself equals nothing. */
function elementJson({ op, path, value }: ElementComparison): Json {
  if (op !== "==") {
    throw violation(pathText(path), "element", `${op} on elements is for conditions alone`);
  }
  const constant = constantJson(value);
  const inside: Json = ["in", constant, property(path)];
  return Array.isArray(value) ? inside : ["or", ["==", property(path), constant], inside];
}

/**
 * Only `true` fits; an object may not stand where a yes or no is asked for. Within `and`, since
 * where a value is asked for the expression alone would be its value.
 */
function truthyJson(of: Expression): Json {
  const json = valueJson(of);
  return ["and", isObject(json) ? false : json];
}

function isObject(json: Json): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** A bare true or false would be the same value, but `test` of nothing else. */
function asOperation(json: Json): Json {
  return Array.isArray(json) ? json : ["and", json];
}
