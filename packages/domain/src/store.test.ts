/** Names and definitions of stores. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { indexPathsMax, storeIndexesMax } from "./limit.ts";
import { isSystemName, isSystemStore, storeDefinition, textField } from "./store.ts";

test("a name is a letter and then letters, digits, _ and -, at most 63", () => {
  const define = (name: string) => () => storeDefinition("id", { name });
  for (const name of ["a", "cities", "a1_b-c", `a${"b".repeat(62)}`]) {
    assert.equal(define(name)().name, name);
  }
  for (const name of ["", "A", "1a", "_a", "a.b", "a b", "a/b", "é", `a${"b".repeat(63)}`, "a\n"]) {
    assert.throws(define(name), { code: "validation" }, name);
  }
});

test("names of system stores and fixed routes are refused (rule 8)", () => {
  assert.equal(storeDefinition("id", { name: "cities" }).name, "cities");
  const reserved =
    "users groups roles tokens sessions stores webhooks backups metrics auth changes";
  for (const name of `${reserved} events healthz principals reference docs openapi batch`.split(
    " ",
  )) {
    assert.throws(() => storeDefinition("id", { name }), { code: "validation" }, name);
  }
});

test("what has no wildcard is more than the system stores", () => {
  for (const name of ["users", "stores"]) assert(isSystemName(name) && isSystemStore(name));
  for (const name of ["webhooks", "backups", "metrics", "statistics"]) {
    assert(isSystemName(name) && !isSystemStore(name));
  }
  for (const name of ["cities", "constructor", "__proto__", ""]) {
    assert(!isSystemName(name) && !isSystemStore(name));
  }
});

test("what a definition leaves out has its usual value", () => {
  const definition = storeDefinition("id", { name: "cities", unique: [["a.b", "c"]] });
  const { id, title, schema, unique, indexes, time, idKind } = definition;
  assert.deepEqual([id, title, schema, time, idKind], ["id", "cities", null, "server", "objectid"]);
  assert.deepEqual([unique, indexes], [[[["a", "b"], ["c"]]], []]);
});

test("sets of paths are bounded, not empty and name no path twice", () => {
  const define = (indexes: string[][]) => () => storeDefinition("id", { name: "cities", indexes });
  const many = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);
  assert.equal(define([many(indexPathsMax)])().indexes.length, 1);
  assert.equal(define(many(storeIndexesMax).map((path) => [path]))().indexes.length, 32);
  for (const bad of [[[]], [["a", "a"]], [["a..b"]], [many(indexPathsMax + 1)]]) {
    assert.throws(define(bad), { code: "validation" });
  }
  assert.throws(define(many(storeIndexesMax + 1).map((path) => [path])), { code: "validation" });
});

test("a text field is an own one, and text", () => {
  assert.equal(textField({ a: "x" }, "a"), "x");
  assert.equal(textField({ a: 1 }, "a"), undefined);
  assert.equal(textField({}, "toString"), undefined);
});
