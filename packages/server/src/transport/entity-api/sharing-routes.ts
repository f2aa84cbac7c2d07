/**
 * Who sees an entity: grants, transfer and their explanation (design 2, "Changing who sees it").
 * Knows words on the wire; the rules are the service's.
 */
import type { Act, Caller, Found, Method } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireAct } from "../../service/permission.ts";
import { sendEntity, sendPrivate } from "../answer.ts";
import { parameterRecord } from "../query-string.ts";
import { checkMediaType, plainTypes, readBody } from "../request-body.ts";
import { apiPrefix, asCaller, type House, queryText, type Route } from "../route.ts";
import { grantOf, transferOf, withSuccess } from "./entity-body.ts";
import { etagHeaders } from "./etag.ts";

export function sharingRoutes(house: House): readonly Route[] {
  return [
    {
      path: `${apiPrefix}/:store/:id/access`,
      verbs: {
        GET: asCaller(house, (...call) => explain(house, ...call)),
        POST: asCaller(house, (...call) => grant(house, ...call)),
      },
    },
    {
      path: `${apiPrefix}/:store/:id/access/:principal`,
      verbs: { DELETE: asCaller(house, (...call) => revoke(house, ...call)) },
    },
    {
      path: `${apiPrefix}/:store/:id/transfer`,
      verbs: { POST: asCaller(house, (...call) => transfer(house, ...call)) },
    },
  ];
}

type Call = [caller: Caller, request: FastifyRequest, reply: FastifyReply];

async function explain(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store, id } = placeOf(caller, "GET", ["access"], request);
  const { user } = parameterRecord(queryText(request));
  const entities = house.services.entitiesOf(caller);
  const explanation = await entities.explain(store, id, user?.toLowerCase());
  sendPrivate(reply, JSON.stringify({ success: true, ...explanation }));
}

async function grant(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store, id } = placeOf(caller, "POST", ["access"], request);
  const principals = grantOf(await readBody(request.raw, plainTypes));
  sendFound(reply, await house.services.entitiesOf(caller).grant(store, id, principals));
}

async function revoke(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store, id } = placeOf(caller, "DELETE", ["access", ":principal"], request);
  checkMediaType(request.raw);
  const { principal } = request.params as { principal: string };
  const entities = house.services.entitiesOf(caller);
  sendFound(reply, await entities.revoke(store, id, principal.toLowerCase()));
}

async function transfer(house: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store, id } = placeOf(caller, "POST", ["transfer"], request);
  const to = transferOf(await readBody(request.raw, plainTypes));
  sendFound(reply, await house.services.entitiesOf(caller).transfer(store, id, to));
}

function sendFound(reply: FastifyReply, { text, etag }: Found): void {
  sendEntity(reply, withSuccess(text), etagHeaders(etag));
}

/** Errors: `forbidden`. */
function placeOf(
  caller: Caller,
  method: Method,
  rest: Act["path"],
  request: FastifyRequest,
): { store: string; id: string } {
  const sent = request.params as { store: string; id: string; principal?: string };
  const { store } = sent;
  const id = sent.id.toLowerCase();
  const principal = sent.principal?.toLowerCase();
  const values = principal === undefined ? { id } : { id, principal };
  requireAct(caller, { method, path: [store, ":id", ...rest] }, values);
  return { store, id };
}
