/**
 * Stores and the entities in them: `/api/v1/:store` and `/api/v1/:store/:id` (design 3, "Verbs").
 * Knows words on the wire; who may see what is for the service. Each handler refuses in the order
 * of rule 15: the route, then what was sent, then what the service finds.
 */
import type { Caller, Found, Json, JsonObject, Method } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireAct } from "../../service/permission.ts";
import type { Attempt } from "../../service/services.ts";
import { sendEntity, sendNotModified } from "../answer.ts";
import { consistencyOf } from "../consistency.ts";
import { parameterRecord } from "../query-string.ts";
import { checkMediaType, patchTypes, plainTypes, readBody } from "../request-body.ts";
import {
  apiPrefix,
  asCaller,
  asReader,
  asWriter,
  type House,
  queryText,
  type Route,
  type WriteAttempt,
} from "../route.ts";
import { creationOf, patchOf, withSuccess } from "./entity-body.ts";
import { etagHeaders, isKnown, parseIfMatch } from "./etag.ts";
import { keyedOf } from "./idempotency.ts";
import { sendList } from "./list-answer.ts";
import { parseListQuery, parseReadOptions } from "./list-query.ts";

export function entityRoutes(house: House): readonly Route[] {
  return [
    {
      path: `${apiPrefix}/:store`,
      verbs: {
        GET: asCaller(house, (...call) => findEntities(house, ...call)),
        POST: asWriter(house, (...call) => createEntities(house, ...call)),
      },
    },
    {
      path: `${apiPrefix}/:store/:id`,
      verbs: {
        GET: asReader(house, (...call) => readEntity(house, ...call), isPlain),
        PATCH: asWriter(house, (...call) => updateEntity(house, ...call)),
        DELETE: asWriter(house, (...call) => removeEntity(house, ...call)),
      },
    },
  ];
}

type Call = [caller: Caller, request: FastifyRequest, reply: FastifyReply];
type WriteCall = [...Call, attempt: WriteAttempt];

async function findEntities(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store } = request.params as { store: string };
  requireAct(caller, { method: "GET", path: [store] });
  const list = parseListQuery(queryText(request), consistencyOf(request.raw));
  const entities = house.services.entitiesOf(caller);
  await sendList(house, { ...list, caller, entities, store }, request, reply);
}

async function createEntities(
  house: House,
  ...[caller, request, reply, attempt]: WriteCall
): Promise<void> {
  const { store } = request.params as { store: string };
  requireAct(caller, { method: "POST", path: [store] });
  attempt.body ??= readBody(request.raw, plainTypes);
  const creation = creationOf(await attempt.body);
  const keyed = keyedOf(request, `POST ${apiPrefix}/${store}`, creation as Json);
  const entities = house.services.entitiesOf(caller, { keyed, attempt });
  if (!Array.isArray(creation)) {
    return sendFound(reply, await entities.create(store, creation as JsonObject));
  }
  const found = await entities.createAll(store, creation);
  sendEntity(reply, `[${found.map(({ text }) => withSuccess(text)).join(",")}]`);
}

type ReadCall = [...Call, attempt?: Attempt];

async function readEntity(
  house: House,
  ...[caller, request, reply, attempt]: ReadCall
): Promise<void> {
  const { store, id } = entityOf(caller, "GET", request);
  const options = isPlain(request)
    ? undefined
    : parseReadOptions(queryText(request), consistencyOf(request.raw));
  const entities = house.services.entitiesOf(caller, { attempt });
  const { text, etag } = await entities.read(store, id, options);
  if (etag !== null && isKnown(request.raw.headers["if-none-match"], etag)) {
    return sendNotModified(reply, etag);
  }
  sendEntity(reply, withSuccess(text), etagHeaders(etag));
}

/** Whether the entity is wanted as it is by now, and nothing besides. */
function isPlain(request: FastifyRequest): boolean {
  return queryText(request) === "" && consistencyOf(request.raw) === undefined;
}

async function updateEntity(
  house: House,
  ...[caller, request, reply, attempt]: WriteCall
): Promise<void> {
  const { store, id } = entityOf(caller, "PATCH", request);
  attempt.body ??= readBody(request.raw, patchTypes);
  const patch = patchOf(await attempt.body);
  const entities = house.services.entitiesOf(caller, { attempt });
  sendFound(reply, await entities.update(store, id, patch, writeOptions(request)));
}

async function removeEntity(
  house: House,
  ...[caller, request, reply, attempt]: WriteCall
): Promise<void> {
  const { store, id } = entityOf(caller, "DELETE", request);
  checkMediaType(request.raw);
  const options = writeOptions(request);
  const entities = house.services.entitiesOf(caller, { attempt });
  const { text } = await entities.remove(store, id, options);
  sendEntity(reply, withSuccess(text));
}

function sendFound(reply: FastifyReply, { text, etag }: Found): void {
  sendEntity(reply, withSuccess(text), etagHeaders(etag));
}

/** Ids are kept in lower case. Errors: `forbidden`. */
function entityOf(
  caller: Caller,
  method: Method,
  request: FastifyRequest,
): { store: string; id: string } {
  const { store, id: sent } = request.params as { store: string; id: string };
  const id = sent.toLowerCase();
  requireAct(caller, { method, path: [store, ":id"] }, { id });
  return { store, id };
}

function writeOptions(request: FastifyRequest) {
  return {
    ifMatch: parseIfMatch(request.raw.headers["if-match"]),
    parameters: parameterRecord(queryText(request)),
  };
}
