/**
 * Signing in and out, and what a caller may know of itself and of others: `/auth`, `/auth/token`,
 * `/principals`, the root and health (seed, "Authentication and Authorization"; design 2).
 */
import { type Caller, ownValue, StoaError } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireAct } from "../../service/permission.ts";
import { sendPrivate } from "../answer.ts";
import { authenticateIfAny, endedCookie, sessionCookie } from "../authenticate.ts";
import { parameterRecord } from "../query-string.ts";
import { checkMediaType, plainTypes, readBody } from "../request-body.ts";
import { apiPrefix, asCaller, type House, queryText, type Route } from "../route.ts";
import { ownUser, signIn } from "../sign-in.ts";
import { objectOf } from "./entity-body.ts";
import { listText } from "./list-stream.ts";
import { questionOf } from "./principals-query.ts";

export function accountRoutes(house: House): readonly Route[] {
  const health = {
    GET: (_request: FastifyRequest, reply: FastifyReply) => sendHealth(house, reply),
  };
  return [
    {
      path: apiPrefix,
      verbs: { GET: (...call) => sendRoot(house, ...call) },
      open: true,
    },
    { path: "/healthz", verbs: health, open: true },
    { path: `${apiPrefix}/healthz`, verbs: health, open: true },
    {
      path: `${apiPrefix}/auth`,
      verbs: {
        GET: asCaller(house, (...call) => sendSelf(house, ...call)),
        POST: (...call) => createSession(house, ...call),
        DELETE: asCaller(house, (...call) => removeSession(house, ...call)),
      },
      open: true,
    },
    {
      path: `${apiPrefix}/auth/token`,
      verbs: { POST: (...call) => createToken(house, ...call) },
      open: true,
    },
    {
      path: `${apiPrefix}/principals`,
      verbs: { GET: asCaller(house, (...call) => findPrincipals(house, ...call)) },
    },
  ];
}

type AnonymousCall = [request: FastifyRequest, reply: FastifyReply];
type Call = [caller: Caller, ...AnonymousCall];

async function sendRoot(house: House, ...[request, reply]: AnonymousCall): Promise<void> {
  const caller = await authenticateIfAny(house, request);
  const stores = caller ? house.services.stores.shownTo(caller).map(({ name }) => name) : [];
  const { version } = house;
  sendPrivate(reply, JSON.stringify({ success: true, name: "Stoa", version, stores }));
}

async function sendHealth(house: House, reply: FastifyReply): Promise<void> {
  if (house.ready()) return sendPrivate(reply, '{"success":true}');
  throw new StoaError("unavailable", "Starting or stopping.", { retryAfterS: 1 });
}

async function createSession(house: House, ...[request, reply]: AnonymousCall): Promise<void> {
  const signedIn = await signIn(house, request, () => credentialsOf(request, "session" as const));
  // "sucess" is in the published contract, and stays.
  const cookie = sessionCookie(request, signedIn);
  sendPrivate(reply, '{"sucess":true,"success":true}', { "set-cookie": cookie });
}

async function createToken(house: House, ...[request, reply]: AnonymousCall): Promise<void> {
  const { secret, issuedAt, expiresAt } = await signIn(house, request, () =>
    credentialsOf(request, "token" as const),
  );
  const words = { sucess: true, success: true, type: "access" };
  sendPrivate(reply, JSON.stringify({ ...words, token: secret, issuedAt, expiresAt }));
}

async function credentialsOf<W>(request: FastifyRequest, way: W) {
  const fields = objectOf(await readBody(request.raw, plainTypes));
  return { login: ownValue(fields, "login"), password: ownValue(fields, "password"), way };
}

async function removeSession(house: House, ...[caller, request, reply]: Call): Promise<void> {
  checkMediaType(request.raw);
  await house.sessions.signOut(caller);
  const cookie = endedCookie(request);
  sendPrivate(reply, '{"sucess":true,"success":true}', { "set-cookie": cookie });
}

/** The caller: `{"success":true,"user":{..},"role":{..},"groups":[..],"expiresAt":..}`. */
async function sendSelf(house: House, ...[caller, , reply]: Call): Promise<void> {
  const user = await ownUser(house, caller);
  const { role, groups, scopes, way, expiresAt } = caller;
  const rest = {
    role,
    credentials: caller.credentials.map(({ text }) => text),
    groups,
    scopes: scopes?.map(({ text }) => text) ?? null,
    way,
    expiresAt: Number.isFinite(expiresAt) ? expiresAt : null,
  };
  sendPrivate(reply, `{"success":true,"user":${user},${JSON.stringify(rest).slice(1)}`);
}

async function findPrincipals(house: House, ...[caller, request, reply]: Call): Promise<void> {
  requireAct(caller, { method: "GET", path: ["principals"] });
  const question = questionOf(parameterRecord(queryText(request)));
  const entries = await house.services.directory.find(caller, question);
  sendPrivate(reply, listText(entries.map((entry) => JSON.stringify(entry))));
}
