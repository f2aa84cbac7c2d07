/**
 * Follows the log of changes and tells each subscription what it is to see, in order and once
 * (design 5). Writers never wait for it: a commit only wakes it. Knows no wire form.
 */
import { type Caller, type Change, type GroupTree, StoaError } from "@stoa/domain";
import type { Commit } from "../storage/engine.ts";
import { sameRights } from "./caller-service.ts";
import { ChangeWindow } from "./change-window.ts";
import type { OpenedChange } from "./feed-event.ts";
import { type FollowedFeed, Follower, type Receiver, type Subscribed } from "./feed-follower.ts";
import { FeedIndex } from "./feed-index.ts";
import { endsStore, missesSince, openChange } from "./feed-past.ts";
import { catchUp, type ReplaySource } from "./feed-replay.ts";
import { isPersonal, requireWatch, sightOf } from "./feed-sight.ts";
import { Subscription, type Wish } from "./feed-subscription.ts";
import { isSameReach, treeAfter } from "./feed-tree.ts";
import {
  againMs,
  changesAtOnce,
  expiryEveryMs,
  faultsMax,
  nextTurn,
  turnMsMax,
} from "./feed-turn.ts";
import type { House } from "./house.ts";
import type { Observe } from "./observation.ts";

export class ChangeFeed implements FollowedFeed, ReplaySource {
  readonly counts = { events: 0, gaps: 0, drops: 0 };
  readonly window = new ChangeWindow();
  readonly #observe: Observe;
  #house: House | undefined;
  #position = 0;
  /** The highest number that is known to be committed. */
  #head = 0;
  /** The groups as of `#position`. */
  #tree: GroupTree | undefined;
  readonly #followers = new Set<Follower>();
  readonly #index = new FeedIndex<Subscription>();
  /** Unix milliseconds at which the oldest commit that is still to be told came. */
  #wokenAt = 0;
  #running: Promise<void> | undefined;
  readonly #followerOf = new Map<Subscription, Follower>();
  #expiry: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** In a row, at the same change. */
  #faults = 0;
  /** The last change of groups, and of users, roles or groups. */
  #movedAt = 0;
  #peopleAt = 0;

  constructor(observe: Observe) {
    this.#observe = observe;
  }

