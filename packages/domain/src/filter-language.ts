/**
 * The text form of filters, `filter=` of both flavours: JSON in the object form or in Polish
 * notation. Knows the filter tree and its limits; knows no entity and no SQL.
 */
import { StoaError, type Violation, violation } from "./error.ts";
import type { CompareOp, Expression, Filter } from "./filter.ts";
import { and, not, or } from "./filter.ts";
import { filterFunctions, functionNameOf } from "./filter-function.ts";
import { isJsonObject, type Json, type JsonObject, parseJson } from "./json.ts";
import * as limit from "./limit.ts";
import { type Path, parsePath } from "./path.ts";

/**
 * The filter of a text (shared by `filter=` of both flavours; see the extobjs seed):
 * - `{"opts.title":"Object 1","type":"mytype"}`: all equal, loosely; `{}` is everything.
 * - `["==",["property","type"],"mytype"]`: an operator and its arguments. `["property","a.b"]`
 *   reads a path, `["list",1,2]` is a list, `["null"]` is null, other values are constants, also
 *   objects. Where a yes or no is asked for, a scalar or an operation that has a value may stand:
 *   only `true` fits.
 *
 * At most `filterBytesMax` bytes, `filterDepthMax` arrays and objects within each other, and
 * `filterNodesMax` nodes: operations, constants, and each value within an object.
 *
 * @throws StoaError `validation`; `details` has one violation whose path leads to the place, e.g.
 * `filter[2][1]` or `filter["opts.title"]`, and whose rule is `bytes`, `depth`, `nodes`, `shape`,
 * `operator`, `arguments`, `path`, or one of those of `parseJson`.
 */
export function parseFilter(text: string): Filter {
  refuseLongText(text);
  const value = parseText(text);
  refuseLargeValue(value);
  if (isJsonObject(value)) return objectForm(value);
  if (Array.isArray(value)) return filterOf({ value, at: "filter" });
  throw violation("filter", "shape", "must be an object or an array");
}

/** A value of the text and where it stands: `filter[2][1]`. */
interface Place {
  readonly value: Json;
  readonly at: string;
}

/** An array of the text: `["==", a, b]`. */
interface Operation {
  readonly name: string;
  readonly args: readonly Place[];
  readonly at: string;
}

/** The length comes first: it costs nothing, and a character is at least one byte. */
function refuseLongText(text: string): void {
  const { filterBytesMax } = limit;
  if (text.length <= filterBytesMax && utf8Bytes(text) <= filterBytesMax) return;
  throw violation("filter", "bytes", `must not be longer than ${filterBytesMax} bytes`);
}

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

function parseText(text: string): Json {
  try {
    return parseJson(text);
  } catch (cause) {
    const fault = cause instanceof StoaError ? cause.details?.[0] : undefined;
    throw fault === undefined ? cause : asFilterFault(fault);
  }
}

function asFilterFault({ path, rule, message }: Violation): StoaError {
  if (rule === "depth") return depthFault("filter");
  return violation("filter", rule, path === "" ? message : `${path}: ${message}`);
}

function depthFault(at: string): StoaError {
  return violation(at, "depth", `must not nest deeper than ${limit.filterDepthMax}`);
}

/** Bounds the recursion of everything below, and of those who read the tree. */
function refuseLargeValue(value: Json): void {
  const nodes = countNodes({ value, at: "filter" }, 0);
  if (nodes <= limit.filterNodesMax) return;
  throw violation("filter", "nodes", `must not have more than ${limit.filterNodesMax} nodes`);
}

/** Names of operators and of properties are part of their operation's node. */
function countNodes({ value, at }: Place, depth: number): number {
  if (typeof value !== "object" || value === null) return 1;
  if (isJsonObject(value)) return countDataNodes({ value, at }, depth);
  if (depth === limit.filterDepthMax) throw depthFault(at);
  const [name, ...args] = itemsOf(value, at);
  if (name?.value === "property") return 1;
  return args.reduce((nodes, place) => nodes + countNodes(place, depth + 1), 1);
}

/** Within an object arrays are values, not operations: every item counts. */
function countDataNodes({ value, at }: Place, depth: number): number {
  if (typeof value !== "object" || value === null) return 1;
  if (depth === limit.filterDepthMax) throw depthFault(at);
  const inner = isJsonObject(value) ? membersOf(value, at) : itemsOf(value, at);
  return inner.reduce((nodes, place) => nodes + countDataNodes(place, depth + 1), 1);
}

function objectForm(object: JsonObject): Filter {
  const fields = Object.keys(object).map((key): Filter => {
    const path = pathOf(key, memberAt("filter", key));
    return { kind: "loosely", path, value: object[key] as Json };
  });
  return and(...fields);
}

/** What stands where a yes or no is asked for. */
function filterOf(place: Place): Filter {
  if (Array.isArray(place.value)) {
    const operation = operationOf(place);
    const filter = testOf(operation);
    if (filter !== undefined) return filter;
    return { kind: "truthy", of: valueOperation(operation) };
  }
  if (isJsonObject(place.value)) {
    throw violation(place.at, "shape", "must be an operation; an object is a value here");
  }
  return { kind: "truthy", of: { kind: "constant", value: place.value } };
}

