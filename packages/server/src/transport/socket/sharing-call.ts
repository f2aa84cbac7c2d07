/**
 * Calls over a socket about who sees what: `grant`, `revoke`, `transfer`, `explain`, with the
 * bodies and parameters of HTTP, and `principals`. Knows no socket.
 */
import { type Caller, isJsonObject, type Json, violation } from "@stoa/domain";
import { requireAct } from "../../service/permission.ts";
import type { Services } from "../../service/services.ts";
import { grantOf, transferOf } from "../entity-api/entity-body.ts";
import { questionOf } from "../entity-api/principals-query.ts";
import { parameterRecord } from "../query-string.ts";
import {
  answerOf,
  type CallAnswer,
  type Called,
  demand,
  idOf,
  objectOf,
  parametersOf,
} from "./call-arguments.ts";

/** `["cities", id, {"grant": ["<id>"]}]` */
export async function grant(called: Called): Promise<CallAnswer> {
  const id = idOf(called.rest[0] ?? null);
  demand(called, ["POST", ":id", "access"], { id });
  const principals = grantOf({ type: "json", value: called.rest[1] ?? null });
  return answerOf(called, await called.entities.grant(called.store, id, principals));
}

/** `["cities", id, "<id of a user or group>"]` */
export async function revoke(called: Called): Promise<CallAnswer> {
  const id = idOf(called.rest[0] ?? null);
  const principal = idOf(called.rest[1] ?? null);
  demand(called, ["DELETE", ":id", "access", ":principal"], { id, principal });
  return answerOf(called, await called.entities.revoke(called.store, id, principal));
}

/** `["cities", id, {"owner": "<id>", "group": "<id>"}]` */
export async function transfer(called: Called): Promise<CallAnswer> {
  const id = idOf(called.rest[0] ?? null);
  demand(called, ["POST", ":id", "transfer"], { id });
  const to = transferOf({ type: "json", value: called.rest[1] ?? null });
  return answerOf(called, await called.entities.transfer(called.store, id, to));
}

/** `["cities", id, {"user": "<id>"}]`; without a user about oneself. */
export async function explain(called: Called): Promise<CallAnswer> {
  const id = idOf(called.rest[0] ?? null);
  demand(called, ["GET", ":id", "access"], { id });
  const { user } = parametersOf(called.rest[1] ?? null);
  const found = await called.entities.explain(called.store, id, user?.toLowerCase());
  return { value: { success: true, ...(found as unknown as Record<string, Json>) }, etag: null };
}

/** `[{"prefix": "A", "ids": ["<id>"], "limit": 10}]`, or the text of a query string. */
export async function findPrincipals(
  { directory }: Services,
  caller: Caller,
  query: Json,
): Promise<CallAnswer> {
  requireAct(caller, { method: "GET", path: ["principals"] });
  const found = await directory.find(caller, questionOf(wordsOf(query)));
  return { value: found.map((entry) => ({ ...entry })), etag: null };
}

/** As a query string says them: lists by commas. */
function wordsOf(query: Json): Readonly<Record<string, string>> {
  if (typeof query === "string") return parameterRecord(query);
  const words = Object.entries(objectOf(query)).map(([name, value]) => {
    if (isJsonObject(value)) throw violation(name, "type", "must be text, a number or a list");
    return [name, Array.isArray(value) ? value.join(",") : String(value)] as const;
  });
  return Object.fromEntries(words);
}
