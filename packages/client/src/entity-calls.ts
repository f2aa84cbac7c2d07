/**
 * The calls of the entity API, each as one request, in texts: what the typed stores and the
 * contract are both made of. Knows routes; no types of entities.
 */
import {
  type Explanation,
  type Found,
  type Json,
  type JsonObject,
  limit as limits,
  type OrderKey,
  StoaError,
} from "@stoa/domain";
import { lookupFailed } from "./error-answer.ts";
import type { HttpTransport } from "./http-transport.ts";
import { type Parameters, parameter } from "./list-query.ts";
import type { Answer, CallOptions, Request, Transport } from "./transport.ts";

/** A list as it is asked for; `parameters` say all but the part of it. */
export interface ListCall {
  readonly parameters: Parameters;
  /** What cursors are made of; null where fields are missing or replaced. */
  readonly order: readonly OrderKey[] | null;
  readonly offset: number;
  /** Infinity for all. */
  readonly limit: number;
  readonly after: string | null;
}

export interface TextPage {
  readonly texts: readonly string[];
  /** The cursor of the next page; null at the end. */
  readonly next: string | null;
}

export interface WriteCall extends CallOptions {
  readonly ifMatch?: readonly string[] | null | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

export interface CreateCall extends CallOptions {
  readonly idempotencyKey?: string | undefined;
}

type Place = readonly [store: string, ...rest: string[]];

export class EntityCalls {
  readonly #transport: Transport;
  readonly #http: HttpTransport;

  /** @param http what streams; calls go by `transport`, which may be the same. */
  constructor(transport: Transport, http: HttpTransport) {
    this.#transport = transport;
    this.#http = http;
  }

  /**
   * Page after page by cursors, each asked for when the one before is taken; the end is where a
   * page is not full.
   */
  async *pages(
    store: string,
    call: ListCall,
    { pageSize, ...options }: CallOptions & { readonly pageSize: number },
  ): AsyncGenerator<TextPage> {
    let left = call.limit;
    let offset = call.offset;
    let after = call.after;
    let size = Math.min(pageSize, limits.linkedPageEntitiesMax);
    for (;;) {
      const asked = Math.min(size, left);
      const part = { ...call, offset, limit: asked, after };
      const page = await this.page(store, part, options).catch((cause: unknown) => {
        if (asked < 2 || !isTooLarge(cause)) throw cause;
        return null;
      });
      if (page === null) {
        size = Math.ceil(asked / 2);
        continue;
      }
      left -= page.texts.length;
      yield page;
      if (page.next === null || left === 0) return;
      after = page.next;
      offset = 0;
    }
  }

