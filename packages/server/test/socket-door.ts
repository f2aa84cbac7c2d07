/**
 * Sockets as doors of the oracles: calls that answer what the services answer, and subscriptions
 * that follow a world. A real server in front of services that are given.
 */
import {
  afterCursor,
  and,
  compareBy,
  type Explanation,
  everything,
  type Json,
  type JsonObject,
  limit,
  matches,
  type Query,
  totalOrder,
} from "@stoa/domain";
import { io, type Socket } from "socket.io-client";
import type { Services } from "../src/service/services.ts";
import { createHttpServer } from "../src/transport/http-server.ts";
import { type Door, type Outcome, type Request, serviceDoor } from "./access-request.ts";
import type { Secret } from "./access-truth.ts";
import type { Watch, WatchDoor, Watcher } from "./feed-oracle.ts";
import { call } from "./socket-client.ts";

export interface SocketServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function serveSockets(services: Services): Promise<SocketServer> {
  const server = createHttpServer(services, {
    observe: (observation) => {
      if (observation.kind === "fault") throw observation.cause;
    },
    trustedProxies: [],
    corsOrigins: [],
    pings: { intervalMs: 25_000, timeoutMs: 60_000 },
    metrics: async () => "",
    statistics: async () => ({}),
    version: "1",
    ready: () => true,
    isShared: false,
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { url, close: () => server.drain() };
}

/** Asks what can be called over a socket there, and everything else of the services. */
export function socketDoor(services: Services, { url }: SocketServer) {
  const sockets = new Map<string, Promise<Socket | null>>();
  const others = serviceDoor(services);
  const door: Door = {
    name: "socket",
    async ask(secret, request) {
      const args = callOf(request);
      if (!args) return others.ask(secret, request);
      const key = secret.secret;
      await services.feed.settle();
      const known = await sockets.get(key);
      if (!known || !(await isAlive(known))) sockets.set(key, opened(url, secret));
      const socket = await sockets.get(key);
      if (!socket) return { kind: "refused", code: "unauthorized" };
      return outcomeOf(socket, args, request);
    },
  };
  const close = async () => {
    for (const socket of await Promise.all(sockets.values())) socket?.disconnect();
  };
  return { door, close };
}

/** Follows by subscriptions. */
export function socketWatchDoor({ url }: SocketServer): WatchDoor {
  return {
    name: "socket",
    async watch(secret, watch) {
      const socket = await opened(url, secret);
      if (!socket) return null;
      const watcher = new SocketWatcher(socket, watch, () => opened(url, secret));
      if (await watcher.begin()) return watcher;
      socket.disconnect();
      return null;
    },
  };
}

class SocketWatcher implements Watcher {
  known = new Map<string, JsonObject>();
  ended: string | null = null;
  gaps = 0;
  moved = 0;
  readonly #watch: Watch;
  readonly #open: () => Promise<Socket | null>;
  #socket: Socket;
  #pending: Promise<void> = Promise.resolve();
  #last = 0;
  #isCut = false;

  constructor(socket: Socket, watch: Watch, open: () => Promise<Socket | null>) {
    this.#watch = watch;
    this.#open = open;
    this.#socket = socket;
    this.#listen(socket);
  }

  async begin(): Promise<boolean> {
    const answer = await this.#socket.emitWithAck("subscribe", this.#watch);
    if (answer.success !== true) return false;
    this.#last = answer.seq;
    await this.#fetch();
    return true;
  }

  cut(): void {
    this.#isCut = true;
    this.#socket.disconnect();
  }

  async resume(): Promise<void> {
    await this.#pending;
    const socket = await this.#open();
    if (!socket) {
      this.ended = "unauthorized";
      return;
    }
    this.#socket = socket;
    this.#isCut = false;
    this.#listen(socket);
    const asking = socket.emitWithAck("subscribe", { ...this.#watch, since: this.#last });
    const lost = new Promise<null>((resolve) => {
      socket.once("disconnect", () => resolve(null));
    });
    const answer = await Promise.race([asking.catch(() => null), lost]);
    if (answer?.success === false) this.ended = String(answer.tags);
    if (answer?.gap) this.#miss(answer.seq);
  }

  /** An answer comes behind the events before it; what a gap asks for is waited for too. */
  async settle(): Promise<void> {
    await isAlive(this.#socket);
    await this.#pending;
  }

  close(): void {
    this.#socket.disconnect();
  }

  #listen(socket: Socket): void {
    socket.on("change", (change) => this.#then(() => this.#take(change)));
    socket.on("gap", ({ seq }) => this.#miss(seq));
    socket.on("end", (end) => {
      this.ended = String(end.tags);
    });
    socket.on("disconnect", (why) => {
      if (!this.#isCut) this.ended ??= why;
    });
  }

  #miss(seq: number): void {
    this.gaps++;
    this.#then(() => {
      this.#last = seq;
      return this.#fetch();
    });
  }

  #then(work: () => void | Promise<void>): void {
    this.#pending = this.#pending.then(work);
  }

  #take(change: { seq: number; id: string; entity: JsonObject | null }): void {
    if (change.seq <= this.#last) throw new Error(`${change.seq} comes after ${this.#last}`);
    this.#last = change.seq;
    if (!Number.isInteger(change.seq)) this.moved++;
    if (change.entity) this.known.set(change.id, change.entity);
    else this.known.delete(change.id);
  }

  async #fetch(): Promise<void> {
    const { store, filter } = this.#watch;
    const query = `filter=${encodeURIComponent(filter)}`;
    if (!this.#socket.connected) return;
    const values = await new Promise<JsonObject[] | null>((resolve) => {
      this.#socket.emit("find", store, query, (error: unknown, all: JsonObject[]) =>
        resolve(error ? null : all),
      );
      this.#socket.once("disconnect", () => resolve(null));
    });
    if (values) this.known = new Map(values.map((value) => [String(value["_id"]), value]));
  }
}

/** Asks once, since the other side may have closed it just now. */
function isAlive(socket: Socket): Promise<boolean> {
  if (!socket.connected) return Promise.resolve(false);
  return new Promise((resolve) => {
    socket.once("disconnect", () => resolve(false));
    socket.emit("unsubscribe", {}, () => resolve(true));
  });
}

/** Null for somebody who is not let in. */
async function opened(url: string, { way, secret }: Secret): Promise<Socket | null> {
  const how = way === "token" ? { auth: { token: secret } } : cookie(secret);
  const socket = io(url, {
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    ...how,
  });
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket));
    socket.once("connect_error", () => {
      socket.disconnect();
      resolve(null);
    });
  });
}

