/**
 * The plain WebSocket at `/events/stream`: one JSON text frame for each event (design 5). Takes
 * nothing from the client but its request.
 */
import type { IncomingMessage } from "node:http";
import { and, type Caller, everything, type Filter, limit, matches, violation } from "@stoa/domain";
import { type WebSocket, WebSocketServer } from "ws";
import type { FeedEvent } from "../service/feed-event.ts";
import type { Wish } from "../service/feed-subscription.ts";
import type { Services } from "../service/services.ts";
import { respondProblem } from "./answer.ts";
import { isCondition, parseCondition } from "./entity-api/where-condition.ts";
import { changeFrame, envelopeOf, noticeFrame } from "./event-frame.ts";
import { protocolProblemAt } from "./problem-at.ts";
import { type Parameter, parseQueryString } from "./query-string.ts";
import { authenticateSocket, type SocketDoor } from "./socket/handshake.ts";
import { sinceOfText, storeOf } from "./socket/subscribe-wish.ts";
import type { UpgradeDoor } from "./upgrade.ts";

const paths: ReadonlySet<string> = new Set(["/events/stream", "/api/v1/events/stream"]);
export const pingEveryMs = 20_000;
/** Frames from the client mean nothing; larger ones end the connection. */
const frameBytesMax = 4_096;
/** What the connection holds back before the feed keeps it instead. */
const waitingBytesMax = 64 * 1024;
/** RFC 6455, 7.4: going away for a restart; and our own for an ended credential. */
const closeCodes = { draining: 1012, unauthorized: 4401, ended: 4410 } as const;
const cutMs = 500;

export function createEventStream(
  house: SocketDoor & { readonly services: Services },
): UpgradeDoor {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: frameBytesMax,
    perMessageDeflate: false,
  });
  return {
    takes: (path) => paths.has(path),
    request: async ({ url }, response) => {
      respondProblem(response, protocolProblemAt(url, "UPGRADE"));
    },
    upgrade: async (request, socket, head) => {
      const { caller } = await authenticateSocket(house, request);
      const asked = streamQuery(request);
      // Refused before the upgrade, as everything is.
      const stream = new Stream(house.services, caller, asked.envelope);
      const starts = await stream.subscribe(asked.wishes);
      server.handleUpgrade(request, socket, head, (client) => {
        stream.begin(client);
        for (const start of starts) start();
      });
    },
    close: () => {
      for (const client of server.clients) client.terminate();
    },
  };
}

class Stream {
  readonly #envelope: Filter;
  readonly #follower;
  #client: WebSocket | undefined;

  constructor(services: Services, caller: Caller, envelope: Filter) {
    this.#envelope = envelope;
    this.#follower = services.feed.attach(caller, {
      isReady: () => this.#client !== undefined && this.#client.bufferedAmount < waitingBytesMax,
      send: (event) => this.#send(event),
      end: (why) => this.#end(closeCodes[why], why),
    });
  }

  async subscribe(wishes: readonly Wish[]): Promise<readonly (() => void)[]> {
    const starts: (() => void)[] = [];
    try {
      for (const wish of wishes) {
        const { start, gap, seq, subscription } = await this.#follower.subscribe(wish);
        starts.push(start);
        if (gap) starts.push(() => this.#send({ kind: "gap", subscription, seq }));
      }
      return starts;
    } catch (cause) {
      this.#follower.close();
      throw cause;
    }
  }

  begin(client: WebSocket): void {
    this.#client = client;
    let isAlive = true;
    const pinging = setInterval(() => {
      if (!isAlive) return client.terminate();
      isAlive = false;
      client.ping();
    }, pingEveryMs);
    client.on("pong", () => {
      isAlive = true;
    });
    client.on("error", () => client.terminate());
    client.on("close", () => {
      clearInterval(pinging);
      this.#follower.close();
    });
    this.#follower.pump();
  }

  #send(event: FeedEvent): void {
    if (event.kind === "change") {
      if (matches(this.#envelope, envelopeOf(event))) this.#write(changeFrame(event));
      return;
    }
    this.#write(noticeFrame(event, Date.now()));
    const isLast = event.kind === "end" && this.#follower.subscriptions.size === 0;
    if (isLast) this.#end(closeCodes.ended, "ended");
  }

  #write(frame: string): void {
    this.#client?.send(frame, () => this.#follower.pump());
  }

  #end(code: number, reason: string): void {
    const client = this.#client;
    this.#follower.close();
    client?.close(code, reason);
    setTimeout(() => client?.terminate(), cutMs).unref();
  }
}

/** `?store=cities&where.event=cities-update&where._oid=..&since=417`. Errors: `validation`. */
function streamQuery({ url = "" }: IncomingMessage): { wishes: Wish[]; envelope: Filter } {
  const at = url.indexOf("?");
  const parameters = parseQueryString(at < 0 ? "" : url.slice(at + 1));
  const conditions = parameters.filter(isCondition);
  if (conditions.length > limit.conditionsMax) {
    throw violation("where", "maxItems", `has at most ${limit.conditionsMax} conditions`);
  }
  const envelope = and(...conditions.map(parseCondition));
  const names = parameters.filter(({ name }) => name === "store").flatMap(({ value }) => value);
  const stores = names.flatMap((name) => (name ?? "").split(",")).filter((name) => name !== "");
  const since = parameters.findLast(({ name }) => name === "since")?.value;
  const filter = filterOf(conditions);
  const wishes = (stores.length === 0 ? ["*"] : [...new Set(stores)]).map((store) => ({
    store: storeOf(store),
    filter,
    only: null,
    since: since === undefined || since === null ? undefined : sinceOfText(since),
  }));
  return { wishes, envelope };
}

/** What is asked of `_oid`, as a filter of entities: by it the feed finds who is concerned. */
function filterOf(conditions: readonly Parameter[]): Filter {
  const ids = conditions.filter(({ name, value }) => name === "where._oid" && value !== null);
  if (ids.length === 0) return everything;
  return and(...ids.map(({ value }) => parseCondition({ name: "where._id", value })));
}
