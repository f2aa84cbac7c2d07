/**
 * Follows the log of changes and tells each subscription what it is to see, in order and once
 * (design 5). Writers never wait for it: a commit at most wakes it. Knows no wire form.
 */
import {
  type Caller,
  type Change,
  type GroupTree,
  isSystemStore,
  isUnavailable,
  StoaError,
} from "@stoa/domain";
import type { Commit, Engine } from "../storage/engine.ts";
import { ChangeWindow } from "./change-window.ts";
import { FeedAudience } from "./feed-audience.ts";
import { type CaughtUpFeed, catchUp } from "./feed-catch-up.ts";
import { type OpenedChange, Version } from "./feed-event.ts";
import { type FollowedFeed, Follower, type Receiver, type Subscribed } from "./feed-follower.ts";
import { MovedEntities, type MoveSource } from "./feed-move.ts";
import { endsStore, missesSince, openChange } from "./feed-past.ts";
import { isAboutPeople, type PeopleFeed, takePeople, verify } from "./feed-people.ts";
import { requireWatch, sightOf } from "./feed-sight.ts";
import { Subscription, type Wish } from "./feed-subscription.ts";
import { isMove, TreePast, treeAfter } from "./feed-tree.ts";
import {
  againMs,
  awayMs,
  changesAtOnce,
  faultsMax,
  lookEveryMs,
  nextTurn,
  Turns,
  turnMsMax,
} from "./feed-turn.ts";
import type { House } from "./house.ts";
import type { Observe } from "./observation.ts";

export class ChangeFeed implements FollowedFeed, CaughtUpFeed, PeopleFeed, MoveSource {
  readonly counts = { events: 0, gaps: 0, drops: 0, tests: 0 };
  readonly window = new ChangeWindow();
  readonly audience = new FeedAudience();
  readonly turns = new Turns();
  readonly moved = new MovedEntities(this);
  readonly #observe: Observe;
  #house: House | undefined;
  #position = 0;
  #head = 0;
  /** The groups as of `#position`. */
  #tree: GroupTree | undefined;
  readonly #past = new TreePast();
  /** Unix milliseconds at which the oldest commit that is still to be told came. */
  #wokenAt = 0;
  #running: Promise<void> | undefined;
  /** Those that are on their way to where the feed stands. */
  readonly #catchingUp = new Set<{ readonly follower: Follower }>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** In a row, at the same change. */
  #faults = 0;
  #isStorageAway = false;
  /** Up to here changes were lost to it. */
  #lostAt = 0;
  /** The last change of users, roles or groups. */
  #peopleAt = 0;

  constructor(observe: Observe) {
    this.#observe = observe;
  }

