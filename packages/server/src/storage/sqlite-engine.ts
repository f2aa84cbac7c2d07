/**
 * The engine that keeps everything in one SQLite file: a writer, a reader on the main thread, and a
 * worker for what is dear. Wires them; SQL stands in the files beside this one.
 */
import assert from "node:assert/strict";
import {
  BytesPage,
  type Change,
  type Cursor,
  cursorOf,
  entityValue,
  type Filter,
  type GroupTree,
  type OrderKey,
  type Page,
  projectedPage,
  type Query,
  StoaError,
  type StoreDefinition,
  type StoredEntity,
  textPage,
  totalOrder,
} from "@stoa/domain";
import { taken } from "./conflict.ts";
import type {
  ChangesAbout,
  Engine,
  EngineOptions,
  KeptRecord,
  RecordSpace,
  Transaction,
  TransactOptions,
} from "./engine.ts";
import type { SqliteBounds } from "./sqlite-bounds.ts";
import { readChanges, readChangesAbout } from "./sqlite-change.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { countOf } from "./sqlite-count.ts";
import { jsonOf, keySql, keyValue } from "./sqlite-dialect.ts";
import { type AroundForce, SqliteDurability } from "./sqlite-durability.ts";
import { brokenIndex, translated } from "./sqlite-error.ts";
import { lineSql } from "./sqlite-line.ts";
import { cursorOf as cursorOfRow, type Values } from "./sqlite-pick.ts";
import { readShown } from "./sqlite-point.ts";
import { projectedSql } from "./sqlite-projection.ts";
import { readRecord } from "./sqlite-record.ts";
import { setSharing } from "./sqlite-schema.ts";
import type { SqliteState } from "./sqlite-state.ts";
import { type StoreTable, storeDifference, storeOf } from "./sqlite-store.ts";
import { SqliteWal } from "./sqlite-wal.ts";
import { SqliteWays } from "./sqlite-ways.ts";
import {
  type DearStatement,
  isDear,
  type Position,
  readEntity,
  readWindow,
} from "./sqlite-window.ts";
import { SqliteWorker } from "./sqlite-worker.ts";
import { SqliteWriter } from "./sqlite-writer.ts";
import { TurnBatch } from "./turn-batch.ts";

export interface SqliteEngineOptions extends EngineOptions {
  /** How much is done in one turn; else `sqliteBounds`. */
  readonly bounds?: SqliteBounds;
  /** Called in place of each forcing of the log, which it is given. */
  readonly aroundForce?: AroundForce;
  /** Pages in the write-ahead log from which on it is carried over. */
  readonly walPagesMax?: number;
  /** How long nobody has written when less of it is carried over; else a second. */
  readonly quietMs?: number;
}

export class SqliteEngine implements Engine {
  readonly #options: SqliteEngineOptions & { readonly file: string };
  readonly #writing: SqliteConnection;
  readonly #reading: SqliteConnection;
  readonly #reads = new TurnBatch();
  readonly #writer: SqliteWriter;
  readonly #worker: SqliteWorker;
  /** Undefined while other processes share the file: SQLite itself sees to it in each commit. */
  #durability: SqliteDurability | undefined;
  #wal: SqliteWal | undefined;
  readonly #ways = new SqliteWays();
  #state: SqliteState | undefined;
  /** Of the file, as of when it was last looked at for commits of others. */
  #fileVersion = 0;
  #isClosed = false;

