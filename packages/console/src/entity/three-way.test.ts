/**
 * Two people at one entity: nothing is lost, and what cannot be decided is told.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@stoa/domain";
import fc from "fast-check";
import { changedFields, mergeFields, mergePatch } from "./three-way.ts";

test("changes of different fields come together", () => {
  const merged = mergeFields({ a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 3 });
  assert.deepEqual(merged, { fields: { a: 2, b: 3 }, conflicts: [], theirs: ["b"] });
});

test("a field that both changed is told, and mine is kept to be decided on", () => {
  const merged = mergeFields({ a: 1 }, { a: 2 }, { a: 3 });
  assert.deepEqual(merged, { fields: { a: 2 }, conflicts: ["a"], theirs: [] });
});

test("the same change by both is no conflict", () => {
  const merged = mergeFields({ a: [1] }, { a: [1, 2] }, { a: [1, 2] });
  assert.deepEqual(merged.conflicts, []);
});

test("what one removes and the other leaves is gone", () => {
  assert.deepEqual(mergeFields({ a: 1, b: 1 }, { b: 1 }, { a: 1, b: 2 }).fields, { b: 2 });
});

test("the order of members is no change", () => {
  assert.deepEqual(changedFields({ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }), []);
});

/** As the server merges (RFC 7396). */
function patched(target: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const before = result.get(key);
    if (value === null) result.delete(key);
    else if (isObject(value)) result.set(key, patched(isObject(before) ? before : {}, value));
    else result.set(key, value);
  }
  return Object.fromEntries(result);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom("x", true),
    fc.array(tie("value"), { maxLength: 2 }),
    tie("object"),
  ),
  object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { noNullPrototype: true }),
}));

test("a patch leads from any entity to any other", () => {
  fc.assert(
    fc.property(values.object, values.object, (before, after) => {
      const reached = patched(before as JsonObject, mergePatch(before as never, after as never));
      assert.deepEqual(changedFields(reached, after as JsonObject), []);
    }),
  );
});
