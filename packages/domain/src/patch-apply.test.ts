/**
 * JSON Patch (RFC 6902): the vectors of its appendix, and what is refused.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoaError } from "./error.ts";
import { type Json, parseJson } from "./json.ts";
import { bodyBytesMax, jsonDepthMax } from "./limit.ts";
import { parseJsonPatch } from "./patch.ts";
import { applyJsonPatch } from "./patch-apply.ts";

interface Vector {
  readonly name: string;
  readonly target: Json;
  readonly patch: Json;
  /** Compared as JSON text, so that the order of keys counts; or the code of the error. */
  readonly gives: Json | { readonly error: string };
}

/** RFC 6902, appendix A. A.13, a doubled member, is below: it needs text. */
const vectors: readonly Vector[] = [
  {
    name: "A.1 adding a member",
    target: { foo: "bar" },
    patch: [{ op: "add", path: "/baz", value: "qux" }],
    gives: { foo: "bar", baz: "qux" },
  },
  {
    name: "A.2 adding an element",
    target: { foo: ["bar", "baz"] },
    patch: [{ op: "add", path: "/foo/1", value: "qux" }],
    gives: { foo: ["bar", "qux", "baz"] },
  },
  {
    name: "A.3 removing a member",
    target: { baz: "qux", foo: "bar" },
    patch: [{ op: "remove", path: "/baz" }],
    gives: { foo: "bar" },
  },
  {
    name: "A.4 removing an element",
    target: { foo: ["bar", "qux", "baz"] },
    patch: [{ op: "remove", path: "/foo/1" }],
    gives: { foo: ["bar", "baz"] },
  },
  {
    name: "A.5 replacing a value",
    target: { baz: "qux", foo: "bar" },
    patch: [{ op: "replace", path: "/baz", value: "boo" }],
    gives: { baz: "boo", foo: "bar" },
  },
  {
    name: "A.6 moving a value",
    target: { foo: { bar: "baz", waldo: "fred" }, qux: { corge: "grault" } },
    patch: [{ op: "move", from: "/foo/waldo", path: "/qux/thud" }],
    gives: { foo: { bar: "baz" }, qux: { corge: "grault", thud: "fred" } },
  },
  {
    name: "A.7 moving an element",
    target: { foo: ["all", "grass", "cows", "eat"] },
    patch: [{ op: "move", from: "/foo/1", path: "/foo/3" }],
    gives: { foo: ["all", "cows", "eat", "grass"] },
  },
  {
    name: "A.8 testing a value: success",
    target: { baz: "qux", foo: ["a", 2, "c"] },
    patch: [
      { op: "test", path: "/baz", value: "qux" },
      { op: "test", path: "/foo/1", value: 2 },
    ],
    gives: { baz: "qux", foo: ["a", 2, "c"] },
  },
  {
    name: "A.9 testing a value: error",
    target: { baz: "qux" },
    patch: [{ op: "test", path: "/baz", value: "bar" }],
    gives: { error: "conflict" },
  },
  {
    name: "A.10 adding a nested member",
    target: { foo: "bar" },
    patch: [{ op: "add", path: "/child", value: { grandchild: {} } }],
    gives: { foo: "bar", child: { grandchild: {} } },
  },
  {
    name: "A.11 ignoring unrecognized members",
    target: { foo: "bar" },
    patch: [{ op: "add", path: "/baz", value: "qux", xyz: 123 }],
    gives: { foo: "bar", baz: "qux" },
  },
  {
    name: "A.12 adding to a target that is not there",
    target: { foo: "bar" },
    patch: [{ op: "add", path: "/baz/bat", value: "qux" }],
    gives: { error: "validation" },
  },
  {
    name: "A.14 escaped tildes",
    target: { "/": 9, "~1": 10 },
    patch: [{ op: "test", path: "/~01", value: 10 }],
    gives: { "/": 9, "~1": 10 },
  },
  {
    name: "A.15 a string is not the number it looks like",
    target: { "/": 9, "~1": 10 },
    patch: [{ op: "test", path: "/~01", value: "10" }],
    gives: { error: "conflict" },
  },
  {
    name: "A.16 adding an array as an element",
    target: { foo: ["bar"] },
    patch: [{ op: "add", path: "/foo/-", value: ["abc", "def"] }],
    gives: { foo: ["bar", ["abc", "def"]] },
  },
  {
    name: "the whole document may be replaced, tested, copied and moved over",
    target: { a: { b: 1 } },
    patch: [
      { op: "copy", from: "", path: "/a/c" },
      { op: "test", path: "", value: { a: { c: { a: { b: 1 } }, b: 1 } } },
      { op: "move", from: "/a/c", path: "" },
      { op: "move", from: "/a", path: "/a" },
    ],
    gives: { a: { b: 1 } },
  },
  {
    name: "adding over a member replaces it in its place",
    target: { a: 1, b: 2 },
    patch: [{ op: "add", path: "/a", value: null }],
    gives: { a: null, b: 2 },
  },
  {
    name: "an element may be replaced and one added behind the last",
    target: [1, 2],
    patch: [
      { op: "replace", path: "/1", value: 3 },
      { op: "add", path: "/2", value: 4 },
    ],
    gives: [1, 3, 4],
  },
  {
    name: "a copy is a value of its own",
    target: { a: { n: [1] } },
    patch: [
      { op: "copy", from: "/a", path: "/b" },
      { op: "add", path: "/a/n/-", value: 2 },
      { op: "add", path: "/b/n/0", value: 0 },
    ],
    gives: { a: { n: [1, 2] }, b: { n: [0, 1] } },
  },
  {
    name: "a test of null finds null",
    target: { a: null },
    patch: [{ op: "test", path: "/a", value: null }],
    gives: { a: null },
  },
  {
    name: "a test of null where nothing is fails",
    target: {},
    patch: [{ op: "test", path: "/a", value: null }],
    gives: { error: "conflict" },
  },
];

