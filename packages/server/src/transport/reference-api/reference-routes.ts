/**
 * The reference API: `/rest/v1/reference/:store` and what is below it, for every store of its
 * flavour (seed of that API; design 4). Knows words on the wire; the rules are the service's.
 * Each handler refuses in the order of rule 15.
 */
import {
  byTypeSuffix,
  type Caller,
  type EntityService,
  type Found,
  type Json,
  type JsonObject,
  limit,
  type Method,
  StoaError,
  violation,
} from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireAct } from "../../service/permission.ts";
import {
  beginList,
  sendEntity,
  sendNothing,
  sendNotModified,
  sendParts,
  sendProblem,
} from "../answer.ts";
import { consistencyOf } from "../consistency.ts";
import { etagHeaders, isKnown, parseIfMatch } from "../entity-api/etag.ts";
import { keyedOf } from "../entity-api/idempotency.ts";
import { collect, streamList } from "../entity-api/list-stream.ts";
import { checkMediaType, type MediaType, plainTypes, readBody } from "../request-body.ts";
import { asCaller, type House, queryText, type Route, referencePrefix } from "../route.ts";
import { keyOf, objectOf, withoutId } from "./reference-body.ts";
import { lookupFailed } from "./reference-problem.ts";
import { parseObjectForm, parseReferenceLag, parseReferenceList } from "./reference-query.ts";
import { formedText, listPages, objectText } from "./reference-text.ts";

const storePath = `${referencePrefix}/reference/:store`;

export function referenceRoutes(house: House): readonly Route[] {
  return [
    {
      path: storePath,
      verbs: {
        GET: asCaller(house, (...call) => findObjects(house, ...call)),
        POST: asCaller(house, (...call) => createObject(house, ...call)),
        LOOKUP: asCaller(house, (...call) => lookUp(house, ...call)),
      },
    },
    {
      path: `${storePath}/:id`,
      verbs: {
        GET: asCaller(house, (...call) => readOrFind(house, ...call)),
        PATCH: asCaller(house, (...call) => updateObject(house, ...call)),
        DELETE: asCaller(house, (...call) => removeObject(house, ...call)),
      },
    },
  ];
}

type Call = [caller: Caller, request: FastifyRequest, reply: FastifyReply];

async function findObjects(house: House, ...call: Call): Promise<void> {
  const { store } = call[1].params as { store: string };
  await sendList(house, { store }, ...call);
}

async function sendList(
  house: House,
  { store, type }: { store: string; type?: string },
  ...[caller, request, reply]: Call
): Promise<void> {
  requireAct(caller, { method: "GET", path: ["reference", store] });
  const consistency = consistencyOf(request.raw);
  const { query, options, form } = parseReferenceList(queryText(request), { type, consistency });
  const pages = listPages(await entitiesOf(house, caller).find(store, query, options), form);
  if (query.limit <= limit.linkedPageEntitiesMax) {
    const { parts, release } = await collect(pages);
    return sendParts(reply, parts, release);
  }
  if (request.method === "HEAD") return void beginList(reply).end();
  await streamList(
    pages,
    () => beginList(reply),
    (cause) => house.observe({ kind: "listBroken", route: storePath, cause }),
  );
}

async function createObject(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store } = request.params as { store: string };
  requireAct(caller, { method: "POST", path: ["reference", store] });
  const body = await bodyOf(request, plainTypes);
  const { id, fields } = withoutId(body);
  const keyed = keyedOf(request, `POST ${referencePrefix}/reference/${store}`, body as Json);
  const entities = house.services.entitiesOf(caller, { keyed, room: "reference" });
  sendFound(reply, await entities.create(store, fields, id === undefined ? {} : { id }));
}

/** `GET <store>/:id`, or `GET <store>_by_type/:type`, which only its name tells apart. */
async function readOrFind(house: House, ...call: Call): Promise<void> {
  const { store, id } = call[1].params as { store: string; id: string };
  if (!store.endsWith(byTypeSuffix)) return readObject(house, ...call);
  const listed = store.slice(0, -byTypeSuffix.length);
  return sendList(house, { store: listed, type: id }, ...call);
}

async function readObject(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store, id } = placeOf(caller, "GET", request);
  const form = parseObjectForm(queryText(request));
  const options = parseReferenceLag(queryText(request), consistencyOf(request.raw));
  const { text, etag } = await entitiesOf(house, caller).read(store, id, options);
  if (form) return sendEntity(reply, formedText(text, form));
  if (etag !== null && isKnown(request.raw.headers["if-none-match"], etag)) {
    return sendNotModified(reply, etag);
  }
  sendEntity(reply, objectText(text), etagHeaders(etag));
}

async function updateObject(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store, id } = placeOf(caller, "PATCH", request);
  const { id: sent, fields } = withoutId(await bodyOf(request, patchTypes));
  if (sent !== undefined && sent.toLowerCase() !== id) {
    throw violation("id", "readOnly", "must be that of the path, or absent");
  }
  const patch = { kind: "merge", patch: fields } as const;
  const options = { ifMatch: parseIfMatch(request.raw.headers["if-match"]) };
  sendFound(reply, await entitiesOf(house, caller).update(store, id, patch, options));
}

async function removeObject(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store, id } = placeOf(caller, "DELETE", request);
  checkMediaType(request.raw);
  const options = { ifMatch: parseIfMatch(request.raw.headers["if-match"]) };
  await entitiesOf(house, caller).remove(store, id, options);
  sendNothing(reply);
}

async function lookUp(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store } = request.params as { store: string };
  requireAct(caller, { method: "LOOKUP", path: ["reference", store] });
  const key = keyOf(await readBody(request.raw, plainTypes, limit.referenceRestBytesMax));
  const options = parseReferenceLag(queryText(request), consistencyOf(request.raw));
  const ids = await entitiesOf(house, caller).lookup(store, key, options);
  if (ids.length === 0) sendProblem(reply, lookupFailed);
  else sendEntity(reply, JSON.stringify(ids));
}

function entitiesOf(house: House, caller: Caller): EntityService {
  return house.services.entitiesOf(caller, { room: "reference" });
}

const patchTypes: ReadonlySet<MediaType> = new Set(["json", "merge-patch"]);
const bodyBytesMax = limit.referenceValueBytesMax + limit.referenceRestBytesMax;

async function bodyOf(request: FastifyRequest, types: ReadonlySet<MediaType>): Promise<JsonObject> {
  return objectOf(await readBody(request.raw, types, bodyBytesMax));
}

function sendFound(reply: FastifyReply, { text, etag }: Found): void {
  sendEntity(reply, objectText(text), etagHeaders(etag));
}

/** Ids are kept in lower case. Errors: `forbidden`; `method` where only lists are. */
function placeOf(
  caller: Caller,
  method: Method,
  request: FastifyRequest,
): { store: string; id: string } {
  const { store, id } = request.params as { store: string; id: string };
  if (store.endsWith(byTypeSuffix)) {
    throw new StoaError("method", "Lists by type are only read.", { allow: ["GET"] });
  }
  requireAct(caller, { method, path: ["reference", store, ":id"] });
  return { store, id: id.toLowerCase() };
}
