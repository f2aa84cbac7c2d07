/**
 * Calls over a socket: `find`, `get`, `create`, `patch`, `remove`, `lookup` with the service and
 * limits of HTTP, in the calling convention of FeathersJS (design 5). Knows no socket.
 */
import {
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
  type WriteOptions,
} from "@stoa/domain";
import { requireAct } from "../../service/permission.ts";
import type { Keyed, Services } from "../../service/services.ts";
import { creationOf } from "../entity-api/entity-body.ts";
import { parseIfMatch } from "../entity-api/etag.ts";
import { keyedBy } from "../entity-api/idempotency.ts";
import { type ListQuery, parseListQuery, parseReadOptions } from "../entity-api/list-query.ts";
import { parameterRecord } from "../query-string.ts";
import { withoutId } from "../reference-api/reference-body.ts";
import { objectText } from "../reference-api/reference-text.ts";
import { apiPrefix, referencePrefix } from "../route.ts";
import { feathersQuery, selectOf } from "./feathers-query.ts";

export const callMethods = [
  "find",
  "get",
  "create",
  "patch",
  "remove",
  "lookup",
  // Of the convention, and refused: entities are never replaced whole.
  "update",
] as const;
export type CallMethod = (typeof callMethods)[number];

/** What is acknowledged: `ack(null, value, etag)`. */
export interface CallAnswer {
  readonly value: Json;
  /** The version of a whole entity: `"417.3"`. */
  readonly etag: string | null;
}

/**
 * What the call answers.
 * @param args what came between the name of the call and its acknowledgement:
 * `["cities", {"$limit": 2}]`. A query may be an object of Feathers' or the text of a query string;
 * that of `create` may hold an `idempotencyKey`, those of `patch` and `remove` an `ifMatch`.
 * Errors: those of the service; `method` for `update` and for ids that are null; `validation`.
 */
export async function answerCall(
  services: Services,
  caller: Caller,
  method: CallMethod,
  args: readonly unknown[],
): Promise<CallAnswer> {
  const [path, ...rest] = args.map(plain);
  const place = placeOf(path ?? null);
  const entitiesOf = (keyed?: Keyed) =>
    services.entitiesOf(caller, { keyed, ...(place.room && { room: place.room }) });
  const called: Called = { ...place, caller, entitiesOf, entities: entitiesOf(), rest };
  switch (method) {
    case "find":
      return { value: await findAll(called), etag: null };
    case "get":
      return getOne(called);
    case "create":
      return createAny(called);
    case "patch":
      return patchOne(called);
    case "remove":
      return removeOne(called);
    case "lookup":
      return { value: await lookUp(called), etag: null };
    case "update":
      throw new StoaError("method", "Entities are changed by patch.", { allow: ["PATCH"] });
    default:
      return method satisfies never;
  }
}

interface Place {
  readonly store: string;
  readonly room: "reference" | null;
}

interface Called extends Place {
  readonly caller: Caller;
  readonly entities: EntityService;
  /** Those that create once under a key. */
  readonly entitiesOf: (keyed?: Keyed) => EntityService;
  /** What follows the path. */
  readonly rest: readonly Json[];
}

