/**
 * What was typed and not saved yet, kept in this tab of the browser: a session that ends, or a page
 * that is loaded anew, takes none of it. Whoever else signs in here sees nothing of it.
 */
import { userId } from "../connection.ts";

const prefix = "stoa.draft.";
/** What is longer is only kept in the page itself. */
const charactersMax = 500_000;

/** @param name what it is a draft of: `"cities/58238a935baa56173b24f0e4/code"`. */
export function readDraft<T>(name: string): T | null {
  const text = sessionStorage.getItem(keyOf(name));
  return text === null ? null : (JSON.parse(text) as T);
}

export function keepDraft(name: string, draft: unknown): void {
  const text = JSON.stringify(draft);
  try {
    if (text.length > charactersMax) throw new RangeError("There is no room for it.");
    sessionStorage.setItem(keyOf(name), text);
  } catch {
    forgetDraft(name); // an older one would be worse than none
  }
}

export function forgetDraft(name: string): void {
  sessionStorage.removeItem(keyOf(name));
}

export function forgetDrafts(): void {
  const names = Object.keys(sessionStorage).filter((name) => name.startsWith(prefix));
  for (const name of names) sessionStorage.removeItem(name);
}

/** Everybody has their own. */
function keyOf(name: string): string {
  return `${prefix}${userId() ?? ""}/${name}`;
}
