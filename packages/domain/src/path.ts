/**
 * Dotted field paths: `address.city`. Knows JSON values, not entities or filters.
 */
import { violation } from "./error.ts";
import { isJsonObject, type Json, type JsonObject, ownValue, setOwn } from "./json.ts";
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

/**
 * The entity reduced to `_id`, which comes first, and the named fields in the order in which they
 * are named (`only`, seed). Paths into arrays map over their elements: `items.name` makes `{"_id": "1",
 * "items": [{"name": "a", "price": 2}, 7]}` into `{"_id": "1", "items": [{"name": "a"}]}`: an
 * element without the field is `{}`, one that is no object is left out. Missing fields are absent.
 */
export function project(entity: JsonObject, paths: readonly Path[]): JsonObject {
  const projection: Record<string, Json> = {};
  const id = ownValue(entity, "_id");
  if (id !== undefined) projection._id = id;
  projectObject(entity, chosenFields(paths), projection);
  return projection;
}

/** Paths as a tree; null stands for a field with everything in it. */
interface Chosen extends Map<string, Chosen | null> {}

function chosenFields(paths: readonly Path[]): Chosen {
  const root: Chosen = new Map();
  for (const path of paths) choose(root, path);
  return root;
}

function choose(root: Chosen, path: Path): void {
  let chosen = root;
  for (const [depth, name] of path.entries()) {
    const next = chosen.get(name);
    if (next === null) return;
    if (depth === path.length - 1) {
      chosen.set(name, null);
      return;
    }
    const inner: Chosen = next ?? new Map();
    chosen.set(name, inner);
    chosen = inner;
  }
}

function projectObject(object: JsonObject, chosen: Chosen, into: Record<string, Json>): void {
  for (const [name, inner] of chosen) {
    const value = ownValue(object, name);
    if (value === undefined) continue;
    const kept = inner === null ? value : projectValue(value, inner);
    if (kept !== undefined) setOwn(into, name, kept);
  }
}

function projectValue(value: Json, chosen: Chosen): Json | undefined {
  if (Array.isArray(value)) {
    return value.filter(isJsonObject).map((element) => projected(element, chosen));
  }
  if (!isJsonObject(value)) return undefined;
  const kept = projected(value, chosen);
  return Object.keys(kept).length > 0 ? kept : undefined;
}

function projected(object: JsonObject, chosen: Chosen): JsonObject {
  const kept: Record<string, Json> = {};
  projectObject(object, chosen, kept);
  return kept;
}

function badPath(text: string, message: string): Error {
  return violation(text.slice(0, pathCharactersMax).toWellFormed(), "path", message);
}
