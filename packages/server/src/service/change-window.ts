/**
 * The latest changes, in memory, within bounds: those who follow closely need not read the log.
 * Knows no subscription.
 */
import { bodyCharacters, type Change, limit } from "@stoa/domain";

export interface WindowBounds {
  readonly changesMax: number;
  readonly bytesMax: number;
}

export class ChangeWindow {
  readonly #bounds: WindowBounds;
  /** A ring: the oldest is at `#start`, and what is dropped is let go of at once. */
  #changes: (Change | undefined)[] = [];
  #start = 0;
  #count = 0;
  #bytes = 0;
  /** Everything later than this is here. */
  #since = 0;
  /** The last change of each entity, by store and id; made when it is first asked for. */
  #latest: Map<string, Map<string, number>> | undefined;
  /** How many came since it was asked for. */
  #unasked = 0;

  constructor(
    bounds: WindowBounds = { changesMax: limit.windowChangesMax, bytesMax: limit.windowBytesMax },
  ) {
    this.#bounds = bounds;
  }

  /** Begins anew, with nothing in it, after a sequence number. */
  begin(sequence: number): void {
    this.#changes = [];
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
    this.#since = sequence;
    this.#latest = undefined;
  }

  add(changes: readonly Change[]): void {
    const { changesMax, bytesMax } = this.#bounds;
    for (const change of changes) {
      while (this.#count > 0 && (this.#count >= changesMax || this.#bytes > bytesMax)) this.#drop();
      this.#changes[(this.#start + this.#count) % changesMax] = change;
      this.#count++;
      this.#bytes += sizeOf(change);
      if (this.#latest) setLatest(this.#latest, change);
    }
    while (this.#count > 0 && this.#bytes > bytesMax) this.#drop();
    this.#unasked += changes.length;
    // Nobody follows any more: it costs each change more than all else here.
    if (this.#unasked > changesMax) this.#latest = undefined;
  }

  /** Changes later than a sequence number, in order; undefined where the log must be asked. */
  after(sequence: number, countMax: number): readonly Change[] | undefined {
    if (sequence < this.#since) return undefined;
    const found: Change[] = [];
    for (let at = this.#placeAfter(sequence); at < this.#count; at++) {
      if (found.length === countMax) break;
      found.push(this.#at(at));
    }
    return found;
  }

  /** Whether this is the last change of its entity; undefined where that cannot be told. */
  isLatest({ sequence, store, id }: Change): boolean | undefined {
    if (sequence <= this.#since) return undefined;
    return this.#latestOf(store, id) === sequence;
  }

  /** Whether an entity is as it was at a sequence number; undefined where that cannot be told. */
  isSameSince(sequence: number, store: string, id: string): boolean | undefined {
    if (sequence < this.#since) return undefined;
    return (this.#latestOf(store, id) ?? 0) <= sequence;
  }

  #latestOf(store: string, id: string): number | undefined {
    this.#unasked = 0;
    this.#latest ??= this.#allLatest();
    return this.#latest.get(store)?.get(id);
  }

  #allLatest(): Map<string, Map<string, number>> {
    const latest = new Map<string, Map<string, number>>();
    for (let at = 0; at < this.#count; at++) setLatest(latest, this.#at(at));
    return latest;
  }

  /** The change at a place counted from the oldest. */
  #at(place: number): Change {
    return this.#changes[(this.#start + place) % this.#bounds.changesMax] as Change;
  }

  /** The place of the first one that is later. */
  #placeAfter(sequence: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#at(middle).sequence > sequence) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #drop(): void {
    const change = this.#at(0);
    this.#changes[this.#start] = undefined;
    this.#start = (this.#start + 1) % this.#bounds.changesMax;
    this.#count--;
    this.#bytes -= sizeOf(change);
    this.#since = change.sequence;
    const ofStore = this.#latest?.get(change.store);
    if (ofStore?.get(change.id) === change.sequence) ofStore.delete(change.id);
    if (ofStore?.size === 0) this.#latest?.delete(change.store);
  }
}

function setLatest(latest: Map<string, Map<string, number>>, change: Change): void {
  const ofStore = latest.get(change.store);
  if (ofStore) ofStore.set(change.id, change.sequence);
  else latest.set(change.store, new Map([[change.id, change.sequence]]));
}

function sizeOf(change: Change): number {
  return bodyCharacters(change) + recordSize;
}

const recordSize = 400;
