/**
 * Requests as calls over a socket, where there is such a call; the others go another way. Knows
 * which request is which call.
 */
import { cursorOf, type Json, type JsonObject } from "@stoa/domain";
import type { CallAnswer, SocketConnection } from "./socket-connection.ts";
import type { Answer, Request, Transport } from "./transport.ts";

export class SocketTransport implements Transport {
  readonly #connection: SocketConnection;
  readonly #others: Transport;

  /** @param others carries what is no call: signing in, streams, objects of the reference API. */
  constructor(connection: SocketConnection, others: Transport) {
    this.#connection = connection;
    this.#others = others;
  }

  async send(request: Request): Promise<Answer> {
    const call = callOf(request);
    if (!call) return this.#others.send(request);
    const [name, ...args] = call;
    return new SocketAnswer(request, await this.#connection.call(name, args, request.signal));
  }
}

type Call = readonly [name: string, ...args: Json[]];

function callOf(request: Request): Call | null {
  const { path, method, api, body = null, list, isJsonPatch } = request;
  const [store = "", id, ...rest] = path;
  if (api === "reference") return lookupOf(request);
  if (rest.length > 0 || fixedRoutes.has(store)) return null;
  const query = queryOf(request);
  if (id === undefined) {
    if (method === "POST") return ["create", store, body, query];
    // The cursor of such a page is in a header.
    return list && list.order === null ? null : ["find", store, query];
  }
  if (method === "GET") return ["get", store, id, query];
  // Which kind of patch it is says the media type.
  if (method === "PATCH") return isJsonPatch ? null : ["patch", store, id, body, query];
  return method === "DELETE" ? ["remove", store, id, query] : null;
}

function lookupOf({ method, path, body = null }: Request): Call | null {
  return method === "LOOKUP" ? ["lookup", path.join("/"), body] : null;
}

/** Below the prefix, and no stores. */
const fixedRoutes: ReadonlySet<string> = new Set([
  "",
  ..."auth changes counts healthz infer permissions principals statistics".split(" "),
]);

/** What HTTP says in headers stands in the query of a call. */
function queryOf({ query = "", idempotencyKey, ifMatch }: Request): string {
  return [
    ...(query === "" ? [] : [query]),
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
