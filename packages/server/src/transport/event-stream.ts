/**
 * The plain WebSocket at `/events/stream`: one JSON text frame for each event (design 5). Takes
 * nothing from the client but its request.
 */
import type { IncomingMessage } from "node:http";
import {
  and,
  type Caller,
  everything,
  type Filter,
  isSystemStore,
  limit,
  matches,
  violation,
} from "@stoa/domain";
import { type WebSocket, WebSocketServer } from "ws";
import type { FeedChange, FeedEvent } from "../service/feed-event.ts";
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
      const stream = new Stream(house.services, caller, asked);
      const start = await stream.subscribe();
      server.handleUpgrade(request, socket, head, (client) => {
        stream.begin(client);
        start();
      });
    },
    close: () => {
      for (const client of server.clients) client.terminate();
    },
  };
}

/** `?store=cities&where.event=cities-update&where._oid=..&since=417` */
interface Asked {
  /** None for all but the system's. */
  readonly stores: readonly string[];
  /** Of entities. */
  readonly filter: Filter;
  readonly since: number | undefined;
  /** Of what is told of them. */
  readonly envelope: Filter;
}

class Stream {
  readonly #asked: Asked;
  readonly #follower;
  #client: WebSocket | undefined;

  constructor(services: Services, caller: Caller, asked: Asked) {
    this.#asked = asked;
    this.#follower = services.feed.attach(caller, {
      isReady: () => this.#client !== undefined && this.#client.bufferedAmount < waitingBytesMax,
      send: (event) => this.#send(event),
      end: (why) => this.#end(closeCodes[why], why),
    });
  }

  /**
   * One subscription, however many stores: the last sequence number of the stream then resumes all
   * of them. Errors: those of each store. @returns what lets its events through.
   */
  async subscribe(): Promise<() => void> {
    const { stores, since } = this.#asked;
    try {
      if (stores.length === 1) return await this.#follow(stores[0] as string, since);
      for (const store of stores) await this.#try(store);
      return await this.#follow(null, since);
    } catch (cause) {
      this.#follower.close();
      throw cause;
    }
  }

  /** Whether a store could be followed. Errors: as if it were. */
  async #try(store: string): Promise<void> {
    if (isSystemStore(store)) {
      throw violation("store", "single", `${store} can only be followed by itself`);
    }
    const { filter } = this.#asked;
    const { subscription } = await this.#follower.subscribe({ store, filter, only: null });
    this.#follower.unsubscribe(subscription);
  }

  async #follow(store: string | null, since: number | undefined): Promise<() => void> {
    const wish = { store, filter: this.#asked.filter, only: null, since };
    const { start, gap, seq, subscription } = await this.#follower.subscribe(wish);
    return () => {
      start();
      if (gap) this.#send({ kind: "gap", subscription, seq });
    };
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
      if (this.#isAskedFor(event)) this.#write(changeFrame(event));
      return;
    }
    this.#write(noticeFrame(event, Date.now()));
    const isLast = event.kind === "end" && this.#follower.subscriptions.size === 0;
    if (isLast) this.#end(closeCodes.ended, "ended");
  }

  #isAskedFor(event: FeedChange): boolean {
    const { stores, envelope } = this.#asked;
    const isFollowed = stores.length === 0 || stores.includes(event.store);
    return isFollowed && matches(envelope, envelopeOf(event));
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

/** Errors: `validation`. */
function streamQuery({ url = "" }: IncomingMessage): Asked {
  const at = url.indexOf("?");
  const parameters = parseQueryString(at < 0 ? "" : url.slice(at + 1));
  const conditions = parameters.filter(isCondition);
  if (conditions.length > limit.conditionsMax) {
    throw violation("where", "maxItems", `has at most ${limit.conditionsMax} conditions`);
  }
  const names = parameters.filter(({ name }) => name === "store").flatMap(({ value }) => value);
  const words = names.flatMap((name) => (name ?? "").split(",")).filter((name) => name !== "");
  const stores = words.map(storeOf);
  const isAll = stores.includes(null);
  const since = parameters.findLast(({ name }) => name === "since")?.value;
  return {
    stores: isAll ? [] : [...new Set(stores.filter((store) => store !== null))],
    filter: filterOf(conditions),
    since: since === undefined || since === null ? undefined : sinceOfText(since),
    envelope: and(...conditions.map(parseCondition)),
  };
}

/** What is asked of `_oid`, as a filter of entities: by it the feed finds who is concerned. */
function filterOf(conditions: readonly Parameter[]): Filter {
  const ids = conditions.filter(({ name, value }) => name === "where._oid" && value !== null);
  if (ids.length === 0) return everything;
  return and(...ids.map(({ value }) => parseCondition({ name: "where._id", value })));
}
