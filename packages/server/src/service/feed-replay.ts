/**
 * What a subscription has missed, out of the log: for those who come back, for pages of changes,
 * and for those to whom a moved group brings or takes many entities. Knows no queue.
 */
import { type Change, type GroupTree, limit } from "@stoa/domain";
import type { OpenedChange, Version } from "./feed-event.ts";
import { type Move, type MovedEntities, partOf } from "./feed-move.ts";
import { endsStore } from "./feed-past.ts";
import type { Subscription } from "./feed-subscription.ts";
import { isMove, type TreeSource } from "./feed-tree.ts";
import { changesAtOnce } from "./feed-turn.ts";

/** The feed, as replays see it. */
export interface ReplaySource extends TreeSource {
  /** Everything up to it has been told. */
  readonly position: number;
  readonly moved: MovedEntities;
  /** Names of all stores but the system's. */
  readonly storeNames: readonly string[];
  /** The tree behind all changes up to a number. */
  treeAt(sequence: number): Promise<GroupTree>;
  opened(change: Change, before: GroupTree, after: GroupTree): Promise<OpenedChange>;
  /** The entity as it is now, which was this version at a number of the log. */
  presentOf(version: Version, store: string, sequence: number): Promise<Version | null>;
}

/** Something that cannot be told; what follows is later than `seq`. */
export interface Missed {
  readonly missed: number;
}

/**
 * Every change that could concern the subscription from its position on, up to where the feed
 * stands. Whoever goes through it moves the position: to that of what it was given.
 * @param recordsMax how much of the log it looks at.
 */
export async function* replay(
  feed: ReplaySource,
  subscription: Subscription,
  recordsMax = Number.POSITIVE_INFINITY,
): AsyncGenerator<OpenedChange | Missed> {
  let tree = feed.tree;
  let treeAt = Number.NaN;
  let moves = 0;
  for (let records = 0; records < recordsMax; ) {
    const { position } = subscription;
    const until = feed.position;
    if (subscription.isOver || position >= until) return;
    if (position < feed.keptSince) {
      yield { missed: until };
      continue;
    }
    if (treeAt !== position) tree = await feed.treeAt(position);
    const changes = await feed.changesAfter(position, changesAtOnce);
    treeAt = until;
    for (const change of changes) {
      if (change.sequence > until) break;
      const after = change.store === "groups" ? await feed.treeAt(change.sequence) : tree;
      if (isMove(change) && subscription.heedsMove(tree, after)) {
        if (++moves > limit.movesReplayedMax) yield { missed: until };
        else yield* movedOf(feed, subscription, { change, before: tree, after });
      }
      yield* openedOf(feed, subscription, { change, before: tree, after });
      tree = after;
      treeAt = change.sequence;
      if (subscription.isOver) return;
    }
    records += changes.length;
    subscription.position = Math.max(subscription.position, treeAt);
    await feed.turns.next();
  }
}

async function* openedOf(
  feed: ReplaySource,
  subscription: Subscription,
  { change, before, after }: Move,
): AsyncGenerator<OpenedChange | Missed> {
  const { sequence, store } = change;
  if (sequence > subscription.position && endsStore(change, subscription.store)) {
    yield { missed: sequence };
  }
  if (sequence <= subscription.position || !subscription.concerns(store)) return;
  yield await feed.opened(change, before, after);
}

/** Each entity below the group as a change of its own, for as many as have not been told. */
async function* movedOf(
  feed: ReplaySource,
  subscription: Subscription,
  move: Move,
): AsyncGenerator<OpenedChange | Missed> {
  const { change } = move;
  if (change.sequence <= subscription.position) return;
  const { store } = subscription;
  const stores =
    store === null ? feed.storeNames.filter((one) => subscription.concerns(one)) : [store];
  const entities = await feed.moved.below(move, stores);
  if (!entities) yield { missed: feed.position };
  for (const [index, { store: name, before, after }] of (entities ?? []).entries()) {
    const sequence = partOf(change.sequence, index);
    if (sequence <= subscription.position) continue;
    const { entity } = after;
    const present = subscription.sight(after)
      ? await feed.presentOf(after, name, change.sequence)
      : null;
    const { time, by } = change;
    yield {
      change: {
        sequence,
        op: "update",
        store: name,
        id: entity.id,
        time,
        by,
        before: entity,
        after: entity,
      },
      isMoved: true,
      before,
      after,
      present,
    };
  }
}
