/**
 * Opens the engine that a data address names: a folder, which holds one SQLite file, or a database
 * of PostgreSQL.
 */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoaError } from "@stoa/domain";
import type { Engine, EngineOptions } from "./engine.ts";
import { isPostgres } from "./postgres-address.ts";
import { SqliteEngine } from "./sqlite-engine.ts";
import { isBusy } from "./sqlite-error.ts";

/**
 * @param data a folder, made if it is missing: `/var/lib/stoa`; the file in it is `stoa.db`. With
 * `peers` it is one that `lockData` has locked for all of them. Or the URL of a database:
 * `postgres://user:password@host:5432/database`.
 * Errors: `unavailable` where it cannot be made or read, is in use by another process, or is not
 * Stoa's, or is of a newer Stoa.
 */
export async function openEngine(data: string, options: EngineOptions): Promise<Engine> {
  if (isPostgres(data)) return (await import("./postgres-engine.ts")).openPostgres(data, options);
  if (options.peers) return new SqliteEngine(join(data, "stoa.db"), options);
  const lock = await lockData(data);
  try {
    return new LockedEngine(join(data, "stoa.db"), options, lock);
  } catch (cause) {
    lock.close();
    throw cause;
  }
}

/** How much of the disk it takes, with what is not yet carried over. */
export async function dataBytes(data: string): Promise<number> {
  if (isPostgres(data)) return (await import("./postgres-size.ts")).schemaBytes(data);
  const sizes = ["stoa.db", "stoa.db-wal"].map((name) => {
    return stat(join(data, name)).then(
      ({ size }) => size,
      () => 0,
    );
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Gives the folder back when it ends. */
class LockedEngine extends SqliteEngine {
  readonly #lock: DatabaseSync;

  constructor(file: string, options: EngineOptions, lock: DatabaseSync) {
    super(file, options);
    this.#lock = lock;
  }

  override async close(): Promise<void> {
    await super.close();
    if (this.#lock.isOpen) this.#lock.close();
  }
}

/**
 * Keeps out other processes, since each keeps in memory who may see what. The lock is the system's,
 * on a file beside the database: it ends with the process, however that ends.
 *
 * @param data a folder, made if it is missing: `/var/lib/stoa`.
 * Errors: `unavailable` where it cannot be made or written to, or is in use by another process.
 */
export async function lockData(data: string): Promise<DatabaseSync> {
  try {
    await mkdir(data, { recursive: true });
  } catch (cause) {
    throw new StoaError("unavailable", `cannot make the folder ${data}`, { cause });
  }
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(data, "stoa.lock"));
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (cause) {
    lock?.close();
    const why = isBusy(cause) ? "is in use by another process" : "cannot be written to";
    throw new StoaError("unavailable", `the folder ${data} ${why}`, { cause });
  }
}
