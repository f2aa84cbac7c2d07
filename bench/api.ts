/**
 * Calls of the entity API by one account, in order and with patience: for seeding, for probes and
 * for what the load is made of. Not for load itself.
 */
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { adminPassword } from "./process.ts";

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

export interface Reply {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

export interface Api {
  readonly url: string;
  readonly token: string;
  /** Errors: every answer but 200. `path` is below `/api/v1/`. */
  send(method: string, path: string, body?: unknown): Promise<Reply>;
  /** Reads and throws away; the answer's bytes. */
  drain(path: string): Promise<number>;
}

export async function signIn(url: string, login: string): Promise<Api> {
  const reply = await call({ url, token: "" }, "POST", "auth/token", {
    login,
    password: adminPassword,
  });
  return apiOf(url, (JSON.parse(reply.text) as { token: string }).token);
}

export function apiOf(url: string, token: string): Api {
  const at = { url, token };
  return {
    ...at,
    send: (method, path, body) => call(at, method, path, body),
    drain: (path) => drain(at, path),
  };
}

interface Place {
  readonly url: string;
  readonly token: string;
}

function call(place: Place, method: string, path: string, body?: unknown): Promise<Reply> {
  const sentAt = performance.now();
  let firstByteMs = 0;
  const chunks: Buffer[] = [];
  const take = (chunk: Buffer) => {
    if (firstByteMs === 0) firstByteMs = performance.now() - sentAt;
    chunks.push(chunk);
  };
  return exchange(place, { method, path, body }, take).then((headers) => ({
    headers,
    text: Buffer.concat(chunks).toString(),
    firstByteMs,
    totalMs: performance.now() - sentAt,
  }));
}

async function drain(place: Place, path: string): Promise<number> {
  let bytes = 0;
  await exchange(place, { method: "GET", path }, (chunk) => {
    bytes += chunk.length;
  });
  return bytes;
}

function exchange(
  { url, token }: Place,
  { method, path, body }: { method: string; path: string; body?: unknown },
  take: (chunk: Buffer) => void,
): Promise<IncomingHttpHeaders> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(text !== undefined && {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/api/v1/${path}`, { method, agent, headers }, (response) => {
      let refusal = "";
      response.on("data", (chunk: Buffer) => {
        if (response.statusCode === 200) take(chunk);
        else refusal += chunk.toString();
      });
      response.on("error", reject).on("end", () => {
        if (response.statusCode === 200) return resolve(response.headers);
        reject(new Error(`${method} ${path}: ${response.statusCode} ${refusal.slice(0, 500)}`));
      });
    });
    sent.on("error", reject).end(text);
  });
}
