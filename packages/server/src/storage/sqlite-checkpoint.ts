/**
 * Keeps the write-ahead log short: when it has grown, or nobody has written for a while, a thread
 * carries it over while works go on, and the little that is left when none runs, so that it begins
 * anew. Knows no works.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { SqliteConnection } from "./sqlite-connection.ts";

export interface CheckpointOptions {
  readonly file: string;
  /** The one that writes. */
  readonly connection: SqliteConnection;
  /** Runs a task when no transaction is open. */
  readonly pause: (task: () => Promise<void>) => Promise<void>;
  /** Forces the file to disk. */
  readonly forceDatabase: () => Promise<void>;
  /** Lets go of the view that readers hold, since the log cannot begin anew below it. */
  readonly releaseView: () => void;
  /** Called when pages could be neither carried over nor forced. */
  readonly onError: (cause: unknown) => void;
  /** Pages in the log from which on it is carried over. */
  readonly walPagesMax?: number;
  /** How long nobody has written when less of it is carried over; else a second. */
  readonly quietMs?: number;
}

export class SqliteCheckpoint {
  readonly #options: CheckpointOptions;
  readonly #pagesMax: number;
  readonly #quiet: NodeJS.Timeout;
  #worker: Worker | undefined;
  #looking: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #isClosing = false;
  #commits = 0;
  /** Pages in the log when it was last looked at, and when it is next carried over. */
  #seen = 0;
  #due: number;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#pagesMax = options.walPagesMax ?? walPagesDefault;
    this.#due = this.#pagesMax;
    const { quietMs = quietMsDefault, onError } = options;
    const lookInQuiet = () => {
      this.#looking = this.#lookInQuiet().catch(onError);
    };
    this.#quiet = setTimeout(lookInQuiet, quietMs).unref();
  }

  /** To be called after each commit, before the next transaction. */
  look(): void {
    this.#quiet.refresh();
    if (this.#running || ++this.#commits % commitsPerLook !== 0) return;
    const pages = this.#pages();
    // It has begun anew.
    if (pages < this.#seen) this.#due = this.#pagesMax;
    this.#seen = pages;
    if (pages < this.#due) return;
    // Where a reader holds it, it does not begin anew: not to be tried again with each commit.
    this.#due = pages + this.#pagesMax / 4;
    this.#begin();
  }

  /** Pages in the file are read in half the time in which they are found in the log. */
  async #lookInQuiet(): Promise<void> {
    let pages = 0;
    await this.#options.pause(async () => {
      if (!this.#isClosing) pages = this.#pages();
    });
    if (pages >= quietPagesMin && !this.#running && !this.#isClosing) this.#begin();
  }

  #begin(): void {
    this.#running = this.#run()
      .catch(this.#options.onError)
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Before the last connection is closed. */
  async close(): Promise<void> {
    clearTimeout(this.#quiet);
    this.#isClosing = true;
    await this.#looking;
    await this.#running;
    const worker = this.#worker;
    if (!worker) return;
    await ask(worker, "close");
    await worker.terminate();
  }

  async #run(): Promise<void> {
    const { pause, forceDatabase, releaseView } = this.#options;
    this.#worker ??= this.#start();
    const worker = this.#worker;
    let left = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < turnsMax && left > pagesLeftMax; turn++) {
      left = await ask(worker, "carry");
      await forceDatabase();
    }
    // Too much for writes to wait for: later.
    if (left > pagesLeftMax) return;
    await pause(async () => {
      await ask(worker, "carry");
      releaseView();
    });
  }

  #pages(): number {
    const sql = "PRAGMA wal_checkpoint(NOOP)";
    return this.#options.connection.first<[number, number, number]>(sql)?.[1] ?? 0;
  }

  #start(): Worker {
    const name = import.meta.url.endsWith(".ts")
      ? "./sqlite-checkpoint-worker.ts"
      : "./sqlite-checkpoint-worker.js";
    const worker = new Worker(new URL(name, import.meta.url), { workerData: this.#options.file });
    worker.unref();
    return worker;
  }
}

/** How many pages are left. Errors: those of the thread. */
async function ask(worker: Worker, order: "carry" | "close"): Promise<number> {
  const answer = once(worker, "message");
  worker.ref();
  worker.postMessage(order);
  const [left] = (await answer) as [number];
  worker.unref();
  return left;
}

/** About 160 MB: the more, the more often a page was written again before it is carried over. */
const walPagesDefault = 40_000;
const quietMsDefault = 1_000;
/** About 4 MB: less is not worth a thread. */
const quietPagesMin = 1_000;
/** Few enough to carry over while writes wait. */
const pagesLeftMax = 500;
const turnsMax = 5;
/** Between two looks at how long the log is: each costs some microseconds. */
const commitsPerLook = 16;
