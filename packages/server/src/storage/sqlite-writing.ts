/**
 * The main thread's side of the thread that writes: starts it when first wanted, and hands it
 * transactions, which it writes in order. Knows no works.
 */
import { Worker } from "node:worker_threads";
import { packEntries } from "./sqlite-entry-packing.ts";
import type {
  WritingAnswer,
  WritingOrder,
  WritingPlace,
  Written,
} from "./sqlite-writing-message.ts";

export class SqliteWriting {
  readonly #place: WritingPlace;
  /** How many transactions have been heard of; below zero the thread commits nothing any more. */
  readonly #heard = new Int32Array(new SharedArrayBuffer(4));
  readonly #asked: PromiseWithResolvers<WritingAnswer>[] = [];
  #worker: Worker | undefined;
  #isReady = false;
  #isClosed = false;

  constructor(place: Omit<WritingPlace, "heard">) {
    this.#place = { ...place, heard: this.#heard };
  }

  /** Whether the thread stands; if not, it is started, for later. */
  get isReady(): boolean {
    if (!this.#worker && !this.#isClosed) this.#start();
    return this.#isReady;
  }

  /**
   * Ends when it is committed, which waits until what was handed in before has been `heard`, and if
   * asked when it is forced to disk.
   * @returns how many groups have numbers then.
   * Errors: `RefusedError` where nothing is written; any other means that nobody knows.
   */
  async write(written: Written, isForced: boolean): Promise<number> {
    const entries = packEntries(written.entries);
    const answer = await this.#ask({ ...written, kind: "write", entries, isForced });
    if (answer.kind === "refused") throw new RefusedError(answer.message);
    return answer.groups;
  }

  /** Everybody sees the next of those that were handed in, or that it is refused. */
  heard(): void {
    Atomics.add(this.#heard, 0, 1);
    Atomics.notify(this.#heard, 0);
  }

  /** Nothing is committed any more. */
  stop(): void {
    Atomics.store(this.#heard, 0, -(2 ** 31));
    Atomics.notify(this.#heard, 0);
  }

  /** Before the last connection is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    if (!worker) return;
    if (this.#isReady) await this.#ask({ kind: "close" });
    await worker.terminate();
  }

  #ask(order: WritingOrder): Promise<WritingAnswer> {
    const asked = Promise.withResolvers<WritingAnswer>();
    this.#asked.push(asked);
    this.#worker?.ref();
    this.#worker?.postMessage(order);
    return asked.promise;
  }

  #start(): void {
    const name = import.meta.url.endsWith(".ts")
      ? "./sqlite-writing-worker.ts"
      : "./sqlite-writing-worker.js";
    const worker = new Worker(new URL(name, import.meta.url), {
      workerData: this.#place,
      resourceLimits: { maxYoungGenerationSizeMb },
    });
    this.#worker = worker;
    worker.unref();
    worker.on("message", (answer: WritingAnswer) => {
      // The first one says that it stands; a thread that cannot begin is done without.
      if (this.#isReady) this.#asked.shift()?.resolve(answer);
      this.#isReady = true;
      if (this.#asked.length === 0) worker.unref();
    });
    const end = (cause: unknown) => {
      this.#isReady = false;
      const error = new Error("the thread that writes has ended", { cause });
      for (const { reject } of this.#asked.splice(0)) reject(error);
    };
    worker.on("error", end);
    worker.on("exit", end);
  }
}

/** The thread has said no: the file is as it was. */
export class RefusedError extends Error {}

/** Of V8; what an order holds lives for a few milliseconds. */
const maxYoungGenerationSizeMb = 24;
