/**
 * What the triggers of a store that can be searched call for each body. Knows no SQL.
 */
import { type Json, type Path, searchedWords } from "@stoa/domain";

/** The words of a body at paths, once each, between spaces: `"delft old"`. */
export function wordsText(body: unknown, paths: unknown): string {
  const words = searchedWords(pathsOf(String(paths)), JSON.parse(String(body)) as Json);
  return [...words].join(" ");
}

/** The same few texts, as they stand in the triggers. */
function pathsOf(text: string): readonly Path[] {
  const known = knownPaths.get(text);
  if (known) return known;
  if (knownPaths.size >= pathsKeptMax) knownPaths.clear();
  const paths = JSON.parse(text) as Path[];
  knownPaths.set(text, paths);
  return paths;
}

const knownPaths = new Map<string, readonly Path[]>();
const pathsKeptMax = 1_000;