function applied(target: Json, patch: Json): Json {
  return applyJsonPatch(target, parseJsonPatch(patch));
}

for (const { name, target, patch, gives } of vectors) {
  test(name, () => {
    const before = JSON.stringify([target, patch]);
    if (typeof gives === "object" && gives !== null && "error" in gives) {
      assert.throws(() => applied(target, patch), { code: gives.error });
    } else {
      assert.equal(JSON.stringify(applied(target, patch)), JSON.stringify(gives));
    }
    assert.equal(JSON.stringify([target, patch]), before, "target and patch stay as they are");
  });
}

test("A.13 of a doubled member the last counts", () => {
  const patch = parseJson('[{"op":"add","path":"/baz","value":"qux","op":"remove"}]');
  assert.throws(() => applied({ foo: "bar" }, patch), { code: "validation" });
});

test("a path that does not exist is refused and names its operation", () => {
  const target = { a: [1], s: "text" };
  const wrong: readonly [Json, string][] = [
    [{ op: "remove", path: "/x" }, "1.path"],
    [{ op: "remove", path: "" }, "1.path"],
    [{ op: "remove", path: "/a/-" }, "1.path"],
    [{ op: "replace", path: "/x", value: 1 }, "1.path"],
    [{ op: "replace", path: "/a/1", value: 1 }, "1.path"],
    [{ op: "add", path: "/a/2", value: 1 }, "1.path"],
    [{ op: "add", path: "/a/00", value: 1 }, "1.path"],
    [{ op: "add", path: "/a/-1", value: 1 }, "1.path"],
    [{ op: "add", path: "/a/1e0", value: 1 }, "1.path"],
    [{ op: "add", path: "/a/length", value: 1 }, "1.path"],
    [{ op: "add", path: "/s/0", value: 1 }, "1.path"],
    [{ op: "copy", from: "/x", path: "/y" }, "1.from"],
    [{ op: "move", from: "/x", path: "/y" }, "1.from"],
    [{ op: "move", from: "/x", path: "/x" }, "1.from"],
    [{ op: "move", from: "/a", path: "/a/0" }, "1.path"],
    [{ op: "remove", path: "/constructor" }, "1.path"],
    [{ op: "add", path: "/__proto__/polluted", value: 1 }, "1.path"],
  ];
  for (const [operation, path] of wrong) {
    assert.throws(
      () => applied(target, [{ op: "test", path: "/s", value: "text" }, operation]),
      (error) =>
        error instanceof StoaError &&
        error.code === "validation" &&
        error.details?.[0]?.path === path,
      JSON.stringify(operation),
    );
  }
});

test("a member __proto__ is added and removed like any other", () => {
  const added = applied({}, [{ op: "add", path: "/__proto__", value: { a: 1 } }]);
  assert.equal(JSON.stringify(added), '{"__proto__":{"a":1}}');
  assert.equal(JSON.stringify(applied(added, [{ op: "remove", path: "/__proto__" }])), "{}");
});

test("copies that double the document a thousand times are refused", () => {
  const doubling = Array.from({ length: 500 }, (_, index) => [
    { op: "copy", from: "/a", path: `/b${index}` },
    { op: "move", from: `/b${index}`, path: "/a/-" },
  ]).flat();
  assert.throws(() => applied({ a: ["x".repeat(1000)] }, doubling), { code: "too_large" });
});

test("copies may fill a document to its limit and no further", () => {
  const half = "x".repeat(bodyBytesMax / 2 - 20);
  const copy = { op: "copy", from: "/a", path: "/b" };
  assert.deepEqual(applied({ a: half }, [copy]), { a: half, b: half });
  const patch = [copy, { op: "copy", from: "/a", path: "/c" }];
  assert.throws(() => applied({ a: half }, patch), { code: "too_large" });
});

test("the limit counts bytes of UTF-8", () => {
  const third = "я".repeat(bodyBytesMax / 6);
  assert.ok(applied({ a: third }, [{ op: "copy", from: "/a", path: "/b" }]));
  const patch = ["b", "c"].map((name) => ({ op: "copy", from: "/a", path: `/${name}` }));
  assert.throws(() => applied({ a: third }, patch), { code: "too_large" });
});

test("operations may nest a document to the depth limit and no deeper", () => {
  const chain = (depth: number) => parseJson("[".repeat(depth) + "]".repeat(depth));
  const half = jsonDepthMax / 2;
  const path = "/0".repeat(half - 1);
  assert.deepEqual(applied(chain(half), [{ op: "add", path: `${path}/0`, value: chain(half) }]), [
    ...(chain(jsonDepthMax) as Json[]),
  ]);
  for (const operation of [
    { op: "add", path: `/0${path}`, value: chain(half + 1) },
    { op: "copy", from: "", path: `/0${path}/0` },
  ]) {
    assert.throws(() => applied(chain(half + 1), [operation]), { code: "validation" });
  }
  const moved = [{ op: "move", from: "/a", path: `/b${path}/0` }];
  assert.throws(() => applied({ a: chain(half), b: chain(half) }, moved), { code: "validation" });
  assert.ok(applied({ a: chain(half - 1), b: chain(half) }, moved));
});
