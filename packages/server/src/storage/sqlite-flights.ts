/**
 * Commits on their way to disk, which land in the order in which they have begun. Knows no works
 * and no SQL.
 */
import type { Pending } from "./sqlite-deferred.ts";
import type { SqliteState } from "./sqlite-state.ts";

/** A commit on its way to disk. */
export interface Flight {
  /** The state that it builds on. */
  readonly before: SqliteState;
  /** The state with it. */
  readonly after: SqliteState;
  /** Whether a thread writes it: the connection of the main thread sees it once it has landed. */
  readonly isElsewhere: boolean;
  /** What it changes. */
  readonly pending: Pending;
  readonly keptSince?: number | undefined;
}

export class SqliteFlights {
  readonly #flights: (Flight & { readonly done: Promise<void> })[] = [];

  get count(): number {
    return this.#flights.length;
  }

  /** Whether the connection of the main thread does not see all of them yet. */
  get areElsewhere(): boolean {
    return this.#flights.some(({ isElsewhere }) => isElsewhere);
  }

  /** What they change, the latest first. */
  readonly pending: Pending = (n, id) => {
    for (let at = this.#flights.length - 1; at >= 0; at--) {
      const entity = this.#flights[at]?.pending(n, id);
      if (entity !== undefined) return entity;
    }
    return undefined;
  };

  /** Ends when all have landed that are on their way by then. */
  async landed(): Promise<void> {
    while (this.#flights.length > 0) await this.#flights.at(-1)?.done;
  }

  /**
   * @param land called once it is written and all before it have landed; never fails.
   * @param after called when it no longer counts.
   */
  begin(flight: Flight, land: () => Promise<void>, after: () => void): void {
    const before = this.#flights.at(-1)?.done;
    const end = async () => {
      await before;
      await land();
      this.#flights.shift();
      after();
    };
    this.#flights.push({ ...flight, done: end() });
  }
}
