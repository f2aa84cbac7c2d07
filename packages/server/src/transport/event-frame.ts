/**
 * Events as texts: the frames of the plain WebSocket, server-sent events, and the JSON of
 * `/changes`. Knows forms only.
 */
import type { Json, JsonObject, StoaError } from "@stoa/domain";
import type { FeedChange, FeedEvent } from "../service/feed-event.ts";
import { problemOf } from "./problem.ts";

/** What stands around the entity in a frame; `where.` conditions of a stream look at it. */
export function envelopeOf({ seq, op, store, id, time, entity }: FeedChange): JsonObject {
  const event = `${store}-${op}`;
  return { _msgid: String(seq), _oid: id, _gid: entity?.group ?? null, event, time };
}

/** `{"_msgid":"417","_oid":"..","_gid":"..","event":"objects-update","time":..,"data":{..}}` */
export function changeFrame(change: FeedChange): string {
  const envelope = JSON.stringify(envelopeOf(change));
  return `${envelope.slice(0, -1)},"data":${change.entity?.text ?? "null"}}`;
}

/** A gap, or the end of what was followed. */
export function noticeFrame(event: Exclude<FeedEvent, FeedChange>, time: number): string {
  if (event.kind === "gap") {
    const _msgid = String(event.seq);
    return JSON.stringify({ _msgid, _oid: null, _gid: null, event: "gap", time, data: null });
  }
  const data = problemJson(event.error);
  return JSON.stringify({ _msgid: null, _oid: null, _gid: null, event: "end", time, data });
}

/** `{"seq":417,"op":"update","store":"objects","id":"..","time":..,"by":"..","entity":{..}}` */
export function changeText({ seq, op, store, id, time, by, entity }: FeedChange): string {
  const head = JSON.stringify({ seq, op, store, id, time, by });
  return `${head.slice(0, -1)},"entity":${entity?.text ?? "null"}}`;
}

/** A message of server-sent events; its id resumes after it. */
export function sentEvent(event: FeedEvent): string {
  switch (event.kind) {
    case "change":
      return `id: ${event.seq}\nevent: change\ndata: ${changeText(event)}\n\n`;
    case "gap":
      return `id: ${event.seq}\nevent: gap\ndata: {"seq":${event.seq}}\n\n`;
    case "end":
      return `event: end\ndata: ${JSON.stringify(problemJson(event.error))}\n\n`;
    default:
      return event satisfies never;
  }
}

function problemJson(error: StoaError): Json {
  return JSON.parse(problemOf(error, () => "").text) as Json;
}
