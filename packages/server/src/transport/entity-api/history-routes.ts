/**
 * What has become of an entity, and the way back: `/:store/:id/history` and `/:store/:id/restore`.
 * Knows words on the wire; what may be seen is for the service.
 */
import { type Caller, limit, ownValue, violation } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireAct } from "../../service/permission.ts";
import type { HistoryChange } from "../../service/services.ts";
import { sendEntity, sendPrivate } from "../answer.ts";
import { changeText } from "../event-frame.ts";
import { parameterRecord } from "../query-string.ts";
import { plainTypes, readBody } from "../request-body.ts";
import { apiPrefix, asCaller, type House, queryText, type Route } from "../route.ts";
import { objectOf, withSuccess } from "./entity-body.ts";
import { etagHeaders, parseIfMatch } from "./etag.ts";

export function historyRoutes(house: House): readonly Route[] {
  return [
    {
      path: `${apiPrefix}/:store/:id/history`,
      verbs: { GET: asCaller(house, (...call) => sendHistory(house, ...call)) },
    },
    {
      path: `${apiPrefix}/:store/:id/restore`,
      verbs: { POST: asCaller(house, (...call) => restore(house, ...call)) },
    },
  ];
}

type Call = [caller: Caller, request: FastifyRequest, reply: FastifyReply];

/** `{"success":true,"gap":true,"changes":[{"seq":417,..,"changed":["name"]}],"next":null}` */
async function sendHistory({ services }: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store, id } = placeOf(request);
  requireAct(caller, { method: "GET", path: [store, ":id", "history"] });
  const parameters = parameterRecord(queryText(request));
  const page = await services.history.read(caller, {
    store,
    id,
    before: beforeOf(parameters["before"]),
    limit: countOf(parameters["limit"]),
  });
  const texts = page.changes.map(historyText).join(",");
  const missing = page.gap ? '"gap":true,' : "";
  sendPrivate(reply, `{"success":true,${missing}"changes":[${texts}],"next":${page.next}}`);
}

async function restore({ services }: House, ...[caller, request, reply]: Call): Promise<void> {
  const { store, id } = placeOf(request);
  requireAct(caller, { method: "POST", path: [store, ":id", "restore"] });
  const sequence = ownValue(objectOf(await readBody(request.raw, plainTypes)), "sequence");
  if (typeof sequence !== "number" || !Number.isSafeInteger(sequence) || sequence < 1) {
    throw violation("sequence", "integer", "must be the number of a change");
  }
  const ifMatch = parseIfMatch(request.raw.headers["if-match"]);
  const found = await services.history.restore(caller, { store, id, sequence, ifMatch });
  sendEntity(reply, withSuccess(found.text), etagHeaders(found.etag));
}

function historyText(change: HistoryChange): string {
  const text = changeText(change);
  if (change.changed === null) return text;
  return `${text.slice(0, -1)},"changed":${JSON.stringify(change.changed)}}`;
}

function placeOf(request: FastifyRequest): { store: string; id: string } {
  const { store, id } = request.params as { store: string; id: string };
  return { store, id: id.toLowerCase() };
}

function beforeOf(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw violation("before", "integer", "must be the `next` of a page");
}

function countOf(text: string | undefined): number {
  if (text === undefined) return limit.historyPageDefault;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= limit.historyPageMax) return count;
  throw violation("limit", "maximum", `must be from 1 to ${limit.historyPageMax}`);
}
