/**
 * What one work sees and does within the transaction of the writer. Writes are kept back as long as
 * nothing depends on the database having them. Begins and commits nothing.
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
import { unlessOver } from "./memory-state.ts";
import type { PostgresBatch } from "./postgres-batch.ts";
import { conflictOf } from "./postgres-conflict.ts";
import { countOf } from "./postgres-count.ts";
import { dropStore, makeStore } from "./postgres-define.ts";
import { brokenIndex, translated } from "./postgres-error.ts";
import { PostgresPending } from "./postgres-pending.ts";
import { readEntities } from "./postgres-point.ts";
import { asks, batchRunner } from "./postgres-read.ts";
import { readRecord, removeRecordsAbout } from "./postgres-record.ts";
import { groupStore, tableWith } from "./postgres-state.ts";
import type { Catalog, PostgresTable } from "./postgres-store.ts";
import { windowsOf } from "./postgres-window.ts";

export class PostgresTransaction implements Transaction {
  readonly #batch: PostgresBatch;
  #tree: GroupTree;
  #catalog: Catalog;
  #sequence: number;
  readonly #lasts = new Map<string, number>();
  readonly #pending = new PostgresPending();
  readonly #changes: Change[] = [];
  /** Revisions of entities that were read here, by store and id. */
  readonly #seen = new Map<string, number>();
  #hasWritten = false;
  #hasDefined = false;
  #hasSavepoint = false;
  /** Numbers that had been given when the savepoint was set. */
  #given = 0;
  /** What the database said when it failed in the middle of an operation. */
  failure: unknown;

  constructor(batch: PostgresBatch) {
    this.#batch = batch;
    this.#tree = batch.tree;
    this.#catalog = batch.catalog;
    this.#sequence = batch.sequence;
  }

  get tree(): GroupTree {
    return this.#tree;
  }

  /** Makes it possible to take back this work alone. */
  async begin(): Promise<void> {
    if (this.#hasSavepoint) return;
    const { done } = await this.#batch.send();
    this.#given = this.#batch.dictionary.given;
    const saved = this.#batch.connection.execute("SAVEPOINT work");
    this.#hasSavepoint = true;
    await Promise.all([done, saved]);
  }

  /** Adds what the work did to its batch. */
  async settle(): Promise<void> {
    const batch = this.#batch;
    batch.pending.addAll(this.#pending);
    if (this.#hasSavepoint) {
      // What fails must fail while it can be taken back alone.
      if (batch.isCareful) await (await batch.send()).done;
      await batch.connection.execute("RELEASE SAVEPOINT work");
    }
    if (!this.#hasWritten) return;
    batch.hasWritten = true;
    batch.hasDefined ||= this.#hasDefined;
    batch.tree = this.#tree;
    batch.catalog = this.#catalog;
    batch.sequence = this.#sequence;
    for (const [store, last] of this.#lasts) batch.lasts.set(store, last);
    for (const change of this.#changes) batch.changes.push(change);
  }

  /** Takes back what it did. */
  async giveUp(): Promise<void> {
    if (!this.#hasSavepoint) return;
    const { connection, dictionary, pending } = this.#batch;
    if (this.#batch.isCareful) pending.clear();
    dictionary.revert(this.#given);
    await connection.execute("ROLLBACK TO SAVEPOINT work; RELEASE SAVEPOINT work");
  }

  lastChange(stores: readonly string[]): number {
    const last = (store: string) => this.#lasts.get(store) ?? this.#batch.lasts.get(store) ?? 0;
    return Math.max(0, ...stores.map(last));
  }

  async read(store: string, id: string): Promise<StoredEntity | undefined> {
    const table = this.#catalog.get(store);
    if (!table) return undefined;
    const pending = this.#pendingEntity(table.n, id);
    const found = pending === undefined ? await this.#readKept(table, id) : pending;
    if (found) this.#seen.set(seenKey(table.n, id), found.revision);
    return found ?? undefined;
  }

  async find(store: string, filter: Filter, limit: number): Promise<readonly StoredEntity[]> {
    const table = this.#catalog.get(store);
    if (!table || limit <= 0) return [];
    return this.#do(async () => {
      await this.#expose();
      const runner = batchRunner(this.#batch, this.#tree);
      const plan = await asks(runner, { table, filter, order: [] });
      const start = { after: null, skip: 0, left: limit };
      const found: StoredEntity[] = [];
      for await (const window of windowsOf(runner, plan, start)) {
        for (const entity of window) {
          found.push(entity);
          this.#seen.set(seenKey(table.n, entity.id), entity.revision);
        }
      }
      return found;
    });
  }

  async count(store: string, filter: Filter): Promise<number> {
    const table = this.#catalog.get(store);
    if (!table) return 0;
    return this.#do(async () => {
      await this.#expose();
      const runner = batchRunner(this.#batch, this.#tree);
      const plan = await asks(runner, { table, filter, order: [] });
      return countOf(runner, plan, filter);
    });
  }

  async insert(store: string, draft: Draft, mark: Mark): Promise<StoredEntity> {
    const table = this.#table(store);
    const entity = storedEntity(draft, null, this.#sequence + 1);
    await this.#requireFree(table, entity.id);
    const tree = store === groupStore ? this.#tree.with(groupNodeOf(entity)) : this.#tree;
    await this.#requireUnique(table, entity);
    await this.#write("insert", table, mark, { before: null, after: entity });
    this.#tree = tree;
    return entity;
  }

  async update(
    store: string,
    before: StoredEntity,
    after: Draft,
    mark: Mark,
  ): Promise<StoredEntity> {
    const table = this.#table(store);
    assert.equal(after.id, before.id, "an entity keeps its id");
    await this.#requirePresent(store, before);
    const entity = storedEntity(after, mark.time, this.#sequence + 1);
    const tree = store === groupStore ? this.#tree.with(groupNodeOf(entity)) : this.#tree;
    await this.#requireUnique(table, entity);
    await this.#write("update", table, mark, { before, after: entity });
    this.#tree = tree;
    return entity;
  }

  async remove(store: string, before: StoredEntity, mark: Mark): Promise<void> {
    const table = this.#table(store);
    await this.#requirePresent(store, before);
    await this.#write("remove", table, mark, { before, after: null });
    if (store === groupStore) this.#tree = this.#tree.without(before.id);
  }

  async recall(space: RecordSpace, name: string): Promise<KeptRecord | undefined> {
    const { pending, connection, now } = this.#batch;
    const own = this.#pending.record(space, name);
    const known = own === undefined ? pending.record(space, name) : own;
    if (known === undefined) return this.#do(() => readRecord(connection, space, name, now()));
    return unlessOver(known ?? undefined, now());
  }

  async keep(space: RecordSpace, name: string, record: KeptRecord): Promise<void> {
    this.#hasWritten = true;
    this.#pending.addRecord({ space, name, record });
  }

  async forget(space: RecordSpace, name: string): Promise<void> {
    this.#hasWritten = true;
    this.#pending.addRecord({ space, name, record: null });
  }

  async forgetAbout(space: RecordSpace, subject: string): Promise<void> {
    await this.#do(async () => {
      await this.#expose();
      await this.begin();
      this.#hasWritten = true;
      await removeRecordsAbout(this.#batch.connection, space, subject);
    });
  }

  async define(definition: StoreDefinition): Promise<void> {
    const { name } = definition;
    const table = await this.#do(async () => {
      await this.begin();
      await this.#expose();
      this.#hasWritten = this.#hasDefined = true;
      return makeStore(this.#batch.connection, this.#catalog.get(name), definition);
    }).catch((error: unknown) => {
      // A unique set that cannot be had has broken off the transaction as well.
      this.failure = error;
      throw error;
    });
    this.#catalog = new Map(this.#catalog).set(name, table);
  }

  async undefine(store: string): Promise<void> {
    const table = this.#catalog.get(store);
    if (!table) return;
    await this.#do(async () => {
      await this.begin();
      await this.#expose();
      this.#hasWritten = this.#hasDefined = true;
      await dropStore(this.#batch.connection, table);
    });
    const catalog = new Map(this.#catalog);
    catalog.delete(store);
    this.#catalog = catalog;
    if (store === groupStore) this.#tree = new GroupTree();
  }

  /** Sends what is pending, so that the next statement sees it. */
  async #expose(): Promise<void> {
    if (!this.#pending.isEmpty) await this.begin();
    // Sent in this order: what works before this one did, and then what it did itself.
    const earlier = await this.#batch.send();
    const own = await this.#pending.send(
      this.#batch.connection,
      this.#batch.dictionary,
      this.#catalog,
    );
    await Promise.all([earlier.done, own.done]);
  }

  /** Errors: `conflict` where the id is known to be taken; else that may come to light later. */
  async #requireFree(table: PostgresTable, id: string): Promise<void> {
    const pending = this.#pendingEntity(table.n, id);
    if (pending) throw taken(table.name, [["_id"]]);
    if (pending === null || !this.#mustAsk(table)) return;
    const sql = `SELECT 1 FROM e${table.n} WHERE id = ?`;
    if (await this.#do(() => this.#batch.connection.first(sql, [id]))) {
      throw taken(table.name, [["_id"]]);
    }
  }

  async #requireUnique(table: PostgresTable, entity: StoredEntity): Promise<void> {
    if (!hasUnique(table)) return;
    const paths = await this.#do(async () => {
      await this.#expose();
      return conflictOf(this.#batch, table, entity);
    });
    if (paths) throw taken(table.name, paths);
  }

  #mustAsk(table: PostgresTable): boolean {
    return this.#batch.isCareful || hasUnique(table);
  }

  async #requirePresent(store: string, before: StoredEntity): Promise<void> {
    const { n } = this.#table(store);
    const pending = this.#pendingEntity(n, before.id);
    if (pending === undefined && !this.#seen.has(seenKey(n, before.id))) {
      await this.read(store, before.id);
    }
    const revision =
      pending === undefined ? this.#seen.get(seenKey(n, before.id)) : pending?.revision;
    assert.equal(revision, before.revision, "only what was read here may be changed");
  }

  async #write(
    op: Change["op"],
    table: PostgresTable,
    { by, time }: Mark,
    { before, after }: Versions,
  ): Promise<void> {
    const sequence = this.#sequence + 1;
    const { n, name: store } = table;
    const { id } = (after ?? before) as StoredEntity;
    const change = { sequence, op, store, id, time, by, before, after };
    this.#hasWritten = true;
    this.#sequence = sequence;
    this.#lasts.set(store, sequence);
    this.#changes.push(change);
    this.#pending.addChange(n, change);
    if (after) this.#seen.set(seenKey(n, id), after.revision);
    else this.#seen.delete(seenKey(n, id));
    const wider = after ? tableWith(table, after.body) : table;
    if (wider !== table) {
      this.#catalog = new Map(this.#catalog).set(store, wider);
      this.#pending.addTable(wider);
    }
    const isFull = this.#pending.changeCount >= pendingMax || this.#pending.size > pendingSizeMax;
    if (isFull) await this.#do(() => this.#expose());
  }

  #readKept(table: PostgresTable, id: string): Promise<StoredEntity | undefined> {
    const { connection, dictionary } = this.#batch;
    return this.#do(async () => {
      return (await readEntities(connection, dictionary, table, [id])).get(id);
    });
  }

  #pendingEntity(n: number, id: string): StoredEntity | null | undefined {
    const own = this.#pending.entity(n, id);
    return own === undefined ? this.#batch.pending.entity(n, id) : own;
  }

  #table(store: string): PostgresTable {
    const table = this.#catalog.get(store);
    if (!table) throw new StoaError("not_found", `there is no store "${store}"`, { store });
    return table;
  }

  /** Once the database has refused anything, the work can do no more. */
  async #do<T>(task: () => Promise<T>): Promise<T> {
    if (this.failure !== undefined) throw this.failure;
    try {
      return await task();
    } catch (error) {
      if (error instanceof StoaError) throw error;
      this.failure = brokenIndex(error) === undefined ? translated(error) : error;
      throw this.failure;
    }
  }
}

interface Versions {
  readonly before: StoredEntity | null;
  readonly after: StoredEntity | null;
}

function hasUnique({ indexes }: PostgresTable): boolean {
  return indexes.some(({ isUnique }) => isUnique);
}

function seenKey(n: number, id: string): string {
  return `${n} ${id}`;
}

/** What is kept back at most: changes, and characters of their texts. */
const pendingMax = 1_000;
const pendingSizeMax = 8 * 1024 * 1024;
