/**
 * The main thread's side of the reading worker: starts it when first needed, hands it queries, and
 * takes rows as fast as they are wanted. Knows no SQL.
 */
import { Worker } from "node:worker_threads";
import { limit, StoaError } from "@stoa/domain";
import { translated } from "./sqlite-error.ts";
import type { DearStatement } from "./sqlite-window.ts";
import type { WorkerAnswer, WorkerFailure, WorkerRequest } from "./sqlite-worker-message.ts";

type Rows = WorkerAnswer & { kind: "rows" };

interface Waiting {
  readonly resolve: (rows: Rows) => void;
  readonly reject: (error: unknown) => void;
}

export class SqliteWorker {
  readonly #file: string;
  readonly #msMax: number;
  readonly #idleMsMax: number;
  #worker: Worker | undefined;
  #jobCount = 0;
  readonly #waiting = new Map<number, Waiting>();
  #openCount = 0;
  readonly #line: (() => void)[] = [];

  constructor(file: string, msMax: number = limit.queryMsMax, idleMsMax = readerIdleMsMax) {
    this.#file = file;
    this.#msMax = msMax;
    this.#idleMsMax = idleMsMax;
  }

  /**
   * The rows of a statement in batches. Stops the query when the reader stops.
   * Errors: `timeout`, `unavailable` when too many wait.
   */
  async *rows(statement: DearStatement): AsyncIterable<readonly (readonly unknown[])[]> {
    await this.#enter();
    const job = ++this.#jobCount;
    const stop = new Int32Array(new SharedArrayBuffer(4));
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      Atomics.store(stop, 0, 1);
      this.#post({ kind: "close", job });
      this.#waiting.delete(job);
      this.#leave();
    };
    try {
      let answer = this.#ask({ kind: "open", job, statement, stop, msMax: this.#msMax });
      for (let isLast = false; !isLast; ) {
        const batch = await answer;
        isLast = batch.isLast;
        // Asks for the next batch before this one is used up.
        if (!isLast) answer = this.#ask({ kind: "more", job });
        answer.catch(() => undefined);
        const idle = setTimeout(end, this.#idleMsMax).unref();
        if (batch.rows.length > 0) yield batch.rows;
        clearTimeout(idle);
        if (isOver) throw new StoaError("timeout", "the list was not read on for too long");
      }
    } catch (error) {
      throw errorOf(error, statement);
    } finally {
      end();
    }
  }

  /** Runs statements in one transaction. Errors: those of SQLite, with their `errcode`. */
  async build(statements: readonly string[]): Promise<void> {
    await this.#ask({ kind: "build", job: ++this.#jobCount, statements });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#fail(new StoaError("unavailable", "the storage is closed"));
  }

  async #enter(): Promise<void> {
    if (this.#openCount < openQueriesMax) {
      this.#openCount++;
      return;
    }
    if (this.#line.length >= waitingQueriesMax) {
      const text = "too many queries without an index at the same time";
      throw new StoaError("unavailable", text, { retryAfterS: 1 });
    }
    await new Promise<void>((resolve) => this.#line.push(resolve));
  }

  #leave(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#openCount--;
  }

  #ask(request: WorkerRequest): Promise<Rows> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.job, { resolve, reject });
      this.#post(request).ref();
    });
  }

  #post(request: WorkerRequest): Worker {
    this.#worker ??= this.#start();
    this.#worker.postMessage(request);
    return this.#worker;
  }

  #start(): Worker {
    const name = import.meta.url.endsWith(".ts")
      ? "./sqlite-reader-worker.ts"
      : "./sqlite-reader-worker.js";
    const worker = new Worker(new URL(name, import.meta.url), { workerData: { file: this.#file } });
    worker.on("message", (answer: WorkerAnswer) => this.#take(answer));
    const end = (cause: unknown) => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#fail(new StoaError("internal", "the reading worker ended", { cause }));
    };
    worker.on("error", end);
    worker.on("exit", end);
    return worker;
  }

  #take(answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.job);
    this.#waiting.delete(answer.job);
    // A worker without work does not keep the process alive.
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (answer.kind === "rows") waiting?.resolve(answer);
    else waiting?.reject(new WorkerError(answer.failure));
  }

  #fail(error: StoaError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}

/** What went wrong in the worker; looks like an error of `node:sqlite` if it was one. */
class WorkerError extends Error {
  readonly isTimeout: boolean;
  readonly code: string;
  readonly errcode: number | null;

  constructor({ isTimeout, message, errcode }: WorkerFailure) {
    super(message);
    this.isTimeout = isTimeout;
    this.code = errcode === null ? "ERR_STOA_WORKER" : "ERR_SQLITE_ERROR";
    this.errcode = errcode;
  }
}

function errorOf(error: unknown, { hint }: DearStatement): unknown {
  if (!(error instanceof WorkerError)) return error;
  if (!error.isTimeout) {
    if (error.errcode !== null) return translated(error);
    return new StoaError("internal", `a query failed: ${error.message}`, { cause: error });
  }
  return new StoaError("timeout", `the query takes too long without an index: ${hint}`);
}

/** How long a reader may leave a batch untaken: it holds one of few places, and a snapshot. */
const readerIdleMsMax = 15_000;
/** Queries that run in turns, and those that may wait for one of them to end. */
const openQueriesMax = 4;
const waitingQueriesMax = 64;
