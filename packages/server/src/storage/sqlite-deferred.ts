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
import { storedEntity } from "./draft.ts";
import type { Draft, Mark, Transaction } from "./engine.ts";
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
  #overlay: EntityOverlay | undefined;
  /** What they did, in order. */
  readonly entries: Entry[] = [];
  /** The last change of each store that they changed. */
  readonly lasts = new Map<string, number>();
  /** The one that asked for more, and was not run. */
  rest: Work | undefined;

  constructor(options: DeferredOptions) {
    super();
    this.#options = options;
  }

  /** Runs one more work; where it asks for more it is the `rest`, and as if it had not run. */
  async add(work: Work): Promise<void> {
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
      this.rest = work;
      return;
    }
    this.works.push(work);
    this.outcomes.push(outcome);
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
  readonly own: Pending = (n, id) => {
    this.#overlay ??= new EntityOverlay();
    return this.#overlay.get(this.entries, n, id);
  };

  /** Theirs before what was on its way already. */
  pending(n: number, id: string): StoredEntity | null | undefined {
    const own = this.own(n, id);
    return own === undefined ? this.#options.pending(n, id) : own;
  }

  put(entry: Entry): void {
    const { store, sequence } = entry.change;
    this.entries.push(entry);
    this.lasts.set(store, sequence);
  }

  #undo(count: number): void {
    if (this.entries.splice(count).length === 0) return;
    this.#overlay = undefined;
    this.lasts.clear();
    for (const { change } of this.entries) this.lasts.set(change.store, change.sequence);
  }
}

/** Entities as changes leave them, by table and id; taken in when somebody asks. */
class EntityOverlay {
  readonly #tables = new Map<number, Map<string, StoredEntity | null>>();
  #taken = 0;

  /** @param changes the same list each time, to which others may have been added. */
  get(changes: readonly Numbered[], n: number, id: string): StoredEntity | null | undefined {
    for (; this.#taken < changes.length; this.#taken++) {
      this.#take(changes[this.#taken] as Numbered);
    }
    return this.#tables.get(n)?.get(id);
  }

  #take({ n, change: { id, after } }: Numbered): void {
    const known = this.#tables.get(n);
    if (known) known.set(id, after);
    else this.#tables.set(n, new Map([[id, after]]));
  }
}

/** A change and the number of its table. */
type Numbered = Pick<Entry, "n" | "change">;

/** What works on the spot have changed, for those that run in memory before it can be read. */
export function pendingOf({ catalog, changes }: SqliteBatch): Pending {
  const overlay = new EntityOverlay();
  let numbered: Numbered[] | undefined;
  const made = () =>
    changes.flatMap((change) => {
      const table = catalog.get(change.store);
      return table ? [{ n: table.n, change }] : [];
    });
  return (n, id) => {
    numbered ??= made();
    return overlay.get(numbered, n, id);
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

  /** Whether its id is taken the database will say: to look for it here costs all others more. */
  async insert(store: string, draft: Draft, mark: Mark): Promise<StoredEntity> {
    const entity = storedEntity(draft, null, this.#run.sequence + 1);
    const { n } = this.#table(store, entity);
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

  find(): never {
    return this.#askForMore();
  }

  count(): never {
    return this.#askForMore();
  }

  keep(): never {
    return this.#askForMore();
  }

  forget(): never {
    return this.#askForMore();
  }

  forgetAbout(): never {
    return this.#askForMore();
  }

  define(): never {
    return this.#askForMore();
  }

  undefine(): never {
    return this.#askForMore();
  }

  recall(): never {
    return this.#askForMore();
  }

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
