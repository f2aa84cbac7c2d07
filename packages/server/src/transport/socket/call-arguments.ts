/**
 * What calls over a socket are made of: a place, an id, a body and a query, each with the bounds
 * and refusals of HTTP. Knows no call and no socket.
 */
import {
  type Act,
  type Caller,
  type EntityService,
  type Found,
  isJsonObject,
  type Json,
  type JsonObject,
  limit,
  type Method,
  parseJson,
  StoaError,
  violation,
} from "@stoa/domain";
import { type RouteValues, requireAct } from "../../service/permission.ts";
import type { Keyed } from "../../service/services.ts";
import { parameterRecord } from "../query-string.ts";
import { objectText } from "../reference-api/reference-text.ts";

/** What is acknowledged: `ack(null, value, etag)`. */
export interface CallAnswer {
  readonly value: Json;
  /** The version of a whole entity: `"417.3"`. */
  readonly etag: string | null;
}

export interface Place {
  readonly store: string;
  readonly room: "reference" | null;
}

export interface Called extends Place {
  readonly caller: Caller;
  readonly entities: EntityService;
  /** Those that create once under a key. */
  readonly entitiesOf: (keyed?: Keyed) => EntityService;
  /** What follows the path. */
  readonly rest: readonly Json[];
}

/** As a body of HTTP would give it: the same bounds and refusals. */
export function plain(value: unknown): Json {
  if (typeof value === "string" || value === null || value === undefined) {
    return value === undefined ? null : parseJson(JSON.stringify(value));
  }
  const text = JSON.stringify(value) ?? "null";
  if (Buffer.byteLength(text) > limit.bodyBytesMax) {
    throw new StoaError("too_large", `A body has at most ${limit.bodyBytesMax} bytes here.`);
  }
  return parseJson(text);
}

/** `cities`, `api/v1/cities`, `reference/extobjs`: slashes around them mean nothing. */
export function placeOf(path: Json): Place {
  if (typeof path !== "string") throw violation("path", "type", "must be the name of a store");
  const parts = path.split("/").filter((part) => part !== "");
  if (parts[0] === "api" && parts[1] === "v1") parts.splice(0, 2);
  if (parts[0] === "rest" && parts[1] === "v1") parts.splice(0, 2);
  const room = parts.length === 2 && parts[0] === "reference" ? "reference" : null;
  return { store: parts.slice(room ? 1 : 0).join("/"), room };
}

/** Errors: `forbidden` without the right on the route: `["POST", ":id", "access"]`. */
export function demand(
  { caller, store, room }: Called,
  [method, ...rest]: readonly [Method, ...Act["path"]],
  values: RouteValues = {},
): void {
  const path = [store, ...rest];
  requireAct(caller, { method, path: room ? [room, ...path] : path }, values);
}

export function answerOf(place: Place, { text, etag }: Found): CallAnswer {
  return { value: shown(place, text), etag };
}

export function shown({ room }: Place, text: string): Json {
  return JSON.parse(room ? objectText(text) : text) as Json;
}

/** Null stands for many entities at once, which no route of HTTP changes. */
export function idOf(id: Json): string {
  if (typeof id === "string") return id.toLowerCase();
  if (id === null) throw new StoaError("method", "One entity at a time: name its id.");
  throw violation("id", "type", "must be text");
}

export function objectOf(value: Json, name = "query"): JsonObject {
  if (value === null && name === "query") return {};
  if (isJsonObject(value)) return value;
  throw violation(name, "type", "must be an object");
}

/** What the services read besides the entity: `{into: "<id>"}`. */
export function parametersOf(query: Json): Readonly<Record<string, string>> {
  if (typeof query === "string") return parameterRecord(query);
  const texts = Object.entries(objectOf(query)).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(texts) as Record<string, string>;
}
