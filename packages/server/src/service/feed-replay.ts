/**
 * Tells a subscription what it has missed, and then lets it hear the feed, with nothing lost and
 * nothing twice in between.
 */
import type { Change, GroupTree } from "@stoa/domain";
import type { OpenedChange } from "./feed-event.ts";
import type { Follower } from "./feed-follower.ts";
import { endsStore } from "./feed-past.ts";
import type { Subscription } from "./feed-subscription.ts";
import { changesAtOnce, nextTurn } from "./feed-turn.ts";

/** The feed, as replays see it. */
export interface ReplaySource {
  /** Everything up to it has been told. */
  readonly position: number;
  /** Changes up to it may be no longer kept. */
  readonly keptSince: number;
  readonly tree: GroupTree;
  changesAfter(sequence: number, countMax: number): Promise<readonly Change[]>;
  opened(change: Change, before: GroupTree, after: GroupTree): Promise<OpenedChange>;
  /** Decides what the change is to the subscription, and sends that. */
  tell(follower: Follower, subscription: Subscription, opened: OpenedChange): void;
  /** From here on it is told of changes as they come. */
  hear(follower: Follower, subscription: Subscription): void;
}

export async function catchUp(
  feed: ReplaySource,
  follower: Follower,
  subscription: Subscription,
): Promise<void> {
  while (!subscription.isOver && !follower.isClosed) {
    // At once: no change comes between the last look and the first word of the feed.
    if (subscription.position >= feed.position) return feed.hear(follower, subscription);
    if (subscription.position < feed.keptSince) {
      follower.gap(subscription, feed.position);
      continue;
    }
    const until = feed.position;
    const changes = await feed.changesAfter(subscription.position, changesAtOnce);
    for (const change of changes) {
      if (change.sequence > until) break;
      await replay(feed, follower, subscription, change);
    }
    const last = changes.at(-1)?.sequence ?? until;
    subscription.position = Math.max(subscription.position, Math.min(last, until));
    await follower.room();
    await nextTurn();
  }
}

async function replay(
  feed: ReplaySource,
  follower: Follower,
  subscription: Subscription,
  change: Change,
): Promise<void> {
  const isDone = () => subscription.isOver || change.sequence <= subscription.position;
  if (!isDone() && endsStore(change, subscription.store)) {
    follower.gap(subscription, change.sequence);
  }
  if (isDone() || !subscription.concerns(change.store)) return;
  const opened = await feed.opened(change, feed.tree, feed.tree);
  if (isDone()) return;
  subscription.position = change.sequence;
  feed.tell(follower, subscription, opened);
}
