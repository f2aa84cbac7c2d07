/**
 * What a table is asked for, as it stands in the address of its page, so that it can be shared, and
 * as the client takes it. Pure.
 */
import type { Scalar, Where } from "@stoa/client";
import { filterJson, type Json, parseFilter } from "@stoa/domain";
import { type Quick, quickChoice } from "./quick-choice.ts";
import type { Wish } from "./use-rows.ts";

export interface Sort {
  readonly path: string;
  readonly descending: boolean;
}

export interface Asked {
  /** Conditions one by one: `{"population>=": 100000}`. */
  readonly where: Where;
  /** An expression of the filter language as it was written; empty for none. */
  readonly filter: string;
  readonly quick: Quick | null;
  readonly sort: Sort | null;
}

/** The names are those of the parameters of lists, and `begins.` for a quick search of a field. */
export function askedOf(parameters: URLSearchParams): Asked {
  const where: Record<string, Scalar | readonly Scalar[]> = {};
  let quick: Quick | null = null;
  for (const [name, text] of parameters) {
    if (name.startsWith("where.")) {
      const [condition, value] = conditionOf(name.slice("where.".length), text);
      where[condition] = value;
    } else if (name === "search") quick = { path: null, text };
    else if (name.startsWith("begins.")) quick = { path: name.slice("begins.".length), text };
  }
  const key = parameters.get("sortBy") ?? "";
  const descending = key.startsWith("-");
  const sort = key === "" ? null : { path: descending ? key.slice(1) : key, descending };
  return { where, filter: parameters.get("filter") ?? "", quick, sort };
}

export function parametersOf({ where, filter, quick, sort }: Asked): URLSearchParams {
  const named = quick?.path === null ? "search" : `begins.${quick?.path}`;
  return new URLSearchParams([
    ...(quick ? [[named, quick.text]] : []),
    ...Object.entries(where).map(([name, value]) => parameterOf(name, JSON.stringify(value))),
    ...(filter === "" ? [] : [["filter", filter]]),
    ...(sort ? [["sortBy", sortKey(sort)]] : []),
  ]);
}

/** Everything is ANDed. */
export function wishOf({ where, filter, quick, sort }: Asked): Wish {
  const searched = quick ? quickChoice(quick) : {};
  const both = bothOf(searched.filter, filter);
  return {
    ...(Object.keys(where).length > 0 && { where }),
    ...(searched.search !== undefined && { search: searched.search }),
    ...(both !== undefined && { filter: both }),
    sortBy: sort ? [sortKey(sort)] : [],
  };
}

export function isNarrowed({ where, filter, quick }: Asked): boolean {
  return Object.keys(where).length > 0 || filter !== "" || quick !== null;
}

function sortKey({ path, descending }: Sort): string {
  return `${descending ? "-" : ""}${path}`;
}

/**
 * As the API reads it: the `=` of `where.size>=3` is that of the parameter as well, and what has
 * none stands in its name, `where.size>3`.
 */
function conditionOf(name: string, text: string): [name: string, value: Where[string]] {
  const [, path, operator, value = ""] = /^([^<>]*)([<>])([^=].*)$/s.exec(name) ?? [];
  if (path !== undefined && text === "") return [`${path}${operator}`, scalarsOf(value)];
  return [/[<>!]$/.test(name) ? `${name}=` : name, scalarsOf(text)];
}

function parameterOf(name: string, value: string): [name: string, value: string] {
  if (/[<>]$/.test(name)) return [`where.${name}${value}`, ""];
  return [`where.${name.replace(/=$/, "")}`, value];
}

/** A list is any of; what is no JSON was typed by hand and is a text. */
function scalarsOf(text: string): Scalar | readonly Scalar[] {
  const value = jsonOf(text);
  const isScalar = (one: Json) => typeof one !== "object" || one === null;
  const isFitting = Array.isArray(value) ? value.every(isScalar) : isScalar(value);
  return isFitting ? (value as Scalar | readonly Scalar[]) : text;
}

/** What is written wrongly goes to the server as it is, which says why it refuses it. */
function bothOf(quick: Json | undefined, text: string): Json | undefined {
  if (text === "") return quick;
  if (quick === undefined) return jsonOf(text);
  try {
    return ["and", quick, filterJson(parseFilter(text))];
  } catch {
    return jsonOf(text);
  }
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