  /** @param file path of the database: `/var/lib/stoa/stoa.db`; made if it is missing. */
  constructor(file: string, options: SqliteEngineOptions) {
    this.#options = { ...options, file };
    this.#writing = new SqliteConnection(file, "writer");
    this.#reading = new SqliteConnection(file, "reader");
    if (options.bounds) this.#writing.bounds = this.#reading.bounds = options.bounds;
    this.#worker = new SqliteWorker(file, options.queryMsMax);
    const { now, log, peers, onCommit } = options;
    this.#writer = new SqliteWriter({
      connection: this.#writing,
      now,
      ...(log && { log }),
      ...(peers && { peers }),
      durability: () => this.#durability,
      onCommit,
      holdView: () => this.#reading.holdView(),
      releaseView: () => this.#reading.endReading(),
      read: (n, id) => this.#ask(() => readEntity(this.#reading, n, id)),
      onState: (state) => this.#take(state),
    });
    if (peers) setSharing(this.#writing.database, true);
    else this.#durability = this.#durable();
  }

  get tree(): GroupTree {
    return this.#committed.tree;
  }

  get sequence(): number {
    return this.#committed.sequence;
  }

  get keptSince(): number {
    return this.#writer.keptSince;
  }

  /** Transactions that were written by a thread of their own since the start. */
  get backgroundWrites(): number {
    return this.#durability?.writes ?? 0;
  }

  transact<T>(work: (tx: Transaction) => Promise<T>, options?: TransactOptions): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    return this.#writer.transact(work, options);
  }

  read(store: string, id: string): Promise<StoredEntity | undefined> {
    return this.#reads.ask(() =>
      this.#ask(() => {
        const table = this.#table(store);
        return table && readShown(this.#reading, table.n, id);
      }),
    );
  }

  async *find(store: string, query: Query): AsyncIterable<Page> {
    let position: Position | null = startOf(query);
    while (position && position.left > 0) {
      const table = this.#table(store);
      if (!table) return;
      const from: Position = position;
      const found = this.#ask(() => {
        const { moved } = this.#reading;
        const line = query.only ? projectedSql(query.only, moved) : lineSql(moved);
        const asked = { connection: this.#reading, table, line, ...query };
        return readWindow(asked, from, this.#ways.of(asked, this.#committed));
      });
      if (isDear(found)) {
        for await (const rows of this.#dearRows(found.statement)) {
          const last = cursorOfRow(found.keys, rows.at(-1) as Values);
          yield this.#page(table, query, { rows: rows as readonly Values[], last });
        }
        return;
      }
      position = found.next;
      if (found.count > 0) yield this.#page(table, query, found);
      if (position) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async count(store: string, filter: Filter): Promise<number> {
    const table = this.#table(store);
    if (!table) return 0;
    const count = this.#ask(() => countOf({ connection: this.#reading, table }, filter));
    if (typeof count === "number") return count;
    for await (const rows of this.#dearRows(count)) return Number(rows[0]?.[0]);
    return 0;
  }

  async recall(space: RecordSpace, name: string): Promise<KeptRecord | undefined> {
    return this.#ask(() => readRecord(this.#reading, space, name, this.#options.now()));
  }

  async changes(since: number, limit: number, about?: ChangesAbout): Promise<readonly Change[]> {
    return this.#ask(() => {
      if (!about) return readChanges(this.#reading, since, limit);
      const table = this.#table(about.store);
      return table ? readChangesAbout(this.#reading, { since, limit, n: table.n, about }) : [];
    });
  }

  async prepare(definition: StoreDefinition): Promise<void> {
    const known = this.#table(definition.name);
    if (!known) return;
    const table = storeOf(known, definition);
    const { make } = this.#ask(() => storeDifference(this.#reading, table));
    if (make.length === 0) return;
    try {
      await this.#writer.pause(async () => {
        await this.#worker.build(make);
        this.#reading.endReading();
      });
    } catch (error) {
      const index = table.indexes.find(({ name }) => name === brokenIndex(error));
      throw index ? taken(table.name, index.paths) : translated(error);
    }
  }

  get isShared(): boolean {
    return this.#durability === undefined;
  }

  follow(): Promise<void> | undefined {
    return this.isShared ? this.#reads.ask(() => this.#follow()) : undefined;
  }

  /** While they are not, commits are made as by one without peers (decisions 16 and 31). */
  async share(isShared: boolean): Promise<void> {
    assert(this.#options.peers, "only who has peers can be without them");
    if (isShared === this.isShared) return;
    let threads: SqliteDurability | undefined;
    await this.#writer.pause(async () => {
      // Views of this turn end with it, as they have been begun.
      await new Promise((resolve) => setImmediate(resolve));
      this.#reading.endReading();
      if (isShared) threads = this.#stopAlone();
      else this.#durability = this.#beginAlone();
    });
    await threads?.endThreads();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writer.settle();
    await this.#durability?.endThreads();
    await this.#worker.close();
    this.#reading.endReading();
    this.#reading.close();
    this.#writing.close();
    this.#wal?.close();
  }

  /** The worker sees what is committed: it is told when that cannot be lost any more. */
  async *#dearRows(statement: DearStatement): AsyncIterable<readonly (readonly unknown[])[]> {
    let isDurable = false;
    for await (const rows of this.#worker.rows(statement)) {
      if (!isDurable) await this.#writer.durable();
      isDurable = true;
      yield rows;
    }
  }

  get #committed(): SqliteState {
    this.#follow();
    if (!this.#state) throw new StoaError("internal", "the storage has not begun");
    return this.#state;
  }

  #table(store: string): StoreTable | undefined {
    this.#mustBeOpen();
    return this.#committed.catalog.get(store);
  }

  #durable(): SqliteDurability {
    const { file } = this.#options;
    this.#wal ??= new SqliteWal(file);
    return new SqliteDurability({
      ...this.#options,
      wal: this.#wal,
      connection: this.#writing,
      releaseView: () => this.#reading.endReading(),
      pause: (task) => this.#writer.pause(task),
      onError: (cause) => this.#writer.stop(cause),
    });
  }

  /** With what the others have done to the last. */
  #beginAlone(): SqliteDurability {
    this.#follow();
    this.#reading.endReading();
    return this.#durable();
  }

  /** From now on others may write. @returns whose threads are to be ended. */
  #stopAlone(): SqliteDurability | undefined {
    const durability = this.#durability;
    this.#durability = undefined;
    setSharing(this.#writing.database, true);
    this.#writer.forget();
    return durability;
  }

  #follow(): void {
    if (!this.isShared) return;
    try {
      this.#view();
    } catch (error) {
      throw translated(error);
    }
  }

  #take(state: SqliteState): void {
    this.#state = state;
    this.#reading.tree = state.tree;
    this.#reading.moved = state.moved;
    const { groupCount } = this.#writing.dictionary;
    if (groupCount !== this.#reading.dictionary.groupCount) this.#reading.dictionary.loadGroups();
  }

  #page(table: StoreTable, { order, only }: Query, found: Found): Page {
    const cursor = found.last ? this.#cursor(table, order, found.last) : null;
    const page = found.bytes
      ? new BytesPage(found.bytes, found.count ?? 0, cursor)
      : textPage(
          found.rows.map((row) => row[1] as string),
          cursor,
        );
    return only ? projectedPage(page, only) : page;
  }

  /** Out of sort keys, or out of the entity where a key does not tell its value. */
  #cursor(table: StoreTable, order: readonly OrderKey[], keys: Values): Cursor {
    const left = keys.values();
    const total = totalOrder(order);
    const values = total.map(({ path }) => {
      return keySql(path, "e.") === undefined ? null : jsonOf(left.next().value ?? null);
    });
    if (!values.includes(undefined)) return values as Cursor;
    const entity = this.#ask(() => readEntity(this.#reading, table.n, String(keys.at(-1))));
    if (!entity) return values.map((value) => value ?? null);
    return cursorOf(order, entityValue(entity, this.#committed.tree.branchOf(entity.group)));
  }

  #ask<T>(question: () => T): T {
    this.#mustBeOpen();
    try {
      this.#view();
      return question();
    } catch (error) {
      throw translated(error);
    }
  }

  /**
   * A view of the file to read in. With peers it ends before anything more is heard from outside,
   * so that it is no older than what asks; and what they have committed is taken in first.
   */
  #view(): void {
    if (this.#isClosed || !this.#reading.beginReading() || !this.isShared) return;
    afterThisTurn(() => this.#reading.endReading());
    const version = this.#reading.first<[number]>("PRAGMA data_version")?.[0] ?? 0;
    if (version === this.#fileVersion) return;
    this.#writer.follow(this.#reading);
    this.#fileVersion = version;
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw closed();
  }
}

function closed(): StoaError {
  return new StoaError("unavailable", "the storage is closed");
}

/** A window of the main thread, or rows of the worker. */
interface Found {
  readonly rows: readonly Values[];
  readonly last: Values | undefined;
  readonly bytes?: Uint8Array | null;
  readonly count?: number;
}

/** When what runs now, and all promises that it settles, are done; before the next event. */
function afterThisTurn(task: () => void): void {
  // Node begins the next event when neither queue holds anything; this one comes last in both.
  queueMicrotask(() => process.nextTick(task));
}

function startOf({ order, after, offset, limit }: Query): Position {
  const keys = totalOrder(order);
  const cursor =
    after &&
    keys.flatMap(({ path }, at) => {
      return keySql(path, "e.") === undefined ? [] : [keyValue(after[at] ?? null)];
    });
  return { cursor, skip: offset, left: limit };
}
