/**
 * Calls over a socket: `find`, `get`, `create`, `patch`, `remove`, `lookup` and those of sharing,
 * with the service and limits of HTTP, in the calling convention of FeathersJS (design 5). Knows
 * no socket.
 */
import {
  type Caller,
  type Json,
  type JsonObject,
  limit,
  type Patch,
  parseJsonPatch,
  type ReadOptions,
  StoaError,
  violation,
  type WriteOptions,
} from "@stoa/domain";
import type { Keyed, Services } from "../../service/services.ts";
import { lagOptions } from "../consistency.ts";
import { creationOf } from "../entity-api/entity-body.ts";
import { parseIfMatch } from "../entity-api/etag.ts";
import { keyedBy } from "../entity-api/idempotency.ts";
import { type ListQuery, parseListQuery, parseReadOptions } from "../entity-api/list-query.ts";
import { withoutId } from "../reference-api/reference-body.ts";
import { apiPrefix, referencePrefix } from "../route.ts";
import {
  answerOf,
  type CallAnswer,
  type Called,
  demand,
  idOf,
  objectOf,
  parametersOf,
  placeOf,
  plain,
  shown,
} from "./call-arguments.ts";
import { feathersQuery, selectOf } from "./feathers-query.ts";
import { explain, findPrincipals, grant, revoke, transfer } from "./sharing-call.ts";

export const callMethods = [
  "find",
  "get",
  "create",
  "patch",
  "remove",
  "lookup",
  "grant",
  "revoke",
  "transfer",
  "explain",
  "principals",
  // Of the convention, and refused: entities are never replaced whole.
  "update",
] as const;
export type CallMethod = (typeof callMethods)[number];

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
  if (method === "principals") return findPrincipals(services, caller, plain(args[0]));
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
    case "grant":
      return grant(called);
    case "revoke":
      return revoke(called);
    case "transfer":
      return transfer(called);
    case "explain":
      return explain(called);
    case "update":
      throw new StoaError("method", "Entities are changed by patch.", { allow: ["PATCH"] });
    default:
      return method satisfies never;
  }
}

async function findAll(called: Called): Promise<Json> {
  demand(called, ["GET"]);
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
  demand(called, ["GET", ":id"], { id });
  const query = called.rest[1] ?? null;
  const options: ReadOptions =
    typeof query === "string" ? parseReadOptions(query) : { only: selectOf(objectOf(query)) };
  const { asOf } = options;
  const whole = called.room ? { ...(asOf !== undefined && { asOf }) } : options;
  return answerOf(called, await called.entities.read(called.store, id, whole));
}

async function createAny(called: Called): Promise<CallAnswer> {
  demand(called, ["POST"]);
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
  demand(called, ["PATCH", ":id"], { id });
  const options = writeOptions(called.rest[2] ?? null);
  const patch = patchOf(called, called.rest[1] ?? null);
  return answerOf(called, await called.entities.update(called.store, id, patch, options));
}

/** A list of operations is a JSON Patch (RFC 6902), an object a merge patch (RFC 7396). */
function patchOf({ room }: Called, data: Json): Patch {
  if (Array.isArray(data) && !room) return { kind: "json", patch: parseJsonPatch(data) };
  const patch = objectOf(data, "data");
  return { kind: "merge", patch: room ? withoutId(patch).fields : patch };
}

async function removeOne(called: Called): Promise<CallAnswer> {
  const id = idOf(called.rest[0] ?? null);
  demand(called, ["DELETE", ":id"], { id });
  const options = writeOptions(called.rest[1] ?? null);
  return answerOf(called, await called.entities.remove(called.store, id, options));
}

function writeOptions(query: Json): WriteOptions {
  const parameters = parametersOf(query);
  return { parameters, ifMatch: parseIfMatch(parameters["ifMatch"]) };
}

async function lookUp(called: Called): Promise<Json> {
  demand(called, ["LOOKUP"]);
  const [key] = called.rest;
  if (typeof key !== "string" && typeof key !== "number") {
    throw violation("key", "type", "must be an id or a type: text or a number");
  }
  const { consistency } = parametersOf(called.rest[1] ?? null);
  return called.entities.lookup(called.store, key, lagOptions(consistency, undefined));
}

function tooMuch(): StoaError {
  const message = "The list is too large for one message: ask for fewer, or by HTTP.";
  return new StoaError("too_large", message);
}
