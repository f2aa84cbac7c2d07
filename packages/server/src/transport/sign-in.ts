/**
 * Signing in, for every flavour: what was sent becomes an attempt, and its outcome is observed.
 * Knows requests; how credentials are shown and answers look is for the routes.
 */
import { type Caller, StoaError } from "@stoa/domain";
import type { FastifyRequest } from "fastify";
import type { SignedIn } from "../service/services.ts";
import { requireSameOrigin } from "./authenticate.ts";
import type { House } from "./route.ts";

export interface SentCredentials {
  readonly login: unknown;
  readonly password: unknown;
}

/**
 * @param read takes the credentials off the body; called once the origin is known to be good.
 * Errors: `forbidden` for another origin; those of `Sessions.signIn` and of `read`.
 */
export async function signIn(
  house: House,
  request: FastifyRequest,
  read: () => Promise<SentCredentials & { way: "session" | "token" }>,
): Promise<SignedIn> {
  requireSameOrigin(house, request);
  const { way, ...credentials } = await read();
  try {
    const signedIn = await house.sessions.signIn(attemptOf(credentials, request, way));
    house.observe({ kind: "signIn", way, outcome: "accepted" });
    return signedIn;
  } catch (error) {
    const code = error instanceof StoaError ? error.code : undefined;
    if (code === "unauthorized") house.observe({ kind: "signIn", way, outcome: "refused" });
    if (code === "rate_limit") house.observe({ kind: "signIn", way, outcome: "throttled" });
    throw error;
  }
}

/** The caller's own user. A token whose scopes do not hold users learns its id alone. */
export async function ownUser(house: House, caller: Caller): Promise<string> {
  try {
    return (await house.services.entitiesOf(caller).read("users", caller.user)).text;
  } catch (error) {
    if (!(error instanceof StoaError) || error.code !== "forbidden") throw error;
    return JSON.stringify({ _id: caller.user });
  }
}

const agentCharactersMax = 1_000;

function attemptOf(
  { login, password }: SentCredentials,
  request: FastifyRequest,
  way: "session" | "token",
) {
  const agent = (request.raw.headers["user-agent"] ?? "").slice(0, agentCharactersMax);
  return { login, password, way, address: request.ip, agent };
}
