/**
 * Merge patches (RFC 7396) by its vectors, and JSON Patch as it is read.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StoaError } from "./error.ts";
import { type Json, parseJson } from "./json.ts";
import { patchOperationsMax, violationsMax } from "./limit.ts";
import { mergePatch, parseJsonPatch } from "./patch.ts";

/** RFC 7396, appendix A: original, patch, result. */
const mergeVectors: readonly [Json, Json, Json][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

for (const [target, patch, merged] of mergeVectors) {
  const name = `${JSON.stringify(target)} merged with ${JSON.stringify(patch)}`;
  test(`${name} is ${JSON.stringify(merged)}`, () => {
    assert.deepEqual(mergePatch(target, patch), merged);
  });
}

test("a merged document keeps the order of its keys, new ones behind", () => {
  const merged = mergePatch({ z: 1, a: { c: 1, b: 2 }, y: 3 }, { b: 1, a: { b: 0, a: 0 }, z: 2 });
  assert.equal(JSON.stringify(merged), '{"z":2,"a":{"c":1,"b":0,"a":0},"y":3,"b":1}');
});

test("a merge patch changes neither document nor itself, and merging twice is merging once", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [target, patch] = [a as Json, b as Json];
      const before = JSON.stringify([target, patch]);
      const merged = mergePatch(target, patch);
      assert.equal(JSON.stringify([target, patch]), before);
      assert.equal(JSON.stringify(mergePatch(merged, patch)), JSON.stringify(merged));
    }),
  );
});

test("a merge patch may name __proto__ and reaches no prototype", () => {
  const patch = parseJson(
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
  );
  const merged = mergePatch({}, patch);
  assert.equal(JSON.stringify(merged), JSON.stringify(patch));
  assert.equal(Object.getPrototypeOf(merged), Object.prototype);
  assert.equal("polluted" in {}, false);
  assert.deepEqual(Object.keys(mergePatch(merged, parseJson('{"__proto__":null}')) ?? {}), [
    "constructor",
  ]);
});

test("an operation list is read with its pointers", () => {
  const body = [
    { op: "add", path: "/a~1b/m~0n/~01", value: null, note: "ignored" },
    { op: "copy", from: "", path: "/" },
    { op: "remove", path: "/items/0" },
  ];
  assert.deepEqual(parseJsonPatch(body), [
    { op: "add", path: ["a/b", "m~n", "~1"], value: null },
    { op: "copy", from: [], path: [""] },
    { op: "remove", path: ["items", "0"] },
  ]);
});

test("every mistake in an operation list is named", () => {
  const body = [
    { path: "/a", value: 1 },
    { op: "spam", path: "/a" },
    { op: "add", value: 1 },
    { op: "add", path: "/a" },
    { op: "remove", path: "a" },
    { op: "remove", path: "/~2" },
    { op: "move", path: 1 },
    "remove",
  ];
  assert.deepEqual(violationsOf(body), [
    "0.op required",
    "1.op enum",
    "2.path required",
    "3.value required",
    "4.path pointer",
    "5.path pointer",
    "6.path pointer",
    "6.from required",
    "7 type",
  ]);
});

test("members that are only inherited are missing", () => {
  assert.deepEqual(violationsOf([parseJson('{"__proto__":{"op":"remove","path":""}}')]), [
    "0.path required",
    "0.op required",
  ]);
});

test("an operation list is a list, of a bounded length, with bounded complaints", () => {
  assert.deepEqual(violationsOf({}), [" type"]);
  const operation = { op: "remove", path: "/a" };
  const most = Array<Json>(patchOperationsMax).fill(operation);
  assert.equal(parseJsonPatch(most).length, patchOperationsMax);
  assert.deepEqual(violationsOf([...most, operation]), [" maxItems"]);
  assert.equal(violationsOf(Array(patchOperationsMax).fill(null)).length, violationsMax);
});

function violationsOf(body: Json): string[] {
  try {
    parseJsonPatch(body);
  } catch (error) {
    assert.ok(error instanceof StoaError);
    assert.equal(error.code, "validation");
    return (error.details ?? []).map(({ path, rule }) => `${path} ${rule}`);
  }
  return [];
}
