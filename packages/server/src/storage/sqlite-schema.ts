/**
 * The file of the SQLite engine: what stands in it, how it is opened, how an older one is brought
 * forward. Knows no entity values and no queries.
 */
import { DatabaseSync } from "node:sqlite";
import { StoaError } from "@stoa/domain";
import { isNoDatabase, translated } from "./sqlite-error.ts";

/** "Stoa" in ASCII, in the header of every file. */
export const applicationId = 0x53746f61;

/**
 * What a connection is for: one writes and one reads on the main thread, one reads in a worker, and
 * one writes in the background.
 */
export type Role = "writer" | "reader" | "worker" | "background";

/**
 * A connection with its settings. The writer comes first: it makes or migrates the file.
 * Errors: `unavailable` for a file that is not Stoa's, or that a newer Stoa wrote.
 */
export function openDatabase(file: string, role: Role): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { enableForeignKeyConstraints: false, timeout: busyMs });
    if (role === "writer") migrate(database, file, steps);
    for (const [name, value] of settings(role)) database.exec(`PRAGMA ${name} = ${value}`);
    return database;
  } catch (error) {
    database?.close();
    if (isNoDatabase(error)) throw foreign(file);
    throw translated(error);
  }
}

/**
 * Runs the steps that the file has not seen, each in a transaction with its number; a file's
 * `user_version` is how many it has seen.
 */
export function migrate(database: DatabaseSync, file: string, all: readonly Step[]): void {
  const id = pragma(database, "application_id");
  const version = pragma(database, "user_version");
  const tables = database.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.n;
  if (id !== applicationId && !(id === 0 && version === 0 && tables === 0)) throw foreign(file);
  if (version > all.length) {
    const text = `${file} has schema ${version}, this Stoa knows ${all.length}: use a newer Stoa`;
    throw new StoaError("unavailable", text);
  }
  for (const [at, step] of all.entries()) {
    if (at < version) continue;
    const sql = typeof step === "string" ? step : step(database);
    database.exec(
      `BEGIN IMMEDIATE; ${sql}; PRAGMA application_id = ${applicationId};
       PRAGMA user_version = ${at + 1}; COMMIT`,
    );
  }
}

/**
 * The table of a store, and the indexes that every store has. `n` never returns after a drop.
 * Columns that values are compared with have no type: SQLite would take 5 for '5' by it. `front` is
 * the text of the system fields, of rows that were written since there is one.
 */
export function storeTable(n: number): string {
  return `
    CREATE TABLE e${n} (
      n INTEGER PRIMARY KEY, id NOT NULL, grp INTEGER NOT NULL, own INTEGER NOT NULL,
      acc INTEGER NOT NULL, time NOT NULL, at, rev INTEGER NOT NULL, front TEXT,
      body TEXT NOT NULL
    );
    CREATE INDEX e${n}_id ON e${n} (id, grp, own, acc);
    CREATE INDEX e${n}_grp ON e${n} (grp, id, own, acc);
    CREATE INDEX e${n}_own ON e${n} (own, id, grp, acc);
    CREATE INDEX e${n}_acc ON e${n} (acc, id, grp, own) WHERE acc <> 0`;
}

/** SQL, or what finds out the SQL in the file. */
export type Step = string | ((database: DatabaseSync) => string);

