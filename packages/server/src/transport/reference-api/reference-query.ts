/**
 * The parameters of the reference API (design 4, "Verbs"): lists as queries, and which fields an
 * answer shows in which form. Knows names and notations; nothing of stores or HTTP.
 */
import {
  and,
  equals,
  type Filter,
  isJsonObject,
  type Json,
  type LagOptions,
  limit,
  type OrderKey,
  type Path,
  parseFilter,
  parseJson,
  parsePath,
  type Query,
  referenceFilter,
  referencePath,
  violation,
} from "@stoa/domain";
import { lagOptions } from "../consistency.ts";
import { parameterRecord } from "../query-string.ts";

export interface ReferenceList {
  readonly query: Query;
  readonly options: LagOptions;
  readonly form: ListForm;
}

/** How an item of a list is shown. */
export interface ListForm {
  readonly hasId: boolean;
  readonly isFlat: boolean;
}

/** How one object is shown. */
export interface ObjectForm {
  /** Null for all. */
  readonly mask: readonly Path[] | null;
  readonly isFlat: boolean;
}

/**
 * The list that a query string asks for; unknown parameters mean nothing, and of a repeated one the
 * last counts. Errors: `validation` naming the parameter.
 * @param named the type of `<store>_by_type/:type`, and the header that says how fresh it must be.
 */
export function parseReferenceList(
  text: string,
  { type, consistency }: { type?: string | undefined; consistency?: string | undefined } = {},
): ReferenceList {
  const given = parameterRecord(text);
  const filters: Filter[] = [];
  if (type !== undefined) filters.push(typeIs(type));
  if (given["filter"] !== undefined) filters.push(referenceFilter(parseFilter(given["filter"])));
  const shown = listFields(given["mask"]);
  return {
    query: {
      filter: and(...filters),
      order: given["order"] === undefined ? byCreation : parseOrder(given["order"]),
      offset: parseCount("offset", given["offset"]) ?? 0,
      limit: parseLimit(given["limit"]),
      after: null,
      only: shown.filter(([name]) => name !== "id"),
    },
    options: lagOptions(given["consistency"], consistency),
    form: { hasId: shown.some(([name]) => name === "id"), isFlat: parseFlag(given["flat"]) },
  };
}

/** `mask` and `flat` of a single object; null for the object as it is. Same errors. */
export function parseObjectForm(text: string): ObjectForm | null {
  if (text === "") return null;
  const { mask, flat } = parameterRecord(text);
  const isFlat = parseFlag(flat);
  if (!mask && !isFlat) return null;
  return { mask: mask ? namesOf(mask).map((name) => parsePath(name)) : null, isFlat };
}

/** How fresh an answer must be. Same errors. */
export function parseReferenceLag(text: string, consistency: string | undefined): LagOptions {
  if (text === "" && consistency === undefined) return {};
  return lagOptions(parameterRecord(text)["consistency"], consistency);
}

/** All that a list ever shows of an object (seed, "mask"), in the order in which it does. */
const available: readonly Path[] = [
  ["id"],
  ["type"],
  ["opts", "title"],
  ["ext", "ct"],
  ["ext", "lwt"],
];

/** A composite name stands for what is available below it; unknown names mean nothing. */
function listFields(mask: string | undefined): readonly Path[] {
  if (!mask) return available;
  const names = new Set(namesOf(mask));
  return available.filter((path) => names.has(path.join(".")) || names.has(path[0] as string));
}

function namesOf(mask: string): readonly string[] {
  const { fieldsMax } = limit;
  const names = mask.split(",").map((name) => name.trim());
  if (names.length <= fieldsMax) return names.filter((name) => name !== "");
  throw violation("mask", "maxItems", `must not name more than ${fieldsMax} fields`);
}

function typeIs(type: string): Filter {
  if (type.includes("\0")) throw violation("type", "nul", "must not hold the character NUL");
  return equals("type", type);
}

const byCreation: readonly OrderKey[] = [{ path: ["time"], descending: false }];

/** `["type","-ext.ct",{"opts.title":"desc"}]` */
function parseOrder(text: string): readonly OrderKey[] {
  const keys = orderItems(text).flatMap(orderKeys);
  const { sortKeysMax } = limit;
  if (keys.length > sortKeysMax) {
    throw violation("order", "maxItems", `must not name more than ${sortKeysMax} fields`);
  }
  return keys;
}

function orderItems(text: string): readonly Json[] {
  const { filterBytesMax } = limit;
  if (text.length > filterBytesMax) {
    throw violation("order", "bytes", `must not be longer than ${filterBytesMax} bytes`);
  }
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    throw badOrder("order");
  }
  if (Array.isArray(value)) return value;
  throw badOrder("order");
}

function orderKeys(item: Json, index: number): OrderKey[] {
  const at = `order[${index}]`;
  if (typeof item === "string") {
    const descending = item.startsWith("-");
    return [{ path: orderPath(descending ? item.slice(1) : item, at), descending }];
  }
  if (!isJsonObject(item)) throw badOrder(at);
  return Object.keys(item).map((name) => {
    const direction = String(item[name]).toLowerCase();
    if (direction !== "asc" && direction !== "desc") throw badOrder(at);
    return { path: orderPath(name, at), descending: direction === "desc" };
  });
}

/** `ext.ct` is the time of creation, by which there is an index. */
function orderPath(name: string, at: string): Path {
  if (name === "ext.ct") return ["time"];
  try {
    return referencePath(parsePath(name));
  } catch {
    throw violation(at, "path", "must name a field, as opts.title does");
  }
}

function badOrder(at: string): Error {
  return violation(at, "shape", 'must read like ["type","-ext.ct",{"opts.title":"desc"}]');
}

function parseLimit(text: string | undefined): number {
  const { referencePageDefault, referencePageMax } = limit;
  const count = parseCount("limit", text) ?? referencePageDefault;
  if (count <= referencePageMax) return count;
  throw violation("limit", "maximum", `must not be over ${referencePageMax}`);
}

function parseCount(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw violation(name, "integer", "must be an integer of 0 or more");
}

function parseFlag(text: string | undefined): boolean {
  if (text === undefined || text === "false" || text === "0") return false;
  if (text === "true" || text === "1") return true;
  throw violation("flat", "boolean", "must be true or false");
}
