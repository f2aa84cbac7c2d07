/**
 * Works within one transaction: what they add to the state, and what is still to be sent for them.
 * Knows no queue.
 */
import type { Change, GroupTree } from "@stoa/domain";
import type { PostgresConnection } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import { PostgresPending, type Sent } from "./postgres-pending.ts";
import type { PostgresState } from "./postgres-state.ts";
import type { Catalog } from "./postgres-store.ts";

export interface BatchOptions {
  /** That of the transaction; undefined where works must do with what is in memory. */
  readonly connection: PostgresConnection | undefined;
  readonly dictionary: PostgresDictionary;
  readonly state: PostgresState;
  /** Unix milliseconds. */
  readonly now: () => number;
  /**
   * Asks the database at each write whether it can be, instead of finding out when all is sent: for
   * works of which one could not.
   */
  readonly isCareful: boolean;
}

export class PostgresBatch {
  readonly #connection: PostgresConnection | undefined;
  readonly dictionary: PostgresDictionary;
  readonly now: () => number;
  readonly isCareful: boolean;
  /** Whether a work needed the database where there is no connection: then none of it holds. */
  hasAskedInVain = false;
  tree: GroupTree;
  catalog: Catalog;
  sequence: number;
  readonly lasts: Map<string, number>;
  readonly pending = new PostgresPending();
  readonly changes: Change[] = [];
  /** Whether anything was written, changes or not. */
  hasWritten = false;
  /** Whether a store was made, defined anew or dropped. */
  hasDefined = false;
  readonly #before: PostgresState;

  constructor({ connection, dictionary, state, now, isCareful }: BatchOptions) {
    this.#connection = connection;
    this.dictionary = dictionary;
    this.now = now;
    this.isCareful = isCareful;
    this.#before = state;
    this.tree = state.tree;
    this.catalog = state.catalog;
    this.sequence = state.sequence;
    this.lasts = new Map(state.lasts);
  }

  get connection(): PostgresConnection {
    if (this.#connection) return this.#connection;
    this.hasAskedInVain = true;
    throw new Error("the work needs the database");
  }

  send(): Promise<Sent> {
    return this.pending.send(this.connection, this.dictionary, this.catalog);
  }

  state(keptSince: number): PostgresState {
    const { tree, catalog, sequence, lasts } = this;
    const catalogVersion = this.#before.catalogVersion + (this.hasDefined ? 1 : 0);
    return { tree, catalog, sequence, keptSince, catalogVersion, lasts };
  }

  /** Stores that were changed, with their last sequence number. */
  newLasts(): readonly (readonly [store: string, last: number])[] {
    return [...this.lasts].filter(([store, last]) => this.#before.lasts.get(store) !== last);
  }
}
