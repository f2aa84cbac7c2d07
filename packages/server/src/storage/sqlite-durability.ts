/**
 * How commits of this process become durable without the main thread waiting for the disk: the log
 * is forced by a descriptor of its own, and carried over by a thread. Only where no other process
 * shares the file. Wires the two; knows no works.
 */
import { SqliteCheckpoint } from "./sqlite-checkpoint.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { setSharing } from "./sqlite-schema.ts";
import type { SqliteWal } from "./sqlite-wal.ts";
import { SqliteWriting } from "./sqlite-writing.ts";
import type { Written } from "./sqlite-writing-message.ts";

export interface DurabilityOptions {
  readonly file: string;
  /** Of that file; whoever opened it closes it, after all connections. */
  readonly wal: SqliteWal;
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
  readonly #aroundForce: AroundForce | undefined;
  readonly #writing: SqliteWriting;
  /** How often the thread has written. */
  writes = 0;

  constructor(options: DurabilityOptions) {
    const { file, wal, connection, aroundForce } = options;
    setSharing(connection.database, false);
    this.#wal = wal;
    const forceDatabase = () => this.#wal.forceDatabase();
    this.#checkpoint = new SqliteCheckpoint({ ...options, forceDatabase });
    this.#aroundForce = aroundForce;
    this.#writing = new SqliteWriting({ file, log: this.#wal.descriptor });
  }

  /** Right after a commit: ends when it is on disk. Errors: those of the system. */
  async force(): Promise<void> {
    this.#checkpoint.look();
    const force = () => this.#wal.force();
    await (this.#aroundForce?.(force) ?? force());
  }

  /** Whether there is a thread that can `write`. */
  get canWrite(): boolean {
    return this.#writing.isReady;
  }

  /**
   * Writes and commits in the thread; ends when it is on disk.
   * @returns how many groups have numbers then.
   * Errors: `RefusedError` where nothing is written; any other means that nobody knows.
   */
  async write(written: Written): Promise<number> {
    const groups = await this.#writing.write(written, this.#aroundForce === undefined);
    this.writes++;
    if (this.#aroundForce) await this.force();
    else this.#checkpoint.look();
    return groups;
  }

  /** Everybody sees the next of what was handed in to `write`, or that it is refused. */
  heard(): void {
    this.#writing.heard();
  }

  /** What is handed in to `write` is refused from now on. */
  stop(): void {
    this.#writing.stop();
  }

  /** Before the connections are closed. */
  async endThreads(): Promise<void> {
    await this.#checkpoint.close();
    await this.#writing.close();
  }
}
