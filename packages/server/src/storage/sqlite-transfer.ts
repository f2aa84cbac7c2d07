/**
 * A folder with a SQLite file as source and as target of a move. What is moved grows in a file of
 * another name, which no server opens, and is renamed when it is whole.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { entityFront, StoaError } from "@stoa/domain";
import { lockData } from "./open-engine.ts";
import type { Row } from "./sql-row.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { translated } from "./sqlite-error.ts";
import { readKeptSince } from "./sqlite-log.ts";
import { entityOf } from "./sqlite-row.ts";
import { storeTable } from "./sqlite-schema.ts";
import { groupStore, readSequence, readTree } from "./sqlite-state.ts";
import { type Catalog, readCatalog, storeDifference } from "./sqlite-store.ts";
import {
  accessTransfer,
  isEntityTransfer,
  isLiving,
  rowSize,
  selectSql,
  storeTransfer,
  type TransferHead,
  type TransferMark,
  type TransferOptions,
  type TransferRow,
  type TransferSource,
  type TransferTable,
  type TransferTarget,
  transferCharactersMax,
  transferRowsMax,
} from "./transfer.ts";

/** Of a folder; ends when it is closed. */
interface Lock {
  close(): void;
}

const served = "stoa.db";
const growing = "stoa.moving.db";

/** Errors: `unavailable` where there is none, where it is in use, or of a newer Stoa. */
export async function openSqliteSource(folder: string): Promise<TransferSource> {
  const file = join(folder, served);
  if (!existsSync(file)) throw new StoaError("unavailable", `there is no ${served} in ${folder}`);
  const lock = await lockData(folder);
  return closedOnError(
    lock,
    () => new SqliteSource(folder, new SqliteConnection(file, "writer"), lock),
  );
}

/** Errors: as before; `conflict` for one that holds something already. */
export async function openSqliteTarget(
  folder: string,
  { anew }: TransferOptions,
): Promise<TransferTarget> {
  const lock = await lockData(folder);
  return closedOnError(lock, () => {
    const file = join(folder, growing);
    if (anew) removeFiles(file);
    const isDone = existsSync(file) && completeNearlyDone(folder);
    if (!isDone) removeEmpty(folder);
    const connection = new SqliteConnection(isDone ? join(folder, served) : file, "writer");
    return new SqliteTarget(folder, connection, lock, isDone);
  });
}

class SqliteSource implements TransferSource {
  readonly address: string;
  protected readonly folder: string;
  protected readonly connection: SqliteConnection;
  readonly #lock: Lock;
  #isClosed = false;

  constructor(folder: string, connection: SqliteConnection, lock: Lock) {
    this.address = resolve(folder);
    this.folder = folder;
    this.connection = connection;
    this.#lock = lock;
  }

  async head(): Promise<TransferHead> {
    return { sequence: readSequence(this.connection), keptSince: readKeptSince(this.connection) };
  }

  async count({ name }: TransferTable): Promise<number> {
    return this.connection.first<[number]>(`SELECT count(*) FROM ${name}`)?.[0] ?? 0;
  }

  async rows(table: TransferTable, after: TransferRow | null): Promise<readonly TransferRow[]> {
    const statement = this.connection.statement(`${selectSql(table, after === null)} LIMIT ?`);
    const values = [...(after ?? []), transferRowsMax];
    const rows: TransferRow[] = [];
    let characters = 0;
    for (const row of statement.iterate(...values) as unknown as Iterable<TransferRow>) {
      rows.push(row);
      characters += rowSize(row);
      if (characters >= transferCharactersMax) break;
    }
    return rows;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.connection.close();
    this.#lock.close();
  }
}

class SqliteTarget extends SqliteSource implements TransferTarget {
  readonly isDone: boolean;
  #mark: TransferMark | null;
  #knownCatalog: Catalog | undefined;
  #knowsGroups = false;

  constructor(folder: string, connection: SqliteConnection, lock: Lock, isDone: boolean) {
    super(folder, connection, lock);
    this.isDone = isDone;
    this.#mark = readMark(connection);
    // A kill loses nothing by it, and what a loss of power takes comes again with the mark.
    connection.run("PRAGMA synchronous = NORMAL");
  }

  get mark(): TransferMark | null {
    return this.#mark;
  }

