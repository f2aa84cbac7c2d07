/**
 * The one order over all JSON values, which sorting and comparing mean everywhere:
 * missing and null < numbers < strings < objects < arrays < booleans. Knows no bytes and no SQL.
 * Source: the reference API's comparison order.
 */
import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/**
 * Negative, 0 or positive. Numbers by size (-0 equals 0), strings by code point, false < true,
 * arrays element by element and then by length, objects as their pairs sorted by key: the first
 * pair's key, its value, the next pair, and then by number of pairs.
 */
export function compareJson(a: Json | undefined, b: Json | undefined): number {
  if (typeof a === "number" && typeof b === "number") return compareNumbers(a, b);
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  const rank = typeRank(a);
  if (rank !== typeRank(b)) return rank - typeRank(b);
  if (Array.isArray(a)) return compareArrays(a, b as readonly Json[]);
  if (isJsonObject(a)) return compareObjects(a, b as JsonObject);
  return Number(a ?? 0) - Number(b ?? 0);
}

/** Whether `compareJson` gives 0, in less time. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || a === null) return b === undefined || b === null;
  if (Array.isArray(a)) return Array.isArray(b) && equalArrays(a, b);
  return isJsonObject(a) && isJsonObject(b) && equalObjects(a, b);
}

/** Strings by code point, unlike `<`, which puts an emoji (two UTF-16 units) before U+FFFD. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return pointRank(left) - pointRank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points past U+FFFF, so they rank after every other unit. */
function pointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function typeRank(value: Json | undefined): number {
  switch (typeof value) {
    case "number":
      return 1;
    case "string":
      return 2;
    case "boolean":
      return 5;
    case "undefined":
      return 0;
    default:
      return value === null ? 0 : Array.isArray(value) ? 4 : 3;
  }
}

function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareArrays(a: readonly Json[], b: readonly Json[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const order = compareJson(a[index], b[index]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareObjects(a: JsonObject, b: JsonObject): number {
  const aKeys = Object.keys(a).sort(compareText);
  const bKeys = Object.keys(b).sort(compareText);
  const length = Math.min(aKeys.length, bKeys.length);
  for (let index = 0; index < length; index++) {
    const aKey = aKeys[index] as string;
    const bKey = bKeys[index] as string;
    const order = compareText(aKey, bKey) || compareJson(a[aKey], b[bKey]);
    if (order !== 0) return order;
  }
  return aKeys.length - bKeys.length;
}

function equalArrays(a: readonly Json[], b: readonly Json[]): boolean {
  return a.length === b.length && a.every((item, index) => equalJson(item, b[index]));
}

function equalObjects(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && equalJson(a[key], b[key]));
}
