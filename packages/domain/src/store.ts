/**
 * What a store is: its name and what its definition says of the entities in it. The definitions of
 * the system stores stand in `system-store.ts`.
 */
import { systemFields } from "./entity.ts";
import { violation } from "./error.ts";
import type { Json, JsonObject } from "./json.ts";
import { indexPathsMax, schemaBytesMax, searchPathsMax, storeIndexesMax } from "./limit.ts";
import { type Path, parsePath } from "./path.ts";

export type IdKind = "objectid" | "uuid";

/** What is in a store: entities of any shape, or the objects of the reference API. */
export type Flavour = "entity" | "reference";

export interface StoreDefinition {
  /** Id of the entity in `stores`; of a system store, its name. */
  readonly id: string;
  /** `[a-z][a-z0-9_-]{0,62}`, e.g. `cities`. */
  readonly name: string;
  readonly title: string;
  /** JSON Schema 2020-12 of the own fields; null takes any object. */
  readonly schema: JsonObject | null;
  /** Sets of paths that no two entities may share all values of: `[["login"]]`. */
  readonly unique: readonly (readonly Path[])[];
  /** Paths that queries may filter and sort by quickly: `[["country"], ["country", "name"]]`. */
  readonly indexes: readonly (readonly Path[])[];
  /** Paths whose texts `search=` finds by their words: `[["name"], ["address", "city"]]`. */
  readonly search: readonly Path[];
  /** Whether `time` may be sent at creation. */
  readonly time: "server" | "given";
  readonly idKind: IdKind;
  /** `reference` stores have uuids and a shape of their own (`reference-object.ts`). */
  readonly flavour: Flavour;
}

/** Stores of the server itself; a wildcard never means them (rule 1). */
export const systemStoreNames = [
  "users",
  "groups",
  "roles",
  "tokens",
  "sessions",
  "stores",
] as const;
export type SystemStoreName = (typeof systemStoreNames)[number];

/** Further things that only their own name or the lone `*` opens. */
const guardedNames: ReadonlySet<string> = new Set([
  ...systemStoreNames,
  "webhooks",
  "backups",
  "metrics",
  "statistics",
]);

/** Fixed routes below the prefix, present and planned: a store cannot take their names (rule 8). */
const reservedNames: ReadonlySet<string> = new Set([
  ...guardedNames,
  ..."auth changes events healthz principals reference docs openapi batch search history".split(
    " ",
  ),
  ..."export import console health config backup webhook admin socket rest api".split(" "),
  ..."permissions counts jobs infer sample restore".split(" "),
]);

export function isSystemName(name: string): boolean {
  return guardedNames.has(name);
}

export function isSystemStore(name: string): name is SystemStoreName {
  return (systemStoreNames as readonly string[]).includes(name);
}

function isStoreName(name: string): boolean {
  return /^[a-z][a-z0-9_-]{0,62}$/.test(name);
}

/** Members that a definition may have; the schema of the store `stores` says the same. */
export interface StoreFields {
  readonly name: string;
  readonly title?: string | undefined;
  readonly schema?: JsonObject | null | undefined;
  readonly unique?: readonly (readonly string[])[] | undefined;
  readonly indexes?: readonly (readonly string[])[] | undefined;
  readonly search?: readonly string[] | undefined;
  readonly time?: "server" | "given" | undefined;
  readonly idKind?: IdKind | undefined;
  readonly flavour?: Flavour | undefined;
}

/**
 * A definition out of the fields of an entity of `stores`, whose shape its schema has checked.
 * Errors: `validation` for names that are reserved or malformed, and for paths.
 */
export function storeDefinition(id: string, fields: StoreFields): StoreDefinition {
  const { name } = fields;
  if (!isStoreName(name)) throw violation("name", "pattern", "must match [a-z][a-z0-9_-]{0,62}");
  if (reservedNames.has(name)) throw violation("name", "reserved", `"${name}" is reserved`);
  const schema = fields.schema ?? null;
  const flavour = fields.flavour ?? "entity";
  if (flavour === "reference") refuseForReference(fields);
  if (schema && JSON.stringify(schema).length > schemaBytesMax) {
    throw violation("schema", "maxLength", `must have at most ${schemaBytesMax} bytes`);
  }
  return {
    id,
    name,
    title: fields.title ?? name,
    schema,
    unique: pathSets("unique", fields.unique ?? []),
    indexes: withOwnIndexes(flavour, pathSets("indexes", fields.indexes ?? [])),
    search: searchPaths(fields.search ?? []),
    time: fields.time ?? "server",
    idKind: fields.idKind ?? (flavour === "reference" ? "uuid" : "objectid"),
    flavour,
  };
}

/** Behind the name of a reference store, the route of its lists by type. */
export const byTypeSuffix = "_by_type";

/** Its objects have uuids and one shape, and `<name>_by_type` is a route of its own. */
function refuseForReference({ name, schema, idKind }: StoreFields): void {
  if (name.endsWith(byTypeSuffix)) {
    throw violation("name", "reserved", `must not end in ${byTypeSuffix} with this flavour`);
  }
  if (schema) throw violation("schema", "flavour", "must not be given with this flavour");
  if (idKind === "objectid") throw violation("idKind", "flavour", "must be uuid with this flavour");
}

/** What lists by type, lists as such and LOOKUP go along. */
const referenceIndexes: readonly (readonly Path[])[] = [
  [["type"]],
  [["time"]],
  [["type"], ["time"]],
];

function withOwnIndexes(flavour: Flavour, declared: readonly (readonly Path[])[]) {
  if (flavour === "entity") return declared;
  const isDeclared = (own: readonly Path[]) =>
    declared.some((set) => JSON.stringify(set) === JSON.stringify(own));
  return [...declared, ...referenceIndexes.filter((own) => !isDeclared(own))];
}

function pathSets(member: string, sets: readonly (readonly string[])[]): Path[][] {
  if (sets.length > storeIndexesMax) {
    throw violation(member, "maxItems", `must have at most ${storeIndexesMax} elements`);
  }
  return sets.map((set, index) => {
    if (set.length === 0 || set.length > indexPathsMax) {
      throw violation(`${member}.${index}`, "items", `must name 1 to ${indexPathsMax} paths`);
    }
    if (new Set(set).size < set.length) {
      throw violation(`${member}.${index}`, "uniqueItems", "names a path twice");
    }
    return set.map((path) => parsePath(path));
  });
}

/** Own fields only: the server's are found by filters. */
function searchPaths(paths: readonly string[]): Path[] {
  if (paths.length > searchPathsMax) {
    throw violation("search", "maxItems", `must have at most ${searchPathsMax} elements`);
  }
  return paths.map((text, index) => {
    const path = parsePath(text);
    if (!systemFields.has(path[0] as string)) return path;
    throw violation(`search.${index}`, "system", "must name a field of the store's own");
  });
}

/** A body's value at a key, for definitions and rules that read few fields. */
export function textField(fields: JsonObject, key: string): string | undefined {
  const value: Json | undefined = Object.hasOwn(fields, key) ? fields[key] : undefined;
  return typeof value === "string" ? value : undefined;
}
