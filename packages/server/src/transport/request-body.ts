/**
 * Bodies of requests as JSON values: media type, size, UTF-8. Knows no route; what a value means is
 * for those who asked for it.
 */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { type Json, limit, parseJson, StoaError } from "@stoa/domain";

export type MediaType = "json" | "merge-patch" | "json-patch";

export interface Body {
  readonly type: MediaType;
  readonly value: Json;
}

/** What POST takes, and what PATCH takes besides. */
export const plainTypes: ReadonlySet<MediaType> = new Set(["json"]);
export const patchTypes: ReadonlySet<MediaType> = new Set(["json", "merge-patch", "json-patch"]);

/**
 * The body, or null where there is none or an empty one. A body without a content type is JSON.
 * Errors: `media_type` for anything but JSON in UTF-8, `too_large`, `validation` for bad UTF-8 and
 * JSON. Of a body that is refused the rest is still taken in and thrown away by Node, so that a
 * client that is busy sending gets to read the answer.
 */
export async function readBody(
  request: IncomingMessage,
  accepted: ReadonlySet<MediaType>,
  bytesMax: number = limit.bodyBytesMax,
): Promise<Body | null> {
  if (!hasBody(request)) return null;
  const type = mediaTypeOf(request);
  if (!accepted.has(type)) throw unsupported();
  const bytes = await readBytes(request, bytesMax);
  if (bytes.length === 0) return null;
  return { type, value: parseJson(decode(bytes)) };
}

/** Refuses what `readBody` would refuse by its type; for verbs that ignore a body. */
export function checkMediaType(request: IncomingMessage): void {
  if (hasBody(request)) mediaTypeOf(request);
}

/** A refusal of the body as a whole: its path is empty. */
export function bodyViolation(rule: string, message: string): StoaError {
  return new StoaError("validation", message, { details: [{ path: "", rule, message }] });
}

function hasBody({ headers }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] !== undefined) return true;
  const length = headers["content-length"];
  return length !== undefined && length !== "0";
}

const types: ReadonlyMap<string, MediaType> = new Map<string, MediaType>([
  ["application/json", "json"],
  ["application/merge-patch+json", "merge-patch"],
  ["application/json-patch+json", "json-patch"],
]);

function mediaTypeOf({ headers }: IncomingMessage): MediaType {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") throw unsupported();
  const header = headers["content-type"];
  if (header === undefined || header === "application/json") return "json";
  const [name = "", ...parameters] = header.toLowerCase().split(";");
  const type = types.get(name.trim());
  if (!type || parameters.some(isOtherCharset)) throw unsupported();
  return type;
}

function isOtherCharset(parameter: string): boolean {
  const [name, value = ""] = parameter.split("=");
  return name?.trim() === "charset" && !/^\s*"?(?:utf-?8|us-ascii)"?\s*$/.test(value);
}

function unsupported(): StoaError {
  const patches = "application/merge-patch+json or application/json-patch+json";
  return new StoaError(
    "media_type",
    `Send application/json in UTF-8 without content encoding; for PATCH also ${patches}.`,
  );
}

function readBytes(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > bytesMax) return Promise.reject(tooLarge(bytesMax));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bytesMax) {
        chunks.push(chunk);
        // Nothing follows: the parser lets no more than was announced through.
        if (size === announced) resolve(joined(chunks));
        return;
      }
      chunks.length = 0;
      reject(tooLarge(bytesMax));
    });
    if (!(announced > 0)) request.on("end", () => resolve(joined(chunks)));
    request.on("close", () => {
      if (!request.complete) reject(brokenOff());
    });
  });
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw bodyViolation("encoding", "the body must be UTF-8");
  const text = bytes.toString("utf8");
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function tooLarge(bytesMax: number): StoaError {
  return new StoaError("too_large", `A body has at most ${bytesMax} bytes here.`);
}

function brokenOff(): StoaError {
  return bodyViolation("end", "the request ended before its body did");
}
