/**
 * The projection of `only`: which fields stay, in which shape and order.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "./json.ts";
import { parseJson } from "./json.ts";
import { parsePath } from "./path.ts";
import { project } from "./projection.ts";

function projectedText(entity: JsonObject, ...only: string[]): string {
  return JSON.stringify(project(entity, only.map(parsePath)));
}

test("a projection has _id first and then the fields as they are named", () => {
  const entity = { z: 1, _id: "1", a: 2, m: 3 };
  assert.equal(projectedText(entity, "m", "z"), '{"_id":"1","m":3,"z":1}');
  assert.equal(projectedText(entity, "m", "_id"), '{"_id":"1","m":3}');
  assert.equal(projectedText(entity, "nothing"), '{"_id":"1"}');
  assert.equal(projectedText({ a: 1 }, "a"), '{"a":1}');
  assert.equal(
    projectedText({ time: 5, a: 1, _id: "1" }, "a", "time"),
    '{"_id":"1","time":5,"a":1}',
  );
});

test("dotted paths give the nested shape and merge", () => {
  const entity = { _id: "1", a: { x: 1, y: { p: 2, q: 3 }, z: 4 }, b: 5 };
  assert.equal(projectedText(entity, "a.y.q", "a.x"), '{"_id":"1","a":{"y":{"q":3},"x":1}}');
  assert.equal(projectedText(entity, "a.x", "a"), JSON.stringify({ _id: "1", a: entity.a }));
  assert.equal(projectedText(entity, "a", "a.x"), JSON.stringify({ _id: "1", a: entity.a }));
});

test("what is missing is absent, and null is not missing", () => {
  const entity = { _id: "1", a: { b: null }, s: "text", n: null };
  assert.equal(projectedText(entity, "a.b", "n"), '{"_id":"1","a":{"b":null},"n":null}');
  assert.equal(projectedText(entity, "a.c", "s.length", "n.x"), '{"_id":"1"}');
});

test("a path into an array maps over its objects and drops the rest", () => {
  const items = [{ name: "a", price: 1 }, 7, { price: 2 }, null, [{ name: "b" }]];
  assert.equal(
    projectedText({ _id: "1", items }, "items.name"),
    '{"_id":"1","items":[{"name":"a"},{}]}',
  );
  assert.equal(projectedText({ items: [] }, "items.name"), '{"items":[]}');
  assert.equal(
    projectedText({ a: [{ b: [{ c: 1, d: 2 }] }, { b: 3 }] }, "a.b.c"),
    '{"a":[{"b":[{"c":1}]},{}]}',
  );
  assert.equal(projectedText({ items }, "items"), JSON.stringify({ items }));
});

test("a field __proto__ is projected like any other", () => {
  const entity = parseJson('{"_id":"1","__proto__":{"a":1,"b":2}}') as JsonObject;
  assert.equal(projectedText(entity, "__proto__.a"), '{"_id":"1","__proto__":{"a":1}}');
});
