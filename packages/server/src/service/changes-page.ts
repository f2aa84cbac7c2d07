/**
 * Changes asked for once, a page at a time: what a subscription would have been told. Knows no
 * wire form.
 */
import { type Caller, everything, limit } from "@stoa/domain";
import type { ChangeFeed } from "./change-feed.ts";
import type { FeedChange } from "./feed-event.ts";
import { replay } from "./feed-replay.ts";
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
 * At most `limit` of them, out of at most `changesScannedMax` records of the log and with not
 * much more than `changesBytesMax`: a page may hold fewer and not be the last, as long as `next`
 * goes on.
 */
export async function changesPage(
  house: House,
  feed: ChangeFeed,
  caller: Caller,
  { store, since, limit: countMax }: ChangesQuestion,
): Promise<ChangesPage> {
  requireWatch(house, caller, store);
  if (await feed.misses(caller, store, since)) {
    feed.counts.gaps++;
    return { changes: [], next: feed.position, gap: true };
  }
  const sight = await sightOf(house, caller, store);
  const kind = store === null ? "shared" : house.rulesOf(store).kind;
  const wish = { store, filter: everything, only: null };
  const subscription = new Subscription("", wish, { caller, kind, sight, position: since });
  const found: FeedChange[] = [];
  let gap = false;
  let bytes = 0;
  for await (const one of replay(feed, subscription, limit.changesScannedMax)) {
    if ("missed" in one) {
      gap = true;
      bytes = found.length = 0;
      subscription.position = one.missed;
      continue;
    }
    subscription.position = one.change.sequence;
    const event = subscription.eventOf(one);
    if (event) found.push(event);
    bytes += event?.entity?.size ?? 0;
    if (found.length >= countMax || bytes >= limit.changesBytesMax) break;
  }
  if (gap) feed.counts.gaps++;
  return { changes: found, next: subscription.position, gap };
}
