/**
 * The one queue of writes: works that arrive in one turn share a transaction, and each is answered
 * when that is durable. Knows no SQL but that of transactions.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { StoaError } from "@stoa/domain";
import type { EngineOptions, Transaction, TransactOptions } from "./engine.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { isBusy, translated } from "./sqlite-error.ts";
import { changesSince, stateAfter } from "./sqlite-follow.ts";
import { readKeptSince, sweepLog } from "./sqlite-log.ts";
import { sweepRecords } from "./sqlite-record.ts";
import { readState, SqliteBatch, type SqliteState, writeBatch } from "./sqlite-state.ts";
import { SqliteTransaction } from "./sqlite-transaction.ts";

export interface WriterOptions extends EngineOptions {
  readonly connection: SqliteConnection;
  /** Lets go of the view that readers hold of the file, which a commit would leave behind. */
  readonly releaseView: () => void;
  /** Called after each commit, before its listener, so that reads see what the listener tells. */
  readonly onState: (state: SqliteState) => void;
}

export class SqliteWriter {
  readonly #connection: SqliteConnection;
  readonly #options: WriterOptions;
  readonly #queue: Entry[] = [];
  #state: SqliteState;
  #running: Promise<void> | undefined;
  #sweptAt = 0;
  #logSweptAt = 0;
  #keptSince: number;

  constructor(options: WriterOptions) {
    this.#connection = options.connection;
    this.#options = options;
    this.#state = readState(options.connection);
    this.#keptSince = readKeptSince(options.connection);
    options.connection.dictionary.settle();
    // Else SQLite would hold up the whole process while it waits for another one.
    if (options.peers) options.connection.run("PRAGMA busy_timeout = 0");
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
    const isLost = changes === "lost";
    this.#state = isLost ? readState(connection) : stateAfter(connection, this.#state, changes);
    this.#options.onState(this.#state);
    if (isLost) this.#options.peers?.lapse();
    else this.#options.onCommit({ sequence: this.#state.sequence, changes });
  }

