/**
 * The order-preserving encoding agrees with the order of values.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "./json.ts";
import { orderKey } from "./order-key.ts";

/** The layout is kept in indexes, so it must not change; its order is tested in order.test.ts. */
const layouts: readonly [Json, string][] = [
  [null, "00"],
  [0, "01 80 00 00 00 00 00 00 00"],
  [-0, "01 80 00 00 00 00 00 00 00"],
  [1, "01 bf f0 00 00 00 00 00 00"],
  [-1, "01 40 0f ff ff ff ff ff ff"],
  ["a", "02 61 00"],
  ["😀", "02 f0 9f 98 80 00"],
  [{}, "03 00"],
  [{ b: "", a: null }, "03 01 61 00 00 01 62 00 02 00 00"],
  [[], "04 00"],
  [[null, [true]], "04 01 00 01 04 01 05 01 00 00"],
  [false, "05 00"],
  [true, "05 01"],
];

for (const [value, layout] of layouts) {
  test(`the key of ${Object.is(value, -0) ? "-0" : JSON.stringify(value)} is ${layout}`, () => {
    assert.equal(Buffer.from(orderKey(value)).toString("hex"), layout.replaceAll(" ", ""));
  });
}

test("the key of a missing value is that of null", () => {
  assert.deepEqual(orderKey(undefined), Uint8Array.of(0));
});
