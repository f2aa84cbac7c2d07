/**
 * A list that stays true: filled once, then kept by what the server tells, also over lost
 * connections. Knows lists, subscriptions and their order in time; no transport.
 */
import {
  isUnavailable,
  type JsonObject,
  limit as limits,
  parsePath,
  StoaError,
} from "@stoa/domain";
import type { Entity } from "./entity.ts";
import type { EntityCalls, ListCall } from "./entity-calls.ts";
import { type ListQuery, listParameters, orderOf } from "./list-query.ts";
import { type LiveChange, LiveChanges, type LiveState } from "./live-change.ts";
import { LiveWindow, spareOf } from "./live-window.ts";
import { pause } from "./retry.ts";
import type { Subscriptions, ToldChange, Wish } from "./subscriptions.ts";
import type { CallOptions } from "./transport.ts";

/** What a live set holds. Without `limit`, all that fit: they are kept in memory. */
export type LiveQuery = Pick<ListQuery, "where" | "filter" | "sortBy" | "only" | "limit">;

export interface LiveHouse {
  readonly calls: EntityCalls;
  readonly subscriptions: Subscriptions;
}

/**
 * Shows `entities` in the order of the query, at most `limit` of them. Every change of the set is
 * told to those who `listen`, and to those who iterate: `for await (const {added, changed,
 * removed, entities} of cities.live({sortBy: ["-population"], limit: 10}))`.
 *
 * Ends by its signal, by `close`, or with the error of the server: `forbidden` when the right is
 * gone, `not_found` when the store is, `unauthorized` when the credential has ended.
 */
export class LiveSet<T> implements AsyncIterable<LiveChange<T>> {
  /** Resolves when the set is filled for the first time; rejects where it ends before. */
  readonly ready: Promise<void>;
  readonly #house: LiveHouse;
  readonly #store: string;
  readonly #query: LiveQuery;
  readonly #window: LiveWindow;
  readonly #changes: LiveChanges<T>;
  readonly #ending = new AbortController();
  readonly #leave: () => void;
  /** What was told while a list is fetched, which may or may not hold it; null when none is. */
  #told: ToldChange[] | null = null;
  /** Counts fetches from the beginning, so that an overtaken one is left. */
  #filling = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** The connection is lost; what is fetched meanwhile may be old by the time that it is shown. */
  #isAway = false;
  #settle: { resolve: () => void; reject: (reason: unknown) => void };

