/**
 * Which columns a table may have and which it shows at first: what the schema describes, else what
 * the first entities hold. Pure.
 */
import type { Entity } from "@stoa/client";
import type { Json, JsonObject } from "@stoa/domain";

export interface Column {
  /** A dotted path: `"address.city"`. */
  readonly path: string;
  readonly kind: "number" | "text" | "other";
}

/** Shown of a table that nobody has chosen columns for. */
const shownMax = 7;
const offeredMax = 60;
const systemPaths = ["_id", "owner", "group", "time", "_at"];
const hiddenPaths: ReadonlySet<string> = new Set([...systemPaths, "access", "branch"]);

/** Own fields first, then those of the server. */
export function offeredColumns(
  schema: JsonObject | null | undefined,
  samples: readonly Entity<JsonObject>[],
): Column[] {
  const own = new Map<string, Column>();
  for (const [path, described] of Object.entries(propertiesOf(schema))) {
    own.set(path, { path, kind: kindOfType((described as JsonObject | null)?.["type"]) });
  }
  for (const sample of samples) {
    for (const [path, value] of leaves(sample)) {
      if (!own.has(path)) own.set(path, { path, kind: kindOf(value) });
    }
  }
  const server = systemPaths.map((path): Column => ({ path, kind: "text" }));
  return [...[...own.values()].slice(0, offeredMax), ...server];
}

export function firstColumns(offered: readonly Column[]): string[] {
  const own = offered.filter(({ path }) => !hiddenPaths.has(path));
  const shown = own.slice(0, shownMax).map(({ path }) => path);
  return shown.length > 0 ? shown : ["_id", "time"];
}

/** The value at a dotted path of an entity, or undefined. */
export function valueAt(entity: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = entity;
  for (const key of path.split(".")) {
    if (!isObject(value)) return undefined;
    value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function propertiesOf(schema: JsonObject | null | undefined): JsonObject {
  const properties = schema?.["properties"];
  return isObject(properties) ? properties : {};
}

/** Paths of what an entity holds, one level into objects. */
function leaves(entity: JsonObject): [path: string, value: Json][] {
  return Object.entries(entity)
    .filter(([key]) => !hiddenPaths.has(key) && !key.includes("."))
    .flatMap(([key, value]): [string, Json][] => {
      if (typeof value !== "object" || value === null || Array.isArray(value))
        return [[key, value]];
      return Object.entries(value).map(([inner, one]) => [`${key}.${inner}`, one]);
    });
}

function kindOf(value: Json): Column["kind"] {
  if (typeof value === "number") return "number";
  return typeof value === "string" ? "text" : "other";
}

function kindOfType(type: Json | undefined): Column["kind"] {
  if (type === "number" || type === "integer") return "number";
  return type === "string" ? "text" : "other";
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
