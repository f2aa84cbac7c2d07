/**
 * JSON values as they come in: what passes, what is refused and why.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StoaError } from "./error.ts";
import { checkJson, isJsonObject, type Json, ownValue, parseJson, setOwn } from "./json.ts";
import { jsonDepthMax } from "./limit.ts";

function refused(text: string, path: string, rule: string): void {
  assert.throws(
    () => parseJson(text),
    (error) => {
      assert.ok(error instanceof StoaError);
      assert.equal(error.code, "validation");
      assert.deepEqual([error.details?.[0]?.path, error.details?.[0]?.rule], [path, rule]);
      return true;
    },
  );
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

test("any JSON is what JSON.parse makes of it", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value = JSON.parse(text) as Json;
      if (text.includes("\\u")) return;
      assert.deepEqual(parseJson(text), value);
    }),
  );
});

test("escaped characters are accepted where the text is well formed", () => {
  assert.deepEqual(parseJson('{"\\u0041":"\\ud83d\\ude00\\n"}'), { A: "😀\n" });
});

test("NUL is refused in strings and in keys, with its path", () => {
  refused('{"a":["x","\\u0000"]}', "a.1", "nul");
  refused('{"a":{"b\\u0000":1}}', "a.b\0", "nul");
});

test("half of a surrogate pair is refused, escaped or not", () => {
  refused('"\\ud83d"', "", "surrogate");
  refused('{"a":"\\ude00\\ud83d"}', "a", "surrogate");
  refused('{"a":"\ud83d"}', "a", "surrogate");
  refused('{"\\ud83d":1}', "\ufffd", "surrogate");
});

test("a number that fits a double is accepted and a greater one refused", () => {
  assert.equal(parseJson("1.7976931348623157e308"), Number.MAX_VALUE);
  assert.equal(parseJson("1e-400"), 0);
  refused('{"a":[1e400]}', "a.0", "number");
  refused(`-${"9".repeat(400)}`, "", "number");
  refused(`${"9".repeat(250)}e99`, "", "number");
});

test("a value may nest to the limit and no deeper", () => {
  assert.ok(Array.isArray(parseJson(nested(jsonDepthMax))));
  refused(nested(jsonDepthMax + 1), Array(jsonDepthMax).fill("0").join("."), "depth");
});

test("a million brackets are refused without overflowing the stack", () => {
  assert.throws(() => parseJson(nested(1_000_000)), { code: "validation" });
});

test("a syntax error says where it is and quotes nothing of the text", () => {
  refused("", "", "syntax");
  refused("{'a':1}", "", "syntax");
  assert.throws(() => parseJson('{"password":"secret" 1}'), /position 21/);
  assert.throws(
    () => parseJson('{"password":"secret","a":x}'),
    (error) => error instanceof StoaError && !error.message.includes("secret"),
  );
});

test("checkJson refuses in a value what parseJson refuses in a text", () => {
  checkJson({ a: [1, "😀", null] });
  assert.throws(() => checkJson({ a: "\0" }), { code: "validation" });
  assert.throws(() => checkJson([Number.POSITIVE_INFINITY]), { code: "validation" });
});

test("a key __proto__ is a key like any other", () => {
  const value = parseJson('{"__proto__":{"a":1}}');
  assert.ok(isJsonObject(value));
  assert.deepEqual(ownValue(value, "__proto__"), { a: 1 });
  assert.equal(ownValue(value, "a"), undefined);
  const copy: Record<string, Json> = {};
  setOwn(copy, "__proto__", { a: 1 });
  assert.equal(JSON.stringify(copy), '{"__proto__":{"a":1}}');
  assert.equal(Object.getPrototypeOf(copy), Object.prototype);
});

test("inherited names are missing", () => {
  assert.equal(ownValue({}, "toString"), undefined);
  assert.equal(ownValue({ toString: 1 }, "toString"), 1);
});

test("only plain objects are objects", () => {
  assert.ok(isJsonObject({}));
  for (const other of [null, undefined, [], "a", 1, true]) assert.ok(!isJsonObject(other));
});