  constructor(house: LiveHouse, store: string, query: LiveQuery, { signal }: CallOptions = {}) {
    this.#house = house;
    this.#store = store;
    this.#query = query;
    this.#window = new LiveWindow(orderOf(query.sortBy), query.limit ?? Number.POSITIVE_INFINITY);
    this.#changes = new LiveChanges<T>(query.only?.map((path) => parsePath(path)) ?? null);
    const { promise, ...settle } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#settle = settle;
    // Whoever does not wait for it hears of the end in another way.
    promise.catch(() => {});
    this.#leave = house.subscriptions.follow(wishOf(store, query), null, {
      begun: (_, isGap) => this.#begun(isGap),
      changed: (change) => this.#changed(change),
      missed: () => this.#fill(),
      lost: () => this.#lost(),
      ended: (error) => this.#end(error),
    });
    const abort = () => this.#end(null);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { signal: this.#ending.signal });
  }

  /** Those shown, in order; another array after each change, and the same one between. */
  get entities(): readonly Entity<T>[] {
    return this.#changes.entities;
  }

  get state(): LiveState {
    return this.#changes.state;
  }

  /** Whether all that fit are shown. */
  get isComplete(): boolean {
    return this.#window.isComplete;
  }

  /** Why it ended; null for one that goes on or was closed. */
  get error(): StoaError | null {
    return this.#changes.error;
  }

  /** Calls after each change of the set or its state. Gives what ends that. */
  listen(listener: (change: LiveChange<T>) => void): () => void {
    return this.#changes.listen(listener);
  }

  /** Each change since the last one that was taken; leaving the loop closes the set. */
  [Symbol.asyncIterator](): AsyncIterator<LiveChange<T>> {
    return this.#changes.iterate(() => this.close());
  }

  close(): void {
    this.#end(null);
  }

  #lost(): void {
    this.#isAway = true;
    this.#tell("away");
  }

  #begun(isGap: boolean): void {
    this.#isAway = false;
    if (this.#filling === 0 || isGap) this.#fill();
    else if (this.#told === null) this.#tell("live");
  }

  #changed(change: ToldChange): void {
    if (this.#told === null) {
      this.#apply(change);
      this.#changedSoon();
      return;
    }
    this.#told.push(change);
    // So much has changed meanwhile that the list is better fetched again.
    if (this.#told.length > limits.queuedEventsMax) this.#fill();
  }

  #apply({ id, entity }: ToldChange): void {
    if (entity) this.#window.put(entity);
    else this.#window.drop(id);
  }

  /** Fetches from the beginning; what is told meanwhile is applied to it, since it may be older. */
  #fill(): void {
    this.#filling++;
    this.#tell("loading");
    const { limit = Number.POSITIVE_INFINITY } = this.#query;
    void this.#load({ after: null, limit: limit + spareOf(limit), isNew: true });
  }

  async #load(part: { after: string | null; limit: number; isNew: boolean }): Promise<void> {
    const filling = this.#filling;
    this.#told = [];
    const found = await this.#fetch(part).catch((error: unknown) => {
      if (filling === this.#filling) this.#end(error);
      return null;
    });
    if (found === null || filling !== this.#filling || this.#changes.state === "ended") return;
    if (part.isNew) this.#window.clear();
    this.#window.append(found, found.length < part.limit);
    const told = this.#told ?? [];
    this.#told = null;
    for (const change of told) this.#apply(change);
    this.#show();
  }

  /** Tries until the server is there again, or refuses. */
  async #fetch({ after, limit }: { after: string | null; limit: number }): Promise<JsonObject[]> {
    const { signal } = this.#ending;
    const call = listCall(this.#query, after, limit);
    const pageSize = limits.linkedPageEntitiesMax;
    for (;;) {
      try {
        const found: JsonObject[] = [];
        for await (const { texts } of this.#house.calls.pages(this.#store, call, {
          pageSize,
          signal,
          // What it is told from now on is told on top of what there is now.
          consistency: "strong",
        })) {
          for (const text of texts) found.push(JSON.parse(text) as JsonObject);
        }
        return found;
      } catch (cause) {
        if (!isUnavailable(cause)) throw cause;
        await pause(againMs, signal);
      }
    }
  }

  /** Changes that come together are shown together. */
  #changedSoon(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = null;
        if (this.#told === null) this.#show();
      },
      gatherMs + this.entities.length / shownPerMs,
    );
  }

  #show(): void {
    const cursor = this.#window.missingAfter;
    if (cursor) {
      const { limit = 0 } = this.#query;
      const more = { after: JSON.stringify(cursor), limit: limit + spareOf(limit), isNew: false };
      void this.#load(more);
    } else {
      this.#settle.resolve();
      this.#changes.show(this.#window.shown, this.#isAway ? "away" : "live");
    }
  }

  #tell(state: LiveState): void {
    if (this.#changes.state !== "ended") this.#changes.tell(state);
  }

  /** @param error null where it was closed. */
  #end(error: unknown): void {
    if (this.#changes.state === "ended") return;
    if (this.#timer) clearTimeout(this.#timer);
    const closed = new StoaError("unavailable", "The live set was closed.");
    this.#changes.end(error as StoaError | null);
    this.#settle.reject(error ?? closed);
    this.#ending.abort(closed);
    this.#leave();
  }
}

/** Changes that come within this time are one; within more where there is more to compare. */
const gatherMs = 10;
const shownPerMs = 1_000;
/** After how long a list that could not be fetched is tried again. */
const againMs = 1_000;

function wishOf(store: string, { where, filter, only, sortBy }: LiveQuery): Wish {
  return {
    store,
    ...(where && { where: where as JsonObject }),
    ...(filter !== undefined && { filter }),
    ...(only && { only: servedFields(only, sortBy) }),
  };
}

function listCall(query: LiveQuery, after: string | null, limit: number): ListCall {
  const { only, sortBy } = query;
  const served = only ? { ...query, only: servedFields(only, sortBy) } : query;
  return { parameters: listParameters(served), order: orderOf(sortBy), offset: 0, limit, after };
}

/** With those of the order, by which they are kept in place. */
function servedFields(only: readonly string[], sortBy: readonly string[] = []): string[] {
  return [...new Set([...only, "_id", ...sortBy.map((key) => key.replace(/^-/, ""))])];
}