/** As a body of HTTP would give it: the same bounds and refusals. */
function plain(value: unknown): Json {
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
function placeOf(path: Json): Place {
  if (typeof path !== "string") throw violation("path", "type", "must be the name of a store");
  const parts = path.split("/").filter((part) => part !== "");
  if (parts[0] === "api" && parts[1] === "v1") parts.splice(0, 2);
  if (parts[0] === "rest" && parts[1] === "v1") parts.splice(0, 2);
  const room = parts.length === 2 && parts[0] === "reference" ? "reference" : null;
  return { store: parts.slice(room ? 1 : 0).join("/"), room };
}

function demand({ caller, store, room }: Called, method: Method, id?: string): void {
  const path = id === undefined ? [store] : [store, ":id"];
  requireAct(
    caller,
    { method, path: room ? [room, ...path] : path },
    id === undefined ? {} : { id },
  );
}

async function findAll(called: Called): Promise<Json> {
  demand(called, "GET");
  const { entities, store } = called;
  const { query: asked, options, meta } = listOf(called.rest[0] ?? null);
  const query = called.room ? { ...asked, only: null } : asked;
  if (meta === "count") {
    return { success: true, total: await entities.count(store, query, options) };
  }
  if (meta === "all") {
    const { total, first, last } = await entities.meta(store, query, options);
    const value = (text: string | null) => (text === null ? null : (JSON.parse(text) as Json));
    return { success: true, total, first: value(first), last: value(last) };
  }
  const found: Json[] = [];
  let size = 0;
  for await (const { texts } of await entities.find(store, query, options)) {
    for (const text of texts) {
      size += text.length;
      if (size > limit.bodyBytesMax) throw tooMuch();
      found.push(shown(called, text));
    }
  }
  return found;
}

function listOf(query: Json): ListQuery {
  if (typeof query !== "string")
    return { query: feathersQuery(objectOf(query)), options: {}, meta: "none" };
  const list = parseListQuery(query);
  if (list.query.limit > limit.pageEntitiesMax) {
    throw violation("nolimit", "transport", "is for HTTP, which streams");
  }
  return list;
}

async function getOne(called: Called): Promise<CallAnswer> {
  const id = idOf(called.rest[0] ?? null);
  demand(called, "GET", id);
  const query = called.rest[1] ?? null;
  const options =
    typeof query === "string" ? parseReadOptions(query) : { only: selectOf(objectOf(query)) };
  const whole = called.room ? {} : options;
  return answerOf(called, await called.entities.read(called.store, id, whole));
}

async function createAny(called: Called): Promise<CallAnswer> {
  demand(called, "POST");
  const { store, room } = called;
  const creation = creationOf({ type: "json", value: called.rest[0] ?? null });
  const { idempotencyKey } = parametersOf(called.rest[1] ?? null);
  const route = room ? `POST ${referencePrefix}/${room}/${store}` : `POST ${apiPrefix}/${store}`;
  const entities = called.entitiesOf(
    keyedBy(idempotencyKey, route, creation as Json, "idempotencyKey"),
  );
  if (Array.isArray(creation)) {
    const found = await entities.createAll(store, creation as readonly JsonObject[]);
    return { value: found.map(({ text }) => shown(called, text)), etag: null };
  }
  const { id, fields } = room
    ? withoutId(creation as JsonObject)
    : { id: undefined, fields: creation as JsonObject };
  const options = id === undefined ? {} : { id };
  return answerOf(called, await entities.create(store, fields, options));
}

async function patchOne(called: Called): Promise<CallAnswer> {
  const id = idOf(called.rest[0] ?? null);
  demand(called, "PATCH", id);
  const options = writeOptions(called.rest[2] ?? null);
  const patch = objectOf(called.rest[1] ?? null, "data");
  const fields = called.room ? withoutId(patch).fields : patch;
  const change = { kind: "merge", patch: fields } as const;
  return answerOf(called, await called.entities.update(called.store, id, change, options));
}

async function removeOne(called: Called): Promise<CallAnswer> {
  const id = idOf(called.rest[0] ?? null);
  demand(called, "DELETE", id);
  const options = writeOptions(called.rest[1] ?? null);
  return answerOf(called, await called.entities.remove(called.store, id, options));
}

function writeOptions(query: Json): WriteOptions {
  const parameters = parametersOf(query);
  return { parameters, ifMatch: parseIfMatch(parameters["ifMatch"]) };
}

function answerOf(place: Place, { text, etag }: Found): CallAnswer {
  return { value: shown(place, text), etag };
}

async function lookUp(called: Called): Promise<Json> {
  demand(called, "LOOKUP");
  const [key] = called.rest;
  if (typeof key !== "string" && typeof key !== "number") {
    throw violation("key", "type", "must be an id or a type: text or a number");
  }
  return called.entities.lookup(called.store, key);
}

function shown({ room }: Place, text: string): Json {
  return JSON.parse(room ? objectText(text) : text) as Json;
}

/** Null stands for many entities at once, which no route of HTTP changes. */
function idOf(id: Json): string {
  if (typeof id === "string") return id.toLowerCase();
  if (id === null) throw new StoaError("method", "One entity at a time: name its id.");
  throw violation("id", "type", "must be text");
}

function objectOf(value: Json, name = "query"): JsonObject {
  if (value === null && name === "query") return {};
  if (isJsonObject(value)) return value;
  throw violation(name, "type", "must be an object");
}

/** What the services read besides the entity: `{into: "<id>"}`. */
function parametersOf(query: Json): Readonly<Record<string, string>> {
  if (typeof query === "string") return parameterRecord(query);
  const texts = Object.entries(objectOf(query)).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(texts) as Record<string, string>;
}

function tooMuch(): StoaError {
  const message = "The list is too large for one message: ask for fewer, or by HTTP.";
  return new StoaError("too_large", message);
}
