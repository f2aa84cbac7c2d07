/**
 * What an entity is: seven fields that are the server's and the user's own fields beside them
 * (seed, "scheme"). Knows how the two become one text without parsing, and nothing of storage.
 */
import type { Json, JsonObject } from "./json.ts";
import { setOwn } from "./json.ts";

/** Assigned by the server; a client that sends them is not refused, the values are ignored. */
export const systemFields: ReadonlySet<string> = new Set([
  "_id",
  "owner",
  "group",
  "access",
  "branch",
  "time",
  "_at",
]);

/** What access and order need to know of an entity; everything but its own fields. */
export interface EntityHead {
  /** 24 hex digits (`58238a935baa56173b24f0e4`) or a uuid, by the store's `idKind`. */
  readonly id: string;
  /** Id of the user who created it, or to whom it was transferred. */
  readonly owner: string;
  /** Id of the group that it belongs to; its `branch` follows from the group tree. */
  readonly group: string;
  /** Ids of users and groups that it was granted to, sorted. */
  readonly access: readonly string[];
  /** Creation, Unix milliseconds. */
  readonly time: number;
  /** Last change, Unix milliseconds; null before the first. */
  readonly at: number | null;
}

/**
 * An entity as it is kept: `body` is the canonical JSON text of its own fields,
 * `{"name":"Delft"}`.
 */
export interface StoredEntity extends EntityHead {
  /** Sequence number of the change that made this version. */
  readonly revision: number;
  readonly body: string;
  /** Its `entityText` with the branch of when it was read, where storage has it at hand. */
  readonly text?: string;
}

/**
 * The entity as every flavour of the entity API serves it.
 * @param branch the JSON text of its branch: `["<group>","<parent>","<root>"]`.
 */
export function entityText(entity: EntityHead & { body: string }, branch: string): string {
  return entityFront(entity, branch) + entity.body.slice(1);
}

/** The text up to where the own fields begin, the comma before them included. */
export function entityFront(entity: EntityHead & { body: string }, branch: string): string {
  const access = entity.access.length === 0 ? "[]" : JSON.stringify(entity.access);
  const at = entity.at === null ? "" : `,"_at":${entity.at}`;
  const comma = entity.body === "{}" ? "" : ",";
  return (
    `{"_id":"${entity.id}","owner":"${entity.owner}","group":"${entity.group}",` +
    `"access":${access},"branch":${branch},"time":${entity.time}${at}${comma}`
  );
}

/**
 * The body out of such a text, the inverse of `entityText`: `{"_id":..,"time":1,"name":"Delft"}`
 * gives `{"name":"Delft"}`. Looks at the server's fields only, however long the body is.
 */
export function bodyOfText(text: string): string {
  // Before it stand ids, and no id holds a quote.
  const digits = /\d+(?:,"_at":\d+)?/y;
  digits.lastIndex = text.indexOf(',"time":') + ',"time":'.length;
  digits.test(text);
  const end = digits.lastIndex;
  return text[end] === "}" ? "{}" : `{${text.slice(end + 1)}`;
}

/** The same as a value, for those that must look inside: filters, projection, rules. */
export function entityValue(
  entity: EntityHead & { body: string },
  branch: readonly string[],
): JsonObject {
  return JSON.parse(entityText(entity, JSON.stringify(branch))) as JsonObject;
}

/** The fields of a body that are the user's; the server's own are left out (design: ignored). */
export function ownFields(body: JsonObject): JsonObject {
  const own: Record<string, Json> = {};
  for (const key of Object.keys(body)) {
    if (!systemFields.has(key)) setOwn(own, key, body[key] as Json);
  }
  return own;
}
