/**
 * `GET /api/v1/groups/:id/impact?parent=`: what the move of a group would bring about.
 */
import { type Caller, limit, violation } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireAct } from "../../service/permission.ts";
import type { ImpactQuestion } from "../../service/services.ts";
import { sendPrivate } from "../answer.ts";
import { parameterRecord } from "../query-string.ts";
import { apiPrefix, asCaller, type House, queryText, type Route } from "../route.ts";

export function impactRoute(house: House): Route {
  return {
    path: `${apiPrefix}/groups/:id/impact`,
    verbs: { GET: asCaller(house, (...call) => sendImpact(house, ...call)) },
  };
}

/** `{"success":true,"moved":{"groups":1,..},"gain":{"users":2,..},"lose":{"users":0,..}}` */
async function sendImpact(
  { services }: House,
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  requireAct(caller, { method: "PATCH", path: ["groups", ":id"] });
  const { id } = request.params as { id: string };
  const question = questionOf(id.toLowerCase(), parameterRecord(queryText(request)));
  const { moved, gain, lose } = await services.directory.impact(caller, question);
  const shown = { ...moved, stores: Object.fromEntries(moved.stores) };
  sendPrivate(reply, JSON.stringify({ success: true, moved: shown, gain, lose }));
}

function questionOf(
  group: string,
  { parent, after = "", limit: size }: Readonly<Record<string, string>>,
): ImpactQuestion {
  if (parent === undefined || parent === "") {
    throw violation("parent", "required", "names the group that it would stand below");
  }
  const { principalsMax } = limit;
  const isCount = size === undefined || (/^\d{1,9}$/.test(size) && Number(size) <= principalsMax);
  if (!isCount) throw violation("limit", "maximum", `must be from 0 to ${principalsMax}`);
  const count = size === undefined ? limit.impactPeopleDefault : Number(size);
  return { group, parent: parent.toLowerCase(), after: after.toLowerCase(), limit: count };
}
