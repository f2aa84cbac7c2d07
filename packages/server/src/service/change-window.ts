/**
 * The latest changes, in memory, within bounds: those who follow closely need not read the log.
 * Knows no subscription.
 */
import { type Change, limit } from "@stoa/domain";

export interface WindowBounds {
  readonly changesMax: number;
  readonly bytesMax: number;
}

export class ChangeWindow {
  readonly #bounds: WindowBounds;
  #changes: Change[] = [];
  /** Index of the first one that still counts; those before are thrown away now and then. */
  #start = 0;
  #bytes = 0;
  /** Everything later than this is here. */
  #since = 0;
  readonly #latest = new Map<string, number>();

  constructor(
    bounds: WindowBounds = { changesMax: limit.windowChangesMax, bytesMax: limit.windowBytesMax },
  ) {
    this.#bounds = bounds;
  }

  /** Begins anew, with nothing in it, after a sequence number. */
  begin(sequence: number): void {
    this.#changes = [];
    this.#start = 0;
    this.#bytes = 0;
    this.#since = sequence;
    this.#latest.clear();
  }

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#changes.push(change);
      this.#bytes += sizeOf(change);
      this.#latest.set(keyOf(change), change.sequence);
    }
    const { changesMax, bytesMax } = this.#bounds;
    while (this.#count > changesMax || (this.#bytes > bytesMax && this.#count > 0)) this.#drop();
    if (this.#start > changesMax) {
      this.#changes = this.#changes.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Changes later than a sequence number, in order; undefined where the log must be asked. */
  after(sequence: number, countMax: number): readonly Change[] | undefined {
    if (sequence < this.#since) return undefined;
    const from = this.#positionAfter(sequence);
    return this.#changes.slice(from, from + countMax);
  }

  /** Whether this is the last change of its entity; undefined where that cannot be told. */
  isLatest({ sequence, store, id }: Change): boolean | undefined {
    if (sequence <= this.#since) return undefined;
    return this.#latest.get(keyOf({ store, id })) === sequence;
  }

  /** Whether an entity is as it was at a sequence number; undefined where that cannot be told. */
  isSameSince(sequence: number, store: string, id: string): boolean | undefined {
    if (sequence < this.#since) return undefined;
    return (this.#latest.get(keyOf({ store, id })) ?? 0) <= sequence;
  }

  get #count(): number {
    return this.#changes.length - this.#start;
  }

  #positionAfter(sequence: number): number {
    let low = this.#start;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#changes[middle] as Change).sequence > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #drop(): void {
    const change = this.#changes[this.#start] as Change;
    // Its place is let go of at once, the array when there are many.
    this.#changes[this.#start] = { ...change, before: null, after: null };
    this.#start++;
    this.#bytes -= sizeOf(change);
    this.#since = change.sequence;
    const key = keyOf(change);
    if (this.#latest.get(key) === change.sequence) this.#latest.delete(key);
  }
}

function keyOf({ store, id }: { store: string; id: string }): string {
  return `${store} ${id}`;
}

function sizeOf({ before, after }: Change): number {
  return (before?.body.length ?? 0) + (after?.body.length ?? 0) + recordSize;
}

const recordSize = 400;
