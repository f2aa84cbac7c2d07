/**
 * The filter tree: what every flavour parses to, what an access rule narrows to and what an engine
 * compiles. `matches` is its meaning; engines must agree with it. Knows no wire form and no SQL.
 */
import { type FunctionName, filterFunctions } from "./filter-function.ts";
import { hasWords, type SearchWord, searchedWords } from "./filter-search.ts";
import { indexOfText, isLike } from "./filter-text.ts";
import type { Json, JsonObject } from "./json.ts";
import { compareJson, equalJson } from "./order.ts";
import { type Path, readPath } from "./path.ts";

export type CompareOp = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** Something that has a value for an entity; what is missing has the value null. */
export type Expression =
  | { readonly kind: "property"; readonly path: Path }
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | { readonly kind: "call"; readonly name: FunctionName; readonly args: readonly Expression[] }
  /** A filter where a value stands: true or false. */
  | { readonly kind: "test"; readonly filter: Filter };

/** A yes or no about an entity. Logic is two-valued: null and missing are not true. */
export type Filter =
  | { readonly kind: "all"; readonly of: readonly Filter[] } // and; empty = everything
  | { readonly kind: "any"; readonly of: readonly Filter[] } // or; empty = nothing
  | { readonly kind: "not"; readonly of: Filter }
  /** By the total order of `compareJson`: null is below 5, and "a" is above it. */
  | Comparison
  /**
   * Equality that compares a string with the JSON text of the other scalar: `"2"` equals 2 and
   * `"null"` equals a missing value; arrays and objects are compared deeply.
   */
  | { readonly kind: "loosely"; readonly path: Path; readonly value: Json }
  /** `where.`: the value, or, if it is an array, any of its elements, by `compareJson`. */
  | ElementComparison
  /** Equal to an item of the list on the right; what is no array has no items. */
  | { readonly kind: "in"; readonly left: Expression; readonly right: Expression }
  /** The left array has an element equal to the right, or the left string holds the right one. */
  | { readonly kind: "contains"; readonly left: Expression; readonly right: Expression }
  /** The whole left string fits the pattern: `*` any run, else literal. Not a string: no. */
  | { readonly kind: "like"; readonly left: Expression; readonly pattern: Expression }
  | { readonly kind: "isnull"; readonly of: Expression } // null or missing
  | { readonly kind: "truthy"; readonly of: Expression } // a value as a filter: is it `true`?
  | Search
  | Visibility;

export interface Comparison {
  readonly kind: "compare";
  readonly op: CompareOp;
  readonly left: Expression;
  readonly right: Expression;
}

export interface ElementComparison {
  readonly kind: "element";
  readonly op: Exclude<CompareOp, "!=">;
  readonly path: Path;
  /** For `_id`, `owner` and `group` always a string, as they are stored. */
  readonly value: Json;
}

/** All of the words are in texts at the paths; each of them in any (`filter-search.ts`). */
export interface Search {
  readonly kind: "search";
  /** Own fields; strings at any depth below them count. */
  readonly paths: readonly Path[];
  readonly words: readonly SearchWord[];
}

/** What the caller may see: one visibility for every door (see `access.ts`). */
export interface Visibility {
  readonly kind: "visible";
  /** Entities with this owner; null where owning does not count. */
  readonly owner: string | null;
  /** Ids (the caller and its groups) that count when found in `access`; may be empty. */
  readonly principals: ReadonlySet<string>;
  /** Ids of the caller's groups and all groups below; an entity's `group` in it is visible. */
  readonly reach: ReadonlySet<string>;
  /** An entity with this id is visible too (oneself among users); null for none. */
  readonly self: string | null;
}

export const everything: Filter = { kind: "all", of: [] };
export const nothing: Filter = { kind: "any", of: [] };

/**
 * Whether the whole entity (`_id, owner, group, access, branch, time, _at` and its own fields) fits
 * the filter. This function defines the language. Time is linear in the entity for each node of
 * the filter; recursion is as deep as the filter.
 */
export function matches(filter: Filter, entity: JsonObject): boolean {
  switch (filter.kind) {
    case "all":
      return filter.of.every((part) => matches(part, entity));
    case "any":
      return filter.of.some((part) => matches(part, entity));
    case "not":
      return !matches(filter.of, entity);
    case "compare":
      return compares(filter.op, evaluate(filter.left, entity), evaluate(filter.right, entity));
    case "loosely":
      return equalsLoosely(readPath(entity, filter.path) ?? null, filter.value);
    case "element":
      return hasElement(filter, readPath(entity, filter.path) ?? null);
    case "in":
      return holdsElement(evaluate(filter.right, entity), evaluate(filter.left, entity));
    case "contains":
      return contains(evaluate(filter.left, entity), evaluate(filter.right, entity));
    case "like":
      return fits(evaluate(filter.left, entity), evaluate(filter.pattern, entity));
    case "isnull":
      return evaluate(filter.of, entity) === null;
    case "truthy":
      return evaluate(filter.of, entity) === true;
    case "search":
      return hasWords(filter.words, searchedWords(filter.paths, entity));
    case "visible":
      return isVisible(filter, entity);
    default:
      return filter satisfies never;
  }
}

