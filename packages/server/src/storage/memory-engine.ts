/**
 * The reference engine: entities in maps, every answer by `matches`, `compareBy` and `project`, so
 * that other engines can be held to it. For tests and trials; knows no disk and keeps nothing.
 */
import {
  afterCursor,
  and,
  bodyCharacters,
  type Change,
  compareBy,
  cursorOf,
  type Filter,
  type GroupTree,
  limit,
  type Page,
  project,
  type Query,
  StoaError,
  type StoreDefinition,
  type StoredEntity,
  textPage,
  totalOrder,
} from "@stoa/domain";
import type {
  ChangesAbout,
  Engine,
  EngineOptions,
  KeptRecord,
  RecordSpace,
  Transaction,
} from "./engine.ts";
import { MemoryLogSweep } from "./memory-log.ts";
import {
  checkUniqueSets,
  emptyState,
  type Fitting,
  fitting,
  type MemoryState,
  recordKey,
  unlessOver,
} from "./memory-state.ts";
import { MemoryTransaction } from "./memory-transaction.ts";

export class MemoryEngine implements Engine {
  readonly isShared = false;
  readonly #options: EngineOptions;
  readonly #logSweep: MemoryLogSweep;
  #state: MemoryState = emptyState();
  /** Ends when the last work that was handed in has ended; never rejects. */
  #works: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#logSweep = new MemoryLogSweep(options.log);
  }

  get tree(): GroupTree {
    return this.#state.tree;
  }

  get sequence(): number {
    return this.#state.sequence;
  }

  /** No other process shares it. */
  follow(): undefined {}

  get keptSince(): number {
    return this.#state.keptSince;
  }

  /** One after another, so `alone` asks for nothing more. */
  async transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    const result = this.#works.then(() => this.#run(work));
    this.#works = result.catch(() => undefined);
    return result;
  }

  async read(store: string, id: string): Promise<StoredEntity | undefined> {
    this.#mustBeOpen();
    return this.#state.tables.get(store)?.entities.get(id);
  }

  /** Everything as of the first window. */
  async *find(store: string, query: Query): AsyncIterable<Page> {
    this.#mustBeOpen();
    const { order, after, offset, only } = query;
    const keys = totalOrder(order);
    const filter = after === null ? query.filter : and(query.filter, afterCursor(order, after));
    const found = this.#fitting(store, filter)
      .sort((a, b) => compareBy(keys, a.value, b.value))
      .slice(offset, offset + query.limit);
    for (let start = 0; start < found.length; start += windowEntities) {
      const window = found.slice(start, start + windowEntities);
      const texts = window.map(({ text, value }) =>
        only === null ? text : JSON.stringify(project(value, only)),
      );
      yield textPage(texts, cursorOf(order, (window.at(-1) as Fitting).value));
    }
  }

  async count(store: string, filter: Filter): Promise<number> {
    this.#mustBeOpen();
    return this.#fitting(store, filter).length;
  }

  async recall(space: RecordSpace, name: string): Promise<KeptRecord | undefined> {
    this.#mustBeOpen();
    return unlessOver(this.#state.records.get(recordKey(space, name)), this.#options.now());
  }

  async changes(since: number, countMax: number, about?: ChangesAbout): Promise<readonly Change[]> {
    this.#mustBeOpen();
    const later = this.#state.log.filter(({ sequence }) => sequence > since);
    if (about) return this.#changesAbout(about, later).slice(0, countMax);
    let bytes = 0;
    const isPiece = (change: Change) => {
      const isFirstOrFits = bytes < limit.logPieceBytesMax;
      bytes += bodyCharacters(change);
      return isFirstOrFits;
    };
    return later.slice(0, countMax).filter(isPiece);
  }

  /** Has no indexes to build, so only sees whether the unique sets can hold. */
  async prepare(definition: StoreDefinition): Promise<void> {
    this.#mustBeOpen();
    const table = this.#state.tables.get(definition.name);
    if (table) checkUniqueSets(definition, table.entities.values(), this.tree);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#works;
  }

  async #run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const tx = new MemoryTransaction(this.#state, this.#options.now);
    const result = await work(tx);
    this.#state = this.#logSweep.after(tx.commit(), this.#options.now());
    this.#options.onCommit({ sequence: this.#state.sequence, changes: tx.changes });
    return result;
  }

  #changesAbout({ store, id, from }: ChangesAbout, changes: readonly Change[]): Change[] {
    const since = this.#state.tables.get(store)?.since ?? Number.POSITIVE_INFINITY;
    const theirs = changes.filter((one) => one.store === store && one.id === id);
    const newest = theirs.filter(({ sequence }) => sequence > since).reverse();
    if (from === Number.POSITIVE_INFINITY) return newest;
    const start = newest.findIndex(({ sequence }) => sequence === from);
    return start < 0 ? [] : newest.slice(start);
  }

  #fitting(store: string, filter: Filter): Fitting[] {
    return fitting(this.#state.tables.get(store)?.entities.values() ?? [], filter, this.tree);
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new StoaError("unavailable", "the storage is closed");
  }
}

const windowEntities = 100;