/** What stands where a value is asked for. */
function expressionOf(place: Place): Expression {
  if (!Array.isArray(place.value)) return { kind: "constant", value: place.value };
  const operation = operationOf(place);
  const filter = testOf(operation);
  return filter === undefined ? valueOperation(operation) : { kind: "test", filter };
}

function operationOf({ value, at }: Place): Operation {
  const [first, ...args] = itemsOf(value as readonly Json[], at);
  if (typeof first?.value === "string") return { name: first.value, args, at };
  throw violation(at, "shape", 'must begin with the name of an operator; a list is ["list",...]');
}

/** The filter of an operation that answers yes or no; undefined for one that has a value. */
function testOf(operation: Operation): Filter | undefined {
  const build = tests.get(operation.name);
  return build?.(operation);
}

function valueOperation(operation: Operation): Expression {
  const { name, args, at } = operation;
  switch (name) {
    case "property":
      return { kind: "property", path: propertyPath(operation) };
    case "list":
      return { kind: "list", items: args.map(expressionOf) };
    case "null":
      expectArguments(operation, 0, 0);
      return { kind: "constant", value: null };
    default: {
      const known = functionNameOf(name);
      if (known === undefined) throw violation(at, "operator", `${shown(name)} is no operator`);
      const { argumentsMin, argumentsMax } = filterFunctions[known];
      expectArguments(operation, argumentsMin, argumentsMax);
      return { kind: "call", name: known, args: args.map(expressionOf) };
    }
  }
}

function propertyPath(operation: Operation): Path {
  const [name] = expectArguments(operation, 1, 1);
  if (typeof name?.value === "string") return pathOf(name.value, name.at);
  throw violation(name?.at ?? operation.at, "shape", "must be the name of a property, a string");
}

type TestBuilder = (operation: Operation) => Filter;

const tests: ReadonlyMap<string, TestBuilder> = new Map<string, TestBuilder>([
  ["&&", conjunction],
  ["and", conjunction],
  ["||", disjunction],
  ["or", disjunction],
  ["!", (operation) => not(filterOf(one(operation)))],
  ["not", (operation) => not(filterOf(one(operation)))],
  ["==", comparison("==")],
  ["!=", comparison("!=")],
  ["<", comparison("<")],
  ["<=", comparison("<=")],
  [">", comparison(">")],
  [">=", comparison(">=")],
  ["in", (operation) => ({ kind: "in", ...sides(operation) })],
  ["contains", (operation) => ({ kind: "contains", ...sides(operation) })],
  ["like", like],
  ["isnull", (operation) => ({ kind: "isnull", of: expressionOf(one(operation)) })],
  ["isnotnull", (operation) => not({ kind: "isnull", of: expressionOf(one(operation)) })],
]);

/** All names that an operation can have: `["and", "==", "property", "lower", ..]`. */
export const filterOperators: readonly string[] = [
  ...tests.keys(),
  ...["property", "list", "null"],
  ...Object.keys(filterFunctions),
];

function conjunction(operation: Operation): Filter {
  return and(...expectArguments(operation, 1, Number.POSITIVE_INFINITY).map(filterOf));
}

function disjunction(operation: Operation): Filter {
  return or(...expectArguments(operation, 1, Number.POSITIVE_INFINITY).map(filterOf));
}

function comparison(op: CompareOp): TestBuilder {
  return (operation) => ({ kind: "compare", op, ...sides(operation) });
}

function like(operation: Operation): Filter {
  const { left, right } = sides(operation);
  return { kind: "like", left, pattern: right };
}

function one(operation: Operation): Place {
  return expectArguments(operation, 1, 1)[0] as Place;
}

function sides(operation: Operation): { readonly left: Expression; readonly right: Expression } {
  const [left, right] = expectArguments(operation, 2, 2) as readonly [Place, Place];
  return { left: expressionOf(left), right: expressionOf(right) };
}

function expectArguments(
  { name, args, at }: Operation,
  min: number,
  max: number,
): readonly Place[] {
  if (args.length >= min && args.length <= max) return args;
  const bound = min === max ? `${min}` : `${min} or more`;
  const message = `${shown(name)} takes ${bound} arguments and has ${args.length}`;
  throw violation(at, "arguments", message);
}

/** `parsePath` with the place in the filter instead of the path itself. */
function pathOf(text: string, at: string): Path {
  try {
    return parsePath(text);
  } catch (cause) {
    const fault = cause instanceof StoaError ? cause.details?.[0] : undefined;
    throw fault === undefined ? cause : violation(at, "path", fault.message);
  }
}

function itemsOf(items: readonly Json[], at: string): readonly Place[] {
  return items.map((value, index) => ({ value, at: `${at}[${index}]` }));
}

function membersOf(object: JsonObject, at: string): readonly Place[] {
  return Object.keys(object).map((key) => ({ value: object[key] as Json, at: memberAt(at, key) }));
}

function memberAt(at: string, key: string): string {
  return `${at}[${shown(key)}]`;
}

const shownCharactersMax = 40;

/** A name in quotes, short enough for a message. */
function shown(name: string): string {
  const short = name.length > shownCharactersMax ? `${name.slice(0, shownCharactersMax)}...` : name;
  return JSON.stringify(short.toWellFormed());
}