/** All of the filters, simplified: `and()` is `everything`, `and(a, and(b, c))` all of a, b, c. */
export function and(...filters: readonly Filter[]): Filter {
  const of = filters.flatMap((filter) => (filter.kind === "all" ? filter.of : [filter]));
  if (of.some(isNothing)) return nothing;
  return single(of) ?? { kind: "all", of };
}

/** Any of the filters, simplified: `or()` is `nothing`, `or(a, or(b, c))` is any of a, b, c. */
export function or(...filters: readonly Filter[]): Filter {
  const of = filters.flatMap((filter) => (filter.kind === "any" ? filter.of : [filter]));
  if (of.some(isEverything)) return everything;
  return single(of) ?? { kind: "any", of };
}

/** One field is this text: `equals("login", "ada")`. */
export function equals(field: string, value: string): Comparison {
  const left = { kind: "property", path: [field] } as const;
  return { kind: "compare", op: "==", left, right: { kind: "constant", value } };
}

/** The opposite, one level simplified: `not(not(a))` is a, `not(everything)` is `nothing`. */
export function not(filter: Filter): Filter {
  if (filter.kind === "not") return filter.of;
  if (isEverything(filter)) return nothing;
  if (isNothing(filter)) return everything;
  return { kind: "not", of: filter };
}

/**
 * The opposite with every `not` pushed down to the leaves: and and or swap, comparisons flip (the
 * order is total: not `<` is `>=`); leaves without an opposite, such as `like`, stay under `not`.
 */
export function negated(filter: Filter): Filter {
  switch (filter.kind) {
    case "all":
      return or(...filter.of.map(negated));
    case "any":
      return and(...filter.of.map(negated));
    case "not":
      return pushed(filter.of);
    case "compare":
      return { ...filter, op: oppositeOp[filter.op] };
    default:
      return not(filter);
  }
}

/** The same filter with every `not` pushed down to the leaves. */
function pushed(filter: Filter): Filter {
  switch (filter.kind) {
    case "all":
      return and(...filter.of.map(pushed));
    case "any":
      return or(...filter.of.map(pushed));
    case "not":
      return negated(filter.of);
    default:
      return filter;
  }
}

const oppositeOp: Readonly<Record<CompareOp, CompareOp>> = {
  "==": "!=",
  "!=": "==",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
};

function isEverything(filter: Filter): boolean {
  return filter.kind === "all" && filter.of.length === 0;
}

function isNothing(filter: Filter): boolean {
  return filter.kind === "any" && filter.of.length === 0;
}

function single(filters: readonly Filter[]): Filter | undefined {
  return filters.length === 1 ? filters[0] : undefined;
}

/** The value of an expression for an entity; missing is null. */
function evaluate(expression: Expression, entity: JsonObject): Json {
  switch (expression.kind) {
    case "property":
      return readPath(entity, expression.path) ?? null;
    case "constant":
      return expression.value;
    case "list":
      return expression.items.map((item) => evaluate(item, entity));
    case "call": {
      const args = expression.args.map((argument) => evaluate(argument, entity));
      return filterFunctions[expression.name].apply(args);
    }
    case "test":
      return matches(expression.filter, entity);
    default:
      return expression satisfies never;
  }
}

function compares(op: CompareOp, left: Json, right: Json): boolean {
  switch (op) {
    case "==":
      return equalJson(left, right);
    case "!=":
      return !equalJson(left, right);
    case "<":
      return compareJson(left, right) < 0;
    case "<=":
      return compareJson(left, right) <= 0;
    case ">":
      return compareJson(left, right) > 0;
    case ">=":
      return compareJson(left, right) >= 0;
    default:
      return op satisfies never;
  }
}

function equalsLoosely(left: Json, right: Json): boolean {
  if (typeof left === "string" && isOtherScalar(right)) return left === JSON.stringify(right);
  if (typeof right === "string" && isOtherScalar(left)) return right === JSON.stringify(left);
  return equalJson(left, right);
}

function isOtherScalar(value: Json): boolean {
  return value === null || typeof value === "number" || typeof value === "boolean";
}

function hasElement({ op, value }: ElementComparison, found: Json): boolean {
  if (!isArray(found)) return compares(op, found, value);
  return found.some((element) => compares(op, element, value));
}

function holdsElement(list: Json, value: Json): boolean {
  return isArray(list) && list.some((element) => equalJson(element, value));
}

function contains(left: Json, right: Json): boolean {
  if (typeof left !== "string") return holdsElement(left, right);
  return typeof right === "string" && indexOfText(left, right, 0) >= 0;
}

function fits(text: Json, pattern: Json): boolean {
  return typeof text === "string" && typeof pattern === "string" && isLike(text, pattern);
}

function isVisible(rule: Visibility, entity: JsonObject): boolean {
  const { _id, owner, group, access } = entity;
  if (typeof owner === "string" && owner === rule.owner) return true;
  if (typeof group === "string" && rule.reach.has(group)) return true;
  if (typeof _id === "string" && _id === rule.self) return true;
  if (!isArray(access)) return false;
  return access.some((id) => typeof id === "string" && rule.principals.has(id));
}

/** `Array.isArray` knows no readonly arrays. */
function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
