/**
 * Socket.IO at `/socket.io/`, protocols 3 and 4, by polling and WebSocket (design 5). Lets in who
 * has a credential and nobody from another origin; what a connection may do is for its session.
 */
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type Caller, limit, StoaError, violation } from "@stoa/domain";
import { Server as Engine, type Socket as EngineSocket } from "engine.io";
import { Server, type Socket } from "socket.io";
import { WebSocketServer } from "ws";
import { callProblem } from "./socket/call-problem.ts";
import {
  type Credential,
  credentialOf,
  queryOf,
  requireOwnOrigin,
  type SocketDoor,
  tokenOf,
} from "./socket/handshake.ts";
import { Outbox } from "./socket/outbox.ts";
import { type SessionHouse, SocketSession } from "./socket/socket-session.ts";
import type { UpgradeDoor } from "./upgrade.ts";

/** How often a client must show that it is there, and how long it may be silent besides. */
export interface Pings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** How long protocol 4 may take to send its credential. */
const connectTimeout = 5_000;

/** Who opened a connection: nobody yet, where protocol 4 is still to say so. */
interface Admission {
  readonly credential: Credential | null;
}

export function createSocketGateway(
  house: SessionHouse & SocketDoor,
  { intervalMs, timeoutMs }: Pings,
): UpgradeDoor {
  const admissions = new WeakMap<IncomingMessage, Admission>();
  const engine = new Engine({
    pingInterval: intervalMs,
    pingTimeout: timeoutMs,
    allowEIO3: true,
    transports: house.isShared ? ["websocket"] : ["polling", "websocket"],
    maxHttpBufferSize: limit.bodyBytesMax,
    perMessageDeflate: false,
    httpCompression: false,
    // Not the older one that it brings along: that answers pings without end, read or not.
    wsEngine: WebSocketServer,
    ...(house.origins.size > 0 && { cors: { origin: [...house.origins], credentials: true } }),
  });
  const io = new Server({ connectTimeout, serveClient: false, allowEIO3: true });
  io.bind(engine);
  /** The credential of each connection by its id; requests of polling repeat it (rule 24). */
  const bySid = new Map<string, Credential | null>();
  const outboxes = new WeakMap<object, Outbox>();
  engine.on("connection", (socket: EngineSocket) => {
    const { id, request } = socket as unknown as { id: string; request: IncomingMessage };
    bySid.set(id, admissions.get(request)?.credential ?? null);
    outboxes.set(socket, new Outbox(socket));
    socket.once("close", () => bySid.delete(id));
  });
  io.use((socket, next) => {
    identify(house, socket, admissions.get(socket.request)?.credential ?? null).then(
      () => next(),
      (cause: unknown) => next(refusal(house, cause)),
    );
  });
  io.on("connection", (socket) => {
    const { caller, credential } = socket.data as Identified;
    const { events } = socket.handshake.query;
    try {
      const outbox = outboxes.get(socket.conn);
      assert(outbox);
      const session = new SocketSession(house, { socket, outbox }, caller, credential);
      if (typeof events === "string") void session.follow(events);
    } catch {
      // The server stops: the client is to come again.
      socket.conn.close();
    }
  });
  const admit = async (request: IncomingMessage) => {
    admissions.set(request, await admission(house, request, bySid));
  };
  return {
    takes: (path) => path === "/socket.io",
    request: async (request: IncomingMessage, response: ServerResponse) => {
      await admit(request);
      engine.handleRequest(request as never, response);
    },
    upgrade: async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      await admit(request);
      engine.handleUpgrade(request as never, socket, head);
    },
    close: () => void engine.close(),
  };
}

interface Identified {
  caller: Caller;
  credential: Credential;
}

/**
 * Errors: `forbidden` for another origin, `validation` for polling where a session of many requests
 * would go to many processes, `unauthorized`.
 */
async function admission(
  house: SocketDoor,
  request: IncomingMessage,
  bySid: ReadonlyMap<string, Credential | null>,
): Promise<Admission> {
  requireOwnOrigin(house, request);
  const credential = credentialOf(request);
  const query = queryOf(request);
  if (house.isShared && query.get("transport") !== "websocket") {
    throw violation("transport", "enum", "must be websocket: this server runs several processes");
  }
  const known = bySid.get(query.get("sid") ?? "");
  if (known) {
    if (known.way === credential?.way && known.secret === credential.secret) return { credential };
    throw new StoaError("unauthorized", "Each request repeats the credential of the first.");
  }
  const mayWait = query.get("EIO") === "4";
  if (!credential) {
    if (mayWait) return { credential: null };
    throw new StoaError("unauthorized", "Sign in, or send a token.");
  }
  try {
    await house.sessions.authenticate(credential.way, credential.secret);
    return { credential };
  } catch (cause) {
    // A browser sends its old cookie, whatever the page says afterwards.
    if (mayWait && credential.way === "session") return { credential: null };
    throw cause;
  }
}

/** Rule 23: what the request itself said, or `auth.token`, before the cookie. */
async function identify(
  house: SocketDoor,
  socket: Socket,
  admitted: Credential | null,
): Promise<void> {
  const { token } = socket.handshake.auth as { token?: unknown };
  const isNamed = typeof token === "string" && admitted?.way !== "token";
  const credential = isNamed ? ({ way: "token", secret: tokenOf(token) } as const) : admitted;
  if (!credential) throw new StoaError("unauthorized", "Sign in, or send a token.");
  const caller = await house.sessions.authenticate(credential.way, credential.secret);
  socket.data = { caller, credential } satisfies Identified;
}

function refusal({ fault }: SessionHouse, cause: unknown): Error {
  const problem = callProblem(cause, fault);
  return Object.assign(new Error(String(problem["message"])), { data: problem });
}
