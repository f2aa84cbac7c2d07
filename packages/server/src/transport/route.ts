/**
 * Routes as data: a pattern and a handler for each verb, so that one table says what is there and
 * what is not (404, 405, OPTIONS). Knows no route by name.
 */
import { type Caller, isSystemStore, StoaError } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Observe } from "../service/observation.ts";
import type { Attempt, Services } from "../service/services.ts";
import { authenticate, type Door, presume } from "./authenticate.ts";
import type { Body } from "./request-body.ts";
import type { SocketDoor } from "./socket/handshake.ts";

export type Verb = "GET" | "POST" | "PATCH" | "DELETE" | "LOOKUP";

/** Answers by `reply`; throws or rejects with what is to be told instead. */
export type RouteHandler = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export interface Route {
  /** `/api/v1/:store/:id` */
  readonly path: string;
  readonly verbs: Readonly<Partial<Record<Verb, RouteHandler>>>;
  /** Needs no credential, not even to be told that a verb is not there. */
  readonly open?: true;
}

/** What handlers have at hand. */
export interface House extends Door, SocketDoor {
  readonly services: Services;
  readonly observe: Observe;
  readonly version: string;
  /** False while starting and draining. */
  readonly ready: () => boolean;
}

export const apiPrefix = "/api/v1";
export const referencePrefix = "/rest/v1";

/** Whether a path is below a prefix, or the prefix itself; doubled slashes count once. */
export function isBelow(prefix: string, url: string): boolean {
  if (!url.includes("//")) return url.startsWith(prefix) && isEnd(url, prefix.length);
  const single = url.replace(/\/{2,}/g, "/");
  return single.startsWith(prefix) && isEnd(single, prefix.length);
}

function isEnd(url: string, at: number): boolean {
  return at === url.length || url[at] === "/" || url[at] === "?";
}

/** A handler that wants to know who asks. */
export function asCaller(
  house: House,
  handle: (caller: Caller, request: FastifyRequest, reply: FastifyReply) => Promise<void>,
): RouteHandler {
  return (request, reply) => {
    const caller = authenticate(house, request);
    // Without a promise where none is needed: each costs as much as finding the route.
    if (!(caller instanceof Promise)) return handle(caller, request, reply);
    return caller.then((known) => handle(known, request, reply));
  };
}

/** A write that is handled again where it was refused by what may no longer be so. */
export interface WriteAttempt extends Attempt {
  /** What was read of the request the first time. */
  body?: Promise<Body | null>;
}

type WriteHandler = (
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
  attempt: WriteAttempt,
) => Promise<void>;

/**
 * A handler that answers by what it has written. Where several processes have a say it is not asked
 * before what the others have done: its transaction finds that out by itself.
 */
export function asWriter(house: House, handle: WriteHandler): RouteHandler {
  const asked = asCaller(house, (...call) => handle(...call, { isDecided: false }));
  return (request, reply) => {
    if (!house.sessions.isShared) return asked(request, reply);
    const presumed = presumedOf(house, request);
    if (!presumed) return asked(request, reply);
    const attempt: WriteAttempt = { isDecided: false };
    return handle(presumed, request, reply, attempt).catch(async (cause: unknown) => {
      if (attempt.isDecided) throw cause;
      return handle(await authenticate(house, request), request, reply, attempt);
    });
  };
}

type ReadHandler = (
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
  attempt?: Attempt,
) => Promise<void>;

/**
 * A handler that answers by one entity. Where the storage tells behind what is read what others
 * have done, it is not asked for that before.
 * @param mayPresume whether the request asks for nothing that goes another way
 */
export function asReader(
  house: House,
  handle: ReadHandler,
  mayPresume: (request: FastifyRequest) => boolean,
): RouteHandler {
  const asked = asCaller(house, handle);
  if (!house.sessions.mayPresumeReaders) return asked;
  return (request, reply) => {
    const presumed = mayPresume(request) ? presumedOf(house, request) : undefined;
    if (!presumed) return asked(request, reply);
    const attempt: Attempt = { isDecided: false };
    return handle(presumed, request, reply, attempt).catch((cause: unknown) => {
      if (attempt.isDecided) throw cause;
      return asked(request, reply);
    });
  };
}

/** What is in stores of the system may need more than a look at the entity to be decided. */
function presumedOf(house: House, request: FastifyRequest): Caller | undefined {
  const { store = "" } = request.params as { store?: string };
  return isSystemStore(store) ? undefined : presume(house, request);
}

/** The query string as it was sent, without `?`; the router is told to leave it alone. */
export function queryText(request: FastifyRequest): string {
  return request.query as string;
}

export function isFixed({ path }: Route): boolean {
  return !path.includes(":");
}

export function verbsOf({ verbs }: Route): readonly Verb[] {
  return Object.keys(verbs) as Verb[];
}

/** Errors: always `method`, with the verbs that are there. */
export function refuseVerb(route: Route): never {
  throw new StoaError("method", "This path does not have this verb; see the header Allow.", {
    allow: verbsOf(route),
  });
}

/** The route of a path of whatever verb, fixed ones first: `/api/v1/cities` is `/api/v1/:store`. */
export function routeAt(routes: readonly Route[], url: string): Route | undefined {
  const segments = segmentsOf(url.split("?", 1)[0] ?? "");
  const fitting = routes.filter(({ path }) => fits(segmentsOf(path), segments));
  return fitting.find(isFixed) ?? fitting[0];
}

function segmentsOf(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => part.startsWith(":") || part === segments[index])
  );
}
