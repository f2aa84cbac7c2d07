/**
 * Filters and orders in the words of the reference API, where `id` is what is kept as `_id`, and
 * the server's other fields do not show. Knows filter trees; nothing of how they are written.
 */
import { systemFields } from "./entity.ts";
import type { Expression, Filter } from "./filter.ts";
import type { Json } from "./json.ts";
import type { Path } from "./path.ts";
import { timeText } from "./reference-object.ts";

/**
 * The same filter in the words of the store. A time that is compared with `ext.ct` or `ext.lwt` is
 * written as they are: `2019-08-21T09:24:18+02:00` becomes `2019-08-21T07:24:18.000Z`.
 */
export function referenceFilter(filter: Filter): Filter {
  switch (filter.kind) {
    case "all":
    case "any":
      return { kind: filter.kind, of: filter.of.map(referenceFilter) };
    case "not":
      return { kind: "not", of: referenceFilter(filter.of) };
    case "compare":
    case "in":
    case "contains":
      return { ...filter, ...sides(filter) };
    case "like":
      return { kind: "like", left: expression(filter.left), pattern: expression(filter.pattern) };
    case "isnull":
    case "truthy":
      return { kind: filter.kind, of: expression(filter.of) };
    case "loosely":
    case "element": {
      const value = isTime(filter.path) ? timed(filter.value) : filter.value;
      return { ...filter, path: referencePath(filter.path), value };
    }
    case "search":
    case "visible":
      return filter;
    default:
      return filter satisfies never;
  }
}

/**
 * Where in the store that stands which this API calls so: `["id"]` is `["_id"]`. Fields of the
 * server that do not show are missing: nothing ever stands at `id` in the store.
 */
export function referencePath(path: Path): Path {
  const [first = "", ...rest] = path;
  if (first === "id") return ["_id", ...rest];
  return systemFields.has(first) ? ["id", ...rest] : path;
}

interface Sides {
  readonly left: Expression;
  readonly right: Expression;
}

function sides({ left, right }: Sides): Sides {
  return {
    left: isTimeProperty(right) ? timedExpression(left) : expression(left),
    right: isTimeProperty(left) ? timedExpression(right) : expression(right),
  };
}

function expression(given: Expression): Expression {
  switch (given.kind) {
    case "property":
      return { kind: "property", path: referencePath(given.path) };
    case "constant":
      return given;
    case "list":
      return { kind: "list", items: given.items.map(expression) };
    case "call":
      return { ...given, args: given.args.map(expression) };
    case "test":
      return { kind: "test", filter: referenceFilter(given.filter) };
    default:
      return given satisfies never;
  }
}

function timedExpression(given: Expression): Expression {
  if (given.kind === "constant") return { kind: "constant", value: timed(given.value) };
  if (given.kind === "list") return { kind: "list", items: given.items.map(timedExpression) };
  return expression(given);
}

function isTimeProperty(given: Expression): boolean {
  return given.kind === "property" && isTime(given.path);
}

function isTime(path: Path): boolean {
  return path.length === 2 && path[0] === "ext" && (path[1] === "ct" || path[1] === "lwt");
}

/** Other values, also texts that are only the beginning of a time, stay as they are. */
function timed(value: Json): Json {
  if (typeof value !== "string" || !timeShape.test(value)) return value;
  const ms = Date.parse(value.replace(" ", "T").toUpperCase());
  return Number.isFinite(ms) ? timeText(ms) : value;
}

const timeShape = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;
