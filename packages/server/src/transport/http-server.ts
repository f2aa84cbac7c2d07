/**
 * The HTTP server: Fastify with every route, one form of errors, and an orderly end. Knows services
 * by their contract only; nothing of storage, environment or signals.
 */
import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import fastifyCookie from "@fastify/cookie";
import fastifyCors from "@fastify/cors";
import { StoaError, violation } from "@stoa/domain";
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from "fastify";
import type { Observe } from "../service/observation.ts";
import type { Services } from "../service/services.ts";
import { sendAllowed, sendProblem } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { changesRoute } from "./changes-route.ts";
import { ConnectionDraining } from "./connection-draining.ts";
import { consoleRoutes } from "./console-files.ts";
import { accountRoutes } from "./entity-api/account-routes.ts";
import { backupRoutes } from "./entity-api/backup-routes.ts";
import { entityRoutes } from "./entity-api/entity-routes.ts";
import { historyRoutes } from "./entity-api/history-routes.ts";
import { impactRoute } from "./entity-api/impact-route.ts";
import { importRoute } from "./entity-api/import-route.ts";
import { inferRoutes } from "./entity-api/infer-routes.ts";
import { sampleRoute } from "./entity-api/sample-route.ts";
import { sharingRoutes } from "./entity-api/sharing-routes.ts";
import { statisticsRoute } from "./entity-api/statistics-route.ts";
import { storeRoutes } from "./entity-api/store-routes.ts";
import { createEventStream } from "./event-stream.ts";
import { drainMsMax, headBytesMax } from "./http-bounds.ts";
import { createHttpListener } from "./http-listener.ts";
import { metricsRoute } from "./metrics-route.ts";
import { allowHeader } from "./problem.ts";
import { problemAt } from "./problem-at.ts";
import { iamRoutes } from "./reference-api/iam-routes.ts";
import { referenceRoutes } from "./reference-api/reference-routes.ts";
import {
  apiPrefix,
  type House,
  isBelow,
  isFixed,
  type Route,
  type RouteHandler,
  referencePrefix,
  refuseVerb,
  routeAt,
  type Verb,
  verbsOf,
} from "./route.ts";
import { proxiesOf } from "./socket/handshake.ts";
import { createSocketGateway, type Pings } from "./socket-gateway.ts";
import { type UpgradeDoors, upgradeDoors } from "./upgrade.ts";

export interface HttpServerOptions {
  readonly observe: Observe;
  /** Addresses whose `X-Forwarded-*` count: `["127.0.0.1", "10.0.0.0/8"]`. */
  readonly trustedProxies: readonly string[];
  /** Origins besides the server's own that browsers may use it from; empty = CORS off. */
  readonly corsOrigins: readonly string[];
  /** Of Socket.IO. */
  readonly pings: Pings;
  /** What `/metrics` says. */
  readonly metrics: () => Promise<string>;
  /** What `/api/v1/statistics` says beside the stores: load and database. */
  readonly statistics: () => Promise<object>;
  /** `Authorization: Bearer <it>` opens `/metrics`, besides callers that hold `GET metrics`. */
  readonly metricsToken?: string;
  /** The folder of the built console; without it nothing is at `/`. */
  readonly consoleFiles?: string;
  /** `"0.1.0"` */
  readonly version: string;
  readonly ready: () => boolean;
  /** Whether other processes listen on the same port. */
  readonly isShared: boolean;
}

export interface HttpServer {
  /** Gives `http://127.0.0.1:8080`; port 0 takes any. */
  listen(where: { host: string; port: number }): Promise<string>;
  /** A part of the connections goes, to be made anew with other processes: `0.5` for half. */
  shed(share: number): void;
  /** No new connections; ends when all have gone, as they are answered. */
  leave(): Promise<void>;
  /** No new connections, running requests finish, and after `drainMsMax` they are cut. */
  drain(): Promise<void>;
}

