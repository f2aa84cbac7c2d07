/**
 * The write-ahead log as a file, by a descriptor of our own: SQLite writes to it, and it is forced
 * to disk here, in another thread. Knows neither frames nor transactions.
 */
import { closeSync, fdatasync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";

const datasync = promisify(fdatasync);

export class SqliteWal {
  readonly #log: number;
  readonly #database: number;

  /** @param file of a database that is open and was read from, so that its log is there. */
  constructor(file: string) {
    this.#log = openSync(`${file}-wal`, "r+");
    this.#database = openSync(file, "r+");
    const folder = openSync(dirname(file), "r");
    // The log may be new: its name must last as well as what is in it.
    fsyncSync(folder);
    closeSync(folder);
  }

  /** For a thread that forces the log by itself. */
  get descriptor(): number {
    return this.#log;
  }

  /** Ends when all that was committed before is on disk. Errors: those of the system. */
  force(): Promise<void> {
    return datasync(this.#log);
  }

  /** The same for what checkpoints carry over, so that the last one has little to wait for. */
  forceDatabase(): Promise<void> {
    return datasync(this.#database);
  }

  /** Only when every connection is closed: SQLite's locks on the file end with any descriptor. */
  close(): void {
    closeSync(this.#log);
    closeSync(this.#database);
  }
}
