/** A live window against the plain way: all that fit, sorted, and the first of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBy, type JsonObject, parsePath, totalOrder } from "@stoa/domain";
import fc from "fast-check";
import { LiveWindow } from "./live-window.ts";

const order = [{ path: parsePath("n"), descending: true }];
const total = totalOrder(order);
const id = fc.integer({ min: 0, max: 80 }).map(String);
const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ id, n: fc.integer({ min: 0, max: 30 }) }) },
  { weight: 3, arbitrary: fc.record({ id, n: fc.constant(null) }) },
);

test("whatever comes, moves and goes, the first ones are shown in order", () => {
  let refilled = 0;
  fc.assert(
    fc.property(
      fc.array(act, { minLength: 100, maxLength: 150 }),
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 40, maxLength: 80 }),
      fc.constantFrom(1, 5, 20, Number.POSITIVE_INFINITY),
      (acts, numbers, limit) => {
        const kept = new Map<string, JsonObject>(
          numbers.map((n, index) => [`${index}`, { _id: `${index}`, n }]),
        );
        const all = () => [...kept.values()].sort((a, b) => compareBy(total, a, b));
        const window = new LiveWindow(order, limit);
        const size = Math.min(limit + 10, 1_000);
        window.append(all().slice(0, size), kept.size < size);
        for (const { id: drawn, n } of acts) {
          // Those in front go, so that others come up from behind.
          const _id = n === null ? String(all()[0]?.["_id"]) : drawn;
          if (n === null) kept.delete(_id);
          else kept.set(_id, { _id, n });
          if (n === null) window.drop(_id);
          else window.put({ _id, n });
          for (let after = window.missingAfter; after; after = window.missingAfter) {
            refilled++;
            const last = { n: after[0] ?? null, _id: after[1] ?? null };
            const rest = all().filter((entity) => compareBy(total, entity, last) > 0);
            window.append(rest.slice(0, size), rest.length < size);
          }
          assert.deepEqual(window.shown, all().slice(0, limit));
        }
        if (kept.size <= limit) return;
        assert.equal(window.isComplete, false);
      },
    ),
    { numRuns: 100 },
  );
  assert(refilled > 10, `refilled ${refilled} times`);
});

test("a version that is here already changes nothing", () => {
  const window = new LiveWindow(order, 3);
  window.append([{ _id: "1", n: 1 }], true);
  assert.equal(window.put({ _id: "1", n: 1 }), false);
  assert.equal(window.put({ _id: "1", n: 2 }), true);
  assert.equal(window.drop("2"), false);
  assert.deepEqual([window.shown, window.isComplete], [[{ _id: "1", n: 2 }], true]);
});
