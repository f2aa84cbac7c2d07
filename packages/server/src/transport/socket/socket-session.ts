/**
 * One Socket.IO connection: its calls, its subscriptions, and the events that go to it. Knows the
 * feed and the calls; how it was let in is for `socket-gateway.ts`.
 */
import { type Caller, everything, limit, StoaError } from "@stoa/domain";
import type { Socket as EngineSocket } from "engine.io";
import type { Socket } from "socket.io";
import type { FeedChange, FeedEvent, FeedOp } from "../../service/feed-event.ts";
import type { Follower, FollowerEnd } from "../../service/feed-follower.ts";
import type { Observe } from "../../service/observation.ts";
import type { Services } from "../../service/services.ts";
import { changeText } from "../event-frame.ts";
import { callProblem } from "./call-problem.ts";
import type { Credential } from "./handshake.ts";
import type { Outbox } from "./outbox.ts";
import { answerCall, type CallMethod, callMethods } from "./socket-call.ts";
import { storeOf, wishOf } from "./subscribe-wish.ts";

export interface SessionHouse {
  readonly services: Services;
  readonly observe: Observe;
  /** Reports a mistake of ours and gives the id of the incident. */
  readonly fault: (cause: unknown) => string;
}

type Ack = (...answer: unknown[]) => void;

export class SocketSession {
  readonly #house: SessionHouse;
  readonly #socket: Socket;
  readonly #credential: Credential;
  readonly #follower: Follower;
  readonly #outbox: Outbox;
  #calls = 0;

  constructor(
    house: SessionHouse,
    { socket, outbox }: { readonly socket: Socket; readonly outbox: Outbox },
    caller: Caller,
    credential: Credential,
  ) {
    this.#house = house;
    this.#socket = socket;
    this.#credential = credential;
    const conn = socket.conn as unknown as EngineSocket;
    this.#outbox = outbox;
    this.#follower = house.services.feed.attach(caller, {
      isReady: () => outbox.isReady,
      send: (event) => this.#send(event),
      end: (why) => this.#end(why),
    });
    conn.on("drain", () => this.#follower.pump());
    socket.on("disconnect", () => this.#follower.close());
    for (const method of callMethods) {
      socket.on(method, (...args: unknown[]) => this.#call(method, args));
    }
    socket.on("subscribe", (...args: unknown[]) => this.#subscribe(args));
    socket.on("unsubscribe", (...args: unknown[]) => this.#unsubscribe(args));
  }

  /** Follows stores that the handshake names: `objects,models`, or `*`. */
  async follow(stores: string): Promise<void> {
    for (const name of new Set(stores.split(",").filter((one) => one !== ""))) {
      try {
        const wish = { store: storeOf(name), filter: everything, only: null };
        const { subscription, seq, start } = await this.#follower.subscribe(wish);
        this.#socket.emit("subscribed", { success: true, subscription, store: name, seq });
        start();
      } catch (cause) {
        this.#socket.emit("end", { store: name, ...this.#problem(cause) });
      }
    }
  }

  async #call(method: CallMethod, args: unknown[]): Promise<void> {
    const ack = takeAck(args);
    if (this.#calls >= limit.socketCallsMax) {
      const message = `One socket has at most ${limit.socketCallsMax} calls at a time.`;
      ack(this.#problem(new StoaError("rate_limit", message, { retryAfterS: 1 })));
      return;
    }
    this.#calls++;
    const startedAt = performance.now();
    let status = okStatus;
    let answer: unknown[];
    try {
      answer = await this.#answerTo(method, args);
    } catch (cause) {
      const problem = this.#problem(cause);
      status = Number(problem["code"]);
      answer = [problem];
    }
    const ms = performance.now() - startedAt;
    this.#house.observe({ kind: "request", method: "SOCKET", route: method, status, ms });
    // It runs until it is on its way: who asks and does not read is not answered without end.
    this.#outbox.answer(() => {
      this.#calls--;
      ack(...answer);
    });
  }

  async #answerTo(method: CallMethod, args: unknown[]): Promise<unknown[]> {
    const { services } = this.#house;
    const { way, secret } = this.#credential;
    const caller = await services.sessions.authenticate(way, secret);
    const { value, etag } = await answerCall(services, caller, method, args);
    if (writingMethods.has(method)) return [null, value, etag, services.sequence()];
    return [null, value, ...(etag === null ? [] : [etag])];
  }

  async #subscribe(args: unknown[]): Promise<void> {
    const ack = takeAck(args);
    try {
      const { subscription, seq, gap, start } = await this.#follower.subscribe(wishOf(args[0]));
      ack({ success: true, ...(gap && { gap }), subscription, seq });
      start();
    } catch (cause) {
      ack(this.#problem(cause));
    }
  }

  #unsubscribe(args: unknown[]): void {
    const ack = takeAck(args);
    const { subscription } = (args[0] ?? {}) as { subscription?: unknown };
    if (this.#follower.unsubscribe(String(subscription))) ack({ success: true });
    else ack(this.#problem(new StoaError("not_found", "There is no such subscription.")));
  }

  #send(event: FeedEvent): void {
    switch (event.kind) {
      case "change":
        this.#sendChange(event);
        return;
      case "gap": {
        const { kind: _, ...gap } = event;
        this.#socket.emit("gap", gap);
        return;
      }
      case "end":
        this.#socket.emit("end", {
          subscription: event.subscription,
          ...this.#problem(event.error),
        });
        return;
      default:
        event satisfies never;
    }
  }

  /**
   * Once as `change`, and once in the words of FeathersJS: of the text that is made once for all
   * who are told.
   */
  #sendChange(change: FeedChange): void {
    const { subscription, store, op, id, entity } = change;
    const text = changeText(change).slice(1);
    this.#outbox.write(`2["change",{"subscription":${JSON.stringify(subscription)},${text}]`);
    const name = JSON.stringify(`${store} ${feathersNames[op]}`);
    this.#outbox.write(`2[${name},${entity?.text ?? JSON.stringify({ _id: id })}]`);
  }

  #end(why: FollowerEnd): void {
    const { conn } = this.#socket;
    if (why === "draining") {
      this.#socket.emit("draining", { success: true, reconnect: true });
      // Not by the namespace: clients take that for good, and would not come again.
      conn.close();
    } else {
      const error = new StoaError("unauthorized", "The session or token has ended.");
      this.#socket.emit("end", { subscription: null, ...this.#problem(error) });
      this.#socket.disconnect(true);
    }
    // One that does not read would keep the connection as long as it likes.
    setTimeout(() => conn.close(true), cutMs).unref();
  }

  #problem(cause: unknown) {
    return callProblem(cause, this.#house.fault);
  }
}

const feathersNames: Readonly<Record<FeedOp, string>> = {
  insert: "created",
  enter: "created",
  update: "patched",
  leave: "removed",
  remove: "removed",
};

/** Those whose answer tells the number of a change as well, as HTTP does in a header. */
const writingMethods: ReadonlySet<CallMethod> = new Set<CallMethod>([
  ...(["create", "patch", "remove", "grant", "revoke", "transfer"] as const),
]);

const cutMs = 500;
const okStatus = 200;

/** The acknowledgement comes last, where there is one. */
function takeAck(args: unknown[]): Ack {
  return typeof args.at(-1) === "function" ? (args.pop() as Ack) : () => {};
}
