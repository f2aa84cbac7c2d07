/**
 * Two people change one entity: what each changed since the version that both began with, and what
 * comes of it. Works on top fields, as merge patches of the first level do. Pure.
 */
import type { Json, JsonObject } from "@stoa/domain";

export interface Merged {
  /** What to keep on editing: theirs, with what I changed. */
  readonly fields: JsonObject;
  /** Fields that both changed, each to another value; mine stands in `fields`. */
  readonly conflicts: readonly string[];
  /** Fields that only they changed. */
  readonly theirs: readonly string[];
}

/** `mergeFields({a: 1, b: 1}, {a: 2, b: 1}, {a: 1, b: 3})` is `{a: 2, b: 3}` without a conflict. */
export function mergeFields(base: JsonObject, mine: JsonObject, theirs: JsonObject): Merged {
  const myChanges = changedFields(base, mine);
  const theirChanges = changedFields(base, theirs);
  const both = myChanges.filter((key) => theirChanges.includes(key));
  return {
    fields: applied(theirs, mine, myChanges),
    conflicts: both.filter((key) => !isSame(mine[key], theirs[key])),
    theirs: theirChanges.filter((key) => !both.includes(key)),
  };
}

/** Names of the top fields that differ: `["lat", "tags"]`. */
export function changedFields(before: JsonObject, after: JsonObject): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => !isSame(before[key], after[key]));
}

/** The merge patch (RFC 7396) from one to the other; null takes a field away. */
export function mergePatch(before: JsonObject, after: JsonObject): JsonObject {
  const entries = changedFields(before, after).map((key): [string, Json] => [
    key,
    patchValue(before[key], after[key]),
  ]);
  return Object.fromEntries(entries);
}

/** Objects merge, so what is gone from one must be named. */
function patchValue(before: Json | undefined, after: Json | undefined): Json {
  if (after === undefined) return null;
  return isObject(before) && isObject(after) ? mergePatch(before, after) : after;
}

function applied(to: JsonObject, from: JsonObject, keys: readonly string[]): JsonObject {
  const kept = Object.entries(to).filter(([key]) => !keys.includes(key));
  const changed = Object.entries(from).filter(([key]) => keys.includes(key));
  return Object.fromEntries([...kept, ...changed]);
}

/** The order of members means nothing, that of elements does. */
function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (isObject(one) && isObject(other)) return changedFields(one, other).length === 0;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, at) => isSame(value, other[at]));
  }
  return one === other;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