  async begin(mark: TransferMark): Promise<void> {
    this.#together(() => {
      this.connection.database.exec(moveTable);
      this.#keep(mark);
    });
  }

  async write(
    table: TransferTable,
    rows: readonly TransferRow[],
    mark: TransferMark,
  ): Promise<void> {
    const { connection } = this;
    const isOfEntities = isEntityTransfer(table);
    const columns = [...table.columns, ...(isOfEntities ? ["front"] : [])];
    const marks = columns.map(() => "?").join(", ");
    const sql = `INSERT INTO ${table.name} (${columns.join(", ")}) VALUES (${marks})`;
    this.#together(() => {
      for (const row of rows) {
        connection.run(sql, [...row, ...(isOfEntities ? [this.#frontOf(table, row)] : [])]);
        if (table === storeTransfer && isLiving(row)) {
          connection.database.exec(storeTable(Number(row[0])));
        }
        if (table === accessTransfer) this.#addMembers(row);
      }
      this.#keep(mark);
    });
  }

  async empty({ name }: TransferTable): Promise<void> {
    this.connection.run(`DELETE FROM ${name}`);
  }

  async build({ keptSince }: TransferHead): Promise<void> {
    const { connection } = this;
    connection.run("DELETE FROM change WHERE seq <= ?", [keptSince]);
    for (const table of readCatalog(connection).values()) {
      const { make } = storeDifference(connection, table);
      this.#together(() => {
        for (const sql of make) connection.database.exec(sql);
      });
    }
  }

  async finish({ sequence, keptSince }: TransferHead): Promise<void> {
    this.#together(() => {
      for (const [name, value] of [
        ["sequence", sequence],
        ["kept", keptSince],
      ] as const) {
        this.connection.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", [
          name,
          value,
        ]);
      }
      this.connection.database.exec("DROP TABLE move");
    });
    this.connection.run("PRAGMA wal_checkpoint(TRUNCATE)");
    this.connection.close();
    nameServed(this.folder);
    await this.close();
  }

  /** The text of the system fields, as it is kept with each row but those of the groups. */
  #frontOf({ name }: TransferTable, row: TransferRow): string | null {
    const { connection } = this;
    const groups = `e${this.#catalog.get(groupStore)?.n}`;
    if (name === groups) return null;
    if (!this.#knowsGroups) {
      connection.dictionary.loadGroups();
      connection.tree = readTree(connection, this.#catalog);
      this.#knowsGroups = true;
    }
    const entity = entityOf(row as unknown as Row, connection.dictionary);
    return entityFront(entity, connection.tree.branchText(entity.group));
  }

  /** Stores come before all that is in them. */
  get #catalog(): Catalog {
    this.#knownCatalog ??= readCatalog(this.connection);
    return this.#knownCatalog;
  }

  #addMembers([n, ids]: TransferRow): void {
    const sql = "INSERT INTO access_member (n, principal) VALUES (?, ?)";
    const members = new Set(JSON.parse(String(ids)) as readonly string[]);
    for (const id of members) this.connection.run(sql, [Number(n), id]);
  }

  #keep(mark: TransferMark): void {
    const sql = "INSERT OR REPLACE INTO move (one, mark) VALUES (1, ?)";
    this.connection.run(sql, [JSON.stringify(mark)]);
    this.#mark = mark;
  }

  #together(write: () => void): void {
    const { database } = this.connection;
    database.exec("BEGIN IMMEDIATE");
    try {
      write();
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw translated(error);
    }
  }
}

const moveTable = "CREATE TABLE move (one INTEGER PRIMARY KEY CHECK (one = 1), mark TEXT NOT NULL)";

function readMark(connection: SqliteConnection): TransferMark | null {
  if (!hasMoveTable(connection)) return null;
  const text = connection.first<[string]>("SELECT mark FROM move")?.[0];
  return text === undefined ? null : (JSON.parse(text) as TransferMark);
}

function hasMoveTable(connection: SqliteConnection): boolean {
  return connection.first("SELECT 1 FROM sqlite_schema WHERE name = 'move'") !== undefined;
}

/** Names the file of a move that was whole when the process ended; whether it was one. */
function completeNearlyDone(folder: string): boolean {
  const connection = new SqliteConnection(join(folder, growing), "writer");
  const isWhole = !hasMoveTable(connection) && holdsStores(connection);
  connection.close();
  if (isWhole) nameServed(folder);
  return isWhole;
}

/** Errors: `conflict` where a file is there that holds something. */
function removeEmpty(folder: string): void {
  const file = join(folder, served);
  if (!existsSync(file)) return;
  const connection = new SqliteConnection(file, "writer");
  const isFull = holdsStores(connection);
  connection.close();
  if (isFull) throw new StoaError("conflict", `${resolve(folder)} is not empty`);
  removeFiles(file);
}

function holdsStores(connection: SqliteConnection): boolean {
  return connection.first("SELECT 1 FROM store LIMIT 1") !== undefined;
}

function removeFiles(file: string): void {
  for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
}

function nameServed(folder: string): void {
  renameSync(join(folder, growing), join(folder, served));
  const directory = openSync(folder, "r");
  fsyncSync(directory);
  closeSync(directory);
}

function closedOnError<T>(lock: Lock, open: () => T): T {
  try {
    return open();
  } catch (error) {
    lock.close();
    throw error;
  }
}
