/**
 * Questions that arrive in one turn of the event loop, asked together at its end: what speaks HTTP
 * and what reads the file then take turns in the caches of the processor once for all of them.
 * Knows nothing of what is asked.
 */

interface Entry {
  readonly question: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (cause: unknown) => void;
}

export class TurnBatch {
  #entries: Entry[] = [];

  /** The answer, or what the question throws. */
  ask<T>(question: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#entries.length === 0) setImmediate(() => this.#run());
      this.#entries.push({ question, resolve: resolve as Entry["resolve"], reject });
    });
  }

  #run(): void {
    const entries = this.#entries;
    this.#entries = [];
    for (const { question, resolve, reject } of entries) {
      try {
        resolve(question());
      } catch (cause) {
        reject(cause);
      }
    }
  }
}
