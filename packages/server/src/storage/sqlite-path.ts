/**
 * Field paths and texts as SQLite's SQL writes them.
 */
import type { Path } from "@stoa/domain";

/** `'$."address"."city"'`: quoted names with the escapes of JSON, which SQLite understands. */
export function jsonPath(path: Path): string {
  return quoted(`$${path.map((name) => `.${JSON.stringify(name)}`).join("")}`);
}

/** A text as a literal: `'it''s'`. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** One name for one path, whatever characters its segments have: `["address","city"]`. */
export function pathName(path: Path): string {
  return JSON.stringify(path);
}
