/**
 * One subscription: what it asks for, and what a change is to it (design 5; rule 19). Knows no
 * queue and no log.
 */
import {
  type Caller,
  type Filter,
  type GroupTree,
  limit,
  matches,
  type Path,
  type VisibilityKind,
} from "@stoa/domain";
import {
  type FeedChange,
  type FeedEvent,
  type FeedOp,
  type OpenedChange,
  Shown,
  type Version,
} from "./feed-event.ts";
import type { Indexed } from "./feed-index.ts";
import { isPersonal, type Sight } from "./feed-sight.ts";
import { isSameReach } from "./feed-tree.ts";
import { mayGet } from "./permission.ts";

export interface Wish {
  /** Null for all stores but the system's, as far as the caller holds GET on them. */
  readonly store: string | null;
  readonly filter: Filter;
  readonly only: readonly Path[] | null;
  /** The sequence number after which to begin; absent for now. */
  readonly since?: number | undefined;
}

export class Subscription implements Indexed {
  readonly id: string;
  readonly store: string | null;
  readonly filter: Filter;
  readonly kind: VisibilityKind;
  readonly #only: readonly Path[] | null;
  readonly #readsBranch: boolean;
  caller: Caller;
  sight: Sight;
  /** Everything up to it has been considered. */
  position: number;
  /** What was queued for it was thrown away: it must be told so. */
  isLost = false;
  isOver = false;
  /** Whether the answer to the request for it has been given. */
  isStarted = false;
  /** What it must be told once it has started. */
  untold: FeedEvent | null = null;
  /** What its filter has taken since `#countedAt`, milliseconds. */
  #spentMs = 0;
  #countedAt = 0;
  #tests = 0;
  #lastMs = 0;

  constructor(
    id: string,
    wish: Pick<Wish, "store" | "filter" | "only">,
    as: {
      readonly caller: Caller;
      readonly kind: VisibilityKind;
      readonly sight: Sight;
      readonly position: number;
    },
  ) {
    this.id = id;
    this.store = wish.store;
    this.filter = wish.filter;
    this.#only = wish.only;
    this.#readsBranch = JSON.stringify(wish.filter).includes('"branch"');
    this.kind = as.kind;
    this.caller = as.caller;
    this.sight = as.sight;
    this.position = as.position;
  }

  /** Whether what it shows may be other entities when a group has been moved. */
  heedsMove(before: GroupTree, after: GroupTree): boolean {
    // These get a gap with every change of groups.
    if (isPersonal(this.store)) return false;
    if (this.#readsBranch) return true;
    return this.kind !== "everything" && !isSameReach(this.caller.groups, before, after);
  }

  concerns(store: string): boolean {
    return this.store === store || (this.store === null && mayGet(this.caller, store));
  }

  /**
   * What the change is to it, or null for nothing. A body goes out only if that version and the
   * present entity are visible; `leave` and `remove` only if the version before was (rule 19).
   * Throws what its filter throws.
   */
  eventOf(opened: OpenedChange): FeedChange | null {
    const { change, before, after, present } = opened;
    const was = before !== null && this.#shows(before);
    const is = after !== null && this.#shows(after);
    const op = opOf(change.op, was, is);
    if (op === null || (opened.isMoved && op === "update")) return null;
    const hasBody = op !== "leave" && op !== "remove";
    if (hasBody && (present === null || !this.sight(present))) return null;
    return {
      kind: "change",
      subscription: this.id,
      seq: change.sequence,
      op,
      store: change.store,
      id: change.id,
      time: change.time,
      by: change.by,
      entity: hasBody && after ? new Shown(after, this.#only) : null,
    };
  }

  /**
   * Whether its filter has taken more of the last second than one may.
   * @param ms what the last change took, by the clock
   */
  isDear(ms: number, now: number, last: OpenedChange): boolean {
    this.#lastMs = ms;
    if (now - this.#countedAt > 1_000) {
      this.#countedAt = now;
      this.#spentMs = 0;
      this.#tests = 0;
    }
    this.#spentMs += ms;
    this.#tests++;
    if (this.#spentMs <= limit.filterMsPerSecondMax) return false;
    // The clock runs on while others have the machine: once more, by what the thread works.
    const before = process.threadCpuUsage();
    this.eventOf(last);
    const { user, system } = process.threadCpuUsage(before);
    this.#spentMs = ((user + system) / 1_000) * this.#tests;
    return this.#spentMs > limit.filterMsPerSecondMax;
  }

  /** Whether it took long the last time: then others hear of the next change before it does. */
  get isSlow(): boolean {
    return this.#lastMs > slowMs;
  }

  #shows(version: Version): boolean {
    if (!this.sight(version)) return false;
    const { filter } = this;
    if (filter.kind === "all" && filter.of.length === 0) return true;
    return matches(filter, version.value);
  }
}

function opOf(op: FeedOp, was: boolean, is: boolean): FeedOp | null {
  if (op === "insert") return is ? "insert" : null;
  if (op === "remove") return was ? "remove" : null;
  if (was && is) return "update";
  if (is) return "enter";
  return was ? "leave" : null;
}

/** Many times what an ordinary filter takes. */
const slowMs = 0.2;
