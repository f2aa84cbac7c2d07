/**
 * `POST /api/v1/sample`: data for a first look around, with its progress as NDJSON.
 */
import { type Caller, ownValue, violation } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireAct } from "../../service/permission.ts";
import type { SampleQuestion } from "../../service/services.ts";
import { sendProgress } from "../progress-stream.ts";
import { plainTypes, readBody } from "../request-body.ts";
import { apiPrefix, asCaller, type House, type Route } from "../route.ts";
import { objectOf } from "./entity-body.ts";

export function sampleRoute(house: House): Route {
  return {
    path: `${apiPrefix}/sample`,
    verbs: { POST: asCaller(house, (...call) => loadSample(house, ...call)) },
  };
}

async function loadSample(
  house: House,
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  requireAct(caller, { method: "POST", path: ["stores"] });
  const question = await questionOf(request);
  const events = house.services.samples.load(caller, question);
  await sendProgress(house, { request, reply }, events, (event) => {
    if (event.kind !== "end") return event;
    return { ...event, success: true, sequence: house.services.sequence() };
  });
}

/** `{"name": "cities", "limit": 1000}` */
async function questionOf({ raw }: FastifyRequest): Promise<SampleQuestion> {
  const body = objectOf(await readBody(raw, plainTypes));
  const name = ownValue(body, "name");
  const size = ownValue(body, "limit") ?? Number.POSITIVE_INFINITY;
  if (typeof name !== "string") throw violation("name", "required", "names the sample: cities");
  const isCount = size === Number.POSITIVE_INFINITY || Number.isSafeInteger(size);
  if (!isCount || Number(size) < 1) throw violation("limit", "integer", "must be a whole number");
  return { name, entitiesMax: Number(size) };
}
