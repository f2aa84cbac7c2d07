/**
 * What a quick search asks for: words where the store is searched by words, else how the name
 * begins. Pure.
 */
import type { Choice } from "@stoa/client";
import type { Json } from "@stoa/domain";
import type { Column } from "./columns.ts";

export interface Quick {
  /** The field that begins with the text; null for words, in a store that is searched by them. */
  readonly path: string | null;
  readonly text: string;
}

/** What was typed as something to ask for; null for nothing. */
export function quickOf(text: string, path: string | null): Quick | null {
  const isAny = path === null ? /[\p{L}\p{N}]/u.test(text) : /[^\s*]/u.test(text);
  return isAny ? { path, text } : null;
}

/** Texts differ by capitals: what is typed small is also looked for with a capital. */
export function quickChoice({ path, text }: Quick): Pick<Choice, "search" | "filter"> {
  if (path === null) return { search: text };
  const typed = text.trimStart().replaceAll("*", "");
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
