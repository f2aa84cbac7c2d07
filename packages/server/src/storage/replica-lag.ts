/**
 * What a node knows of the log that a replica may not have yet: since when it is behind, and what
 * it must have before anything of a store is read from it. Knows no database.
 */
import type { Change } from "@stoa/domain";
import type { Commit } from "./engine.ts";

/** What was committed within a short time: the first of it at `at`, the last of it `sequence`. */
interface Stretch {
  readonly at: number;
  sequence: number;
}

export class ReplicaLag {
  /** Of the last change that is known. */
  sequence: number;
  readonly #now: () => number;
  /** By store, the last change that took an entity out of somebody's sight, or may have. */
  readonly #taken = new Map<string, number>();
  /** The same for all stores. */
  #takenFromAll: number;
  /** Committed and not seen in the replica yet, in order. */
  #waiting: Stretch[] = [];

  /** @param now milliseconds of a clock that is never set back. */
  constructor(sequence: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.sequence = sequence;
    this.#takenFromAll = sequence;
  }

  follow({ sequence, changes }: Commit): void {
    for (const change of changes) this.#note(change);
    this.#wait(sequence);
  }

  /** Nothing is known of what came before this change. */
  lapse(sequence: number): void {
    this.#takenFromAll = sequence;
    this.#wait(sequence);
  }

  /** What the replica must have: rights that ended count at once. */
  neededFor(store: string): number {
    return Math.max(this.#takenFromAll, this.#taken.get(store) ?? 0);
  }

  /** The replica has all up to this number. */
  replayed(sequence: number): void {
    const first = this.#waiting.findIndex((stretch) => stretch.sequence > sequence);
    this.#waiting = first < 0 ? [] : this.#waiting.slice(first);
  }

  /** How long something has been missing there, at most; 0 where nothing is. */
  msBehind(replayed: number): number {
    const missing = this.#waiting.find(({ sequence }) => sequence > replayed);
    return missing ? this.#now() - missing.at : 0;
  }

  #note({ op, store, sequence, before, after }: Change): void {
    if (op === "insert") return;
    const isSeenBySame =
      before !== null &&
      after !== null &&
      before.group === after.group &&
      before.owner === after.owner &&
      before.access.length === after.access.length &&
      before.access.every((principal, at) => principal === after.access[at]);
    if (!isSeenBySame) this.#taken.set(store, sequence);
  }

  #wait(sequence: number): void {
    this.sequence = sequence;
    const last = this.#waiting.at(-1);
    const now = this.#now();
    const isFull = this.#waiting.length >= stretchesMax;
    if (last && (isFull || now - last.at < stretchMs)) last.sequence = sequence;
    else this.#waiting.push({ at: now, sequence });
  }
}

/** So much is not told apart, and told as the longer lag. */
const stretchMs = 50;
const stretchesMax = 1_000;
