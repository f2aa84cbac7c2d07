/**
 * Signing in and out in the words of the reference API: `/rest/v1/iam/sessions`. The sessions and
 * tokens are those of the entity API.
 */
import { type Caller, type JsonObject, ownValue, timeText, violation } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { sendNothing, sendPrivate } from "../answer.ts";
import { endedCookie, sessionCookie } from "../authenticate.ts";
import { checkMediaType, plainTypes, readBody } from "../request-body.ts";
import { asCaller, type House, type Route, referencePrefix } from "../route.ts";
import { ownUser, signIn } from "../sign-in.ts";
import { objectOf } from "./reference-body.ts";

export function iamRoutes(house: House): readonly Route[] {
  return [
    {
      path: `${referencePrefix}/iam/sessions`,
      verbs: { POST: (...call) => createSession(house, ...call) },
      open: true,
    },
    {
      path: `${referencePrefix}/iam/sessions/current`,
      verbs: {
        GET: asCaller(house, (...call) => sendCurrent(house, ...call)),
        DELETE: asCaller(house, (...call) => removeCurrent(house, ...call)),
      },
    },
  ];
}

type AnonymousCall = [request: FastifyRequest, reply: FastifyReply];
type Call = [caller: Caller, ...AnonymousCall];

/** `{"session_type":"token","ct":"2019-..","et":"2019-..","session_token":"stoa_.."}` */
async function createSession(house: House, ...[request, reply]: AnonymousCall): Promise<void> {
  const chosen: { way: "session" | "token" } = { way: "session" };
  const signedIn = await signIn(house, request, async () => {
    const fields = objectOf(await readBody(request.raw, plainTypes));
    chosen.way = wayOf(fields);
    return { login: ownValue(fields, "login"), password: passwordOf(fields), ...chosen };
  });
  const { secret, issuedAt, expiresAt } = signedIn;
  const isToken = chosen.way === "token";
  const session = {
    session_type: sessionTypes[chosen.way],
    ct: timeText(issuedAt),
    et: timeText(expiresAt),
    ...(isToken && { session_token: secret }),
  };
  const headers = isToken ? undefined : { "set-cookie": sessionCookie(request, signedIn) };
  sendPrivate(reply, JSON.stringify(session), headers);
}

const sessionTypes = { session: "cookie", "sign-in": "token", token: "token" } as const;

/** The caller: `{"session_type":"cookie","user":"<id>","login":"ada","role":"member",...}`. */
async function sendCurrent(house: House, ...[caller, , reply]: Call): Promise<void> {
  const { login, name } = JSON.parse(await ownUser(house, caller)) as JsonObject;
  const { role, groups, scopes, way, expiresAt } = caller;
  const session = {
    session_type: sessionTypes[way],
    user: caller.user,
    login,
    name,
    role: role.name,
    groups,
    scopes: scopes?.map(({ text }) => text) ?? null,
    et: Number.isFinite(expiresAt) ? timeText(expiresAt) : null,
  };
  sendPrivate(reply, JSON.stringify(session));
}

async function removeCurrent(house: House, ...[caller, request, reply]: Call): Promise<void> {
  checkMediaType(request.raw);
  await house.sessions.signOut(caller);
  sendNothing(reply, { "set-cookie": endedCookie(request) });
}

function wayOf(fields: JsonObject): "session" | "token" {
  const type = ownValue(fields, "session_type") ?? "cookie";
  if (type === "cookie") return "session";
  if (type === "token") return "token";
  throw violation("session_type", "enum", "must be cookie or token");
}

function passwordOf(fields: JsonObject): string {
  const password = ownValue(fields, "pwd");
  if (typeof password === "string") return password;
  throw violation("pwd", "type", "must be text");
}
