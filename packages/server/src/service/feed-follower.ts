/**
 * One receiver of events: a socket or a stream, its subscriptions, and the bounded queue between
 * the feed and it. A slow one harms only itself. Knows no wire form.
 */
import { type Caller, limit, StoaError } from "@stoa/domain";
import type { FeedEvent } from "./feed-event.ts";
import type { Subscription, Wish } from "./feed-subscription.ts";
import { Lanes } from "./feed-turn.ts";

/** Why a follower is closed: it must sign in again, or connect again. */
export type FollowerEnd = "unauthorized" | "draining";

/** The other side of a follower. */
export interface Receiver {
  /** Whether it takes more at once; when it does again, it calls `pump`. */
  readonly isReady: () => boolean;
  readonly send: (event: FeedEvent) => void;
  /** Called once; nothing is sent after it. */
  readonly end: (why: FollowerEnd) => void;
}

export interface Subscribed {
  readonly subscription: string;
  /** Everything later than this will come: `since`, unless there is a gap. */
  readonly seq: number;
  /** Something between `since` and `seq` cannot be told: fetch what is there. */
  readonly gap: boolean;
  /** Lets events come; they wait for it, so that the answer to the request is there first. */
  readonly start: () => void;
}

/** What a follower needs of the feed. */
export interface FollowedFeed {
  subscribe(follower: Follower, wish: Wish): Promise<Subscribed>;
  unsubscribe(follower: Follower, subscription: Subscription): void;
  detach(follower: Follower): void;
  readonly position: number;
  readonly counts: { events: number; gaps: number; drops: number };
}

export class Follower {
  readonly subscriptions = new Map<string, Subscription>();
  caller: Caller;
  isClosed = false;
  /** All who catch up have turns: one that asks for many is not to have most of them. */
  readonly replays = new Lanes(limit.replaysAtOnceMax);
  readonly #feed: FollowedFeed;
  readonly #receiver: Receiver;
  #queue: FeedEvent[] = [];
  #head = 0;
  #bytes = 0;
  #number = 0;
  #waiting: (() => void)[] = [];
  #lost = new Set<Subscription>();

  constructor(feed: FollowedFeed, caller: Caller, receiver: Receiver) {
    this.#feed = feed;
    this.caller = caller;
    this.#receiver = receiver;
  }

  /** Errors: `forbidden`, `not_found`, `rate_limit` past `subscriptionsMax`. */
  async subscribe(wish: Wish): Promise<Subscribed> {
    this.requireRoom();
    return this.#feed.subscribe(this, wish);
  }

  /** Errors: `rate_limit` where there is none, `unauthorized` where it is over. */
  requireRoom(): void {
    if (this.isClosed) throw new StoaError("unauthorized", "The connection has ended.");
    if (this.subscriptions.size < limit.subscriptionsMax) return;
    const message = `One connection has at most ${limit.subscriptionsMax} subscriptions.`;
    throw new StoaError("rate_limit", message, { retryAfterS: 1 });
  }

  /** Whether there was one. */
  unsubscribe(id: string): boolean {
    const subscription = this.subscriptions.get(id);
    if (subscription) this.#feed.unsubscribe(this, subscription);
    return subscription !== undefined;
  }

  newSubscriptionId(): string {
    this.#number++;
    return String(this.#number);
  }

  /** Takes an event for one of its subscriptions. */
  push(subscription: Subscription, event: FeedEvent): void {
    if (this.isClosed || subscription.isLost) return;
    if (!subscription.isStarted) {
      // Else it would come before the answer that names the subscription.
      if (subscription.untold?.kind !== "end") subscription.untold = event;
      return;
    }
    this.#queue.push(event);
    this.#bytes += sizeOf(event);
    const count = this.#queue.length - this.#head;
    if (count > limit.queuedEventsMax || this.#bytes > limit.queuedBytesMax) this.#overflow();
    this.pump();
  }

  /** Lets events of a subscription through, first of all what had to wait. */
  start(subscription: Subscription): void {
    subscription.isStarted = true;
    if (subscription.untold) this.push(subscription, subscription.untold);
    subscription.untold = null;
  }

  /** Tells the subscription that it has missed something, unless that is about to be told. */
  gap(subscription: Subscription, seq: number): void {
    subscription.position = Math.max(subscription.position, seq);
    this.#feed.counts.gaps++;
    this.push(subscription, { kind: "gap", subscription: subscription.id, seq });
  }

  /** Sends what waits, as long as the receiver takes it. */
  pump(): void {
    while (!this.isClosed && this.#receiver.isReady()) {
      const event = this.#next();
      if (!event) break;
      this.#feed.counts.events++;
      this.#receiver.send(event);
    }
    if (this.hasRoom) for (const go of this.#waiting.splice(0)) go();
  }

  /** Whether the queue is short enough for a replay to go on. */
  get hasRoom(): boolean {
    const count = this.#queue.length - this.#head;
    return count < roomEventsMax && this.#bytes < limit.queuedBytesMax / 2;
  }

  /** Resolves when there is room. */
  room(): Promise<void> {
    if (this.hasRoom || this.isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends it from this side; the other one has gone, or is told why. */
  close(why?: FollowerEnd): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#feed.detach(this);
    this.#queue = [];
    this.#lost.clear();
    for (const go of this.#waiting.splice(0)) go();
    if (why) this.#receiver.end(why);
  }

  #next(): FeedEvent | undefined {
    const event = this.#queue[this.#head];
    if (!event) return this.#nextGap();
    this.#head++;
    this.#bytes -= sizeOf(event);
    if (this.#head > 1_000 || this.#head === this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return event;
  }

  #nextGap(): FeedEvent | undefined {
    for (const subscription of this.#lost) {
      this.#lost.delete(subscription);
      if (subscription.isOver) continue;
      subscription.isLost = false;
      const seq = Math.max(this.#feed.position, subscription.position);
      subscription.position = seq;
      this.#feed.counts.gaps++;
      return { kind: "gap", subscription: subscription.id, seq };
    }
    return undefined;
  }

  /**
   * Changes that wait are thrown away; each of their subscriptions gets one gap when there is room.
   * That one has ended is kept: nothing else would tell.
   */
  #overflow(): void {
    const ends: FeedEvent[] = [];
    for (const event of this.#queue.slice(this.#head)) {
      if (event.kind === "end") ends.push(event);
      else this.#feed.counts.drops++;
      const subscription = this.subscriptions.get(event.subscription);
      if (!subscription || subscription.isOver) continue;
      subscription.isLost = true;
      this.#lost.add(subscription);
    }
    this.#queue = ends;
    this.#head = 0;
    this.#bytes = ends.length * eventSize;
  }
}

/** A replay stops before the queue is so long that it would overflow. */
const roomEventsMax = 500;

function sizeOf(event: FeedEvent): number {
  return event.kind === "change" && event.entity ? event.entity.size : eventSize;
}

const eventSize = 200;
