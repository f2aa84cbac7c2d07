/** Orders, cursors and pages: the three ways to say "later" agree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { matches } from "./filter.ts";
import type { JsonObject } from "./json.ts";
import {
  afterCursor,
  compareBy,
  cursorOf,
  type OrderKey,
  parseCursor,
  totalOrder,
} from "./query.ts";

const by = (name: string, descending = false): OrderKey => ({ path: [name], descending });

test("an order is made total by _id, in the direction of its last key", () => {
  assert.deepEqual(totalOrder([]), [by("_id")]);
  assert.deepEqual(totalOrder([by("n", true)]), [by("n", true), by("_id", true)]);
  assert.deepEqual(totalOrder([by("n", true), by("s")]), [by("n", true), by("s"), by("_id")]);
  assert.deepEqual(totalOrder([by("_id", true), by("n")]), [by("_id", true)]);
});

test("a cursor is the last entity's values, missing ones as null", () => {
  assert.deepEqual(cursorOf([by("n"), by("s")], { _id: "e", n: 2 }), [2, null, "e"]);
  assert.deepEqual(cursorOf([], { _id: "e" }), ["e"]);
});

test("a cursor of another order, or of no order, is refused", () => {
  assert.deepEqual(parseCursor([by("n")], '[2,"e"]'), [2, "e"]);
  for (const text of ["", "[2]", '[2,"e","x"]', "[2,3]", '{"0":2,"1":"e"}', '"e"', "[", "null"]) {
    assert.throws(() => parseCursor([by("n")], text), { code: "validation" }, text);
  }
});

const value = fc.constantFrom(null, 0, 1, -2.5, "", "a", "b", "😀", true, false, [1], { x: 1 });
const entities = fc
  .array(fc.record({ n: value, s: value }, { requiredKeys: [] }), { minLength: 1, maxLength: 12 })
  .map((all) => all.map((fields, index) => ({ _id: `id${index % 10}${index}`, ...fields })));
const order = fc.array(
  fc.record({ path: fc.constantFrom(["n"], ["s"], ["_id"]), descending: fc.boolean() }),
  { maxLength: 3 },
);

test("what comes after a cursor is what is sorted behind it, none twice and none lost", () => {
  fc.assert(
    fc.property(entities, order, fc.nat(), (all, keys, at) => {
      const total = totalOrder(keys);
      const sorted = [...all].sort((a, b) => compareBy(total, a, b));
      const last = sorted[at % sorted.length] as JsonObject;
      const later = afterCursor(keys, cursorOf(keys, last));
      const rest = sorted.filter((entity) => matches(later, entity));
      assert.deepEqual(rest, sorted.slice((at % sorted.length) + 1));
    }),
    { numRuns: 2_000 },
  );
});

test("the total order tells any two entities apart, and both ways round", () => {
  fc.assert(
    fc.property(entities, order, (all, keys) => {
      const total = totalOrder(keys);
      for (const a of all) {
        for (const b of all) {
          const sign = Math.sign(compareBy(total, a, b));
          assert.equal(sign === 0, a === b);
          assert.equal(sign + Math.sign(compareBy(total, b, a)), 0);
        }
      }
    }),
  );
});
