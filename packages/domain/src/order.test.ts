/**
 * The total order over all values, and equality.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Json, parseJson } from "./json.ts";
import { compareJson, compareText, equalJson } from "./order.ts";
import { orderKey } from "./order-key.ts";

/** Each less than the next. */
const ladder: readonly Json[] = [
  null,
  -Number.MAX_VALUE,
  -2,
  -Number.MIN_VALUE,
  0,
  Number.MIN_VALUE,
  2,
  10,
  2 ** 53,
  Number.MAX_VALUE,
  "",
  "\u0001",
  "10",
  "2",
  "a",
  "a\u0001",
  "aa",
  "é",
  "\ud7ff",
  "\ue000",
  "\ufffd",
  "😀",
  "😁",
  {},
  { "": 0 },
  { a: null },
  { a: null, b: 0 },
  { a: 1 },
  { a: 1, b: -1 },
  { a: "1" },
  { aa: 0 },
  { b: 0 },
  { "\ufffd": 0 },
  { "😀": 0 },
  [],
  [null],
  [null, null],
  [null, 1],
  [0],
  [0, null],
  ["a"],
  ["a", ""],
  ["a\u0001"],
  [{}],
  [{ a: [] }],
  [[]],
  [[], 1],
  [[null]],
  [false],
  false,
  true,
];

const names = fc.constantFrom("", "a", "aa", "b", "\ufffd", "😀", "__proto__", "1");
const texts = fc
  .array(fc.constantFrom("a", "b", "\u0001", "\ud7ff", "\ue000", "\ufffd", "😀", "𐀀"), {
    maxLength: 3,
  })
  .map((parts) => parts.join(""));
const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 2 ** 53, Number.MIN_VALUE, Number.MAX_VALUE),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const { value: values } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, false, true),
    numbers,
    texts,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(names, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

test("the ladder of all types is in order", () => {
  for (const [low, a] of ladder.entries()) {
    for (const [high, b] of ladder.entries()) {
      const pair = `${JSON.stringify(a)} and ${JSON.stringify(b)}`;
      assert.equal(Math.sign(compareJson(a, b)), Math.sign(low - high), pair);
      assert.equal(Math.sign(compareKeys(a, b)), Math.sign(low - high), `key of ${pair}`);
      assert.equal(equalJson(a, b), low === high, pair);
    }
  }
});

test("missing is null, and -0 is 0", () => {
  assert.equal(compareJson(undefined, null), 0);
  assert.ok(equalJson(null, undefined));
  assert.ok(compareJson(undefined, -1) < 0);
  assert.equal(compareJson(-0, 0), 0);
  assert.deepEqual(orderKey([-0]), orderKey([0]));
  assert.deepEqual(orderKey(undefined), orderKey(null));
  assert.ok(!equalJson(undefined, false));
});

test("an emoji comes after U+FFFD, other than in UTF-16", () => {
  assert.ok("😀" < "\ufffd");
  assert.ok(compareText("😀", "\ufffd") > 0);
  assert.ok(compareText("a😀", "a") > 0);
});

test("the order of keys in an object says nothing", () => {
  assert.equal(compareJson({ a: 1, b: 2 }, { b: 2, a: 1 }), 0);
  assert.ok(equalJson({ a: 1, b: 2 }, { b: 2, a: 1 }));
  assert.deepEqual(orderKey({ a: 1, b: 2 }), orderKey({ b: 2, a: 1 }));
});

test("a null in an object is a value, not a missing one", () => {
  assert.ok(!equalJson({ a: null }, {}));
  assert.ok(!equalJson({ a: null, b: 1 }, { b: 1, c: null }));
});

test("inherited names equal nothing", () => {
  const proto = parseJson('{"__proto__":{}}');
  assert.ok(!equalJson(proto, { a: {} }));
  assert.ok(!equalJson({ a: {} }, proto));
  assert.ok(!equalJson({ toString: null }, { a: null }));
});

test("texts compare as their code points", () => {
  const points = (text: string) => Array.from(text, (letter) => letter.codePointAt(0) ?? 0);
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const order = compareJson(points(a), points(b));
      assert.equal(Math.sign(compareText(a, b)), Math.sign(order));
    }),
  );
});

test("the order is total: antisymmetric and transitive", () => {
  fc.assert(
    fc.property(values, values, values, (a, b, c) => {
      assert.equal(Math.sign(compareJson(a, b)), 0 - Math.sign(compareJson(b, a)));
      if (compareJson(a, b) <= 0 && compareJson(b, c) <= 0) assert.ok(compareJson(a, c) <= 0);
      assert.equal(compareJson(a, structuredClone(a)), 0);
    }),
    { numRuns: 1000 },
  );
});

test("equal is what compares as 0", () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      assert.equal(equalJson(a, b), compareJson(a, b) === 0);
    }),
    { numRuns: 1000 },
  );
});

test("keys of any two values sort as the values do", () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      assert.equal(Math.sign(compareKeys(a, b)), Math.sign(compareJson(a, b)));
    }),
    { numRuns: 3000 },
  );
});

test("keys of a value and of a change of it sort as the values do", () => {
  fc.assert(
    fc.property(values, values, values, (a, b, c) => {
      const left = { a: [c, a], b: c };
      const right = { a: [c, b], b: a };
      assert.equal(Math.sign(compareKeys(left, right)), Math.sign(compareJson(left, right)));
    }),
    { numRuns: 1000 },
  );
});

function compareKeys(a: Json, b: Json): number {
  return Buffer.compare(orderKey(a), orderKey(b));
}
