/**
 * Rows of the entity API over the calls of a socket: those that have a call there, and that say
 * nothing of headers and bytes. Knows no expectation.
 */
import { io, type Socket } from "socket.io-client";
import { call } from "./socket-client.ts";

export interface SocketRequest {
  readonly url: string;
  readonly token: string;
  readonly method: string;
  /** With ids filled in: `/api/v1/cities/58238a935baa56173b24f0e4?only=name`. */
  readonly path: string;
  readonly body: unknown;
}

export interface SocketAnswer {
  readonly status: number;
  readonly json: unknown;
}

/** How many rows went this way. */
export const socketTally = { isOn: false, answered: 0 };

/** The answer in the form of HTTP; null for what is not called over sockets. */
export async function sendBySocket(request: SocketRequest): Promise<SocketAnswer | null> {
  const args = callOf(request);
  if (!args) return null;
  const socket = await socketOf(request);
  if (!socket) return null;
  socketTally.answered++;
  const [name, ...rest] = args;
  try {
    const value = await call(socket, name, ...rest);
    return { status: 200, json: name === "find" ? value : withSuccess(value) };
  } catch (cause) {
    const problem = cause as { code: number };
    return {
      status: problem.code,
      json: { ...problem, code: String(problem.code), name: "StoaError" },
    };
  }
}

export function closeSockets(): void {
  for (const socket of sockets.values()) socket.disconnect();
}

const sockets = new Map<string, Socket>();
/** Routes that are no stores. */
const others = /^(auth|changes|principals|healthz|events)$/;

type Call = readonly [name: string, ...args: unknown[]];

function callOf({ method, path, body }: SocketRequest): Call | null {
  const [, store = "", id, query = ""] =
    /^\/api\/v1\/([^/?]+)(?:\/([^/?]+))?(?:\?(.*))?$/.exec(path) ?? [];
  const isPlain = typeof body === "object" && body !== null && !(body instanceof Uint8Array);
  if (store === "" || others.test(store) || query.includes("nolimit")) return null;
  const name = decodeURIComponent(store);
  if (method === "GET") {
    if (body !== undefined) return null;
    return id === undefined ? ["find", name, query] : ["get", name, decodeURIComponent(id), query];
  }
  if (method === "POST" && id === undefined && isPlain) return ["create", name, body, {}];
  if (id === undefined) return null;
  const entity = decodeURIComponent(id);
  if (method === "PATCH" && isPlain) return ["patch", name, entity, body, query];
  if (method === "DELETE" && body === undefined) return ["remove", name, entity, query];
  return null;
}

async function socketOf({ url, token }: SocketRequest): Promise<Socket | null> {
  const key = `${url} ${token}`;
  const known = sockets.get(key);
  if (known?.connected) return known;
  const options = { transports: ["websocket"], forceNew: true, reconnection: false };
  const socket = io(url, { ...options, auth: { token } });
  sockets.set(key, socket);
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket));
    socket.once("connect_error", () => resolve(null));
  });
}

/** HTTP says so in each entity that it answers. */
function withSuccess(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSuccess);
  return { ...(value as object), success: true };
}