export function createHttpServer(services: Services, options: HttpServerOptions): HttpServer {
  const servers = new Set<Server>();
  let isEnding = false;
  const house: House = {
    services,
    sessions: services.sessions,
    observe: options.observe,
    origins: new Set(options.corsOrigins),
    proxies: proxiesOf(options.trustedProxies),
    isShared: options.isShared,
    version: options.version,
    ready: () => !isEnding && options.ready(),
  };
  const stores = [
    ...entityRoutes(house),
    ...sharingRoutes(house),
    ...historyRoutes(house),
    importRoute(house),
    ...referenceRoutes(house),
  ];
  const routes = [
    ...accountRoutes(house),
    changesRoute(house),
    metricsRoute(house, options.metrics, options.metricsToken),
    statisticsRoute(house, options.statistics),
    ...iamRoutes(house),
    ...storeRoutes(house, stores),
    impactRoute(house),
    ...inferRoutes(house),
    sampleRoute(house),
    ...backupRoutes(house),
    ...stores,
    ...consoleRoutes(options.consoleFiles),
  ];
  const fault = faultOf(house);
  const doors = upgradeDoors(
    [createSocketGateway({ ...house, fault }, options.pings), createEventStream(house)],
    fault,
  );
  const draining = new ConnectionDraining();
  const app = createApp(house, routes, options, { servers, doors, draining });
  return {
    listen: ({ host, port }) => app.listen({ host, port }),
    shed: (share) => draining.shed(share),
    leave: () =>
      draining.leave(() => {
        services.feed.close();
        doors.close();
      }),
    drain: async () => {
      isEnding = true;
      services.feed.close();
      setTimeout(() => doors.close(), socketCutMs).unref();
      await drain(app, servers);
    },
  };
}

/** What stands under the framework. */
interface Below {
  readonly servers: Set<Server>;
  readonly doors: UpgradeDoors;
  readonly draining: ConnectionDraining;
}

function createApp(
  house: House,
  routes: readonly Route[],
  options: HttpServerOptions,
  { servers, doors, draining }: Below,
): FastifyInstance {
  const missing = observed(house, (request, reply) => answerMissing(house, routes, request, reply));
  const fail = (error: unknown, reply: FastifyReply) => answerError(house, error, reply);
  const app = fastify({
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    serverFactory: (handle) => {
      const server = createHttpListener(handle, doors, draining);
      servers.add(server);
      return server;
    },
    // The listener has its own; two would answer twice.
    clientErrorHandler: () => {},
    frameworkErrors: (error, request, reply) => {
      if (error.code === "FST_ERR_MAX_PARAM_LENGTH") missing(request, reply);
      else fail(error, reply);
    },
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      // The request line bounds it before.
      maxParamLength: headBytesMax,
      querystringParser: leaveQuery,
    },
  });
  app.decorate("sequence", () => house.services.sequence());
  // Without its hook, which would parse cookies that nobody reads.
  app.register(fastifyCookie, { hook: false });
  if (house.origins.size > 0) app.register(fastifyCors, corsOptions(house));
  // Bodies are read by the handlers that want one, after they know who asks: to the framework no
  // verb has one.
  for (const verb of [...app.supportedMethods, lookupInside]) {
    app.addHttpMethod(verb, { overrideExisting: true });
  }
  app.setErrorHandler((error, _request, reply) => fail(error, reply));
  app.setNotFoundHandler(missing);
  for (const route of routes) addRoute(app, house, route);
  return app;
}

/**
 * Answers what the handler throws, and reports the request once its answer is handed over. The
 * framework's own hook for it costs a request more than finding the entity.
 */
function observed(
  house: House,
  handler: RouteHandler,
  route = "none",
): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    const startedAt = performance.now();
    const answered = () => {
      const { method } = request;
      const ms = performance.now() - startedAt;
      house.observe({ kind: "request", method, route, status: reply.raw.statusCode, ms });
    };
    const failed = (error: unknown) => {
      answerError(house, error, reply);
      answered();
    };
    try {
      handler(request, reply).then(answered, failed);
    } catch (error) {
      // Behind what came in the same piece: a fault of the protocol in it is told instead.
      queueMicrotask(() => failed(error));
    }
  };
}

