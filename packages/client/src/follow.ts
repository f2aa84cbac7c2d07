/**
 * Changes as they come, as something to iterate over: bounded in memory however slowly they are
 * taken. Knows subscriptions; keeps no entity.
 */
import { limit, StoaError } from "@stoa/domain";
import type { Entity } from "./entity.ts";
import type { Subscriptions, ToldChange, Wish } from "./subscriptions.ts";
import type { CallOptions } from "./transport.ts";

export interface EntityChange<T> extends Omit<ToldChange, "entity"> {
  readonly kind: "change";
  /** Null for `remove` and `leave`. */
  readonly entity: Entity<T> | null;
}

export type FollowEvent<T> =
  /** Everything later is told; the first event, and one after each loss of connection. */
  | { readonly kind: "begun"; readonly seq: number }
  | EntityChange<T>
  /** Something was missed: fetch what there is. What is told from now on is later than `seq`. */
  | { readonly kind: "gap"; readonly seq: number };

export interface FollowOptions extends CallOptions {
  /** The `seq` that one has already: what came after it is told first. */
  readonly since?: number;
}

/**
 * Errors: as the server refuses or ends it; the reason of an aborted signal. A lost connection is
 * none: it comes back, and what came meanwhile is told.
 */
export async function* followed<T>(
  subscriptions: Subscriptions,
  wish: Wish,
  { since, signal }: FollowOptions,
): AsyncGenerator<FollowEvent<T>> {
  signal?.throwIfAborted();
  const queue = new EventQueue<T>();
  const leave = subscriptions.follow(wish, since ?? null, {
    begun: (seq, isGap) => queue.put({ kind: isGap ? "gap" : "begun", seq }),
    changed: (change) => queue.put({ kind: "change", ...change } as FollowEvent<T>),
    missed: (seq) => queue.put({ kind: "gap", seq }),
    lost: () => {},
    ended: (error) => queue.end(error),
  });
  const abort = () => queue.end(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    for (;;) yield await queue.take();
  } finally {
    signal?.removeEventListener("abort", abort);
    leave();
  }
}

/** What waits to be taken; past its bound it is thrown away for a gap. */
class EventQueue<T> {
  #events: FollowEvent<T>[] = [];
  #end: { readonly reason: unknown } | null = null;
  #wake: () => void = () => {};

  put(event: FollowEvent<T>): void {
    if (this.#events.length >= limit.queuedEventsMax) {
      this.#events = [];
      this.#events.push({ kind: "gap", seq: event.seq });
    } else this.#events.push(event);
    this.#wake();
  }

  end(reason: unknown): void {
    this.#end = { reason };
    this.#wake();
  }

  async take(): Promise<FollowEvent<T>> {
    for (;;) {
      const event = this.#events.shift();
      if (event) return event;
      if (this.#end) throw this.#end.reason ?? new StoaError("unavailable", "It has ended.");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
