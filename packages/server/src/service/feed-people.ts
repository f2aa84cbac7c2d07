/**
 * What a change of people does to those who follow: who is somebody else now sees other things from
 * there on, or nothing (rule 26). Knows no queue and no log.
 */
import { type Caller, type Change, isTimeout, isUnavailable } from "@stoa/domain";
import { sameRights } from "./caller-service.ts";
import type { FeedAudience } from "./feed-audience.ts";
import type { Follower } from "./feed-follower.ts";
import { isPersonal, requireWatch, sightOf } from "./feed-sight.ts";
import type { Subscription } from "./feed-subscription.ts";
import type { House } from "./house.ts";

export interface PeopleFeed {
  readonly house: House;
  readonly audience: FeedAudience;
  /** Ends the subscription with an error, and nothing else. */
  end(follower: Follower, subscription: Subscription, cause: unknown): void;
  fault(cause: unknown): void;
}

/**
 * What happened between signing in and following is not told by the feed. Whoever cannot be
 * verified now is to come again.
 */
export async function verify(feed: PeopleFeed, follower: Follower, sequence: number) {
  const { callers } = feed.house;
  try {
    if (await callers.isUnchanged(follower.caller)) return;
    const now = await callers.again(follower.caller);
    if (now) await change(feed, follower, now, sequence);
    else follower.close("unauthorized");
  } catch (cause) {
    feed.fault(cause);
    follower.close("draining");
  }
}

/** Whether tokens and sessions of others may show to other people after it. */
export function isAboutPeople({ store }: Change): boolean {
  return store === "users" || store === "roles" || store === "groups";
}

export async function takePeople(feed: PeopleFeed, taken: Change): Promise<void> {
  const { store, id, op, sequence } = taken;
  if (!decisive.has(store)) return;
  if (isAboutPeople(taken)) await renewPersonal(feed, sequence);
  if (op === "insert" || store === "groups") return;
  const known = new Map<string, Promise<Caller | null>>();
  for (const follower of [...feed.audience.followers]) {
    const { user, role, wayId } = follower.caller;
    const about = store === "users" ? user : store === "roles" ? role.id : wayId;
    if (about !== id) continue;
    let asking = known.get(wayId);
    if (!asking) {
      asking = feed.house.callers.again(follower.caller);
      known.set(wayId, asking);
    }
    const now = await asking;
    if (!now) follower.close("unauthorized");
    else await change(feed, follower, now, sequence);
  }
}

async function change(feed: PeopleFeed, follower: Follower, now: Caller, sequence: number) {
  follower.caller = now;
  for (const subscription of [...follower.subscriptions.values()]) {
    if (sameRights(subscription.caller, now)) continue;
    await renew(feed, follower, subscription, sequence);
  }
}

async function renew(
  feed: PeopleFeed,
  follower: Follower,
  subscription: Subscription,
  sequence: number,
): Promise<void> {
  try {
    requireWatch(feed.house, follower.caller, subscription.store);
    const sight = await sightOf(feed.house, follower.caller, subscription.store);
    if (subscription.isOver) return;
    const isHeard = feed.audience.mute(subscription);
    subscription.caller = follower.caller;
    subscription.sight = sight;
    if (isHeard) feed.audience.hear(follower, subscription);
    follower.gap(subscription, sequence);
  } catch (cause) {
    // It is tried again, with the change that it comes of.
    if (isUnavailable(cause) || isTimeout(cause)) throw cause;
    feed.end(follower, subscription, cause);
  }
}

/** Whose tokens and sessions one sees depends on everybody. */
async function renewPersonal(feed: PeopleFeed, sequence: number): Promise<void> {
  for (const [follower, subscription] of feed.audience.each()) {
    if (isPersonal(subscription.store)) await renew(feed, follower, subscription, sequence);
  }
}

/** Whose changes may change who somebody is. */
const decisive: ReadonlySet<string> = new Set(["users", "roles", "groups", "tokens", "sessions"]);
