/**
 * `GET /api/v1/changes`: a page of changes as JSON, or all that follow as server-sent events where
 * the client accepts those (design 5). Knows words on the wire; what is shown is for the feed.
 */
import type { ServerResponse } from "node:http";
import { type Caller, everything, limit, violation } from "@stoa/domain";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FeedEvent } from "../service/feed-event.ts";
import { beginEvents, sendPrivate } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { changeText, sentEvent } from "./event-frame.ts";
import { pingEveryMs } from "./event-stream.ts";
import { parameterRecord } from "./query-string.ts";
import { apiPrefix, type House, queryText, type Route } from "./route.ts";
import { authenticateSocket } from "./socket/handshake.ts";
import { sinceOfText, storeOf } from "./socket/subscribe-wish.ts";

export function changesRoute(house: House): Route {
  return {
    path: `${apiPrefix}/changes`,
    // Says itself who asks: streams take `?accessToken=` too.
    verbs: {
      GET: async (request, reply) => {
        if (wantsEvents(request)) return streamChanges(house, request, reply);
        return sendPage(house, await authenticate(house, request), request, reply);
      },
    },
  };
}

async function sendPage(
  { services }: House,
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const parameters = parameterRecord(queryText(request));
  const { changes, next, gap } = await services.feed.changes(caller, {
    store: wishedStore(parameters),
    since: sinceOfText(parameters["since"] ?? "0"),
    limit: countOf(parameters["limit"]),
  });
  const texts = changes.map(changeText).join(",");
  const missing = gap ? '"gap":true,' : "";
  sendPrivate(reply, `{"success":true,${missing}"changes":[${texts}],"next":${next}}`);
}

/** Errors: all come before the stream begins. */
async function streamChanges(
  house: House,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { caller } = await authenticateSocket(house, request.raw);
  const parameters = parameterRecord(queryText(request));
  const last = request.raw.headers["last-event-id"];
  const since = typeof last === "string" && last !== "" ? last : parameters["since"];
  const stream = new EventOutput(house, caller);
  const wish = { store: wishedStore(parameters), filter: everything, only: null };
  const from = since === undefined ? {} : { since: sinceOfText(since) };
  try {
    const { start, gap, seq, subscription } = await stream.follower.subscribe({ ...wish, ...from });
    stream.begin(beginEvents(reply));
    if (gap) stream.send({ kind: "gap", subscription, seq });
    start();
  } catch (cause) {
    stream.follower.close();
    throw cause;
  }
}

class EventOutput {
  readonly follower;
  #response: ServerResponse | undefined;

  constructor({ services }: House, caller: Caller) {
    this.follower = services.feed.attach(caller, {
      isReady: () => this.#response !== undefined && !this.#response.writableNeedDrain,
      send: (event) => this.send(event),
      end: (why) => this.#end(`event: ${why}\ndata: {"reconnect":${why === "draining"}}\n\n`),
    });
  }

  begin(response: ServerResponse): void {
    this.#response = response;
    // Comes at once, so that the client knows that it is connected.
    response.write(`retry: ${retryMs}\n\n`);
    const pinging = setInterval(() => response.write(": ping\n\n"), pingEveryMs);
    response.on("drain", () => this.follower.pump());
    response.on("close", () => {
      clearInterval(pinging);
      this.follower.close();
    });
  }

  send(event: FeedEvent): void {
    this.#response?.write(sentEvent(event));
    if (event.kind === "end") this.#end("");
  }

  #end(text: string): void {
    const response = this.#response;
    this.follower.close();
    response?.end(text);
    setTimeout(() => response?.destroy(), cutMs).unref();
  }
}

/** After how long a client comes again. */
const retryMs = 2_000;
const cutMs = 500;

function wantsEvents({ raw }: FastifyRequest): boolean {
  // A stream without a body would have no end.
  if (raw.method === "HEAD") return false;
  return (raw.headers.accept ?? "").toLowerCase().includes("text/event-stream");
}

function wishedStore({ store = "*" }: Readonly<Record<string, string>>): string | null {
  return storeOf(store);
}

function countOf(text: string | undefined): number {
  if (text === undefined) return limit.changesPageDefault;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= limit.changesPageMax) return count;
  throw violation("limit", "maximum", `must be from 1 to ${limit.changesPageMax}`);
}
