/**
 * Dotted field paths: `address.city`. Knows JSON values, not entities or filters.
 */
import { violation } from "./error.ts";
import { isJsonObject, type Json, ownValue } from "./json.ts";
import { pathCharactersMax, pathSegmentsMax } from "./limit.ts";

/** Names from the outside in, at least one: `["address", "city"]`. */
export type Path = readonly string[];

/**
 * `parsePath("address.city")` is `["address", "city"]`. At most `pathCharactersMax` characters and
 * `pathSegmentsMax` segments, none of them empty.
 * @throws StoaError `validation` with rule `path`
 */
export function parsePath(text: string): Path {
  if (text.length > pathCharactersMax) {
    throw badPath(text, `a path has at most ${pathCharactersMax} characters`);
  }
  if (text.includes("\0") || !text.isWellFormed()) {
    throw badPath(text, "a path must not hold NUL or half of a surrogate pair");
  }
  const path = text.split(".");
  if (path.length > pathSegmentsMax) {
    throw badPath(text, `a path has at most ${pathSegmentsMax} segments`);
  }
  if (path.includes("")) throw badPath(text, "a path must not have an empty segment");
  return path;
}

/** The inverse of `parsePath`. */
export function pathText(path: Path): string {
  return path.join(".");
}

/** What stands at the path; arrays are not indexed, and inherited names are missing. */
export function readPath(value: Json, path: Path): Json | undefined {
  let found: Json | undefined = value;
  for (const name of path) {
    if (!isJsonObject(found)) return undefined;
    found = ownValue(found, name);
  }
  return found;
}

function badPath(text: string, message: string): Error {
  return violation(text.slice(0, pathCharactersMax).toWellFormed(), "path", message);
}
