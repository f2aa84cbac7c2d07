/** The one error: what it carries, and what it leaves out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoaError, violation } from "./error.ts";

test("an error carries its code, its words and what is known beside", () => {
  const cause = new Error("disk");
  const error = new StoaError("rate_limit", "Too often.", {
    retryAfterS: 7,
    store: "cities",
    cause,
  });
  assert(error instanceof Error);
  assert.deepEqual(
    [error.name, error.code, error.message, error.retryAfterS, error.store, error.cause],
    ["StoaError", "rate_limit", "Too often.", 7, "cities", cause],
  );
  assert.deepEqual([error.details, error.allow], [undefined, undefined]);
});

test("an error without a cause has none, not even an undefined one", () => {
  assert.equal(Object.hasOwn(new StoaError("internal", "x"), "cause"), false);
});

test("a violation names the path, the rule and the reason", () => {
  const error = violation("lat", "type", "must be number");
  assert.equal(error.code, "validation");
  assert.equal(error.message, "lat: must be number");
  assert.deepEqual(error.details, [{ path: "lat", rule: "type", message: "must be number" }]);
});
