/**
 * The one queue of writes: works that arrive together share a transaction, and each is answered
 * when that is durable. While one commit is on its way to disk, the works of the next run already.
 * Knows no SQL but that of transactions.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { limit, StoaError } from "@stoa/domain";
import type { EngineOptions, Transaction, TransactOptions } from "./engine.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { isBusy, translated } from "./sqlite-error.ts";
import { changesSince, stateAfter } from "./sqlite-follow.ts";
import { readKeptSince, sweepLog } from "./sqlite-log.ts";
import { sweepRecords } from "./sqlite-record.ts";
import { readState, type SqliteState, writeBatch } from "./sqlite-state.ts";
import { rollBack, SqliteWorkRun, type Work } from "./sqlite-work.ts";

export interface WriterOptions extends EngineOptions {
  readonly connection: SqliteConnection;
  /** Makes durable what has just been committed; without it, each commit is so by itself. */
  readonly force?: () => Promise<void>;
  /** Keeps readers at what they see now. */
  readonly holdView: () => void;
  /** Lets readers see what is committed. */
  readonly releaseView: () => void;
  /** Called for each durable commit, before its listener, so that reads see what that tells. */
  readonly onState: (state: SqliteState) => void;
}

export class SqliteWriter {
  readonly #connection: SqliteConnection;
  readonly #options: WriterOptions;
  readonly #queue: Entry[] = [];
  /** As of the last commit, which may be on its way to disk: what the next works build on. */
  #state: SqliteState;
  #running: Promise<void> | undefined;
  /** Until the last commit is on disk; never fails. */
  #forcing: Promise<void> | undefined;
  /** Why nothing is written any more. */
  #failure: StoaError | undefined;
  #wake: () => void = () => undefined;
  #sweptAt = 0;
  #logSweptAt = 0;
  #logPauseMs = 0;
  #keptSince: number;

