/**
 * Whatever the server refuses is told in the language that is spoken.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorCode, StoaError } from "@stoa/client";
import polyglot from "ra-i18n-polyglot";
import { problemsByPath, problemText } from "./problem-text.ts";
import { englishText } from "./text/english.ts";
import { russianText } from "./text/russian.ts";

const { translate: english } = polyglot(() => englishText, "en");
const { translate: russian } = polyglot(() => russianText, "ru");

function broken(rule: string, message: string): StoaError {
  return new StoaError("validation", "refused", { details: [{ path: "beds", rule, message }] });
}

/** As the server words them, each with what it is in Russian. */
const rules = [
  ["required", "is required", "beds: обязательное поле"],
  ["type", "must be integer", "beds: должно быть: целое число"],
  ["minimum", "must be >= 5", "beds: должно быть не меньше 5"],
  ["maxLength", "must have at most 80 characters", "beds: должно быть не длиннее 80"],
  ["minLength", "must NOT have fewer than 1 characters", "beds: должно быть не короче 1"],
  ["format", 'must match format "email"', "beds: должно быть вида email"],
  ["unique", "taken by another entity", "beds: уже занято"],
  ["type", "must be Unix milliseconds", "beds: не по правилам (must be Unix milliseconds)"],
  ["constructor", "is odd", "beds: не по правилам (is odd)"],
] as const;

test("a broken rule is told in Russian, and what is not known in the server's words too", () => {
  for (const [rule, message, text] of rules) {
    assert.equal(problemText(broken(rule, message), russian), text);
  }
});

test("a field is told what is wrong with it alone", () => {
  const told = problemsByPath(broken("minimum", "must be >= 5"), english);
  assert.deepEqual([...told], [["beds", "must not be under 5"]]);
});

const codes: readonly ErrorCode[] = [
  ...(["unauthorized", "forbidden", "not_found", "validation", "conflict"] as const),
  ...(["precondition", "too_large", "media_type", "method", "rate_limit"] as const),
  ...(["timeout", "unavailable", "internal"] as const),
];

test("every code has its text in Russian", () => {
  const texts = codes.map((code) => problemText(new StoaError(code, "-"), russian));
  assert.equal(new Set(texts).size, codes.length);
  for (const text of texts) assert.match(text, /^[а-яё]/i);
});

test("English keeps the words of the server", () => {
  const error = new StoaError("conflict", "The root group cannot be moved.");
  assert.equal(problemText(error, english), "The root group cannot be moved.");
  assert.equal(problemText(new Error("no answer"), english), "That did not work");
});
