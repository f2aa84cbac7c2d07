/** What a search finds: words of texts, folded, whole or by their beginnings. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { matches } from "./filter.ts";
import {
  hasTooManyWords,
  parseSearch,
  searchedWords,
  searchText,
  wordsOf,
} from "./filter-search.ts";
import type { JsonObject } from "./json.ts";
import { searchedWordsMax, searchWordCharactersMax } from "./limit.ts";

const folded: readonly (readonly [text: string, ...words: string[]])[] = [
  ["Delft, the OLD-blue town.", "delft", "the", "old", "blue", "town"],
  ["café CAFÉ cafe\u0301", "cafe", "cafe", "cafe"],
  ["Straße STRASSE STRAẞE", "strasse", "strasse", "strasse"],
  ["ΟΔΟΣ οδός", "οδοσ", "οδοσ"],
  ["İstanbul ıstanbul", "istanbul", "istanbul"],
  ["Ｆｕｌｌ ﬁne №7 x²", "full", "fine", "no7", "x2"],
  ["don't a_b a.b 3,5", "don", "t", "a", "b", "a", "b", "3", "5"],
  ["東京都 한국", "東京都", "한국".normalize("NFKD")],
  ["𝒳 😀 ٣", "x", "٣"],
  [""],
  ["--- !"],
];
for (const [text, ...words] of folded) {
  test(`the words of ${JSON.stringify(text)} are ${words.join(" ") || "none"}`, () => {
    assert.deepEqual(wordsOf(text), words);
  });
}

test("a long word is known by its beginning", () => {
  const long = "a".repeat(searchWordCharactersMax);
  assert.deepEqual(wordsOf(`${long}b`), [long]);
  assert.deepEqual(wordsOf(`${"𐐨".repeat(40)}`), ["𐐨".repeat(searchWordCharactersMax)]);
  assert.deepEqual(parseSearch(`${long}bc*`), [{ word: long, isPrefix: true }]);
});

test("words stay the same when they are folded again, and in any case and form", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 12 });
  fc.assert(
    fc.property(text, (one) => {
      const words = wordsOf(one).join(" ");
      assert.equal(wordsOf(words).join(" "), words);
      for (const other of [one.toLowerCase(), one.normalize("NFC"), one.normalize("NFKD")]) {
        assert.equal(wordsOf(other).join(" "), words, JSON.stringify(one));
      }
    }),
  );
});

test("every word of a text finds it, and so does each of its beginnings", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 30 });
  let found = 0;
  fc.assert(
    fc.property(text, fc.nat(), (one, at) => {
      const entity = { deep: [{ text: one }] };
      const finds = (asked: string) => {
        const filter = { kind: "search", paths: [["deep"]], words: parseSearch(asked) } as const;
        return matches(filter, entity);
      };
      for (const word of wordsOf(one)) {
        assert(finds(word));
        const points = [...word];
        assert(finds(`${points.slice(0, 1 + (at % points.length)).join("")}*`));
        assert(!finds(`${word} nowhere`));
        found++;
      }
    }),
  );
  assert(found > 100, "there were words");
});

test("a search asks for all of its words, each once", () => {
  assert.deepEqual(parseSearch("  Delf* the-old OLD Old* "), [
    { word: "delf", isPrefix: true },
    { word: "the", isPrefix: false },
    { word: "old", isPrefix: false },
    { word: "old", isPrefix: true },
  ]);
});

test("a search reads the same when it is written again", () => {
  const words = parseSearch("Oude Delf*");
  assert.equal(searchText(words), "oude delf*");
  assert.deepEqual(parseSearch(searchText(words)), words);
});

const refused: readonly (readonly [text: string, rule: string])[] = [
  ["", "words"],
  ["*", "words"],
  ["-- ! *", "words"],
  [Array.from({ length: 33 }, (_, at) => `w${at}`).join(" "), "words"],
  ["a".repeat(1_001), "maxLength"],
];
for (const [text, rule] of refused) {
  test(`no search is ${JSON.stringify(text.slice(0, 20))}: ${rule}`, () => {
    assert.throws(() => parseSearch(text), { code: "validation", details: [rulesOf(rule)] });
  });
}

function rulesOf(rule: string) {
  const message =
    rule === "words" ? "must have 1 to 32 words" : "must not be longer than 1000 characters";
  return { path: "search", rule, message };
}

test("texts count at any depth below a path; numbers, keys and other paths do not", () => {
  const entity = JSON.parse(
    `{"name": "Delft", "size": 7, "at": {"street": ["Oude", {"x": "Markt"}], "no": 12, "yes": true},
      "__proto__": "Hidden"}`,
  ) as JsonObject;
  assert.deepEqual(
    [...searchedWords([["name"], ["size"], ["at"]], entity)],
    ["delft", "oude", "markt"],
  );
  assert.deepEqual([...searchedWords([["at", "street", "x"], ["constructor"]], entity)], []);
  assert.deepEqual([...searchedWords([["__proto__"]], entity)], ["hidden"]);
});

test("an entity may have so many different words and no more", () => {
  const text = (count: number) => Array.from({ length: count }, (_, at) => `w${at}`).join(" ");
  const most = { a: text(searchedWordsMax), b: `${text(10)} ${text(10)}` };
  assert(!hasTooManyWords([["a"], ["b"]], most));
  assert(hasTooManyWords([["a"], ["b"]], { ...most, b: "another" }));
  assert(!hasTooManyWords([["b"]], { a: text(searchedWordsMax + 1), b: "x" }));
});
