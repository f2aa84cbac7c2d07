/**
 * The projection of `only`: an entity reduced to some of its fields. Knows which fields are the
 * server's; nothing of how entities are kept.
 */
import { systemFields } from "./entity.ts";
import { isJsonObject, type Json, type JsonObject, ownValue, setOwn } from "./json.ts";
import type { Path } from "./path.ts";

/**
 * The entity reduced to `_id`, other system fields that are named, and named fields of its own, in
 * this order and else as they are named (`only`, seed). Paths into arrays map over their
 * elements: `items.name` makes `{"_id": "1", "items": [{"name": "a", "price": 2}, 7]}` into
 * `{"_id": "1", "items": [{"name": "a"}]}`: an element without the field is `{}`, one that is no
 * object is left out. Missing fields are absent.
 */
export function project(entity: JsonObject, paths: readonly Path[]): JsonObject {
  const projection: Record<string, Json> = {};
  const id = ownValue(entity, "_id");
  if (id !== undefined) projection._id = id;
  projectObject(entity, chosenFields(paths), projection);
  return projection;
}

/** Paths as a tree; null stands for a field with everything in it. System fields come first. */
export interface Chosen extends Map<string, Chosen | null> {}

export function chosenFields(paths: readonly Path[]): Chosen {
  const root: Chosen = new Map();
  const isSystem = ([name]: Path) => systemFields.has(name ?? "");
  for (const path of paths.filter(isSystem)) choose(root, path);
  for (const path of paths.filter((path) => !isSystem(path))) choose(root, path);
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

/** What is left of a value; undefined where nothing is. */
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
