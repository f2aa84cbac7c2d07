/**
 * Works that only read and change single entities, run in memory: what they write is put off, so
 * that it can be written together, by whoever has the time. Knows no SQL.
 */
import assert from "node:assert/strict";
import {
  type Change,
  entityFront,
  type GroupTree,
  StoaError,
  type StoredEntity,
} from "@stoa/domain";
import { taken } from "./conflict.ts";
import { storedEntity } from "./draft.ts";
import type { Draft, KeptRecord, Mark, Transaction } from "./engine.ts";
import type { Entry } from "./sqlite-entry.ts";
import { groupStore, type SqliteBatch, type SqliteState } from "./sqlite-state.ts";
import type { StoreTable } from "./sqlite-store.ts";
import { type Outcome, type Work, WorkAnswers } from "./work-answers.ts";

/** An entity as it will be, null where it goes, undefined where nothing is known of it. */
export type Pending = (n: number, id: string) => StoredEntity | null | undefined;

export interface DeferredOptions {
  /** What the works build on: what is committed, also what is on its way to disk. */
  readonly state: SqliteState;
  /** What of that cannot be read yet. */
  readonly pending: Pending;
  /** What can be. */
  readonly read: (n: number, id: string) => StoredEntity | undefined;
}

export class SqliteDeferredRun extends WorkAnswers {
  readonly #options: DeferredOptions;
  readonly #entities = new EntityOverlay();
  /** What they did, in order. */
  readonly entries: Entry[] = [];
  /** The last change of each store that they changed. */
  readonly lasts = new Map<string, number>();

  constructor(options: DeferredOptions) {
    super();
    this.#options = options;
  }

  /** Runs one more work. @returns false, and as if it had not run, where it asks for more. */
  async add(work: Work): Promise<boolean> {
    const tx = new DeferredTransaction(this);
    const count = this.entries.length;
    let outcome: Outcome;
    try {
      outcome = { isGood: true, value: await work.work(tx) };
    } catch (error) {
      outcome = { isGood: false, error };
    }
    // One that fails when it has written might have been refused for that before.
    const isOver = outcome.isGood || this.entries.length === count;
    if (tx.asksForMore || !isOver) {
      this.#undo(count);
      return false;
    }
    this.works.push(work);
    this.outcomes.push(outcome);
    return true;
  }

  get changes(): readonly Change[] {
    return this.entries.map(({ change }) => change);
  }

  get sequence(): number {
    return this.#options.state.sequence + this.entries.length;
  }

  /** The state with what they did. */
  get state(): SqliteState {
    const { state } = this.#options;
    if (this.entries.length === 0) return state;
    return { ...state, sequence: this.sequence, lasts: new Map([...state.lasts, ...this.lasts]) };
  }

  get tree(): GroupTree {
    return this.#options.state.tree;
  }

  lastChange(stores: readonly string[]): number {
    const { lasts } = this.#options.state;
    let latest = 0;
    for (const store of stores) {
      latest = Math.max(latest, this.lasts.get(store) ?? lasts.get(store) ?? 0);
    }
    return latest;
  }

  table(store: string): StoreTable | undefined {
    return this.#options.state.catalog.get(store);
  }

  read(n: number, id: string): StoredEntity | undefined {
    const known = this.pending(n, id);
    return known === undefined ? this.#options.read(n, id) : (known ?? undefined);
  }

  /** What they will have changed. */
  readonly own: Pending = (n, id) => this.#entities.get(n, id);

  /** Theirs before what was on its way already. */
  pending(n: number, id: string): StoredEntity | null | undefined {
    const own = this.own(n, id);
    return own === undefined ? this.#options.pending(n, id) : own;
  }

  put(entry: Entry): void {
    const { id, store, sequence, after } = entry.change;
    this.entries.push(entry);
    this.lasts.set(store, sequence);
    this.#entities.set(entry.n, id, after);
  }

  #undo(count: number): void {
    const undone = this.entries.splice(count);
    if (undone.length === 0) return;
    for (const { n, change } of undone.reverse()) this.#entities.set(n, change.id, change.before);
    this.lasts.clear();
    for (const { change } of this.entries) this.lasts.set(change.store, change.sequence);
  }
}

