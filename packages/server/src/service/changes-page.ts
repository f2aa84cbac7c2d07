/**
 * Changes asked for once, a page at a time: what a subscription would have been told. Knows no
 * wire form.
 */
import { type Caller, type Change, everything, limit } from "@stoa/domain";
import type { ChangeFeed } from "./change-feed.ts";
import type { FeedChange } from "./feed-event.ts";
import { endsStore } from "./feed-past.ts";
import { requireWatch, sightOf } from "./feed-sight.ts";
import { Subscription } from "./feed-subscription.ts";
import type { House } from "./house.ts";

export interface ChangesQuestion {
  /** Null for all stores but the system's whose GET the caller holds. */
  readonly store: string | null;
  readonly since: number;
  readonly limit: number;
}

export interface ChangesPage {
  readonly changes: readonly FeedChange[];
  /** Where the next page begins: give it as `since`. */
  readonly next: number;
  /** What lies between `since` and `next` cannot be told: fetch what is there. */
  readonly gap: boolean;
}

/**
 * At most `limit` of them, out of at most `changesScannedMax` records of the log: a page may hold
 * fewer and not be the last, as long as `next` goes on.
 */
export async function changesPage(
  house: House,
  feed: ChangeFeed,
  caller: Caller,
  { store, since, limit: countMax }: ChangesQuestion,
): Promise<ChangesPage> {
  requireWatch(house, caller, store);
  const until = feed.position;
  if (await feed.misses(caller, store, since)) return { changes: [], next: until, gap: true };
  const sight = await sightOf(house, caller, store);
  const kind = store === null ? "shared" : house.rulesOf(store).kind;
  const wish = { store, filter: everything, only: null };
  const subscription = new Subscription("", wish, { caller, kind, sight, position: since });
  const found: FeedChange[] = [];
  let gap = false;
  let scanned = 0;
  let next = since;
  while (next < until && scanned < limit.changesScannedMax) {
    const changes = await feed.changesAfter(next, pieceMax);
    if (changes.length === 0) return { changes: found, next: until, gap };
    for (const change of changes) {
      if (change.sequence > until) return { changes: found, next: until, gap };
      if (endsStore(change, store)) {
        gap = true;
        found.length = 0;
      }
      const event = await eventOf(feed, subscription, change);
      if (event) found.push(event);
      next = change.sequence;
      if (found.length >= countMax) return { changes: found, next, gap };
    }
    scanned += changes.length;
  }
  return { changes: found, next, gap };
}

async function eventOf(feed: ChangeFeed, subscription: Subscription, change: Change) {
  if (!subscription.concerns(change.store)) return null;
  return subscription.eventOf(await feed.opened(change, feed.tree, feed.tree));
}

const pieceMax = 500;
