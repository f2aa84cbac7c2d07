/**
 * Requests as calls over a socket, where there is such a call; the others go another way. Knows
 * which request is which call.
 */
import { cursorOf, type Json, type JsonObject } from "@stoa/domain";
import type { Freshness } from "./consistency.ts";
import type { CallAnswer, SocketConnection } from "./socket-connection.ts";
import { type Answer, isReading, type Request, type Transport } from "./transport.ts";

export class SocketTransport implements Transport {
  readonly #connection: SocketConnection;
  readonly #others: Transport;
  readonly #freshness: Freshness;

  /** @param others carries what is no call: signing in, history, objects of the reference API. */
  constructor(connection: SocketConnection, others: Transport, freshness: Freshness) {
    this.#connection = connection;
    this.#others = others;
    this.#freshness = freshness;
  }

  async send(request: Request): Promise<Answer> {
    const call = callOf(request, this.#freshness);
    if (!call) return this.#others.send(request);
    const [name, ...args] = call;
    const answer = await this.#connection.call(name, args, request.signal);
    this.#freshness.hear(answer.sequence);
    return new SocketAnswer(request, answer);
  }
}

type Call = readonly [name: string, ...args: Json[]];

function callOf(request: Request, freshness: Freshness): Call | null {
  const { path, method, api, body = null, list } = request;
  const [store = "", id, ...rest] = path;
  const query = queryOf(request, freshness);
  if (api === "reference") return lookupOf(request, query);
  if (fixedRoutes.has(store)) return store === "principals" ? [store, query] : null;
  if (rest.length > 0) return sharingOf(request);
  if (id === undefined) {
    if (method === "POST") return ["create", store, body, query];
    // The cursor of such a page is in a header.
    return list && list.order === null ? null : ["find", store, query];
  }
  if (method === "GET") return ["get", store, id, query];
  if (method === "PATCH") return ["patch", store, id, body, query];
  return method === "DELETE" ? ["remove", store, id, query] : null;
}

function sharingOf({ path, method, query = "", body = null }: Request): Call | null {
  const [store = "", id = "", route = "", principal, ...rest] = path;
  if (rest.length > 0) return null;
  const isAlone = principal === undefined;
  switch (`${method} ${route}`) {
    case "GET access":
      return isAlone ? ["explain", store, id, query] : null;
    case "POST access":
      return isAlone ? ["grant", store, id, body] : null;
    case "DELETE access":
      return isAlone ? null : ["revoke", store, id, principal];
    case "POST transfer":
      return isAlone ? ["transfer", store, id, body] : null;
    default:
      return null;
  }
}

function lookupOf({ method, path, body = null }: Request, query: string): Call | null {
  return method === "LOOKUP" ? ["lookup", path.join("/"), body, query] : null;
}

/** Below the prefix, and no stores. */
const fixedRoutes: ReadonlySet<string> = new Set([
  "",
  ..."auth changes counts healthz infer permissions principals statistics".split(" "),
]);

/** What HTTP says in headers stands in the query of a call. */
function queryOf(request: Request, freshness: Freshness): string {
  const { query = "", idempotencyKey, ifMatch } = request;
  const consistency = isReading(request) ? freshness.words(request.consistency) : undefined;
  return [
    ...(query === "" ? [] : [query]),
    ...(consistency === undefined ? [] : [`consistency=${consistency}`]),
    ...(idempotencyKey === undefined
      ? []
      : [`idempotencyKey=${encodeURIComponent(idempotencyKey)}`]),
    ...(ifMatch ? [`ifMatch=${encodeURIComponent(ifMatch.join(", "))}`] : []),
  ].join("&");
}

class SocketAnswer implements Answer {
  readonly value: Json;
  readonly etag: string | null;
  readonly #list: Request["list"];

  constructor({ list }: Request, { value, etag }: CallAnswer) {
    this.value = value;
    this.etag = etag;
    this.#list = list;
  }

  get text(): string {
    return JSON.stringify(this.value);
  }

  get texts(): readonly string[] {
    return (this.value as readonly Json[]).map((one) => JSON.stringify(one));
  }

  get next(): string | null {
    const entities = this.value as readonly JsonObject[];
    const last = entities.at(-1);
    if (!this.#list?.order || last === undefined || entities.length < this.#list.limit) return null;
    return JSON.stringify(cursorOf(this.#list.order, last));
  }
}
