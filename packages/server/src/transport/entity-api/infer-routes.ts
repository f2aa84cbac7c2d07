/**
 * A schema out of samples: of a store, `/:store/infer`, or of what is sent, `/infer`.
 */
import {
  type Caller,
  type JsonObject,
  limit,
  ownFields,
  SchemaInference,
  violation,
} from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireAct } from "../../service/permission.ts";
import type { InferredSchema } from "../../service/services.ts";
import { sendPrivate } from "../answer.ts";
import { parameterRecord } from "../query-string.ts";
import { checkMediaType, plainTypes, readBody } from "../request-body.ts";
import { apiPrefix, asCaller, type House, queryText, type Route } from "../route.ts";
import { creationOf } from "./entity-body.ts";

export function inferRoutes(house: House): readonly Route[] {
  return [
    {
      path: `${apiPrefix}/infer`,
      verbs: { POST: asCaller(house, (_caller, ...call) => inferSent(...call)) },
    },
    {
      path: `${apiPrefix}/:store/infer`,
      verbs: { POST: asCaller(house, (...call) => inferStore(house, ...call)) },
    },
  ];
}

/** Of an object, or of a list of them. */
async function inferSent(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const samples = creationOf(await readBody(request.raw, plainTypes));
  const inference = new SchemaInference();
  const all = Array.isArray(samples) ? samples : [samples];
  for (const sample of all as readonly JsonObject[]) inference.add(ownFields(sample));
  sendSchema(reply, { schema: inference.schema(), samples: inference.count });
}

async function inferStore(
  { services }: House,
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { store } = request.params as { store: string };
  requireAct(caller, { method: "GET", path: [store] });
  checkMediaType(request.raw);
  const samplesMax = countOf(parameterRecord(queryText(request))["limit"]);
  sendSchema(reply, await services.stores.inferred(caller, store, samplesMax));
}

function sendSchema(reply: FastifyReply, { schema, samples }: InferredSchema): void {
  sendPrivate(reply, JSON.stringify({ success: true, samples, schema }));
}

function countOf(text: string | undefined): number {
  const { inferenceSamplesDefault, inferenceSamplesMax } = limit;
  if (text === undefined) return inferenceSamplesDefault;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= inferenceSamplesMax) return count;
  throw violation("limit", "maximum", `must be from 1 to ${inferenceSamplesMax}`);
}
