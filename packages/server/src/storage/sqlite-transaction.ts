/**
 * What one work sees and does within the transaction of the writer. Begins and commits nothing.
 */
import assert from "node:assert/strict";
import {
  type Change,
  entityFront,
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
import { setsText } from "./sql-index.ts";
import type { Row } from "./sql-row.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { countOf } from "./sqlite-count.ts";
import { writeEntry } from "./sqlite-entry.ts";
import { brokenIndex, isIdTaken, translated } from "./sqlite-error.ts";
import { movedWith } from "./sqlite-line.ts";
import type { Values } from "./sqlite-pick.ts";
import { readRecord, removeRecord, removeRecordsAbout, writeRecord } from "./sqlite-record.ts";
import { entityOf } from "./sqlite-row.ts";
import { storeTable } from "./sqlite-schema.ts";
import { groupStore, type SqliteBatch } from "./sqlite-state.ts";
import { type StoreTable, storeDifference, storeOf, widestFor } from "./sqlite-store.ts";
import { isDear, type Position, readEntity, readWindow } from "./sqlite-window.ts";

export class SqliteTransaction implements Transaction {
  readonly #connection: SqliteConnection;
  readonly #now: () => number;
  readonly #batch: SqliteBatch;
  /** Whether there is something to take back when the work fails. */
  hasWritten = false;
  /** What the database said when it failed in the middle of an operation. */
  failure: unknown;

  constructor(connection: SqliteConnection, batch: SqliteBatch, now: () => number) {
    this.#connection = connection;
    this.#now = now;
    this.#batch = batch;
    connection.tree = batch.tree;
  }

  get tree(): GroupTree {
    return this.#batch.tree;
  }

  lastChange(stores: readonly string[]): number {
    let latest = 0;
    for (const store of stores) latest = Math.max(latest, this.#batch.lasts.get(store) ?? 0);
    return latest;
  }

  async read(store: string, id: string): Promise<StoredEntity | undefined> {
    const table = this.#batch.catalog.get(store);
    return table && readEntity(this.#connection, table.n, id);
  }

  async find(store: string, filter: Filter, limit: number): Promise<readonly StoredEntity[]> {
    const table = this.#batch.catalog.get(store);
    const found: StoredEntity[] = [];
    const connection = this.#connection;
    let position: Position | null =
      table && limit > 0 ? { cursor: null, skip: 0, left: limit } : null;
    while (table && position) {
      const window = readWindow({ connection, table, filter, order: [] }, position);
      if (isDear(window)) connection.filters = window.statement.filters;
      const rows: readonly Values[] = isDear(window)
        ? connection.all<Values & unknown[]>(window.statement.sql, window.statement.values)
        : window.rows;
      for (const row of rows) found.push(entityOf(row as unknown as Row, connection.dictionary));
      position = isDear(window) ? null : window.next;
    }
    return found;
  }

  async count(store: string, filter: Filter): Promise<number> {
    const table = this.#batch.catalog.get(store);
    if (!table) return 0;
    const connection = this.#connection;
    const count = countOf({ connection, table, pending: this.#batch.tallies }, filter);
    if (typeof count === "number") return count;
    connection.filters = count.filters;
    return connection.first<[number]>(count.sql, count.values)?.[0] ?? 0;
  }

  async insert(store: string, draft: Draft, mark: Mark): Promise<StoredEntity> {
    const table = this.#table(store);
    const entity = storedEntity(draft, null, this.#batch.sequence + 1);
    const before = this.#batch.tree;
    const tree = store === groupStore ? before.with(groupNodeOf(entity)) : before;
    return this.#write(table, () => {
      this.#follow(tree, entity.id);
      this.#log(table, "insert", mark, { before: null, after: entity });
      return entity;
    });
  }

  async update(
    store: string,
    before: StoredEntity,
    after: Draft,
    mark: Mark,
  ): Promise<StoredEntity> {
    const table = this.#table(store);
    assert.equal(after.id, before.id, "an entity keeps its id");
    const entity = storedEntity(after, mark.time, this.#batch.sequence + 1);
    const tree =
      store === groupStore ? this.#batch.tree.with(groupNodeOf(entity)) : this.#batch.tree;
    return this.#write(table, () => {
      this.#follow(tree, entity.id);
      this.#log(table, "update", mark, { before, after: entity });
      return entity;
    });
  }

  async remove(store: string, before: StoredEntity, mark: Mark): Promise<void> {
    const table = this.#table(store);
    this.#write(table, () => {
      this.#log(table, "remove", mark, { before, after: null });
      if (store === groupStore) this.#follow(this.#batch.tree.without(before.id), before.id);
    });
  }

  async recall(space: RecordSpace, name: string): Promise<KeptRecord | undefined> {
    return readRecord(this.#connection, space, name, this.#now());
  }

  async keep(space: RecordSpace, name: string, record: KeptRecord): Promise<void> {
    this.#write(undefined, () => writeRecord(this.#connection, space, name, record));
  }

  async forget(space: RecordSpace, name: string): Promise<void> {
    this.#write(undefined, () => removeRecord(this.#connection, space, name));
  }

  async forgetAbout(space: RecordSpace, subject: string): Promise<void> {
    this.#write(undefined, () => removeRecordsAbout(this.#connection, space, subject));
  }

  async define(definition: StoreDefinition): Promise<void> {
    const { name } = definition;
    const known = this.#batch.catalog.get(name);
    const text = setsText(definition);
    const table = this.#write(undefined, () => {
      const n = known?.n ?? this.#makeTable(name, text);
      return storeOf({ n, name, widest: known?.widest ?? 0 }, definition);
    });
    const { make, drop } = storeDifference(this.#connection, table);
    for (const sql of make) this.#write(table, () => this.#connection.database.exec(sql));
    this.#write(table, () => {
      for (const sql of drop) this.#connection.database.exec(sql);
      this.#connection.run("UPDATE store SET definition = ? WHERE n = ?", [text, table.n]);
    });
    this.#batch.catalog = new Map(this.#batch.catalog).set(name, table);
  }

  async undefine(store: string): Promise<void> {
    const table = this.#batch.catalog.get(store);
    if (!table) return;
    this.#write(table, () => {
      const { drop } = storeDifference(this.#connection, { ...table, indexes: [], search: null });
      for (const sql of drop) this.#connection.database.exec(sql);
      this.#connection.database.exec(`DROP TABLE e${table.n}`);
      this.#connection.run("DELETE FROM tally WHERE store = ?", [table.n]);
      this.#connection.run("UPDATE store SET name = NULL WHERE n = ?", [table.n]);
    });
    const catalog = new Map(this.#batch.catalog);
    catalog.delete(store);
    this.#batch.catalog = catalog;
    if (store !== groupStore) return;
    this.#write(undefined, () => {
      const branched = (id: string) => this.#batch.tree.branchOf(id).length > 1;
      this.#move(this.#connection.dictionary.groups().filter(branched));
    });
    this.#batch.tree = this.#connection.tree = new GroupTree();
  }

  /** A conflict is the first thing that can fail; what fails later leaves half an operation. */
  #write<T>(table: StoreTable | undefined, write: () => T): T {
    try {
      const result = write();
      this.hasWritten = true;
      return result;
    } catch (error) {
      if (table && isIdTaken(error)) throw taken(table.name, [["_id"]]);
      const name = brokenIndex(error);
      const index = table?.indexes.find((other) => other.name === name);
      if (table && index) throw taken(table.name, index.paths);
      this.hasWritten = true;
      this.failure = translated(error);
      throw this.failure;
    }
  }

  #makeTable(name: string, text: string): number {
    const sql =
      "INSERT INTO store (name, called, definition, last, widest) " +
      "VALUES (?, ?, ?, 0, 0) RETURNING n";
    const [n] = this.#connection.first<[number]>(sql, [name, name, text]) as [number];
    this.#connection.database.exec(storeTable(n));
    return n;
  }

  #table(store: string): StoreTable {
    const table = this.#batch.catalog.get(store);
    if (!table) throw new StoaError("not_found", `there is no store "${store}"`, { store });
    return table;
  }

  #log(
    { n, name }: StoreTable,
    op: Change["op"],
    { by, time }: Mark,
    versions: Pick<Change, "before" | "after">,
  ): void {
    const batch = this.#batch;
    const sequence = batch.sequence + 1;
    const { before, after } = versions;
    const { id } = (after ?? before) as StoredEntity;
    const change: Change = { sequence, op, store: name, id, time, by, before, after };
    const front = after ? entityFront(after, batch.tree.branchText(after.group)) : "";
    writeEntry(this.#connection, { change, n, front }, batch.tallies);
    batch.add(change);
    if (after) this.#widen(name, after.body.length);
  }

  #widen(store: string, characters: number): void {
    const table = this.#batch.catalog.get(store) as StoreTable;
    if (characters <= table.widest) return;
    const widest = widestFor(characters);
    this.#connection.run("UPDATE store SET widest = ? WHERE n = ?", [widest, table.n]);
    this.#batch.catalog = new Map(this.#batch.catalog).set(store, { ...table, widest });
  }

  /** The tree once a group has changed: texts written ahead name the branches of before. */
  #follow(tree: GroupTree, group: string): void {
    const before = this.#batch.tree;
    if (tree === before) return;
    // A conflict after this leaves it half done.
    this.hasWritten = true;
    this.#batch.tree = tree;
    this.#connection.tree = tree;
    if (tree.branchText(group) === before.branchText(group)) return;
    this.#move([group, ...before.reachOf([group]), ...tree.reachOf([group])]);
  }

  /** Those that have no number yet have no entities. */
  #move(groups: readonly string[]): void {
    const { dictionary } = this.#connection;
    const numbers = [...new Set(groups)].flatMap((id) => dictionary.groupNumber(id) ?? []);
    for (const n of numbers) this.#connection.run(movedSql, [this.#batch.sequence, n]);
    this.#batch.moved = movedWith(this.#batch.moved, numbers, this.#batch.sequence);
  }
}

const movedSql = "UPDATE group_id SET moved = ? WHERE n = ?";
