/**
 * A transaction of the memory engine: writes go to layers over the state, which nobody else sees
 * until they are committed. Knows no queue and no listener.
 */
import assert from "node:assert/strict";
import {
  type Change,
  type Filter,
  GroupTree,
  groupNodeOf,
  StoaError,
  type StoreDefinition,
  type StoredEntity,
} from "@stoa/domain";
import { taken } from "./conflict.ts";
import { storedEntity } from "./draft.ts";
import type { Draft, KeptRecord, Mark, RecordSpace, Transaction } from "./engine.ts";
import { MemoryLayer } from "./memory-layer.ts";
import {
  checkUniqueEntity,
  checkUniqueSets,
  fitting,
  type MemoryState,
  recordKey,
  unlessOver,
} from "./memory-state.ts";

interface DraftTable {
  readonly definition: StoreDefinition;
  readonly since: number;
  readonly entities: MemoryLayer<StoredEntity>;
}

export class MemoryTransaction implements Transaction {
  readonly changes: Change[] = [];
  readonly #before: MemoryState;
  readonly #now: () => number;
  readonly #tables = new Map<string, DraftTable>();
  readonly #records: MemoryLayer<KeptRecord>;
  #tree: GroupTree;

  constructor(before: MemoryState, now: () => number) {
    this.#before = before;
    this.#now = now;
    this.#tree = before.tree;
    this.#records = new MemoryLayer(before.records);
    for (const [store, table] of before.tables) {
      this.#tables.set(store, { ...table, entities: new MemoryLayer(table.entities) });
    }
  }

  get tree(): GroupTree {
    return this.#tree;
  }

  /** The state with everything that was written. Ends the transaction. */
  commit(): MemoryState {
    const tables = Array.from(this.#tables, ([store, table]) => {
      return [store, { ...table, entities: table.entities.settle() }] as const;
    });
    return {
      tables: new Map(tables),
      records: this.#records.settle(),
      tree: this.#tree,
      log: this.changes.length === 0 ? this.#before.log : [...this.#before.log, ...this.changes],
      keptSince: this.#before.keptSince,
      lasts: this.#lasts(),
      sequence: this.#sequence,
    };
  }

  lastChange(stores: readonly string[]): number {
    const lasts = this.#lasts();
    return Math.max(0, ...stores.map((store) => lasts.get(store) ?? 0));
  }

  async read(store: string, id: string): Promise<StoredEntity | undefined> {
    return this.#tables.get(store)?.entities.get(id);
  }

  async find(store: string, filter: Filter, limit: number): Promise<readonly StoredEntity[]> {
    return this.#fitting(store, filter)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }

  async count(store: string, filter: Filter): Promise<number> {
    return this.#fitting(store, filter).length;
  }

  async insert(store: string, draft: Draft, mark: Mark): Promise<StoredEntity> {
    const table = this.#table(store);
    if (table.entities.get(draft.id)) throw taken(store, [["_id"]]);
    return this.#put(table, null, storedEntity(draft, null, this.#sequence + 1), mark);
  }

  async update(
    store: string,
    before: StoredEntity,
    after: Draft,
    mark: Mark,
  ): Promise<StoredEntity> {
    const table = this.#table(store);
    assert.equal(after.id, before.id, "an entity keeps its id");
    assertPresent(table, before);
    const entity = storedEntity(after, mark.time, this.#sequence + 1);
    return this.#put(table, before, entity, mark);
  }

  async remove(store: string, before: StoredEntity, mark: Mark): Promise<void> {
    const table = this.#table(store);
    assertPresent(table, before);
    if (store === groupStore) this.#tree = this.#tree.without(before.id);
    table.entities.remove(before.id);
    this.#log("remove", store, mark, before, null);
  }

  async recall(space: RecordSpace, name: string): Promise<KeptRecord | undefined> {
    return unlessOver(this.#records.get(recordKey(space, name)), this.#now());
  }

  async keep(space: RecordSpace, name: string, record: KeptRecord): Promise<void> {
    this.#records.set(recordKey(space, name), record);
  }

  async forget(space: RecordSpace, name: string): Promise<void> {
    this.#records.remove(recordKey(space, name));
  }

  async forgetAbout(space: RecordSpace, subject: string): Promise<void> {
    for (const [key, record] of [...this.#records.entries()]) {
      const isAbout = record.subject === subject && key.startsWith(recordKey(space, ""));
      if (isAbout) this.#records.remove(key);
    }
  }

  async define(definition: StoreDefinition): Promise<void> {
    const { name } = definition;
    const known = this.#tables.get(name);
    const entities = known?.entities ?? new MemoryLayer(new Map());
    checkUniqueSets(definition, entities.values(), this.#tree);
    this.#tables.set(name, { definition, since: known?.since ?? this.#sequence, entities });
  }

  async undefine(store: string): Promise<void> {
    this.#tables.delete(store);
    if (store === groupStore) this.#tree = new GroupTree();
  }

  #lasts(): ReadonlyMap<string, number> {
    const { lasts } = this.#before;
    if (this.changes.length === 0) return lasts;
    return new Map([
      ...lasts,
      ...this.changes.map(({ store, sequence }) => [store, sequence] as const),
    ]);
  }

  get #sequence(): number {
    return this.changes.at(-1)?.sequence ?? this.#before.sequence;
  }

  #table(store: string): DraftTable {
    const table = this.#tables.get(store);
    if (!table) throw new StoaError("not_found", `there is no store "${store}"`, { store });
    return table;
  }

  #fitting(store: string, filter: Filter): StoredEntity[] {
    const entities = this.#tables.get(store)?.entities.values() ?? [];
    return fitting(entities, filter, this.#tree).map(({ entity }) => entity);
  }

  /** Changes nothing when it throws, as a work may catch that and go on. */
  #put(
    { definition, entities }: DraftTable,
    before: StoredEntity | null,
    after: StoredEntity,
    mark: Mark,
  ): StoredEntity {
    const store = definition.name;
    const tree = store === groupStore ? this.#tree.with(groupNodeOf(after)) : this.#tree;
    const others = [...entities.values()].filter(({ id }) => id !== after.id);
    checkUniqueEntity(definition, after, others, tree);
    this.#tree = tree;
    entities.set(after.id, after);
    this.#log(before === null ? "insert" : "update", store, mark, before, after);
    return after;
  }

  #log(
    op: Change["op"],
    store: string,
    { by, time }: Mark,
    before: StoredEntity | null,
    after: StoredEntity | null,
  ): void {
    const { id } = (after ?? before) as StoredEntity;
    this.changes.push({ sequence: this.#sequence + 1, op, store, id, time, by, before, after });
  }
}

const groupStore = "groups";

function assertPresent({ entities }: DraftTable, before: StoredEntity): void {
  const present = entities.get(before.id);
  assert.equal(present?.revision, before.revision, "only what was read here may be changed");
}