/** Entities as they will be, by table and id. */
class EntityOverlay {
  readonly #tables = new Map<number, Map<string, StoredEntity | null>>();

  get(n: number, id: string): StoredEntity | null | undefined {
    return this.#tables.get(n)?.get(id);
  }

  set(n: number, id: string, entity: StoredEntity | null): void {
    const known = this.#tables.get(n);
    if (known) known.set(id, entity);
    else this.#tables.set(n, new Map([[id, entity]]));
  }
}

/** What works on the spot have changed, for those that run in memory before it can be read. */
export function pendingOf({ catalog, changes }: SqliteBatch): Pending {
  let overlay: EntityOverlay | undefined;
  const made = () => {
    const entities = new EntityOverlay();
    for (const { store, id, after } of changes) {
      const table = catalog.get(store);
      if (table) entities.set(table.n, id, after);
    }
    return entities;
  };
  return (n, id) => {
    overlay ??= made();
    return overlay.get(n, id);
  };
}

class DeferredTransaction implements Transaction {
  readonly #run: SqliteDeferredRun;
  asksForMore = false;

  constructor(run: SqliteDeferredRun) {
    this.#run = run;
  }

  get tree(): GroupTree {
    return this.#run.tree;
  }

  lastChange(stores: readonly string[]): number {
    return this.#run.lastChange(stores);
  }

  async read(store: string, id: string): Promise<StoredEntity | undefined> {
    const table = this.#run.table(store);
    return table && this.#run.read(table.n, id);
  }

  async insert(store: string, draft: Draft, mark: Mark): Promise<StoredEntity> {
    const entity = storedEntity(draft, null, this.#run.sequence + 1);
    const { n } = this.#table(store, entity);
    // Whether something takes it that is not in memory, the database will say.
    if (this.#run.pending(n, entity.id)) throw taken(store, [["_id"]]);
    this.#put(n, { op: "insert", store, before: null, after: entity }, mark);
    return entity;
  }

  async update(
    store: string,
    before: StoredEntity,
    after: Draft,
    mark: Mark,
  ): Promise<StoredEntity> {
    assert.equal(after.id, before.id, "an entity keeps its id");
    const entity = storedEntity(after, mark.time, this.#run.sequence + 1);
    const { n } = this.#table(store, entity);
    this.#put(n, { op: "update", store, before, after: entity }, mark);
    return entity;
  }

  async remove(store: string, before: StoredEntity, mark: Mark): Promise<void> {
    this.#put(this.#table(store, null).n, { op: "remove", store, before, after: null }, mark);
  }

  find = this.#askForMore;
  count = this.#askForMore;
  keep = this.#askForMore;
  forget = this.#askForMore;
  forgetAbout = this.#askForMore;
  define = this.#askForMore;
  undefine = this.#askForMore;
  recall: () => Promise<KeptRecord | undefined> = this.#askForMore;

  /** Of a store whose entities mean nothing to the storage itself, and no longer than before. */
  #table(store: string, entity: StoredEntity | null): StoreTable {
    const table = this.#run.table(store);
    if (!table) throw new StoaError("not_found", `there is no store "${store}"`, { store });
    if (store === groupStore || (entity?.body.length ?? 0) > table.widest) this.#askForMore();
    return table;
  }

  #put(n: number, what: Pick<Change, "op" | "store" | "before" | "after">, mark: Mark): void {
    const { op, store, before, after } = what;
    const { id } = (after ?? before) as StoredEntity;
    const sequence = this.#run.sequence + 1;
    const { time, by } = mark;
    const change: Change = { sequence, op, store, id, time, by, before, after };
    const front = after ? entityFront(after, this.#run.tree.branchText(after.group)) : "";
    this.#run.put({ change, n, front });
  }

  #askForMore(): never {
    this.asksForMore = true;
    throw new StoaError("internal", "a work is run again, as it asks for more than one entity");
  }
}
