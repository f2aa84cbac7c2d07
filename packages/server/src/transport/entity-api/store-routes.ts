/**
 * What is told of stores as such: how much there is in each, and what rights can name.
 */
import type { Act, Caller, Method } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sendPrivate } from "../answer.ts";
import { apiPrefix, asCaller, type House, type Route, referencePrefix, verbsOf } from "../route.ts";

/** @param stores the routes of stores, out of which come the acts that rights can name. */
export function storeRoutes(house: House, stores: readonly Route[]): readonly Route[] {
  const acts = stores.flatMap(actsOf);
  return [
    {
      path: `${apiPrefix}/counts`,
      verbs: { GET: asCaller(house, (...call) => sendCounts(house, ...call)) },
    },
    {
      path: `${apiPrefix}/permissions`,
      verbs: { GET: asCaller(house, (...call) => sendPermissions(house, acts, ...call)) },
    },
  ];
}

type Call = [caller: Caller, request: FastifyRequest, reply: FastifyReply];

/** `{"success":true,"counts":{"cities":171075}}` */
async function sendCounts({ services }: House, ...[caller, , reply]: Call): Promise<void> {
  const counts = Object.fromEntries(await services.stores.counts(caller));
  sendPrivate(reply, JSON.stringify({ success: true, counts }));
}

/** `{"success":true,"groups":[{"kind":"store","name":"cities",..,"permissions":[..]}]}` */
async function sendPermissions(
  { services }: House,
  acts: readonly Act[],
  ...[caller, , reply]: Call
): Promise<void> {
  const groups = services.stores.permissions(caller, acts);
  sendPrivate(reply, JSON.stringify({ success: true, groups }));
}

/** `/api/v1/:store/:id` with PATCH is `{method: "PATCH", path: [":store", ":id"]}`. */
function actsOf(route: Route): Act[] {
  const prefix = [apiPrefix, referencePrefix].find((one) => route.path.startsWith(`${one}/`));
  if (prefix === undefined || !route.path.includes("/:store")) return [];
  const path = route.path.slice(prefix.length + 1).split("/");
  return verbsOf(route).map((method: Method) => ({ method, path }));
}
