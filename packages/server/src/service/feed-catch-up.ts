/**
 * How a subscription comes to where the feed stands, however fast its follower takes what it has
 * missed, and whatever the storage does meanwhile. Knows no wire form.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isTimeout, isUnavailable } from "@stoa/domain";
import type { FeedAudience } from "./feed-audience.ts";
import type { OpenedChange } from "./feed-event.ts";
import type { Follower } from "./feed-follower.ts";
import { type ReplaySource, replay } from "./feed-replay.ts";
import type { Subscription } from "./feed-subscription.ts";
import { awayMs, faultsMax, Slice } from "./feed-turn.ts";

/** The feed, as those see it who catch up with it. */
export interface CaughtUpFeed extends ReplaySource {
  readonly audience: FeedAudience;
  deliver(follower: Follower, subscription: Subscription, opened: OpenedChange): void;
}

/**
 * Tells it what it has not heard of, and then lets it hear. What the storage takes too long for is
 * asked for again from where it has come to, and in the end it is a gap. Errors: ours.
 */
export async function catchUp(
  feed: CaughtUpFeed,
  follower: Follower,
  subscription: Subscription,
): Promise<void> {
  let stuckAt = Number.NaN;
  let timeouts = 0;
  for (;;) {
    try {
      if (hearsNow(feed, follower, subscription)) return;
      return await follower.replays.run(() => tellMissed(feed, follower, subscription));
    } catch (cause) {
      const { position } = subscription;
      const isSlow = isTimeout(cause);
      if (!isSlow && !isUnavailable(cause)) throw cause;
      if (isOver(follower, subscription)) return;
      timeouts = position === stuckAt ? timeouts + Number(isSlow) : Number(isSlow);
      stuckAt = position;
      if (timeouts > faultsMax) follower.gap(subscription, feed.position);
    }
    // It goes on from its position: nobody has to come again for that.
    await sleep(awayMs, undefined, { ref: false });
  }
}

async function tellMissed(
  feed: CaughtUpFeed,
  follower: Follower,
  subscription: Subscription,
): Promise<void> {
  const slice = new Slice(feed.turns);
  for (;;) {
    for await (const found of replay(feed, subscription)) {
      if (isOver(follower, subscription)) return;
      if ("missed" in found) follower.gap(subscription, found.missed);
      else feed.deliver(follower, subscription, found);
      if (!follower.hasRoom) await follower.room();
      if (slice.isOver) await slice.next();
    }
    if (hearsNow(feed, follower, subscription)) return;
  }
}

/**
 * Whether there is nothing more to catch up with. At once: no change comes between the last look
 * and the first word of the feed.
 */
function hearsNow(feed: CaughtUpFeed, follower: Follower, subscription: Subscription): boolean {
  if (isOver(follower, subscription)) return true;
  if (subscription.position < feed.position) return false;
  feed.audience.hear(follower, subscription);
  return true;
}

function isOver(follower: Follower, subscription: Subscription): boolean {
  return subscription.isOver || follower.isClosed;
}
