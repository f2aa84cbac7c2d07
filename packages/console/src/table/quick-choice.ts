/**
 * What a quick search asks for: words where the store is searched by words, else how the name
 * begins. Pure.
 */
import type { Choice } from "@stoa/client";
import type { Json } from "@stoa/domain";
import type { Column } from "./columns.ts";

interface Place {
  /** Paths that the store is searched by; none where it is not. */
  readonly searched: readonly string[];
  readonly path: string | null;
}

export function quickChoice(text: string, { searched, path }: Place): Choice {
  return searched.length > 0 ? wordsOf(text) : beginningOf(path, text);
}

function wordsOf(text: string): { search?: string } {
  return /[\p{L}\p{N}]/u.test(text) ? { search: text } : {};
}

/** Texts differ by capitals: what is typed small is also looked for with a capital. */
function beginningOf(path: string | null, text: string): { filter?: Json } {
  const typed = text.trimStart().replaceAll("*", "");
  if (path === null || typed === "") return {};
  const raised = typed.charAt(0).toLocaleUpperCase() + typed.slice(1);
  const likes = [...new Set([typed, raised])].map((one) => ["like", ["property", path], `${one}*`]);
  return { filter: likes.length === 1 ? (likes[0] as Json) : ["or", ...likes] };
}

/** The field that an entity is called by: `"name"`; null where no text is known. */
export function namingPath(columns: readonly Column[]): string | null {
  const texts = columns.filter(({ kind }) => kind === "text").map(({ path }) => path);
  const naming = ["name", "title", "label", "login"].find((path) => texts.includes(path));
  const own = texts.filter((path) => !serverPaths.has(path));
  return naming ?? own[0] ?? null;
}

const serverPaths: ReadonlySet<string> = new Set("_id owner group time _at".split(" "));
