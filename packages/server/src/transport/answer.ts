/**
 * Sends ready texts. Knows headers that every answer has; nothing of entities or routes.
 */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { sequenceHeader } from "./consistency.ts";
import { type Problem, status } from "./problem.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** The last change that this process knows of; its own writes are among those before. */
    sequence(): number;
  }
}

/** Headers of every answer. What it varies by decides its form, who asks and who may read it. */
const always = {
  "content-type": "application/json; charset=utf-8",
  "x-content-type-options": "nosniff",
  vary: "Accept, Authorization, Cookie, Origin",
} as const;

/** Of answers that may be asked for again by ETag. */
const revalidated = { ...always, "cache-control": "private, no-cache" } as const;
const unstored = { ...always, "cache-control": "no-store" } as const;

/** An entity in one piece; `headers` are further ones. For HEAD the body stays away. */
export function sendEntity(reply: FastifyReply, body: string, headers?: OutgoingHttpHeaders): void {
  end(reply, status.ok, body, { ...revalidated, ...writtenHeaders(reply), ...headers });
}

/** A list in parts, one behind the other; `sent` is called when they are no longer needed. */
export function sendParts(
  reply: FastifyReply,
  parts: readonly Uint8Array[],
  sent: () => void,
  headers?: OutgoingHttpHeaders,
): void {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const response = beginList(reply, { ...headers, "content-length": length });
  response.cork();
  for (const [at, part] of parts.entries()) {
    if (at < parts.length - 1) response.write(part);
    else response.write(part, sent);
  }
  response.end();
  response.uncork();
}

/** An answer that nobody may keep: of signing in, of metrics, of errors. */
export function sendPrivate(
  reply: FastifyReply,
  text: string,
  headers?: OutgoingHttpHeaders,
): void {
  end(reply, status.ok, text, { ...unstored, ...headers });
}

export function sendProblem(reply: FastifyReply, problem: Problem): void {
  end(reply, problem.status, problem.text, { ...unstored, ...problem.headers });
}

/** The same where no framework stands between: before any route, and instead of an upgrade. */
export function respondProblem(response: ServerResponse, problem: Problem): void {
  const { status: code, headers, text } = problem;
  const length = { "content-length": Buffer.byteLength(text) };
  const { vary: _, ...plain } = unstored;
  response.writeHead(code, { ...plain, ...headers, ...length });
  response.end(text);
}

/** Bytes of a file of the console, the same for everybody. */
export function sendFile(reply: FastifyReply, bytes: Buffer, headers: OutgoingHttpHeaders): void {
  const vary = { "x-content-type-options": "nosniff", vary: "Accept-Encoding" };
  const response = reply.hijack().raw;
  response.writeHead(status.ok, { ...vary, ...headers, "content-length": bytes.length });
  response.end(bytes);
}

/** The client has this version. */
export function sendNotModified(reply: FastifyReply, etag: string): void {
  const { "content-type": _, ...headers } = revalidated;
  const response = reply.hijack().raw;
  response.writeHead(status.notModified, merged(reply, { ...headers, etag }));
  response.end();
}

/** Done, and nothing to say. */
export function sendNothing(reply: FastifyReply, headers?: OutgoingHttpHeaders): void {
  const { "content-type": _, ...rest } = unstored;
  const response = reply.hijack().raw;
  const written = writtenHeaders(reply);
  response.writeHead(status.noContent, merged(reply, { ...rest, ...written, ...headers }));
  response.end();
}

/** The answer to OPTIONS. */
export function sendAllowed(reply: FastifyReply, allow: string): void {
  const { "content-type": _, ...headers } = unstored;
  end(reply, status.ok, "", { ...headers, allow });
}

/** The head of a list that follows in pieces; gives back what they are written to. */
export function beginList(reply: FastifyReply, headers?: OutgoingHttpHeaders): FastifyReply["raw"] {
  const response = reply.hijack().raw;
  response.writeHead(status.ok, merged(reply, { ...revalidated, ...headers }));
  return response;
}

/** The head of server-sent events; gives back what they are written to. */
export function beginEvents(reply: FastifyReply): FastifyReply["raw"] {
  const response = reply.hijack().raw;
  const type = { "content-type": "text/event-stream; charset=utf-8" };
  response.writeHead(status.ok, merged(reply, { ...unstored, ...type, "x-accel-buffering": "no" }));
  return response;
}

function end(reply: FastifyReply, code: number, body: string, headers: OutgoingHttpHeaders): void {
  // Past the framework's own sending, which reads and sets each header once more.
  const response = reply.hijack().raw;
  headers["content-length"] = Buffer.byteLength(body);
  response.writeHead(code, merged(reply, headers));
  response.end(body);
}

/** What a client asks with to see what it has just written (`consistency=after=417`). */
function writtenHeaders({ request, server }: FastifyReply): OutgoingHttpHeaders | undefined {
  if (!writingMethods.has(request.raw.method ?? "")) return undefined;
  return { [sequenceHeader]: server.sequence() };
}

const writingMethods: ReadonlySet<string> = new Set(["POST", "PATCH", "DELETE"]);

/** With what plugins have set, which is CORS, and only for pages of other origins. */
function merged(reply: FastifyReply, headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  if (reply.request.raw.headers.origin === undefined) return headers;
  return { ...(reply.getHeaders() as OutgoingHttpHeaders), ...headers };
}