/** Forward migrations; a step that was published never changes. */
export const steps: readonly Step[] = [
  `
  -- Numbers and marks that outlive rows: 'sequence', 'groups' (the last change of the tree).
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  -- Rows stay after a drop (name NULL), so that numbers are not used again and changes have names.
  CREATE TABLE store (
    n INTEGER PRIMARY KEY, name TEXT UNIQUE, called TEXT NOT NULL, definition TEXT NOT NULL,
    last INTEGER NOT NULL, widest INTEGER NOT NULL
  );
  CREATE TABLE group_id (n INTEGER PRIMARY KEY, id NOT NULL UNIQUE);
  CREATE TABLE owner_id (n INTEGER PRIMARY KEY, id NOT NULL UNIQUE);
  CREATE TABLE access_set (n INTEGER PRIMARY KEY, ids TEXT NOT NULL UNIQUE);
  CREATE TABLE access_member (n INTEGER, principal TEXT, PRIMARY KEY (n, principal)) WITHOUT ROWID;
  CREATE INDEX access_member_principal ON access_member (principal, n);
  CREATE TABLE tally (
    store INTEGER, grp INTEGER, count INTEGER NOT NULL, PRIMARY KEY (store, grp)
  ) WITHOUT ROWID;
  CREATE TABLE change (
    seq INTEGER PRIMARY KEY, op INTEGER NOT NULL, store INTEGER NOT NULL, id TEXT NOT NULL,
    time, by TEXT NOT NULL,
    b_grp INTEGER, b_own INTEGER, b_acc INTEGER, b_time, b_at, b_rev INTEGER, b_body TEXT,
    a_grp INTEGER, a_own INTEGER, a_acc INTEGER, a_time, a_at, a_body TEXT
  );
  CREATE TABLE record (
    space TEXT, name TEXT, subject TEXT NOT NULL, value TEXT NOT NULL, expires,
    PRIMARY KEY (space, name)
  ) WITHOUT ROWID;
  CREATE INDEX record_subject ON record (space, subject);
  CREATE INDEX record_expires ON record (expires) WHERE expires IS NOT NULL`,
  `
  -- From a version to the one before it leads b_rev; this leads to what is gone. Removal is 2.
  CREATE INDEX change_removed ON change (store, id) WHERE op = 2`,
  (database) => {
    const stores = database.prepare("SELECT n FROM store WHERE name IS NOT NULL").all();
    const tables = stores.map(({ n }) => `ALTER TABLE e${n} ADD COLUMN front TEXT;`);
    // The last change before the branch of the group became another one.
    return `${tables.join(" ")} ALTER TABLE group_id ADD COLUMN moved INTEGER`;
  },
];

/**
 * How the connection that writes commits. Where others share the file, durably by itself, and it
 * waits for no lock: SQLite would hold up the whole process. Else COMMIT neither waits for the disk
 * nor carries the log over, since `SqliteDurability` does.
 */
export function setSharing(database: DatabaseSync, isShared: boolean): void {
  const settings = isShared
    ? [`synchronous = FULL`, `wal_autocheckpoint = ${walPagesMax}`, `busy_timeout = 0`]
    : [`synchronous = NORMAL`, `wal_autocheckpoint = 0`, `busy_timeout = ${busyMs}`];
  for (const setting of settings) database.exec(`PRAGMA ${setting}`);
}

function settings(role: Role): readonly (readonly [string, number | string])[] {
  return [
    ["journal_mode", "WAL"],
    ["synchronous", "FULL"],
    ["wal_autocheckpoint", walPagesMax],
    ["cache_size", -cacheKiBMax[role]],
    ["mmap_size", mapped.includes(role) ? mappedBytesMax : 0],
    ["query_only", role === "reader" ? "ON" : "OFF"],
  ];
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

function foreign(file: string): StoaError {
  return new StoaError("unavailable", `${file} is not a file of Stoa, and is left as it is`);
}

/** How long SQLite itself waits for a lock; the writer tries again with a back-off. */
const busyMs = 20;
/** Pages in the write-ahead log before they are carried over: about 80 MB. */
const walPagesMax = 20_000;
const cacheKiBMax: Readonly<Record<Role, number>> = {
  writer: 16_000,
  reader: 16_000,
  worker: 8_000,
  background: 8_000,
};
/** Those that read pages all over the file without asking the system for each. */
const mapped: readonly Role[] = ["reader", "background"];
/** Pages read through the file cache of the system instead of our memory. */
const mappedBytesMax = 2 ** 31 - 65_536;
