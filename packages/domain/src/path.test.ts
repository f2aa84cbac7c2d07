/**
 * Dotted paths: how they are written and what is read by them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson } from "./json.ts";
import { pathCharactersMax, pathSegmentsMax } from "./limit.ts";
import { parsePath, pathText, readPath } from "./path.ts";

test("a dotted path has a name for each segment", () => {
  assert.deepEqual(parsePath("address.city"), ["address", "city"]);
  assert.equal(pathText(parsePath("a.0.__proto__")), "a.0.__proto__");
});

test("an empty segment is refused", () => {
  for (const text of ["", ".", "a.", ".a", "a..b"]) {
    assert.throws(() => parsePath(text), { code: "validation" }, text);
  }
});

test("a path that is too long, in characters or segments, is refused", () => {
  const name = "a".repeat(pathCharactersMax);
  assert.deepEqual(parsePath(name), [name]);
  assert.throws(() => parsePath(`${name}a`), { code: "validation" });
  const segments = Array<string>(pathSegmentsMax).fill("a");
  assert.equal(parsePath(segments.join(".")).length, pathSegmentsMax);
  assert.throws(() => parsePath([...segments, "a"].join(".")), { code: "validation" });
});

test("a path holds no NUL and no half of a surrogate pair", () => {
  assert.throws(() => parsePath("a\0"), { code: "validation" });
  assert.throws(() => parsePath("a.\ud83d"), { code: "validation" });
  assert.deepEqual(parsePath("a.😀"), ["a", "😀"]);
});

test("reading a path goes through objects only", () => {
  const entity = { a: { b: [{ c: 1 }], d: null, e: "text" } };
  assert.deepEqual(readPath(entity, ["a", "b"]), [{ c: 1 }]);
  assert.equal(readPath(entity, ["a", "d"]), null);
  for (const missing of ["a.b.0", "a.b.length", "a.d.x", "a.e.length", "x", "a.x.y"]) {
    assert.equal(readPath(entity, parsePath(missing)), undefined, missing);
  }
});

test("reading a path never finds inherited names", () => {
  for (const name of ["toString", "constructor", "__proto__", "constructor.name"]) {
    assert.equal(readPath({}, parsePath(name)), undefined, name);
  }
  assert.equal(readPath(parseJson('{"__proto__":{"a":1}}'), ["__proto__", "a"]), 1);
});