  constructor(options: WriterOptions) {
    const { connection, peers } = options;
    this.#connection = connection;
    this.#options = options;
    this.#state = readState(connection);
    this.#keptSince = readKeptSince(connection);
    connection.dictionary.settle();
    // Else SQLite would hold up the whole process while it waits for another one.
    if (peers) connection.run("PRAGMA busy_timeout = 0");
    options.onState(this.#state);
  }

  /** Changes up to it may be gone. */
  get keptSince(): number {
    return this.#keptSince;
  }

  transact<T>(
    work: (tx: Transaction) => Promise<T>,
    { alone = false }: TransactOptions = {},
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const done = resolve as (value: unknown) => void;
      this.#enter({ kind: "work", work, alone, resolve: done, reject });
    });
  }

  /** Takes in what other processes have committed, as far as a connection sees it. */
  follow(connection: SqliteConnection): void {
    const changes = changesSince(connection, this.#state);
    if (changes === "none") return;
    // What is read from here on must not be older than what is taken in.
    if (connection === this.#connection) this.#options.releaseView();
    this.#keptSince = readKeptSince(connection);
    this.#connection.dictionary.loadGroups();
    this.#connection.dictionary.settle();
    const isLost = changes === "lost";
    this.#state = isLost ? readState(connection) : stateAfter(connection, this.#state, changes);
    this.#options.onState(this.#state);
    if (isLost) this.#options.peers?.lapse();
    else this.#options.onCommit({ sequence: this.#state.sequence, changes });
  }

  /** Runs a task when all is durable and no transaction open; none begins until it has ended. */
  pause<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const done = resolve as (value: unknown) => void;
      this.#enter({ kind: "pause", task, resolve: done, reject });
    });
  }

  /** Ends when all that is committed by now is durable. Errors: `unavailable` if it never will. */
  async durable(): Promise<void> {
    await this.#forcing;
    if (this.#failure) throw this.#failure;
  }

  /** Refuses everything from now on, since the disk has failed. @returns how it is refused. */
  stop(cause: unknown): StoaError {
    const message = "The storage cannot write any more: what it wrote could not be forced to disk.";
    this.#failure ??= new StoaError("unavailable", message, { cause });
    return this.#failure;
  }

  /** Ends when everything that was handed in has ended. */
  async settle(): Promise<void> {
    await this.#running;
    await this.#forcing;
  }

  #enter(entry: Entry): void {
    this.#queue.push(entry);
    this.#wake();
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const [first] = this.#queue;
      if (first?.kind === "pause" || first?.alone) await this.#forcing;
      if (first?.kind === "pause") await this.#runPause();
      else await this.#runWorks();
    }
    this.#running = undefined;
  }

  async #runPause(): Promise<void> {
    const pause = this.#queue.shift() as Pause;
    if (this.#failure) pause.reject(this.#failure);
    else await pause.task().then(pause.resolve, pause.reject);
  }

  async #runWorks(): Promise<void> {
    const { connection, now } = this.#options;
    let run: SqliteWorkRun | undefined;
    try {
      if (this.#failure) throw this.#failure;
      run = await SqliteWorkRun.begin({ connection, now, begin: () => this.#begin() });
      await this.#fill(run);
      await this.durable();
      this.#commit(run);
    } catch (error) {
      rollBack(connection);
      const reason = translated(error);
      if (run) run.refuse(reason);
      else while (this.#queue[0]?.kind === "work") this.#queue.shift()?.reject(reason);
      return;
    }
    // What others are decided by is heard of before they are.
    if (run.isAlone) await this.#forcing;
  }

  /** Runs what is there, and what comes until it is time to commit. */
  async #fill(run: SqliteWorkRun): Promise<void> {
    for (;;) {
      for (let work = this.#next(run); work; work = this.#next(run)) await run.add(work);
      // A pause, or a work that wants to be alone; or there are too many.
      if (this.#queue.length > 0 || run.isAlone) return;
      if (this.#forcing !== undefined) await this.#something();
      else if (await this.#isQuiet()) return;
    }
  }

  /** Ends when something comes in, or when what is on its way to disk has arrived. */
  #something(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Lets in what else arrives in this turn; whether nothing did. */
  async #isQuiet(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#queue.length === 0;
  }

  #next(run: SqliteWorkRun): Work | undefined {
    const [entry] = this.#queue;
    if (entry?.kind !== "work" || run.size >= batchWorksMax) return undefined;
    if (run.size > 0 && (entry.alone || run.isAlone)) return undefined;
    this.#queue.shift();
    return entry;
  }

  /** Another process may hold the lock: tries again for a while. */
  async #begin(): Promise<SqliteState> {
    const { pauseMsMax, waitMsMax } = this.#options.peers ? amongPeers : alone;
    const until = performance.now() + waitMsMax;
    for (let pause = 1; ; pause = Math.min(pause * 2, pauseMsMax)) {
      try {
        this.#connection.run("BEGIN IMMEDIATE");
        break;
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) throw error;
        await sleep(pause);
      }
    }
    if (this.#options.peers) this.follow(this.#connection);
    return this.#state;
  }

  /** Nothing before it is on its way to disk any more: what is durable is what is committed. */
  #commit(run: SqliteWorkRun): void {
    const { holdView, releaseView, force } = this.#options;
    const { batch } = run;
    writeBatch(this.#connection, batch);
    const isSwept = this.#sweep();
    const keptSince = this.#sweepLog();
    const isWritten = run.hasWritten || isSwept || keptSince !== undefined;
    const toForce = isWritten ? force : undefined;
    if (toForce) holdView();
    else releaseView();
    this.#connection.run("COMMIT");
    this.#connection.dictionary.settle();
    this.#state = batch.state;
    if (toForce) this.#forcing = this.#forced(toForce(), run, keptSince);
    else this.#tell(run, keptSince);
  }

  async #forced(
    force: Promise<void>,
    run: SqliteWorkRun,
    keptSince: number | undefined,
  ): Promise<void> {
    try {
      await force;
      this.#options.releaseView();
      this.#tell(run, keptSince);
    } catch (cause) {
      // What is committed but not forced may or may not be lost: readers stay where they are.
      run.refuse(this.stop(cause));
    }
    this.#forcing = undefined;
    this.#wake();
  }

  #tell(run: SqliteWorkRun, keptSince = this.#keptSince): void {
    const { batch } = run;
    const { onState, onCommit, peers } = this.#options;
    this.#keptSince = keptSince;
    onState(batch.state);
    onCommit({ sequence: batch.sequence, changes: batch.changes });
    if (batch.changes.length > 0) peers?.announce();
    run.answer();
  }

  /** @returns whether it looked, and so may have written. */
  #sweep(): boolean {
    const now = this.#options.now();
    if (now - this.#sweptAt < limit.sweepEveryMs) return false;
    this.#sweptAt = now;
    sweepRecords(this.#connection, now);
    return true;
  }

  /** A piece of it once a second, as long as there is something to sweep; else once a minute. */
  #sweepLog(): number | undefined {
    const { log, now } = this.#options;
    const time = now();
    // Also where the clock was set back.
    if (!log || Math.abs(time - this.#logSweptAt) < this.#logPauseMs) return undefined;
    const { keptSince, isDone } = sweepLog(this.#connection, log, time);
    this.#logSweptAt = time;
    this.#logPauseMs = isDone ? limit.sweepEveryMs : sweepPieceMs;
    return keptSince;
  }
}

type Entry = Work | Pause;

interface Pause {
  readonly kind: "pause";
  readonly task: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Works in one transaction: past it the first would wait too long for the last. */
const batchWorksMax = 256;
/** The longest pause before another try for the lock, and how long it is tried. */
const alone = { pauseMsMax: 2_048, waitMsMax: 4_000 } as const;
/** Peers hold it for a few milliseconds at a time, or for as long as an index is built. */
const amongPeers = { pauseMsMax: 1, waitMsMax: 60_000 } as const;
const sweepPieceMs = 1_000;
