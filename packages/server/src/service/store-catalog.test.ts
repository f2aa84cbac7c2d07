/**
 * Schemas as stores use them: what a body breaks is named, and no schema stops the server.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoaError } from "@stoa/domain";
import { compileSchema } from "./store-catalog.ts";

const rules = (violations: readonly { path: string; rule: string }[]) =>
  violations.map(({ path, rule }) => `${path} ${rule}`);

test("every violation is listed with its path and its rule", () => {
  const validate = compileSchema({
    type: "object",
    required: ["name"],
    properties: { name: { type: "string" }, at: { properties: { lat: { maximum: 90 } } } },
    additionalProperties: false,
  });
  assert.deepEqual(validate({ name: "Delft", at: { lat: 52 } }), []);
  assert.deepEqual(rules(validate({ at: { lat: 91 }, x: 1 })).sort(), [
    "at.lat maximum",
    "name required",
    "x additionalProperties",
  ]);
});

test("patterns are told apart, and mean what they say", () => {
  const validate = compileSchema({
    properties: { a: { pattern: "^(a+)+$" }, b: { pattern: "^b\\d{2}$" } },
  });
  assert.deepEqual(validate({ a: "aaa", b: "b12" }), []);
  assert.deepEqual(rules(validate({ a: "aab", b: "aaa" })), ["a pattern", "b pattern"]);
});

test("a pattern that others choke on takes linear time", () => {
  const validate = compileSchema({ properties: { a: { pattern: "^(a+)+$" } } });
  const started = performance.now();
  assert.deepEqual(rules(validate({ a: `${"a".repeat(20_000)}b` })), ["a pattern"]);
  assert.ok(performance.now() - started < 5_000);
});

for (const [name, schema] of Object.entries({
  "an unknown type": { type: "nonsense" },
  "a reference to another document": { $ref: "http://example.org/other.json" },
  "a pattern that looks ahead": { properties: { a: { pattern: "(?=x)" } } },
  "an asynchronous schema": { $async: true },
})) {
  test(`${name} is refused, with the reason`, () => {
    assert.throws(
      () => compileSchema(schema),
      (cause) => cause instanceof StoaError && cause.code === "validation",
    );
  });
}

test("schemas with names of their own do not meet those of other stores", () => {
  const named = (type: string) => ({ $id: "https://example.org/a", properties: { a: { type } } });
  const texts = compileSchema(named("string"));
  const numbers = compileSchema(named("number"));
  assert.deepEqual(texts({ a: "x" }), []);
  assert.deepEqual(rules(numbers({ a: "x" })), ["a type"]);
});