/** The query stays text: see `query-string.ts`. Fastify's type knows parsed ones only. */
function leaveQuery(text: string): Record<string, unknown> {
  return text as unknown as Record<string, unknown>;
}

function corsOptions({ origins }: House) {
  return {
    origin: (origin: string | undefined, decide: (error: Error | null, allowed: boolean) => void) =>
      decide(null, origin !== undefined && origins.has(origin)),
    credentials: true,
    methods: ["GET", "HEAD", "POST", "PATCH", "DELETE", "LOOKUP", "SEARCH", "OPTIONS"],
    exposedHeaders: ["ETag", "Link", "Retry-After", "Allow", "Stoa-Sequence"],
    maxAge: 600,
    strictPreflight: false,
    optionsSuccessStatus: 200,
  };
}

function addRoute(app: FastifyInstance, house: House, route: Route): void {
  for (const [verb, handler] of Object.entries(route.verbs)) {
    app.route({
      method: methodsOf(verb as Verb),
      url: route.path,
      handler: observed(house, handler, route.path),
    });
  }
  if (!isFixed(route)) return;
  // Else `GET /api/v1/auth/token` would be the entity "token" of a store "auth".
  const others = (["GET", "POST", "PATCH", "DELETE"] as const).filter(
    (verb: Verb) => !verbsOf(route).includes(verb),
  );
  const refuse = async (request: FastifyRequest) => {
    if (!route.open) await authenticate(house, request);
    refuseVerb(route);
  };
  app.route({
    method: others.flatMap(methodsOf),
    url: route.path,
    handler: observed(house, refuse, route.path),
  });
}

/** What a verb of a route is to the framework, which knows no LOOKUP (`custom-verbs.ts`). */
function methodsOf(verb: Verb): string[] {
  if (verb === "GET") return ["GET", "HEAD"];
  return [verb === "LOOKUP" ? lookupInside : verb];
}

const lookupInside = "SEARCH";

/** What no route takes: OPTIONS, another verb of a path that is there, or no such path. */
async function answerMissing(
  house: House,
  routes: readonly Route[],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { url = "" } = request.raw;
  const route = routeAt(routes, url);
  if (request.method === "OPTIONS" && (route || url === "*")) {
    return sendAllowed(
      reply,
      allowHeader(route ? verbsOf(route) : ["GET", "POST", "PATCH", "DELETE"]),
    );
  }
  if (!route?.open && isBelowPrefix(url)) await authenticate(house, request);
  if (route) refuseVerb(route);
  throw new StoaError("not_found", "There is nothing at this path.");
}

function isBelowPrefix(url: string): boolean {
  return isBelow(apiPrefix, url) || isBelow(referencePrefix, url);
}

function answerError(house: House, error: unknown, reply: FastifyReply): void {
  const problem = problemAt(reply.request.raw.url, translated(error), faultOf(house));
  if (!reply.raw.headersSent) sendProblem(reply, problem);
  else reply.raw.destroy();
}

/** Reports a mistake of ours; gives the id that the client is told. */
function faultOf({ observe }: House): (cause: unknown) => string {
  return (cause) => {
    const incident = randomUUID();
    observe({ kind: "fault", incident, cause });
    return incident;
  };
}

/** How long those with a socket may take to go by themselves. */
const socketCutMs = 1_000;

/** The framework's error in our words; others stay as they are. */
function translated(error: unknown): unknown {
  if ((error as Partial<FastifyError> | null)?.code !== "FST_ERR_BAD_URL") return error;
  return violation("path", "encoding", "must be percent-encoded UTF-8");
}

async function drain(app: FastifyInstance, servers: ReadonlySet<Server>): Promise<void> {
  // A connection whose last request ends during the drain becomes idle, and nobody else closes it.
  const sweep = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, 50);
  const cut = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, drainMsMax);
  await app.close();
  clearInterval(sweep);
  clearTimeout(cut);
}
