/**
 * Rows of the entity API over the calls of a socket. What is about HTTP itself is left out, each
 * row with its reason. Knows no expectation.
 */
import assert from "node:assert/strict";
import { after } from "node:test";
import { io, type Socket } from "socket.io-client";

export interface SocketRequest {
  readonly url: string;
  readonly token: string;
  readonly method: string;
  /** With ids filled in: `/api/v1/cities/58238a935baa56173b24f0e4?only=name`. */
  readonly path: string;
  readonly body: unknown;
  /** In lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface SocketAnswer {
  readonly status: number;
  readonly json: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** How many rows went this way, and why others did not. */
export const socketTally = { isOn: false, answered: 0, left: new Map<string, string[]>() };

/** Ends a file of rows: at least so many went over a socket; of the others it is said why not. */
export function tellTally(least: number): void {
  after(() => {
    const { answered, left } = socketTally;
    for (const [reason, names] of left) {
      console.log(`# left out, ${reason}: ${names.length} (${names.join("; ")})`);
    }
    console.log(`# over a socket: ${answered}`);
    assert.ok(answered >= least, `${answered} rows over a socket`);
  });
}

/** The answer in the form of HTTP; null for what is not called over sockets. */
export async function sendBySocket(
  name: string,
  request: SocketRequest,
): Promise<SocketAnswer | null> {
  const call = callOf(request);
  const socket = typeof call === "string" ? null : await socketOf(request);
  if (typeof call === "string" || !socket) {
    const reason = typeof call === "string" ? call : "a credential that opens no socket";
    socketTally.left.set(reason, [...(socketTally.left.get(reason) ?? []), name]);
    return null;
  }
  socketTally.answered++;
  return answerOf(socket, call);
}

async function answerOf(socket: Socket, [name, ...args]: Call): Promise<SocketAnswer> {
  const [problem, value, etag] = await new Promise<readonly unknown[]>((resolve) => {
    socket.emit(name, ...args, (...answer: unknown[]) => resolve(answer));
  });
  if (problem) {
    const { code, allow, retryAfter, ...rest } = problem as Record<string, unknown>;
    const json = { ...rest, code: String(code), name: "StoaError" };
    return { status: Number(code), json, headers: {} };
  }
  const isBare = name === "find" || name === "principals";
  const headers: Record<string, string> = typeof etag === "string" ? { etag } : {};
  return { status: 200, json: isBare ? value : withSuccess(value), headers };
}

export function closeSockets(): void {
  for (const socket of sockets.values()) socket.disconnect();
}

const sockets = new Map<string, Socket>();
type Call = readonly [name: string, ...args: unknown[]];

/** Routes that are no stores, and have no call. */
const others = /^(auth|changes|healthz|events|counts|permissions|statistics|infer|openapi.json)$/;
/** What a call carries in its own way, or need not. */
const carried: ReadonlySet<string> = new Set(["if-match", "idempotency-key", "content-type"]);

const jsonType = /^application\/(json|(json|merge)-patch\+json)(; *charset=utf-8)?$/i;

/** The call, or why there is none. */
function callOf(request: SocketRequest): Call | string {
  const { method, path, body, headers, token } = request;
  if (token === "") return "nobody asks, and a socket has a credential";
  const header = Object.keys(headers).find((name) => !carried.has(name));
  if (header !== undefined) return `the header ${header}`;
  const type = headers["content-type"];
  if (type !== undefined && !jsonType.test(type)) {
    return "the type of a body";
  }
  if (typeof body === "string" || body instanceof Uint8Array) return "bytes of a body";
  if (method === "PATCH" && Array.isArray(body) !== /json-patch/.test(type ?? "")) {
    return "the type of a body";
  }
  if (!["GET", "POST", "PATCH", "DELETE"].includes(method)) return `the method ${method}`;
  const [, rest = "", query = ""] = /^\/api\/v1\/([^?]*)(?:\?(.*))?$/.exec(path) ?? [];
  if (rest === "" || rest.includes("//")) return "a path of HTTP";
  if (query.includes("nolimit")) return "a list without limit, which HTTP streams";
  const parts = rest
    .split("/")
    .filter((part) => part !== "")
    .map(decoded);
  if (parts.includes(null)) return "a path of HTTP";
  return callOn(parts as string[], query, request) ?? `no call for ${method} /${placeOf(parts)}`;
}

function callOn(
  [store = "", id, room, principal, ...more]: readonly string[],
  query: string,
  { method, body, headers }: SocketRequest,
): Call | null {
  const act = `${method} ${[id && ":id", room, principal && ":id"].filter(Boolean).join("/")}`;
  if (store === "principals" && act === "GET ") return ["principals", query];
  if (others.test(store) || more.length > 0) return null;
  const ifMatch = headers["if-match"];
  const asked =
    ifMatch === undefined ? query : { ...Object.fromEntries(new URLSearchParams(query)), ifMatch };
  const key = headers["idempotency-key"];
  switch (act) {
    case "GET ":
      return ["find", store, query];
    case "POST ":
      return ["create", store, body, key === undefined ? {} : { idempotencyKey: key }];
    case "GET :id":
      return ["get", store, id, query];
    case "PATCH :id":
      return ["patch", store, id, body, asked];
    case "DELETE :id":
      return ["remove", store, id, asked];
    case "GET :id/access":
      return ["explain", store, id, query];
    case "POST :id/access":
      return ["grant", store, id, body];
    case "DELETE :id/access/:id":
      return ["revoke", store, id, principal];
    case "POST :id/transfer":
      return ["transfer", store, id, body];
    default:
      return null;
  }
}

function placeOf(parts: readonly (string | null)[]): string {
  return parts.map((part, at) => (at === 1 || at === 3 ? ":id" : part)).join("/");
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
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
