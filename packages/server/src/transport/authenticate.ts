/**
 * Who sends a request, and from where. One credential counts (rule 23); what it may do is for the
 * service. Knows cookies and headers, no routes.
 */
import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Caller, StoaError } from "@stoa/domain";
import type { FastifyRequest } from "fastify";
import type { Sessions, SignedIn } from "../service/services.ts";

const cookieName = "sid";

export interface Door {
  readonly sessions: Sessions;
  /** Origins besides the server's own: `https://console.example.org`. */
  readonly origins: ReadonlySet<string>;
}

/** Errors: `unauthorized`; `forbidden` for an unsafe cookie request from elsewhere (rule 24). */
export function authenticate(door: Door, request: FastifyRequest): Caller | Promise<Caller> {
  const credential = credentialOf(request);
  if (!credential) throw new StoaError("unauthorized", "Sign in, or send a token.");
  const caller = door.sessions.authenticate(credential.way, credential.secret);
  if (credential.way === "token" || !isUnsafe(request.method)) return caller;
  return fromSameOrigin(door, request, caller);
}

/**
 * Who sent a request with a token, as far as is known here: see `Sessions.presume`. Undefined too
 * for what may be answered without a transaction, by what an `Idempotency-Key` stands for.
 */
export function presume({ sessions }: Door, request: FastifyRequest): Caller | undefined {
  if (request.raw.headers["idempotency-key"] !== undefined) return undefined;
  const credential = credentialOf(request);
  if (credential?.way !== "token") return undefined;
  return sessions.presume("token", credential.secret);
}

/** Who it is comes first: a credential that is bad is refused as such, wherever it comes from. */
async function fromSameOrigin(
  door: Door,
  request: FastifyRequest,
  caller: Caller | Promise<Caller>,
): Promise<Caller> {
  const known = await caller;
  requireSameOrigin(door, request);
  return known;
}

/** The caller, or null for somebody without any credential; a bad one is still refused. */
export function authenticateIfAny(
  door: Door,
  request: FastifyRequest,
): Caller | null | Promise<Caller> {
  return credentialOf(request) ? authenticate(door, request) : null;
}

/**
 * Rule 24: `Origin` and `Sec-Fetch-Site`, where present, are the server's own or configured.
 * Without either it is no browser, and counts as same origin (design 2, "Settled"). Errors:
 * `forbidden`.
 */
export function requireSameOrigin(door: Door, request: FastifyRequest): void {
  const { origin, "sec-fetch-site": site } = request.raw.headers;
  if (origin !== undefined && door.origins.has(origin)) return;
  const own = `${request.protocol}://${request.host}`.toLowerCase();
  const isOwn = origin === undefined || origin.toLowerCase() === own;
  if (isOwn && (site === undefined || site === "same-origin" || site === "none")) return;
  throw new StoaError("forbidden", "Comes from another origin than the server's own.");
}

/**
 * `sid=...; Path=/; Expires=...; HttpOnly; SameSite=Lax`, with Secure where the request came by
 * TLS.
 */
export function sessionCookie(request: FastifyRequest, { secret, expiresAt }: SignedIn): string {
  return cookieText(request, encodeURIComponent(secret), expiresAt);
}

/** Takes the cookie away. */
export function endedCookie(request: FastifyRequest): string {
  return cookieText(request, "", 0);
}

/** Whether the request shows a fixed secret, such as the one for metrics. */
export function showsToken({ authorization }: IncomingHttpHeaders, token: string): boolean {
  const shown = Buffer.from(authorization === undefined ? "" : tokenOf(authorization));
  const expected = Buffer.from(token);
  return shown.length === expected.length && timingSafeEqual(shown, expected);
}

interface Credential {
  readonly way: "session" | "token";
  readonly secret: string;
}

/**
 * The one credential of a request: `Authorization: Bearer T` or `Authorization: T` before the
 * cookie `sid`; null for none. Another scheme is a credential too, one that nobody has.
 */
function credentialOf(request: FastifyRequest): Credential | null {
  const { authorization, cookie } = request.raw.headers;
  if (authorization !== undefined) return { way: "token", secret: tokenOf(authorization) };
  if (cookie === undefined) return null;
  const cookies = request.server.parseCookie(cookie);
  const secret = Object.hasOwn(cookies, cookieName) ? cookies[cookieName] : undefined;
  return secret === undefined ? null : { way: "session", secret };
}

function tokenOf(authorization: string): string {
  return /^bearer +/i.test(authorization)
    ? authorization.slice("bearer".length).trim()
    : authorization.trim();
}

function isUnsafe(method: string): boolean {
  return method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
}

function cookieText(request: FastifyRequest, value: string, expiresAt: number): string {
  const secure = request.protocol === "https" ? "; Secure" : "";
  const expires = new Date(expiresAt).toUTCString();
  return `${cookieName}=${value}; Path=/; Expires=${expires}; HttpOnly; SameSite=Lax${secure}`;
}
