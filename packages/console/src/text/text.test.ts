/**
 * Both languages say the same things: the same keys, the same places for values.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { englishText } from "./english.ts";
import { russianText } from "./russian.ts";

type Words = { readonly [key: string]: string | Words };

/** `[["stoa.signIn.title", "Sign in"], ...]` */
function flat(words: Words, prefix = ""): [key: string, text: string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
  );
}

const english = new Map(flat(englishText.stoa as Words));
const russian = new Map(flat(russianText.stoa as Words));

test("every text of the console is there in both languages", () => {
  assert.ok(english.size > 30);
  assert.deepEqual([...russian.keys()].sort(), [...english.keys()].sort());
});

test("a text has places for the same values in both languages", () => {
  const places = (text: string) => [...new Set(text.match(/%\{\w+\}/g) ?? [])].sort();
  for (const [key, text] of english)
    assert.deepEqual(places(russian.get(key) ?? ""), places(text), key);
});

test("no Russian text was left in English", () => {
  const names = /^(JSON|CSV|NDJSON|curl|id|ETag|Stoa)$/;
  const left = [...russian].filter(([, text]) => !/[а-яё]/i.test(text) && !names.test(text));
  assert.deepEqual(left, []);
});
