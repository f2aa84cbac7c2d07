/**
 * What a list may be asked for, and how that reads as parameters. Knows names and notations of
 * parameters; no store and no transport.
 */
import {
  type Filter,
  filterJson,
  type Json,
  type OrderKey,
  type Path,
  parsePath,
  pathText,
} from "@stoa/domain";

export type Scalar = string | number | boolean | null;

/** `{country: "NL", "population>=": 100000, tags: ["old", "blue"], "name!=": "Delft"}` */
export type Where = Readonly<Record<string, Scalar | readonly Scalar[]>>;

/** Which entities: everything is ANDed. */
export interface Choice {
  /** Conditions by path and operator (`= != > >= < <=`); a list means any of. */
  readonly where?: Where | undefined;
  /** The filter language: `["like", ["property", "name"], "D*"]`, or `{type: "lamp"}`. */
  readonly filter?: Json | undefined;
  /** Words that all must be there, `"oude delf*"`, in a store that declares where. */
  readonly search?: string | undefined;
  /** Bounds on `time`, inclusive; Unix milliseconds or ISO 8601. */
  readonly from?: number | string | undefined;
  readonly to?: number | string | undefined;
  /** False narrows to what stands in the caller's own group itself. */
  readonly withChildGroups?: boolean | undefined;
}

export interface ListQuery extends Choice {
  /** Fields, descending with a minus: `["country", "-population"]`; `_id` breaks ties. */
  readonly sortBy?: readonly string[] | undefined;
  /** Fields to serve, `_id` besides: `["name", "address.city"]`. */
  readonly only?: readonly string[] | undefined;
  /** References to replace by what they refer to. */
  readonly unwind?: readonly string[] | undefined;
  readonly offset?: number | undefined;
  /** How many at most; without it, all. */
  readonly limit?: number | undefined;
  /** The cursor of a page: what comes behind it. */
  readonly after?: string | undefined;
}

/** Parameters of a query string, one by one: `["limit=2", "sortBy=-name"]`. */
export type Parameters = readonly string[];

/** Everything but `offset`, `limit` and `after`. Errors: `validation` for paths. */
export function listParameters(query: ListQuery): Parameters {
  const { sortBy, only, unwind } = query;
  return [
    ...choiceParameters(query),
    ...(sortBy?.length ? [parameter("sortBy", sortBy.join(","))] : []),
    // `_id` is always served, and a parameter has to name something.
    ...(only ? [parameter("only", only.length > 0 ? only.join(",") : "_id")] : []),
    ...(unwind?.length ? [parameter("unwind", unwind.join(","))] : []),
  ];
}

export function choiceParameters(choice: Choice): Parameters {
  const { where = {}, filter, search, from, to, withChildGroups } = choice;
  return [
    ...Object.entries(where).map(([name, value]) => condition(name, value)),
    ...(filter === undefined ? [] : [parameter("filter", JSON.stringify(filter))]),
    ...(search === undefined ? [] : [parameter("search", search)]),
    ...(from === undefined ? [] : [parameter("from", String(from))]),
    ...(to === undefined ? [] : [parameter("to", String(to))]),
    ...(withChildGroups === undefined
      ? []
      : [parameter("withChildGroups", String(withChildGroups))]),
  ];
}

/** `only` and `unwind` of a single entity. */
export function readParameters({ only, unwind }: Pick<ListQuery, "only" | "unwind">): Parameters {
  return listParameters({ only, unwind });
}

export function parameter(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

/** `["-name"]` as keys. Errors: `validation`. */
export function orderOf(sortBy: readonly string[] = []): readonly OrderKey[] {
  return sortBy.map((key) => {
    const descending = key.startsWith("-");
    return { path: parsePath(descending ? key.slice(1) : key), descending };
  });
}

export function sortKeys(order: readonly OrderKey[]): readonly string[] {
  return order.map(({ path, descending }) => `${descending ? "-" : ""}${pathText(path)}`);
}

/**
 * A filter of the contract as parameters: what only conditions can say stands in `where.`, the rest
 * in `filter`. Errors: `validation` for what neither says.
 */
export function filterParameters(filter: Filter): Parameters {
  const parts = filter.kind === "all" ? filter.of : [filter];
  const conditions: string[] = [];
  const others: Filter[] = [];
  for (const part of parts) {
    const found = conditionOf(part);
    if (found === undefined) others.push(part);
    else conditions.push(found);
  }
  if (others.length === 0) return conditions;
  const json = filterJson(
    others.length === 1 ? (others[0] as Filter) : { kind: "all", of: others },
  );
  return [...conditions, parameter("filter", JSON.stringify(json))];
}

export function pathTexts(paths: readonly Path[]): readonly string[] {
  return paths.map(pathText);
}

function condition(name: string, value: Scalar | readonly Scalar[]): string {
  const values = Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar];
  const text = values.map((one) => JSON.stringify(one)).join(",");
  // `>` and `<` stand in the name of a parameter that has no `=`.
  if (/[<>]$/.test(name)) return encodeURIComponent(`where.${name}${text}`);
  return parameter(`where.${name.replace(/={1,2}$/, "")}`, text);
}

/** `where.` for an element comparison with a scalar, or for its opposite or any of several. */
function conditionOf(filter: Filter): string | undefined {
  if (filter.kind === "element") return elementCondition(filter.op, filter.path, [filter.value]);
  if (filter.kind === "not" && filter.of.kind === "element" && filter.of.op === "==") {
    return elementCondition("!=", filter.of.path, [filter.of.value]);
  }
  if (filter.kind !== "any") return undefined;
  const [first, ...rest] = filter.of;
  if (first?.kind !== "element") return undefined;
  const path = pathText(first.path);
  const values: Json[] = [first.value];
  for (const one of rest) {
    if (one.kind !== "element" || one.op !== first.op || pathText(one.path) !== path) {
      return undefined;
    }
    values.push(one.value);
  }
  return elementCondition(first.op, first.path, values);
}

function elementCondition(op: string, path: Path, values: readonly Json[]): string | undefined {
  const name = pathText(path);
  const isSpoken = !/[<>=!]/.test(name) && values.every(isScalar);
  return isSpoken ? condition(`${name}${op}`, values as readonly Scalar[]) : undefined;
}

function isScalar(value: Json): value is Scalar {
  return value === null || typeof value !== "object";
}
