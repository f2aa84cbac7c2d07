/**
 * Who follows the feed: all followers, and of their subscriptions those that are told of changes as
 * they come. The others catch up by themselves. Decides nothing.
 */
import type { OpenedChange } from "./feed-event.ts";
import type { Follower } from "./feed-follower.ts";
import { FeedIndex } from "./feed-index.ts";
import type { Subscription } from "./feed-subscription.ts";

export class FeedAudience {
  readonly followers = new Set<Follower>();
  readonly #index = new FeedIndex<Subscription>();
  readonly #followerOf = new Map<Subscription, Follower>();

  /** How many subscriptions hear. */
  get size(): number {
    return this.#index.size;
  }

  /** Whether anybody hears of the store. */
  hasStore(store: string): boolean {
    return this.#index.has(store);
  }

  /** Every subscription there is. */
  *each(): Iterable<readonly [Follower, Subscription]> {
    for (const follower of [...this.followers]) {
      for (const subscription of [...follower.subscriptions.values()]) {
        yield [follower, subscription];
      }
    }
  }

  /** From here on it is told of changes as they come. */
  hear(follower: Follower, subscription: Subscription): void {
    this.#followerOf.set(subscription, follower);
    this.#index.add(subscription);
  }

  /** @returns whether it heard before. */
  mute(subscription: Subscription): boolean {
    this.#index.remove(subscription);
    return this.#followerOf.delete(subscription);
  }

  hears(subscription: Subscription): boolean {
    return this.#followerOf.has(subscription);
  }

  /** Those that a change could concern, each at most once. */
  *candidates(opened: OpenedChange): Iterable<readonly [Follower, Subscription]> {
    for (const subscription of this.#index.candidates(opened)) {
      const follower = this.#followerOf.get(subscription);
      if (follower) yield [follower, subscription];
    }
  }
}
