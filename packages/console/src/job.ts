/**
 * Long work that goes on while one looks at other pages: what it told last, and why it ended.
 * Knows no work.
 */
import { useSyncExternalStore } from "react";

export interface JobState<T> {
  readonly isRunning: boolean;
  /** The last thing that was told; null before the first. */
  readonly told: T | null;
  readonly problem: unknown;
}

export class Job<T> {
  #state: JobState<T> = { isRunning: false, told: null, problem: null };
  #ending = new AbortController();
  readonly #listeners = new Set<() => void>();

  /** Does nothing where it runs already. Resolves when it has ended, in whichever way. */
  async start(work: (signal: AbortSignal) => AsyncIterable<T>): Promise<void> {
    if (this.#state.isRunning) return;
    const ending = new AbortController();
    this.#ending = ending;
    this.#change({ isRunning: true, told: null, problem: null });
    try {
      for await (const told of work(ending.signal)) this.#change({ told });
      this.#change({ isRunning: false });
    } catch (problem) {
      this.#change({ isRunning: false, problem: ending.signal.aborted ? null : problem });
    }
  }

  stop(): void {
    this.#ending.abort();
  }

  readonly state = (): JobState<T> => this.#state;

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #change(some: Partial<JobState<T>>): void {
    this.#state = { ...this.#state, ...some };
    for (const listener of this.#listeners) listener();
  }
}

export function useJob<T>(job: Job<T>): JobState<T> {
  return useSyncExternalStore(job.listen, job.state);
}
