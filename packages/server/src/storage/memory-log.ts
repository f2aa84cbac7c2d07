/**
 * How much of the log of changes the memory engine keeps. Knows no entity.
 */
import { bodyCharacters, type Change, limit } from "@stoa/domain";
import type { LogRetention } from "./engine.ts";
import type { MemoryState } from "./memory-state.ts";

export class MemoryLogSweep {
  readonly #bounds: LogRetention | undefined;
  #sweptAt = 0;

  constructor(bounds: LogRetention | undefined) {
    this.#bounds = bounds;
  }

  /** The state without what is too old or too much, at most once in `sweepEveryMs`. */
  after(state: MemoryState, now: number): MemoryState {
    if (!this.#bounds || Math.abs(now - this.#sweptAt) < limit.sweepEveryMs) return state;
    this.#sweptAt = now;
    const from = firstKept(state.log, this.#bounds, now);
    const last = state.log[from - 1];
    return last ? { ...state, log: state.log.slice(from), keptSince: last.sequence } : state;
  }
}

/** The index of the first one to keep; the newest always is. */
function firstKept(
  log: readonly Change[],
  { ageMsMax, bytesMax }: LogRetention,
  now: number,
): number {
  let bytes = 0;
  for (let at = log.length - 1; at >= 0; at--) {
    const change = log[at] as Change;
    bytes += bodyCharacters(change) + headBytes;
    const isOver = change.time < now - ageMsMax || bytes > bytesMax;
    if (isOver) return Math.min(at + 1, log.length - 1);
  }
  return 0;
}

const headBytes = 120;
