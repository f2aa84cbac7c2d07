/**
 * What a search finds: how texts become words and what words ask. Engines are handed ready words,
 * so that all of them find the same. Knows no filter tree and no store.
 */
import { violation } from "./error.ts";
import type { Json } from "./json.ts";
import * as limit from "./limit.ts";
import { type Path, readPath } from "./path.ts";

/** `{word: "delf", isPrefix: true}` is in every text that has a word with that beginning. */
export interface SearchWord {
  /** Folded, as `wordsOf` gives it. */
  readonly word: string;
  readonly isPrefix: boolean;
}

/**
 * The words of a text, in their order: runs of letters and digits, folded, so that
 * `wordsOf("Café №7, STRASSE")` is `["cafe", "no7", "strasse"]`. Folding takes compatible
 * characters for one another (Unicode NFKD), leaves out marks, and takes upper and lower case for
 * the same. A word is its first `searchWordCharactersMax` characters. Writing without spaces is
 * one word.
 */
export function wordsOf(text: string): readonly string[] {
  return (folded(text).match(wordRun) ?? []).map(shortened);
}

/**
 * What a search text asks for, all of it: `parseSearch("Delf* noord")` is a prefix and a word. A
 * star counts right behind a word; all else between words means nothing.
 * @throws StoaError `validation` on `search`: rules `maxLength`, `words`
 */
export function parseSearch(text: string): readonly SearchWord[] {
  const { searchCharactersMax, searchWordsAskedMax } = limit;
  if (text.length > searchCharactersMax) {
    const message = `must not be longer than ${searchCharactersMax} characters`;
    throw violation("search", "maxLength", message);
  }
  const asked = new Map<string, SearchWord>();
  for (const [run, star] of splitWords(folded(text))) {
    const word = shortened(run);
    asked.set(word + star, { word, isPrefix: star === "*" });
  }
  if (asked.size > 0 && asked.size <= searchWordsAskedMax) return [...asked.values()];
  throw violation("search", "words", `must have 1 to ${searchWordsAskedMax} words`);
}

/** The inverse: `"delf* noord"`. */
export function searchText(words: readonly SearchWord[]): string {
  return words.map(({ word, isPrefix }) => word + (isPrefix ? "*" : "")).join(" ");
}

/** Every word once of the strings that stand at the paths, however deep below them. */
export function searchedWords(paths: readonly Path[], entity: Json): ReadonlySet<string> {
  const words = new Set<string>();
  for (const text of searchedTexts(paths, entity)) {
    for (const word of wordsOf(text)) words.add(word);
  }
  return words;
}

/** Whether there are too many words for one entity: more than `searchedWordsMax` different ones. */
export function hasTooManyWords(paths: readonly Path[], entity: Json): boolean {
  const { searchedWordsMax } = limit;
  let characters = 0;
  for (const text of searchedTexts(paths, entity)) characters += text.length;
  if (characters * wordsPerCharacterMax <= searchedWordsMax) return false;
  return searchedWords(paths, entity).size > searchedWordsMax;
}

/** Whether all of what is asked for is among the words. */
export function hasWords(asked: readonly SearchWord[], words: ReadonlySet<string>): boolean {
  return asked.every(({ word, isPrefix }) => {
    if (words.has(word)) return true;
    return isPrefix && [...words].some((other) => other.startsWith(word));
  });
}

function* searchedTexts(paths: readonly Path[], entity: Json): Iterable<string> {
  for (const path of paths) yield* textsWithin(readPath(entity, path) ?? null);
}

function* textsWithin(value: Json): Iterable<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value) as Json[]) yield* textsWithin(inner);
  }
}

/** By upper case, because only that takes "ß" and "ss" for the same. */
function folded(text: string): string {
  if (isPlain.test(text)) return text.toLowerCase();
  return text
    .normalize("NFKD")
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKD")
    .replace(mark, "")
    .replaceAll("ς", "σ");
}

function shortened(word: string): string {
  const { searchWordCharactersMax } = limit;
  if (word.length <= searchWordCharactersMax) return word;
  return [...word].slice(0, searchWordCharactersMax).join("");
}

function splitWords(text: string): readonly (readonly [run: string, star: string])[] {
  return [...text.matchAll(askedRun)].map(([, run = "", star = ""]) => [run, star]);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are all of ASCII
const isPlain = /^[\x00-\x7f]*$/;
const mark = /\p{M}+/gu;
const wordRun = /[\p{L}\p{N}]+/gu;
const askedRun = /([\p{L}\p{N}]+)(\*?)/gu;
/** U+FDFA is the most. */
const wordsPerCharacterMax = 4;