function cookie(secret: string) {
  return { extraHeaders: { cookie: `sid=${encodeURIComponent(secret)}` } };
}

/** What is called, with its arguments; null for what sockets do not call. */
function callOf(request: Request): readonly [string, ...unknown[]] | null {
  switch (request.kind) {
    case "find":
      if (Object.keys(request.options).length > 0) return null;
      return ["find", request.store, {}];
    case "read":
      return ["get", request.store, request.id, {}];
    case "create":
      return ["create", request.store, request.bodies, {}];
    case "update":
      return ["patch", request.store, request.id, request.patch, {}];
    case "remove":
      return ["remove", request.store, request.id, request.parameters];
    case "grant":
      // A body of HTTP names at least one.
      if (request.principals.length === 0) return null;
      return ["grant", request.store, request.id, { grant: request.principals }];
    case "revoke":
      return ["revoke", request.store, request.id, request.principal];
    case "transfer":
      if (Object.keys(request.to).length === 0) return null;
      return ["transfer", request.store, request.id, request.to];
    case "explain":
      return ["explain", request.store, request.id, { user: request.user }];
    default:
      return null;
  }
}

async function outcomeOf(
  socket: Socket,
  args: readonly [string, ...unknown[]],
  request: Request,
): Promise<Outcome> {
  const [name, ...rest] = args;
  try {
    const value = (await call(socket, name, ...rest)) as Json;
    if (request.kind === "explain") return { kind: "done", value: explained(value) };
    return { kind: "done", value: request.kind === "find" ? chosen(request.query, value) : value };
  } catch (cause) {
    return { kind: "refused", code: codeOf(cause as { tags: string[] }) };
  }
}

/** Only what is decided, as the oracle says it. */
function explained(value: Json): Json {
  const { user, visible, verbs } = value as unknown as Explanation;
  const allowed = Object.entries(verbs).map(([verb, decision]) => [verb, decision.allowed]);
  return { user, visible, verbs: Object.fromEntries(allowed) as JsonObject };
}

/** The filter, order and page of a query that has no words on the wire, on all that is seen. */
export function chosen(query: Query, found: Json): Json {
  const keys = totalOrder(query.order);
  const later = query.after === null ? everything : afterCursor(query.order, query.after);
  return (found as JsonObject[])
    .filter((value) => matches(and(query.filter, later), value))
    .sort((a, b) => compareBy(keys, a, b))
    .slice(query.offset, query.offset + Math.min(query.limit, limit.pageEntitiesMax));
}

export function codeOf({ tags }: { tags: string[] }): string {
  const tag = String(tags[0]).replace("error_", "");
  return tag === "credentials" ? "forbidden" : tag;
}