  /**
   * Begins behind what has been committed so far.
   * @param peopleAt the last change of users, roles or groups.
   */
  begin(house: House, peopleAt: number): void {
    this.#house = house;
    this.#position = this.#head = Math.max(this.#head, house.engine.sequence);
    this.#tree = house.engine.tree;
    this.#past.begin(this.#position);
    this.#peopleAt = peopleAt;
    this.window.begin(this.#position);
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref();
  }

  get position(): number {
    return this.#position;
  }

  get tree(): GroupTree {
    return this.#tree ?? this.engine.tree;
  }

  /** The highest number that is known to be committed. */
  get head(): number {
    return this.#head;
  }

  get keptSince(): number {
    return this.engine.keptSince;
  }

  get house(): House {
    if (!this.#house) throw new StoaError("unavailable", "The feed has not begun.");
    return this.#house;
  }

  get engine(): Engine {
    return this.house.engine;
  }

  get storeNames(): readonly string[] {
    const names = this.house.catalog.definitions().map(({ name }) => name);
    return names.sort();
  }

  onCommit({ sequence, changes }: Commit): void {
    this.#head = Math.max(this.#head, sequence);
    if (!this.#house) return;
    this.window.add(changes);
    if (this.#running || changes.length === 0) return;
    // A commit of which nobody hears takes no turn of its own.
    const isNext = changes[0]?.sequence === this.#position + 1;
    if (isNext && changes.every((change) => this.#passes(change))) return;
    this.#wokenAt = performance.now();
    this.#running = this.#run();
  }

  attach(caller: Caller, receiver: Receiver): Follower {
    if (this.#isClosed) throw new StoaError("unavailable", "The server is about to stop.");
    const follower = new Follower(this, caller, receiver);
    this.audience.followers.add(follower);
    this.#report(0);
    void verify(this, follower, this.#position);
    return follower;
  }

  detach(follower: Follower): void {
    this.audience.followers.delete(follower);
    for (const subscription of follower.subscriptions.values()) this.#drop(subscription);
    follower.subscriptions.clear();
    this.#report(0);
  }

  /** Resolves when what has been committed so far has been told to whoever takes it. */
  async settle(): Promise<void> {
    const until = this.#head;
    while (this.#position < until && !this.#isClosed) await (this.#running ?? nextTurn());
    while ([...this.#catchingUp].some(({ follower }) => follower.hasRoom && !follower.isClosed)) {
      await nextTurn();
    }
  }

  /** Ends every follower; no more can be heard of. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const follower of [...this.audience.followers]) follower.close("draining");
  }

  async subscribe(follower: Follower, wish: Wish): Promise<Subscribed> {
    const { house } = this;
    for (;;) {
      const { caller } = follower;
      requireWatch(house, caller, wish.store);
      const sight = await sightOf(house, caller, wish.store);
      const gap = wish.since !== undefined && (await this.misses(caller, wish.store, wish.since));
      // Asked for by somebody who has changed meanwhile.
      if (caller !== follower.caller) continue;
      follower.requireRoom();
      if (gap) this.counts.gaps++;
      const position = gap || wish.since === undefined ? this.#position : wish.since;
      const kind = wish.store === null ? "shared" : house.rulesOf(wish.store).kind;
      const id = follower.newSubscriptionId();
      const subscription = new Subscription(id, wish, { caller, kind, sight, position });
      follower.subscriptions.set(id, subscription);
      const start = () => {
        follower.start(subscription);
        this.#catchUp(follower, subscription);
      };
      return { subscription: id, seq: position, gap, start };
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
    const marks = { head: this.#head, lostAt: this.#lostAt, peopleAt: this.#peopleAt };
    return missesSince(this.engine, marks, { caller, store, since });
  }

  /** Changes later than a sequence number, from memory where they are there. */
  async changesAfter(sequence: number, countMax: number): Promise<readonly Change[]> {
    const { engine, window } = this;
    return window.after(sequence, countMax) ?? engine.changes(Math.floor(sequence), countMax);
  }

  /** The change with its versions, as of a tree, and the entity as it is now. */
  opened(change: Change, before: GroupTree, after: GroupTree): Promise<OpenedChange> {
    const isLatest = this.window.isLatest(change) ?? false;
    return openChange(this.engine, change, { before, after, isLatest });
  }

  async presentOf(version: Version, store: string, sequence: number): Promise<Version | null> {
    const { tree } = this.engine;
    const { entity } = version;
    const isSame = this.window.isSameSince(sequence, store, entity.id);
    if (isSame && tree === version.tree) return version;
    const now = isSame ? entity : await this.engine.read(store, entity.id);
    return now ? new Version(now, tree) : null;
  }

  treeAt(sequence: number): Promise<GroupTree> {
    return this.#past.treeAt(sequence, this);
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
          if (!this.#passes(change)) await this.#take(change);
          if (performance.now() - turnAt < turnMsMax) continue;
          this.#report(performance.now() - this.#wokenAt);
          await nextTurn();
          turnAt = performance.now();
        }
      }
      this.#report(performance.now() - this.#wokenAt);
      this.#isStorageAway = false;
    } catch (cause) {
      // The same will be told when the storage is back.
      const isPassing = isUnavailable(cause);
      if (!isPassing || !this.#isStorageAway) this.fault(cause);
      this.#isStorageAway = isPassing;
      // One change that cannot be told must not keep all later ones back.
      if (!isPassing && ++this.#faults > faultsMax) await this.#skipTo(this.#position + 1);
    }
    this.#running = undefined;
    if (this.#position < this.#head && !this.#isClosed) this.#again();
  }

  /** After a fault, or for a commit that came while the last turn ended. */
  #again(): void {
    if (this.#faults === 0 && !this.#isStorageAway) this.#wokenAt = performance.now();
    this.#running = new Promise((resolve) => {
      const pauseMs = this.#isStorageAway ? awayMs : againMs;
      setTimeout(() => resolve(this.#run()), pauseMs).unref();
    });
  }

  /** What cannot be told any more, everybody has missed. */
  async #skipTo(sequence: number): Promise<void> {
    this.#position = this.#lostAt = this.#peopleAt = sequence;
    this.#tree = this.engine.tree;
    this.#past.begin(sequence);
    for (const follower of [...this.audience.followers]) await verify(this, follower, sequence);
    for (const [follower, one] of this.audience.each()) follower.gap(one, sequence);
  }

  /** Takes at once what nobody hears of and nobody's rights hang on; whether it was such. */
  #passes(change: Change): boolean {
    if (isSystemStore(change.store) || this.audience.hasStore(change.store)) return false;
    this.#position = change.sequence;
    this.#faults = 0;
    return true;
  }

  async #take(change: Change): Promise<void> {
    const before = this.tree;
    const after = treeAfter(before, change, this.engine.tree);
    if (isAboutPeople(change)) this.#peopleAt = change.sequence;
    await takePeople(this, change);
    const isHeard = this.audience.hasStore(change.store);
    const opened = isHeard ? await this.opened(change, before, after) : null;
    // From here on at once, so that a subscription comes before it or after it.
    this.#past.add(change, before);
    this.#tree = after;
    this.#position = change.sequence;
    this.#faults = 0;
    if (isMove(change)) this.#takeMove(change, before, after);
    if (opened) this.#tell(opened);
    if (change.store === "stores" && change.op === "remove") this.#endStore(change);
  }

  /** First those whose filters are quick, so that a slow one holds up nobody but itself. */
  #tell(opened: OpenedChange): void {
    const slow: (readonly [Follower, Subscription])[] = [];
    for (const one of this.audience.candidates(opened)) {
      if (one[1].isSlow) slow.push(one);
      else this.deliver(...one, opened);
    }
    for (const one of slow) this.deliver(...one, opened);
  }

  /** Those to whom it brings or takes entities read it from the log, while the others go on. */
  #takeMove({ sequence }: Change, before: GroupTree, after: GroupTree): void {
    for (const [follower, subscription] of this.audience.each()) {
      if (!this.audience.hears(subscription) || !subscription.heedsMove(before, after)) continue;
      subscription.position = Math.max(subscription.position, sequence - 1);
      this.audience.mute(subscription);
      this.#catchUp(follower, subscription);
    }
  }

  /** Tells it what it has not heard of, and then lets it hear. */
  #catchUp(follower: Follower, subscription: Subscription): void {
    const way = { follower };
    this.#catchingUp.add(way);
    catchUp(this, follower, subscription)
      .catch((cause: unknown) => this.end(follower, subscription, cause))
      .finally(() => {
        this.#catchingUp.delete(way);
        this.#report(0);
      });
  }

  deliver(follower: Follower, subscription: Subscription, opened: OpenedChange): void {
    const { sequence, store } = opened.change;
    if (sequence <= subscription.position) return;
    subscription.position = sequence;
    if (!subscription.concerns(store)) return;
    this.counts.tests++;
    const startedAt = performance.now();
    try {
      const event = subscription.eventOf(opened);
      if (event) follower.push(subscription, event);
      const endedAt = performance.now();
      if (!subscription.isDear(endedAt - startedAt, endedAt, opened)) return;
      throw new StoaError("timeout", "The filter takes too long for each change.");
    } catch (cause) {
      this.end(follower, subscription, cause);
    }
  }

  /** Its entities are gone with it, and no change tells of each. */
  #endStore(change: Change): void {
    for (const [follower, subscription] of this.audience.each()) {
      if (!endsStore(change, subscription.store)) continue;
      if (subscription.store === null) follower.gap(subscription, this.#position);
      else this.end(follower, subscription, new StoaError("not_found", "The store is gone."));
    }
  }

  /** A filter that throws, or takes too long, ends its subscription and nothing else. */
  end(follower: Follower, subscription: Subscription, cause: unknown): void {
    if (subscription.isOver) return;
    let error = cause;
    if (!(error instanceof StoaError)) {
      this.fault(cause);
      error = new StoaError("internal", "This subscription broke; that is our mistake.");
    }
    subscription.isLost = false;
    const { id } = subscription;
    // First, so that whoever hears of it can tell whether it was the last.
    this.unsubscribe(follower, subscription);
    follower.push(subscription, { kind: "end", subscription: id, error: error as StoaError });
  }

  #drop(subscription: Subscription): void {
    subscription.isOver = true;
    this.audience.mute(subscription);
  }

  /** What no commit wakes it for: those whose time is over, and what has been told since. */
  #look(): void {
    const isBehind = this.#position < this.#head;
    this.#report(isBehind ? performance.now() - this.#wokenAt : 0);
    const now = this.house.now();
    for (const follower of [...this.audience.followers]) {
      if (follower.caller.expiresAt <= now) follower.close("unauthorized");
    }
  }

  fault(cause: unknown): void {
    this.#observe({ kind: "fault", incident: "feed", cause });
  }

  #report(lagMs: number): void {
    const { followers, size } = this.audience;
    const subscriptions = size + this.#catchingUp.size;
    const sizes = { followers: followers.size, subscriptions };
    this.#observe({ kind: "feed", ...sizes, ...this.counts, lagMs });
  }
}
