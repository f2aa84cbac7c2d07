/**
 * Works that share one transaction, run one after the other as they come. Commits nothing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Change, StoaError } from "@stoa/domain";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { isBusy, translated } from "./sqlite-error.ts";
import { SqliteBatch, type SqliteState } from "./sqlite-state.ts";
import { SqliteTransaction } from "./sqlite-transaction.ts";
import { type Outcome, type Work, WorkAnswers } from "./work-answers.ts";

export interface WorkRunOptions {
  readonly connection: SqliteConnection;
  readonly now: () => number;
  /** Opens a transaction; what it begins with. */
  readonly begin: () => Promise<SqliteState>;
}

export class SqliteWorkRun extends WorkAnswers {
  readonly #options: WorkRunOptions;
  readonly #connection: SqliteConnection;
  #isCareful = false;
  /** What they did so far. */
  batch: SqliteBatch;
  hasWritten = false;

  /** Opens a transaction for works to come. Errors: those of the database. */
  static async begin(options: WorkRunOptions): Promise<SqliteWorkRun> {
    return new SqliteWorkRun(options, await options.begin());
  }

  private constructor(options: WorkRunOptions, state: SqliteState) {
    super();
    this.#options = options;
    this.#connection = options.connection;
    this.batch = new SqliteBatch(state);
  }

  get changes(): readonly Change[] {
    return this.batch.changes;
  }

  /** Runs one more work. Errors: those of the database that no work has caused. */
  async add(work: Work): Promise<void> {
    this.works.push(work);
    if (this.#isCareful) return this.#runWithin(work);
    const tx = this.#transaction();
    const outcome = await outcomeOf(work.work, tx);
    if (!outcome.isGood && tx.hasWritten) return this.#runAgain(outcome);
    this.#settle(tx, outcome);
  }

  #transaction(): SqliteTransaction {
    return new SqliteTransaction(this.#connection, this.batch, this.#options.now);
  }

  /** The last one failed after it had written: neighbours run anew, each within a savepoint. */
  async #runAgain(failed: Outcome): Promise<void> {
    this.#connection.rollBack();
    this.batch = new SqliteBatch(await this.#options.begin());
    this.hasWritten = false;
    if (this.works.length === 1) {
      this.outcomes = [failed];
      return;
    }
    this.outcomes = [];
    this.#isCareful = true;
    for (const work of this.works) await this.#runWithin(work);
  }

  async #runWithin({ work }: Work): Promise<void> {
    this.#connection.run("SAVEPOINT work");
    const before = this.batch.copy();
    const tx = this.#transaction();
    const outcome = await outcomeOf(work, tx);
    if (!outcome.isGood) this.#connection.run("ROLLBACK TO work");
    this.#connection.run("RELEASE work");
    if (!outcome.isGood) {
      this.#connection.dictionary.revert();
      this.batch = before;
    }
    this.#settle(tx, outcome);
  }

  #settle(tx: SqliteTransaction, outcome: Outcome): void {
    this.outcomes.push(outcome);
    if (outcome.isGood) this.hasWritten ||= tx.hasWritten;
  }
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

/** Opens a transaction that writes. Another process may hold the lock: tries again for a while. */
export async function beginWriting(
  connection: SqliteConnection,
  isAmongPeers: boolean,
): Promise<void> {
  const { pauseMsMax, waitMsMax } = isAmongPeers ? amongPeers : alone;
  const until = performance.now() + waitMsMax;
  for (let pause = 1; ; pause = Math.min(pause * 2, pauseMsMax)) {
    try {
      connection.run("BEGIN IMMEDIATE");
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      await sleep(pause);
    }
  }
}

/** The longest pause before another try for the lock, and how long it is tried. */
const alone = { pauseMsMax: 2_048, waitMsMax: 4_000 } as const;
/** Peers hold it for a few milliseconds at a time, or for as long as an index is built. */
const amongPeers = { pauseMsMax: 1, waitMsMax: 60_000 } as const;
