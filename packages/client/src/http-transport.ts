/**
 * Requests over HTTP by `fetch`: addresses, credentials, bodies and answers on the wire. Knows what
 * HTTP is; no store and no meaning of a request.
 */
import { type ErrorCode, type Json, type JsonObject, StoaError } from "@stoa/domain";
import type { Freshness } from "./consistency.ts";
import type { Credentials } from "./credentials.ts";
import { errorOf, unreachable } from "./error-answer.ts";
import { elementTexts, streamedLines, streamedTexts } from "./json-list.ts";
import { type Answer, isReading, type Request, type Transport } from "./transport.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpOptions {
  /** With the prefix below which Stoa stands, if any: `https://example.org/stoa`. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly freshness: Freshness;
  readonly fetch: Fetch;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long an answer may take to begin. */
  readonly timeoutMs: number;
}

const prefixes = { entity: "/api/v1", reference: "/rest/v1" } as const;

export class HttpTransport implements Transport {
  readonly #options: HttpOptions;
  /** Something on the way does not let the method LOOKUP pass. */
  #isLookupBarred = false;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  async send(request: Request): Promise<Answer> {
    const response = await this.#exchange(request);
    try {
      return new HttpAnswer(request, response, await response.text());
    } catch (cause) {
      throw failureOf(request, cause);
    }
  }

  /** A list, some entities at a time, at constant memory. Errors: as `send`, and while it goes. */
  async *stream(request: Request): AsyncGenerator<readonly string[]> {
    const { body } = await this.#exchange(request);
    if (!body) throw unreachable("an answer without a body");
    try {
      yield* streamedTexts(chunksOf(body));
    } catch (cause) {
      throw failureOf(request, cause);
    }
  }

  /**
   * What long work tells while it is done, an object a line, the last one of the kind `end`.
   * Errors: as `send`; what ends the work; `unavailable` where it breaks off before its end.
   */
  async *lines(request: Request): AsyncGenerator<JsonObject> {
    const { body } = await this.#exchange(request);
    if (!body) throw unreachable("an answer without a body");
    try {
      for await (const lines of streamedLines(chunksOf(body))) {
        for (const line of lines) {
          const told = JSON.parse(line) as JsonObject;
          if (told["kind"] !== "end") yield told;
          else if (told["success"] === true) return yield this.#heard(told);
          else throw errorOf({ status: Number(told["code"]), body: told });
        }
      }
    } catch (cause) {
      throw failureOf(request, cause);
    }
    throw unreachable("an answer that broke off");
  }

  /** LOOKUP is no method that every proxy knows; the server takes POST with an override as well. */
  async #exchange(request: Request): Promise<Response> {
    const isOverridden = this.#isLookupBarred && request.method === "LOOKUP";
    try {
      return await this.#accepted(request, isOverridden);
    } catch (cause) {
      if (request.method !== "LOOKUP" || isOverridden || !mayBeBarred(cause)) throw cause;
      const response = await this.#accepted(request, true);
      this.#isLookupBarred = true;
      return response;
    }
  }

  async #accepted(request: Request, isOverridden: boolean): Promise<Response> {
    const response = await this.#fetch(request, isOverridden);
    if (response.ok) {
      this.#options.freshness.hear(response.headers.get("stoa-sequence"));
      return response;
    }
    const { status, headers } = response;
    const [retryAfter, allow] = [headers.get("retry-after"), headers.get("allow")];
    throw errorOf({ status, body: await bodyOf(response), retryAfter, allow });
  }

  /** Errors: `unavailable` for what got no answer; the reason of an aborted signal. */
  async #fetch(request: Request, isOverridden: boolean): Promise<Response> {
    const { fetch, headers, timeoutMs } = this.#options;
    const { body, content, signal } = request;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), timeoutMs);
    try {
      return await fetch(this.#addressOf(request), {
        method: isOverridden ? "POST" : request.method,
        headers: { ...headers, ...headersOf(request, this.#options, isOverridden) },
        credentials: "include",
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(content && { body: content.text }),
        signal: signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal,
      });
    } catch (cause) {
      throw failureOf(request, cause);
    } finally {
      clearTimeout(timer);
    }
  }

  #heard(told: JsonObject): JsonObject {
    this.#options.freshness.hear(told["sequence"]);
    return told;
  }

  #addressOf({ api, path, query }: Request): string {
    const base = this.#options.url.replace(/\/+$/, "");
    const place = [base + prefixes[api], ...path.map(encodeURIComponent)].join("/");
    return query ? `${place}?${query}` : place;
  }
}

class HttpAnswer implements Answer {
  readonly text: string;
  readonly etag: string | null;
  readonly next: string | null;
  readonly #isCreation: boolean;

  constructor({ method }: Request, { headers }: Response, text: string) {
    this.text = withoutSuccess(text);
    this.etag = headers.get("etag");
    this.next = cursorOfLink(headers.get("link"));
    this.#isCreation = method === "POST";
  }

  get value(): Json {
    return this.text === "" ? null : (JSON.parse(this.text) as Json);
  }

  get texts(): readonly string[] {
    const texts = elementTexts(this.text);
    return this.#isCreation ? texts.map(withoutSuccess) : texts;
  }
}

const successEnd = ',"success":true}';

/** The mark is the last member, behind any field of the entity's own that is called so. */
function withoutSuccess(text: string): string {
  return text.endsWith(successEnd) ? `${text.slice(0, -successEnd.length)}}` : text;
}

function headersOf(
  request: Request,
  { credentials: { token }, freshness }: HttpOptions,
  isOverridden: boolean,
) {
  const consistency = isReading(request) ? freshness.words(request.consistency) : undefined;
  const { body, content, isJsonPatch, ifMatch, idempotencyKey } = request;
  const type = isJsonPatch ? "application/json-patch+json" : "application/json";
  return {
    ...(token !== null && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { "content-type": type }),
    ...(content && { "content-type": content.type }),
    ...(ifMatch && { "if-match": ifMatch.join(", ") }),
    ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    ...(consistency !== undefined && { "stoa-consistency": consistency }),
    ...(isOverridden && { "x-http-method-override": "LOOKUP" }),
  };
}

/** `</api/v1/cities?limit=10&after=..>; rel="next"` */
function cursorOfLink(link: string | null): string | null {
  const [, query] = /^<[^?>]*\?([^>]*)>; rel="next"$/.exec(link ?? "") ?? [];
  return query === undefined ? null : new URLSearchParams(query).get("after");
}

async function bodyOf(response: Response): Promise<Json | undefined> {
  try {
    return JSON.parse(await response.text()) as Json;
  } catch {
    return undefined;
  }
}

/** What a proxy answers to a method that it does not know: 400, 403, 405, 50x, or a cut line. */
function mayBeBarred(cause: unknown): boolean {
  return cause instanceof StoaError && barringCodes.has(cause.code);
}

const barringCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "validation",
  "forbidden",
  "method",
  "internal",
  "unavailable",
]);

/** What a caller aborted keeps its reason; everything else is the network's. */
function failureOf({ signal }: Request, cause: unknown): unknown {
  if (signal?.aborted) return signal.reason;
  return cause instanceof StoaError ? cause : unreachable(cause);
}

/** Not every browser iterates over a body itself. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let isDone = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    isDone = true;
  } finally {
    if (!isDone) await reader.cancel().catch(() => {});
  }
}
