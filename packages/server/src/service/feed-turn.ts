/**
 * How the feed shares the process with everything else: how much it does at once, and how often.
 */
export const changesAtOnce = 200;
/** How long it works before it lets others. */
export const turnMsMax = 10;
/** How long it waits after a fault, and how often it tries the same change again. */
export const againMs = 20;
export const faultsMax = 3;
/** How long it waits for a storage that is away, which is no fault of a change. */
export const awayMs = 200;
/** Well within the second in which an end must be felt (rule 26). */
export const lookEveryMs = 400;

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * One turn of the event loop for each that waits, in order: however many catch up at the same time,
 * what comes in between is held up by one of them at most.
 */
export class Turns {
  #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => this.#release());
    });
  }

  #release(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(() => this.#release());
  }
}

/** At most so many works at a time; the others wait, in order. */
export class Lanes {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** Work in slices of `turnMsMax`. */
export class Slice {
  readonly #turns: Turns;
  #startedAt = performance.now();

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  get isOver(): boolean {
    return performance.now() - this.#startedAt >= turnMsMax;
  }

  /** Lets others. */
  async next(): Promise<void> {
    await this.#turns.next();
    this.#startedAt = performance.now();
  }
}
