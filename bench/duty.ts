/**
 * Lets processes compute a part of the time only, by stopping and continuing them in turn: on one
 * machine this is what several slow ones are. Ends nothing.
 */

export class Duty {
  readonly #pids: readonly number[];
  readonly #share: number;
  #timers: NodeJS.Timeout[] = [];

  /** @param share from above 0 to 1, which is all of the time */
  constructor(pids: readonly number[], share: number) {
    this.#pids = pids;
    this.#share = share;
  }

  begin(): void {
    if (this.#share === 1) return;
    this.#timers = this.#pids.map((pid, at) => {
      // Not all at the same time.
      const begun = performance.now() - (at * periodMs) / this.#pids.length;
      let isRunning = true;
      return setInterval(() => {
        const place = ((performance.now() - begun) % periodMs) / periodMs;
        if (place < this.#share === isRunning) return;
        isRunning = !isRunning;
        process.kill(pid, isRunning ? "SIGCONT" : "SIGSTOP");
      }, 1);
    });
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#timers.length > 0) for (const pid of this.#pids) process.kill(pid, "SIGCONT");
    this.#timers = [];
  }
}

const periodMs = 20;
