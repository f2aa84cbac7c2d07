/**
 * How commits of this process become durable without the main thread waiting for the disk: the log
 * is forced by a descriptor of its own, and carried over by a thread. Only where no other process
 * shares the file. Wires the two; knows no works.
 */
import { SqliteCheckpoint } from "./sqlite-checkpoint.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { SqliteWal } from "./sqlite-wal.ts";

export interface DurabilityOptions {
  readonly file: string;
  /** The connection that writes. */
  readonly connection: SqliteConnection;
  readonly releaseView: () => void;
  /** Runs a task when all is durable and no transaction open. */
  readonly pause: (task: () => Promise<void>) => Promise<void>;
  /** Called when the disk has failed: nothing more can be promised. */
  readonly onError: (cause: unknown) => void;
  /** Called in place of each forcing of the log, which it is given. */
  readonly aroundForce?: AroundForce;
  /** Pages in the log from which on it is carried over. */
  readonly walPagesMax?: number;
  /** How long nobody has written when less of it is carried over. */
  readonly quietMs?: number;
}

export type AroundForce = (force: () => Promise<void>) => Promise<void>;

export class SqliteDurability {
  readonly #wal: SqliteWal;
  readonly #checkpoint: SqliteCheckpoint;
  readonly #aroundForce: AroundForce;

  constructor(options: DurabilityOptions) {
    const { file, connection, aroundForce = (force) => force() } = options;
    // COMMIT neither waits for the disk nor carries the log over.
    connection.run("PRAGMA synchronous = NORMAL");
    connection.run("PRAGMA wal_autocheckpoint = 0");
    this.#wal = new SqliteWal(file);
    const forceDatabase = () => this.#wal.forceDatabase();
    this.#checkpoint = new SqliteCheckpoint({ ...options, forceDatabase });
    this.#aroundForce = aroundForce;
  }

  /** Right after a commit: ends when it is on disk. Errors: those of the system. */
  async force(): Promise<void> {
    this.#checkpoint.look();
    await this.#aroundForce(() => this.#wal.force());
  }

  /** Before the connections are closed. */
  endCheckpoints(): Promise<void> {
    return this.#checkpoint.close();
  }

  /** After the connections are closed. */
  close(): void {
    this.#wal.close();
  }
}
