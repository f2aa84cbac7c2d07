/** Text search of filters against naive searches, and against hostile patterns. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { indexOfText, isLike } from "./filter-text.ts";

test("like fits the whole text, with * for any run", () => {
  const yes = [
    ["abc", "abc"],
    ["abc", "*"],
    ["", ""],
    ["", "**"],
    ["abc", "a*c"],
    ["ac", "a*c"],
    ["Object 1", "Obj*"],
    ["aXbXc", "*X*X*"],
    ["😀 ok", "😀*"],
  ] as const;
  for (const [text, pattern] of yes) assert.ok(isLike(text, pattern), `${text} like ${pattern}`);
  const no = [
    ["abc", "ab"],
    ["abc", "b*"],
    ["abc", "*b"],
    ["a", "a*a"],
    ["aXb", "*X*X*"],
    ["ABC", "abc"],
    ["", "a"],
  ] as const;
  for (const [text, pattern] of no) assert.ok(!isLike(text, pattern), `${text} like ${pattern}`);
});

test("like takes everything but * literally", () => {
  assert.ok(!isLike("abc", "a.c"));
  assert.ok(!isLike("abc", "a?c"));
  assert.ok(!isLike("abc", "a%"));
  assert.ok(!isLike("abc", "a_c"));
  assert.ok(!isLike("abc", "[a]*"));
  assert.ok(isLike("50%_[x]\\.", "50%_[x]\\*"));
});

test("like agrees with a naive matcher", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
  fc.assert(
    fc.property(text, pattern, (t, p) => {
      assert.equal(isLike(t, p), naiveLike(t, p));
    }),
    { numRuns: 5000 },
  );
});

test("a long part is found where the language's own search finds it", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 400 });
  const part = fc.string({
    unit: fc.constantFrom("a", "a", "a", "b"),
    minLength: 33,
    maxLength: 40,
  });
  fc.assert(
    fc.property(text, part, text, fc.nat(50), (before, middle, after, from) => {
      const whole = before + middle + after;
      assert.equal(indexOfText(whole, middle, from), whole.indexOf(middle, from));
      assert.equal(indexOfText(before, middle, from), before.indexOf(middle, from));
    }),
    { numRuns: 2000 },
  );
});

test("hostile patterns cost no more than their length", () => {
  const text = "a".repeat(1_000_000);
  const half = "a".repeat(500_000);
  const started = performance.now();
  assert.ok(!isLike(text, `${"a*".repeat(4_000)}b`));
  assert.ok(!isLike(text, `*${"a*".repeat(4_000)}b*`));
  assert.ok(!isLike(text, `*${half}b${half}*`));
  assert.ok(!isLike(text, `*b${half}*`));
  assert.equal(indexOfText(text, `b${half}`, 0), -1);
  assert.equal(indexOfText(text, `${half}b`, 0), -1);
  // A tenth of a second; looking at every place for each character would take minutes.
  assert.ok(performance.now() - started < 20_000);
});

function naiveLike(text: string, pattern: string): boolean {
  if (pattern === "") return text === "";
  if (pattern[0] !== "*")
    return text[0] === pattern[0] && naiveLike(text.slice(1), pattern.slice(1));
  for (let at = 0; at <= text.length; at++) {
    if (naiveLike(text.slice(at), pattern.slice(1))) return true;
  }
  return false;
}