  /** Begins behind what has been committed so far. */
  begin(house: House, last: { groups: number; people: number }): void {
    this.#house = house;
    this.#position = this.#head;
    this.#tree = house.engine.tree;
    // Whether it was a move is not known any more; the root alone never moves.
    this.#movedAt = house.engine.tree.size > 1 ? last.groups : 0;
    this.#peopleAt = last.people;
    this.window.begin(this.#position);
    this.#expiry = setInterval(() => this.#endExpired(), expiryEveryMs).unref();
  }

  get position(): number {
    return this.#position;
  }

  get tree(): GroupTree {
    return this.#tree ?? this.#open.engine.tree;
  }

  onCommit({ sequence, changes }: Commit): void {
    this.#head = Math.max(this.#head, sequence);
    if (!this.#house) return;
    this.window.add(changes);
    if (this.#running || changes.length === 0) return;
    this.#wokenAt = performance.now();
    this.#running = this.#run();
  }

  attach(caller: Caller, receiver: Receiver): Follower {
    if (this.#isClosed) throw new StoaError("unavailable", "The server is about to stop.");
    const follower = new Follower(this, caller, receiver);
    this.#followers.add(follower);
    this.#report(0);
    this.#verify(follower).catch((cause: unknown) => this.#fault(cause));
    return follower;
  }

  /** What happened between signing in and following is not told by the feed. */
  async #verify(follower: Follower): Promise<void> {
    const { callers } = this.#open;
    if (await callers.isUnchanged(follower.caller)) return;
    const now = await callers.again(follower.caller);
    if (now) await this.#change(follower, now, this.#position);
    else follower.close("unauthorized");
  }

  detach(follower: Follower): void {
    this.#followers.delete(follower);
    for (const subscription of follower.subscriptions.values()) this.#drop(subscription);
    follower.subscriptions.clear();
    this.#report(0);
  }

  /** Resolves when what has been committed so far has been told. */
  async settle(): Promise<void> {
    const until = this.#head;
    while (this.#position < until) await (this.#running ?? nextTurn());
  }

  /** Ends every follower; no more can be heard of. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#expiry);
    for (const follower of [...this.#followers]) follower.close("draining");
  }

  async subscribe(follower: Follower, wish: Wish): Promise<Subscribed> {
    const house = this.#open;
    for (;;) {
      const { caller } = follower;
      requireWatch(house, caller, wish.store);
      const sight = await sightOf(house, caller, wish.store);
      const gap = wish.since !== undefined && (await this.misses(caller, wish.store, wish.since));
      // Asked for by somebody who has changed meanwhile.
      if (caller !== follower.caller) continue;
      follower.requireRoom();
      const position = gap || wish.since === undefined ? this.#position : wish.since;
      const kind = wish.store === null ? "shared" : house.rulesOf(wish.store).kind;
      const id = follower.newSubscriptionId();
      const subscription = new Subscription(id, wish, { caller, kind, sight, position });
      follower.subscriptions.set(id, subscription);
      const start = () => {
        follower.start(subscription);
        catchUp(this, follower, subscription).catch((cause: unknown) => {
          this.#end(follower, subscription, cause);
        });
      };
      return { subscription: id, seq: Math.max(position, this.#position), gap, start };
    }
  }

  unsubscribe(follower: Follower, subscription: Subscription): void {
    this.#drop(subscription);
    follower.subscriptions.delete(subscription.id);
    this.#report(0);
  }

  /**
   * Whether something later than `since` cannot be told to this caller: it is no longer kept, or
   * who sees what has changed since (rule 19).
   */
  misses(caller: Caller, store: string | null, since: number): Promise<boolean> {
    const { engine } = this.#open;
    const marks = { head: this.#head, movedAt: this.#movedAt, peopleAt: this.#peopleAt };
    return missesSince(engine, marks, { caller, store, since });
  }

  /** Changes later than a sequence number, from memory where they are there. */
  async changesAfter(sequence: number, countMax: number): Promise<readonly Change[]> {
    const { engine } = this.#open;
    return this.window.after(sequence, countMax) ?? engine.changes(sequence, countMax);
  }

  /** The change with its versions, as of a tree, and the entity as it is now. */
  opened(change: Change, before: GroupTree, after: GroupTree): Promise<OpenedChange> {
    const isLatest = this.window.isLatest(change) ?? false;
    return openChange(this.#open.engine, change, { before, after, isLatest });
  }

  get #open(): House {
    if (!this.#house) throw new StoaError("unavailable", "The feed has not begun.");
    return this.#house;
  }

  async #run(): Promise<void> {
    // Let those who wait for the commit be answered first.
    await nextTurn();
    try {
      let turnAt = performance.now();
      for (;;) {
        const { keptSince } = this;
        const isHere = this.window.after(this.#position, 1) !== undefined;
        if (this.#position < keptSince && !isHere) await this.#skipTo(keptSince);
        const changes = await this.changesAfter(this.#position, changesAtOnce);
        // Numbers that no change has.
        if (changes.length === 0) this.#position = Math.max(this.#position, this.#head);
        if (changes.length === 0) break;
        for (const change of changes) {
          await this.#take(change);
          if (performance.now() - turnAt < turnMsMax) continue;
          this.#report(performance.now() - this.#wokenAt);
          await nextTurn();
          turnAt = performance.now();
        }
      }
      this.#report(performance.now() - this.#wokenAt);
    } catch (cause) {
      this.#fault(cause);
      // One change that cannot be told must not keep all later ones back.
      if (++this.#faults > faultsMax) await this.#skipTo(this.#position + 1).catch(() => {});
    }
    this.#running = undefined;
    if (this.#position < this.#head) this.#again();
  }

  /** After a fault, or for a commit that came while the last turn ended. */
  #again(): void {
    this.#wokenAt = performance.now();
    this.#running = new Promise((resolve) => {
      setTimeout(() => resolve(this.#run()), againMs).unref();
    });
  }

  /** What cannot be told any more, everybody has missed. */
  async #skipTo(sequence: number): Promise<void> {
    this.#position = this.#movedAt = this.#peopleAt = sequence;
    this.#tree = this.#open.engine.tree;
    for (const follower of [...this.#followers]) await this.#verify(follower);
    for (const [follower, subscription] of this.#each()) follower.gap(subscription, sequence);
  }

  *#each(): Iterable<readonly [Follower, Subscription]> {
    for (const follower of [...this.#followers]) {
      for (const subscription of [...follower.subscriptions.values()]) {
        yield [follower, subscription];
      }
    }
  }

  async #take(change: Change): Promise<void> {
    const before = this.tree;
    const after = treeAfter(before, change, this.#open.engine.tree);
    await this.#takePeople(change);
    if (before !== after) this.#takeMove(change, before, after);
    const isHeard = this.#index.has(change.store);
    const opened = isHeard ? await this.opened(change, before, after) : null;
    // From here on at once, so that a subscription comes before it or after it.
    this.#tree = after;
    this.#position = change.sequence;
    this.#faults = 0;
    if (opened) for (const one of this.#index.candidates(opened)) this.#deliver(one, opened);
    if (change.store === "stores" && change.op === "remove") this.#endStore(change);
  }

  #deliver(subscription: Subscription, opened: OpenedChange): void {
    const { sequence, store } = opened.change;
    if (sequence <= subscription.position) return;
    subscription.position = sequence;
    const follower = this.#followerOf.get(subscription);
    if (!follower || !subscription.concerns(store)) return;
    this.tell(follower, subscription, opened);
  }

  /** A filter that throws, or takes too long, ends its subscription and nothing else. */
  tell(follower: Follower, subscription: Subscription, opened: OpenedChange): void {
    const startedAt = performance.now();
    try {
      const event = subscription.eventOf(opened);
      if (event) follower.push(subscription, event);
      const endedAt = performance.now();
      if (!subscription.isDear(endedAt - startedAt, endedAt)) return;
      throw new StoaError("timeout", "The filter takes too long for each change.");
    } catch (cause) {
      this.#end(follower, subscription, cause);
    }
  }

  hear(follower: Follower, subscription: Subscription): void {
    this.#followerOf.set(subscription, follower);
    this.#index.add(subscription);
    this.#report(0);
  }

  get keptSince(): number {
    return this.#open.engine.keptSince;
  }

  /** Those who are other people now see other things from here on, or nothing (rule 26). */
  async #takePeople({ store, id, op, sequence }: Change): Promise<void> {
    if (!decisive.has(store)) return;
    if (store === "users" || store === "roles" || store === "groups") {
      this.#peopleAt = sequence;
      await this.#renewPersonal(sequence);
    }
    if (op === "insert" || store === "groups") return;
    const known = new Map<string, Promise<Caller | null>>();
    for (const follower of [...this.#followers]) {
      const { user, role, wayId } = follower.caller;
      const about = store === "users" ? user : store === "roles" ? role.id : wayId;
      if (about !== id) continue;
      let asking = known.get(wayId);
      if (!asking) {
        asking = this.#open.callers.again(follower.caller);
        known.set(wayId, asking);
      }
      const now = await asking;
      if (!now) follower.close("unauthorized");
      else await this.#change(follower, now, sequence);
    }
  }

  async #change(follower: Follower, now: Caller, sequence: number): Promise<void> {
    const before = follower.caller;
    follower.caller = now;
    if (sameRights(before, now)) return;
    for (const subscription of [...follower.subscriptions.values()]) {
      await this.#renew(follower, subscription, sequence);
    }
  }

  async #renew(follower: Follower, subscription: Subscription, sequence: number): Promise<void> {
    try {
      requireWatch(this.#open, follower.caller, subscription.store);
      const sight = await sightOf(this.#open, follower.caller, subscription.store);
      if (subscription.isOver) return;
      const isHeard = this.#followerOf.has(subscription);
      this.#index.remove(subscription);
      subscription.caller = follower.caller;
      subscription.sight = sight;
      if (isHeard) this.#index.add(subscription);
      follower.gap(subscription, sequence);
    } catch (cause) {
      this.#end(follower, subscription, cause);
    }
  }

  /** Whose tokens and sessions one sees depends on everybody. */
  async #renewPersonal(sequence: number): Promise<void> {
    for (const [follower, subscription] of this.#each()) {
      if (isPersonal(subscription.store)) await this.#renew(follower, subscription, sequence);
    }
  }

  /** A group stands elsewhere: those who see more or less by it get a gap. */
  #takeMove(change: Change, before: GroupTree, after: GroupTree): void {
    this.#movedAt = change.op === "insert" ? this.#movedAt : change.sequence;
    if (change.op !== "update") return;
    for (const [follower, subscription] of this.#each()) {
      const isSame = isSameReach(follower.caller.groups, before, after);
      if (!isSame || subscription.readsBranch) follower.gap(subscription, change.sequence - 1);
    }
  }

  /** Its entities are gone with it, and no change tells of each. */
  #endStore(change: Change): void {
    for (const [follower, subscription] of this.#each()) {
      if (!endsStore(change, subscription.store)) continue;
      if (subscription.store === null) follower.gap(subscription, this.#position);
      else this.#end(follower, subscription, new StoaError("not_found", "The store is gone."));
    }
  }

  #end(follower: Follower, subscription: Subscription, cause: unknown): void {
    if (subscription.isOver) return;
    let error = cause;
    if (!(error instanceof StoaError)) {
      this.#fault(cause);
      error = new StoaError("internal", "This subscription broke; that is our mistake.");
    }
    subscription.isLost = false;
    const { id } = subscription;
    follower.push(subscription, { kind: "end", subscription: id, error: error as StoaError });
    this.unsubscribe(follower, subscription);
  }

  #drop(subscription: Subscription): void {
    subscription.isOver = true;
    this.#followerOf.delete(subscription);
    this.#index.remove(subscription);
  }

  #endExpired(): void {
    const now = this.#open.now();
    for (const follower of [...this.#followers]) {
      if (follower.caller.expiresAt <= now) follower.close("unauthorized");
    }
  }

  #fault(cause: unknown): void {
    this.#observe({ kind: "fault", incident: "feed", cause });
  }

  #report(lagMs: number): void {
    const size = { followers: this.#followers.size, subscriptions: this.#index.size };
    this.#observe({ kind: "feed", ...size, ...this.counts, lagMs });
  }
}

/** Whose changes may change who somebody is. */
const decisive: ReadonlySet<string> = new Set(["users", "roles", "groups", "tokens", "sessions"]);