  /** Runs a task when no transaction is open, and lets none begin until it has ended. */
  pause<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const done = resolve as (value: unknown) => void;
      this.#enter({ kind: "pause", task, resolve: done, reject });
    });
  }

  /** Ends when everything that was handed in has ended. */
  async settle(): Promise<void> {
    await this.#running;
  }

  #enter(entry: Entry): void {
    this.#queue.push(entry);
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // Lets in what else arrives in this turn.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#next();
    }
    this.#running = undefined;
  }

  async #next(): Promise<void> {
    const [first] = this.#queue;
    if (first?.kind !== "pause") return this.#runBatch();
    this.#queue.shift();
    await first.task().then(first.resolve, first.reject);
  }

  #takeBatch(): Work[] {
    const works: Work[] = [];
    while (works.length < batchWorksMax) {
      const entry = this.#queue[0];
      if (entry?.kind !== "work" || (entry.alone && works.length > 0)) break;
      works.push(entry);
      this.#queue.shift();
      if (entry.alone) break;
    }
    return works;
  }

  async #runBatch(): Promise<void> {
    const beginning = await this.#begin().then(() => undefined, failed);
    // Taken now, so that what came while it waited for other processes is in it.
    const works = this.#takeBatch();
    let outcomes: readonly Outcome[];
    try {
      if (beginning) throw beginning.error;
      outcomes = (await this.#tryAll(works)) ?? (await this.#tryEach(works));
    } catch (error) {
      this.#rollBack();
      for (const { reject } of works) reject(translated(error));
      return;
    }
    works.forEach((work, at) => {
      const outcome = outcomes[at];
      assert(outcome, "every work has an outcome");
      if (outcome.isGood) work.resolve(outcome.value);
      else work.reject(outcome.error);
    });
  }

  /** Undefined when one failed that had written, so that its neighbours must be run again. */
  async #tryAll(works: readonly Work[]): Promise<readonly Outcome[] | undefined> {
    const batch = new SqliteBatch(this.#state);
    const outcomes: Outcome[] = [];
    for (const { work } of works) {
      const tx = this.#transaction(batch);
      const outcome = await outcomeOf(work, tx);
      if (outcome.isGood) tx.settle();
      else if (tx.hasWritten && works.length > 1) {
        this.#rollBack();
        await this.#begin();
        return undefined;
      } else if (tx.hasWritten) {
        this.#rollBack();
        return [outcome];
      }
      outcomes.push(outcome);
    }
    this.#commit(batch);
    return outcomes;
  }

  async #tryEach(works: readonly Work[]): Promise<readonly Outcome[]> {
    const batch = new SqliteBatch(this.#state);
    const outcomes: Outcome[] = [];
    for (const { work } of works) {
      this.#connection.run("SAVEPOINT work");
      const tx = this.#transaction(batch);
      const outcome = await outcomeOf(work, tx);
      if (outcome.isGood) tx.settle();
      else this.#connection.run("ROLLBACK TO work");
      this.#connection.run("RELEASE work");
      if (!outcome.isGood) this.#connection.dictionary.revert();
      outcomes.push(outcome);
    }
    this.#commit(batch);
    return outcomes;
  }

  #transaction(batch: SqliteBatch): SqliteTransaction {
    return new SqliteTransaction(this.#connection, batch, this.#options.now);
  }

  /** Another process may hold the lock: tries again for a while. */
  async #begin(): Promise<void> {
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
    this.follow(this.#connection);
  }

  #commit(batch: SqliteBatch): void {
    writeBatch(this.#connection, batch);
    this.#sweep();
    const keptSince = this.#sweepLog();
    this.#options.releaseView();
    this.#connection.run("COMMIT");
    this.#keptSince = keptSince;
    this.#state = batch.state;
    this.#options.onState(this.#state);
    this.#options.onCommit({ sequence: batch.sequence, changes: batch.changes });
    if (batch.changes.length > 0) this.#options.peers?.announce();
  }

  #sweep(): void {
    const now = this.#options.now();
    if (now - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = now;
    sweepRecords(this.#connection, now);
  }

  /** A piece of it once a second, as long as there is something to sweep; else once a minute. */
  #sweepLog(): number {
    const { log, now } = this.#options;
    if (!log || performance.now() < this.#logSweptAt) return this.#keptSince;
    const { keptSince, isDone } = sweepLog(this.#connection, log, now());
    this.#logSweptAt = performance.now() + (isDone ? sweepEveryMs : sweepPieceMs);
    return keptSince;
  }

  #rollBack(): void {
    const { database, dictionary } = this.#connection;
    if (database.isTransaction) this.#connection.run("ROLLBACK");
    dictionary.revert();
    dictionary.settle();
  }
}

type Entry = Work | Pause;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Work extends Waiting {
  readonly kind: "work";
  readonly work: (tx: Transaction) => Promise<unknown>;
  readonly alone: boolean;
}

interface Pause extends Waiting {
  readonly kind: "pause";
  readonly task: () => Promise<unknown>;
}

type Outcome =
  | { readonly isGood: true; readonly value: unknown }
  | { readonly isGood: false; readonly error: unknown };

function failed(error: unknown): { readonly error: unknown } {
  return { error };
}

async function outcomeOf(work: Work["work"], tx: SqliteTransaction): Promise<Outcome> {
  try {
    const value = await work(tx);
    if (tx.failure === undefined) return { isGood: true, value };
    return { isGood: false, error: tx.failure };
  } catch (error) {
    const translation = translated(error);
    if (translation instanceof StoaError || translation instanceof Error) {
      return { isGood: false, error: translation };
    }
    return { isGood: false, error };
  }
}

/** Works in one transaction: past it the first would wait too long for the last. */
const batchWorksMax = 256;
/** The longest pause before another try for the lock, and how long it is tried. */
const alone = { pauseMsMax: 2_048, waitMsMax: 4_000 } as const;
/** Peers hold it for a few milliseconds at a time, or for as long as an index is built. */
const amongPeers = { pauseMsMax: 1, waitMsMax: 60_000 } as const;
const sweepEveryMs = 60_000;
const sweepPieceMs = 1_000;
