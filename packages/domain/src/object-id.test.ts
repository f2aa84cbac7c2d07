/**
 * Object ids: their layout, and that they only go up.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isObjectId, objectIds, objectIdTime } from "./object-id.ts";

const random = Uint8Array.of(0x0a, 0x11, 0x22, 0x33, 0xff);

test("an id holds seconds, random bytes and counter", () => {
  const next = objectIds({ now: () => 1478724243999, random, counter: 0x73b24f });
  assert.equal(next(), "58238a930a112233ff73b24f");
  assert.equal(next(), "58238a930a112233ff73b250");
});

test("the time of an id is its seconds", () => {
  assert.equal(objectIdTime("58238a935baa56173b24f0e4"), 1478724243000);
});

test("24 lower-case hex digits are an id and nothing else is", () => {
  assert.ok(isObjectId("58238a935baa56173b24f0e4"));
  for (const text of [
    "",
    "58238a935baa56173b24f0e",
    "58238a935baa56173b24f0e44",
    "58238A935baa56173b24f0e4",
    "58238a935baa56173b24f0eg",
    "58238a935baa56173b24f0e4\n",
  ]) {
    assert.ok(!isObjectId(text), JSON.stringify(text));
  }
});

test("the second moves on when the counter runs over", () => {
  const next = objectIds({ now: () => 5000, random, counter: 0xffffff });
  assert.equal(next(), "000000050a112233ffffffff");
  assert.equal(next(), "000000060a112233ff000000");
});

test("ids grow whatever the clock does", () => {
  const clock = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 2 });
  fc.assert(
    fc.property(clock, fc.integer({ min: 0xfffff0, max: 0xffffff }), (times, counter) => {
      let tick = 0;
      const next = objectIds({ now: () => times[tick++] ?? 0, random, counter });
      const ids = times.map(() => next());
      assert.ok(ids.every(isObjectId));
      assert.deepEqual([...new Set(ids)].sort(), ids);
    }),
  );
});

test("a source with the wrong bytes is a mistake", () => {
  const now = () => 0;
  assert.throws(() => objectIds({ now, random: new Uint8Array(4), counter: 0 }), TypeError);
  assert.throws(() => objectIds({ now, random, counter: 0x1000000 }), TypeError);
  assert.throws(() => objectIds({ now, random, counter: -1 }), TypeError);
});
