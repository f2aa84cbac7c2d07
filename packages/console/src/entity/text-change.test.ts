/**
 * A text becomes the other one, and as little as possible of it is changed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { changeTo } from "./text-change.ts";

test("only what differs is changed", () => {
  assert.deepEqual(changeTo("a: 1, b: 2", "a: 17, b: 2"), { from: 4, to: 4, insert: "7" });
  assert.deepEqual(changeTo("aaa", "aa"), { from: 2, to: 3, insert: "" });
  assert.deepEqual(changeTo("", "new"), { from: 0, to: 0, insert: "new" });
});

test("any text becomes any other", () => {
  const texts = fc.string({ unit: fc.constantFrom("a", "b", "\n") });
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const { from, to, insert } = changeTo(before, after);
      assert.ok(from <= to);
      assert.equal(before.slice(0, from) + insert + before.slice(to), after);
    }),
  );
});
