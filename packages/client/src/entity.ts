/**
 * Entities as values with their types. Knows which fields are the server's; no call.
 */
import type { Json, JsonObject } from "@stoa/domain";
import type { Answer } from "./transport.ts";

/** What every entity has beside its own fields; with `only`, what was named of it. */
export interface SystemFields {
  /** `"58238a935baa56173b24f0e4"`, or a uuid. */
  readonly _id: string;
  /** Id of a user. */
  readonly owner: string;
  readonly group: string;
  /** Ids of the users and groups that it was granted to. */
  readonly access: readonly string[];
  /** Its group and the groups above, the root last. */
  readonly branch: readonly string[];
  /** Creation, Unix milliseconds. */
  readonly time: number;
  /** Last change, Unix milliseconds; absent before the first. */
  readonly _at?: number;
}

export type Entity<T> = SystemFields & T;

/** The own fields to make an entity of, and what may be chosen besides. */
export type Draft<T> = T & {
  readonly group?: string;
  /** Only in a store with `"time": "given"`. */
  readonly time?: number;
};

/** A merge patch (RFC 7396): some fields, null removes one. */
export type Merge<T> = string extends keyof T
  ? JsonObject // of a type without names, any patch
  : { readonly [K in keyof T]?: (T[K] extends readonly unknown[] ? T[K] : Merge<T[K]>) | null };

/** An operation of a JSON Patch (RFC 6902): `{op: "replace", path: "/name", value: "Delft"}`. */
export type PatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: Json }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string };

/**
 * The version of an entity that `read`, `create`, `update` or a sharing call gave, for `ifMatch`:
 * `"417.3"` with its quotes. Null for any other object, also for a copy.
 */
export function etagOf(entity: object): string | null {
  return etags.get(entity) ?? null;
}

export function entityOf<T>(answer: Pick<Answer, "value" | "etag">): Entity<T> {
  return withEtag<Entity<T>>(answer);
}

/** The value of an answer, whose version `etagOf` knows. */
export function withEtag<V extends object>({ value, etag }: Pick<Answer, "value" | "etag">): V {
  const entity = value as unknown as V;
  if (etag !== null) etags.set(entity, etag);
  return entity;
}

export function entityOfText<T>(text: string): Entity<T> {
  return JSON.parse(text) as Entity<T>;
}

/** As what goes over the wire: whoever names a type of its own answers for its being JSON. */
export function bodyOf(value: object): JsonObject {
  return value as JsonObject;
}

const etags = new WeakMap<object, string>();