  /** At most `linkedPageEntitiesMax`. */
  async page(store: string, call: ListCall, options: CallOptions): Promise<TextPage> {
    const { texts, next } = await this.#send("GET", [store], {
      query: listText(call),
      list: call,
      ...options,
    });
    return { texts, next };
  }

  /** Everything in one answer, some at a time, at constant memory; over HTTP. */
  stream(store: string, call: ListCall, options: CallOptions): AsyncIterable<readonly string[]> {
    const query = [listText(call), "nolimit=true"].filter((text) => text !== "").join("&");
    return this.#http.stream({ ...request("GET", [store]), query, ...options });
  }

  async count(store: string, parameters: Parameters, options: CallOptions): Promise<number> {
    const query = [...parameters, "meta=count"].join("&");
    const { value } = await this.#send("GET", [store], { query, ...options });
    return (value as { total: number }).total;
  }

  async meta(
    store: string,
    parameters: Parameters,
    options: CallOptions,
  ): Promise<{ total: number; first: JsonObject | null; last: JsonObject | null }> {
    const query = [...parameters, "meta=true"].join("&");
    const { value } = await this.#send("GET", [store], { query, ...options });
    return value as never;
  }

  async read(
    store: string,
    id: string,
    parameters: Parameters,
    options: CallOptions,
  ): Promise<Answer> {
    return this.#send("GET", [store, id], { query: parameters.join("&"), ...options });
  }

  create(store: string, body: JsonObject, options: CreateCall): Promise<Answer> {
    return this.#send("POST", [store], { body, ...options });
  }

  createAll(store: string, bodies: readonly JsonObject[], options: CreateCall): Promise<Answer> {
    return this.#send("POST", [store], { body: bodies, ...options });
  }

  /** @param body an object is a merge patch, a list a JSON Patch. */
  update(store: string, id: string, body: Json, options: WriteCall): Promise<Answer> {
    const isJsonPatch = Array.isArray(body);
    return this.#send("PATCH", [store, id], { body, isJsonPatch, ...written(options) });
  }

  remove(store: string, id: string, options: WriteCall): Promise<Answer> {
    return this.#send("DELETE", [store, id], written(options));
  }

  grant(
    store: string,
    id: string,
    principals: readonly string[],
    options: CallOptions,
  ): Promise<Answer> {
    return this.#send("POST", [store, id, "access"], { body: { grant: principals }, ...options });
  }

  revoke(store: string, id: string, principal: string, options: CallOptions): Promise<Answer> {
    return this.#send("DELETE", [store, id, "access", principal], options);
  }

  transfer(store: string, id: string, to: JsonObject, options: CallOptions): Promise<Answer> {
    return this.#send("POST", [store, id, "transfer"], { body: to, ...options });
  }

  async explain(
    store: string,
    id: string,
    user: string | undefined,
    options: CallOptions,
  ): Promise<Explanation> {
    const query = user === undefined ? "" : parameter("user", user);
    const { value } = await this.#send("GET", [store, id, "access"], { query, ...options });
    const { success: _, ...explanation } = value as unknown as Explanation & { success: true };
    return explanation;
  }

  /** Ids of the objects of a reference store whose id or type it is; may be none. */
  async lookup(store: string, key: string | number, options: CallOptions): Promise<string[]> {
    try {
      const { value } = await this.#reference("LOOKUP", [store], { body: key, ...options });
      return value as string[];
    } catch (cause) {
      if (cause instanceof StoaError && cause.message === lookupFailed) return [];
      throw cause;
    }
  }

  /** An object under a given id, which only the reference API takes. Gives the entity. */
  async createUnder(store: string, body: JsonObject, options: CreateCall): Promise<Answer> {
    const { value } = await this.#reference("POST", [store], { body, ...options });
    return this.read(store, (value as { id: string }).id, [], options);
  }

  #send(method: Request["method"], path: Place, more: Partial<Request>): Promise<Answer> {
    return this.#transport.send({ ...request(method, path), ...more });
  }

  #reference(method: Request["method"], path: Place, more: Partial<Request>): Promise<Answer> {
    const whole = { method, api: "reference", path: ["reference", ...path], ...more } as const;
    return this.#transport.send(whole);
  }
}

/** What was found, in the words of the contract. */
export function foundOf({ text, etag }: Pick<Answer, "text" | "etag">): Found {
  return { text, etag };
}

/** Of both transports: a message of a socket holds less than an answer of HTTP. */
function isTooLarge(cause: unknown): boolean {
  return cause instanceof StoaError && cause.code === "too_large";
}

function request(method: Request["method"], path: Place): Request {
  return { method, api: "entity", path };
}

function written({ parameters = {}, ...options }: WriteCall): Partial<Request> {
  const query = Object.entries(parameters).map(([name, value]) => parameter(name, value));
  return { query: query.join("&"), ...options };
}

function listText({ parameters, offset, limit, after }: ListCall): string {
  return [
    ...parameters,
    ...(offset > 0 ? [`offset=${offset}`] : []),
    ...(Number.isFinite(limit) ? [`limit=${limit}`] : []),
    ...(after === null ? [] : [parameter("after", after)]),
  ].join("&");
}
