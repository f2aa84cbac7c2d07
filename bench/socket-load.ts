/**
 * The other side of `socket-work.ts`: opens sockets to Stoa, subscribes, makes changes and says how
 * long each took to come. A process of its own; speaks Socket.IO 4 over bare WebSockets.
 */
import { WebSocket } from "ws";
import { type Api, apiOf } from "./api.ts";
import { percentile } from "./percentile.ts";

export type SocketTask =
  | {
      readonly kind: "open";
      readonly url: string;
      readonly tokens: readonly string[];
      readonly count: number;
      /** The first is the number `n` of the first socket; each hears of its own `n`. */
      readonly first: number;
    }
  /** A change at a time; each is heard by one socket, or by all. */
  | { readonly kind: "change"; readonly heardBy: "one" | "all"; readonly count: number }
  | { readonly kind: "offend"; readonly how: Offence; readonly url: string; readonly token: string }
  /** Large changes, each of which one that reads nothing is to hear of many times. */
  | { readonly kind: "fill" }
  | { readonly kind: "relent" };

/** The first is for comparison: what differs though nobody does anything. */
export type Offence =
  | "does nothing"
  | "reads nothing"
  | "filter is dear"
  | "subscribes 10,000 times";

/** Milliseconds from the request to the event. */
export interface Delays {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

class BenchSocket {
  readonly #client: WebSocket;
  readonly #heard: (at: number) => void;
  #ask: (() => void) | undefined;

  constructor(url: string, token: string, heard: (at: number) => void) {
    this.#heard = heard;
    const address = `${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
    this.#client = new WebSocket(address, {
      headers: { authorization: `Bearer ${token}` },
      perMessageDeflate: false,
    });
    this.#client.on("message", (data: Buffer) => this.#take(data.toString("latin1")));
  }

  /** Resolves when the server has taken it. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#ask = resolve;
      this.#client.once("error", reject);
    });
  }

  subscribe(wish: object): Promise<void> {
    return new Promise((resolve) => {
      this.#ask = resolve;
      this.#client.send(`421["subscribe",${JSON.stringify(wish)}]`);
    });
  }

  /** Asks without waiting for answers. */
  flood(wishes: readonly object[]): void {
    for (const wish of wishes) this.#client.send(`42["subscribe",${JSON.stringify(wish)}]`);
  }

  pause(): void {
    this.#client.pause();
  }

  close(): void {
    this.#client.terminate();
  }

  #take(frame: string): void {
    if (frame.startsWith('42["change"')) this.#heard(performance.now());
    else if (frame === "2") this.#client.send("3");
    else if (frame.startsWith("0")) this.#client.send("40");
    else if (frame.startsWith("40") || frame.startsWith("431")) this.#ask?.();
  }
}

const sockets: BenchSocket[] = [];
let offenders: BenchSocket[] = [];
let api: Api | undefined;
let sentAt = 0;
let wanted = 0;
let all: (() => void) | undefined;
const delays: number[] = [];

function heard(at: number): void {
  delays.push(at - sentAt);
  wanted--;
  if (wanted === 0) all?.();
}

async function open({ url, tokens, count, first }: SocketTask & { kind: "open" }) {
  const batch = 100;
  for (let at = 0; at < count; at += batch) {
    const size = Math.min(batch, count - at);
    const opened = Array.from({ length: size }, async (_, index) => {
      const n = first + at + index;
      const socket = new BenchSocket(url, tokens[n % tokens.length] as string, heard);
      await socket.ready();
      await socket.subscribe({ store: "places", where: { n: [n, -1] } });
      sockets.push(socket);
    });
    await Promise.all(opened);
  }
  api = apiOf(url, tokens[0] as string);
}

async function change({ heardBy, count }: SocketTask & { kind: "change" }): Promise<Delays> {
  delays.length = 0;
  for (let at = 0; at < count; at++) {
    const n = heardBy === "all" ? -1 : (at * 7_919) % sockets.length;
    wanted = heardBy === "all" ? sockets.length : 1;
    const coming = new Promise<void>((resolve) => {
      all = resolve;
    });
    sentAt = performance.now();
    await api?.send("POST", "places", { n, name: "a place", text: "x".repeat(150) });
    await coming;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  const at = (share: number) => percentile(delays, share);
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function offend({ how, url, token }: SocketTask & { kind: "offend" }): Promise<void> {
  if (how === "does nothing") return;
  const socketsNeeded = how === "subscribes 10,000 times" ? 10 : 1;
  for (let count = socketsNeeded; count > 0; count--) {
    const socket = new BenchSocket(url, token, () => {});
    await socket.ready();
    offenders.push(socket);
    if (how === "subscribes 10,000 times") {
      socket.flood(
        Array.from({ length: 1_000 }, (_, n) => ({ store: "places", where: { n: -2 - n } })),
      );
    } else if (how === "filter is dear") {
      const part = ["==", ["upper", ["property", "text"]], "b"];
      const filter = ["||", ...Array.from({ length: 60 }, () => part)];
      await socket.subscribe({ store: "places", filter });
    } else {
      await socket.subscribe({ store: "places" });
      if (how === "reads nothing") await block(socket);
    }
  }
}

/** Reads no more, and has much to read as soon as anything large comes. */
async function block(socket: BenchSocket): Promise<void> {
  const wishes = Array.from({ length: 100 }, () => ({ store: "places", where: { n: fillN } }));
  for (const wish of wishes) await socket.subscribe(wish);
  socket.pause();
}

/** More than the system and the server hold for one that reads nothing. */
async function fill(): Promise<void> {
  for (let count = 0; count < 4; count++) {
    await api?.send("POST", "places", { n: fillN, text: "x".repeat(100_000) });
  }
}

async function answer(task: SocketTask): Promise<unknown> {
  switch (task.kind) {
    case "open":
      return open(task);
    case "change":
      return change(task);
    case "offend":
      return offend(task);
    case "fill":
      return fill();
    case "relent":
      for (const socket of offenders) socket.close();
      offenders = [];
      return undefined;
    default:
      return task satisfies never;
  }
}

/** Between two changes. */
const pauseMs = 1;
const fillN = -1_000_000;

process.on("disconnect", () => process.exit());
process.on("message", async (task: SocketTask) => {
  process.send?.((await answer(task)) ?? {});
});
