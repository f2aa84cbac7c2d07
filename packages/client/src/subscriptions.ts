/**
 * Subscriptions over a connection that may break: each is made again when the connection is back,
 * from the last thing it was told. Knows the messages of docs/realtime.md; no entity by its type.
 */
import { isJsonObject, type Json, type JsonObject, type StoaError } from "@stoa/domain";
import { errorOf } from "./error-answer.ts";
import { awayMs, type SocketConnection, type SocketListener } from "./socket-connection.ts";

/** What is followed: `{store: "cities", where: {country: "NL"}, only: ["name"]}`; `*` is all. */
export interface Wish {
  readonly store: string;
  readonly where?: JsonObject;
  readonly filter?: Json;
  readonly only?: readonly string[];
}

/** A change as it was told. */
export interface ToldChange {
  readonly seq: number;
  readonly op: "insert" | "update" | "remove" | "enter" | "leave";
  readonly store: string;
  readonly id: string;
  /** Unix milliseconds. */
  readonly time: number;
  /** Id of the user who did it. */
  readonly by: string;
  /** Null for `remove` and `leave`. */
  readonly entity: JsonObject | null;
}

export interface Sink {
  /** Told first, and again after each loss; `isGap`: what lies before `seq` was missed. */
  begun(seq: number, isGap: boolean): void;
  changed(change: ToldChange): void;
  /** Something was missed: fetch what there is; what is told from now on is later than `seq`. */
  missed(seq: number): void;
  /** The connection is gone and will come back; `begun` says when. */
  lost(): void;
  /** It is over. */
  ended(error: StoaError): void;
}

export class Subscriptions implements SocketListener {
  readonly #connection: SocketConnection;
  readonly #all = new Set<Subscription>();
  /** By the number that the server gave for this connection. */
  readonly #byNumber = new Map<string, Subscription>();
  #deaf: (() => void) | null = null;

  constructor(connection: SocketConnection) {
    this.#connection = connection;
  }

  /**
   * @param since what was told last, to be told what came after it; null for from now on.
   * Gives what ends it.
   */
  follow(wish: Wish, since: number | null, sink: Sink): () => void {
    const subscription = { wish, sink, since, number: null, tries: 0, isRenewed: false };
    this.#all.add(subscription);
    this.#deaf ??= this.#connection.listen(this);
    if (this.#connection.isConnected) void this.#begin(subscription);
    return () => this.#leave(subscription);
  }

  connected(): void {
    for (const subscription of this.#all) void this.#begin(subscription);
  }

  lost(): void {
    this.#byNumber.clear();
    for (const subscription of [...this.#all]) {
      subscription.number = null;
      subscription.sink.lost();
    }
  }

  /** Another caller sees other things, so that nothing is resumed. */
  renewed(): void {
    for (const subscription of this.#all) {
      subscription.isRenewed = subscription.since !== null;
      subscription.since = null;
    }
  }

  ended(error: StoaError): void {
    for (const subscription of [...this.#all]) this.#end(subscription, error);
  }

  told(event: string, message: Json): void {
    const { subscription: number, ...fields } = message as JsonObject;
    const subscription = this.#byNumber.get(String(number));
    if (!subscription) return;
    switch (event) {
      case "change": {
        const change = fields as unknown as ToldChange;
        subscription.since = change.seq;
        subscription.sink.changed(change);
        return;
      }
      case "gap":
        subscription.since = Number(fields["seq"]);
        subscription.sink.missed(subscription.since);
        return;
      default:
        this.#refused(subscription, problemOf(message));
    }
  }

  async #begin(subscription: Subscription): Promise<void> {
    const { wish, sink, since } = subscription;
    subscription.tries++;
    try {
      const sent = { ...wish, ...(since !== null && { since }) } as JsonObject;
      await this.#connection.ask("subscribe", sent, (value) => {
        const { subscription: number, seq, gap } = value as unknown as Begun;
        // Told before anything that the server sends after it.
        if (!this.#all.has(subscription)) return void this.#unsubscribe(number);
        subscription.number = number;
        this.#byNumber.set(number, subscription);
        subscription.since = seq;
        sink.begun(seq, gap === true || subscription.isRenewed);
        subscription.isRenewed = false;
      });
    } catch (cause) {
      this.#refused(subscription, cause as StoaError);
    }
  }

  /** Where it was lost on the way, or the server has its storage away, it is asked for again. */
  #refused(subscription: Subscription, error: StoaError): void {
    if (error.code !== "unavailable") {
      this.#end(subscription, error);
      return;
    }
    if (subscription.number !== null) {
      this.#byNumber.delete(subscription.number);
      subscription.number = null;
      subscription.sink.lost();
    }
    const { tries } = subscription;
    setTimeout(() => {
      // A connection that came meanwhile has asked already; one that is to come will.
      const isDue = subscription.tries === tries && this.#all.has(subscription);
      if (isDue && this.#connection.isConnected) void this.#begin(subscription);
    }, awayMs);
  }

  #leave(subscription: Subscription): void {
    if (!this.#all.delete(subscription)) return;
    const { number } = subscription;
    if (number !== null) {
      this.#byNumber.delete(number);
      if (this.#connection.isConnected) void this.#unsubscribe(number);
    }
    if (this.#all.size > 0) return;
    this.#deaf?.();
    this.#deaf = null;
  }

  async #unsubscribe(number: string): Promise<void> {
    await this.#connection.ask("unsubscribe", { subscription: number }).catch(() => {});
  }

  #end(subscription: Subscription, error: StoaError): void {
    if (!this.#all.has(subscription)) return;
    if (subscription.number !== null) this.#byNumber.delete(subscription.number);
    subscription.number = null;
    this.#leave(subscription);
    subscription.sink.ended(error);
  }
}

interface Subscription {
  readonly wish: Wish;
  readonly sink: Sink;
  /** The last number it was told, or began after. */
  since: number | null;
  number: string | null;
  /** How often it was asked for. */
  tries: number;
  /** It was followed by somebody else before. */
  isRenewed: boolean;
}

interface Begun {
  readonly subscription: string;
  readonly seq: number;
  readonly gap?: boolean;
}

function problemOf(message: Json): StoaError {
  const status = isJsonObject(message) ? Number(message["code"] ?? 500) : 500;
  return errorOf({ status, body: message });
}
