/**
 * Works that share one transaction, run one after the other as they come. Commits nothing.
 */
import assert from "node:assert/strict";
import { StoaError } from "@stoa/domain";
import type { Transaction } from "./engine.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { translated } from "./sqlite-error.ts";
import { SqliteBatch, type SqliteState } from "./sqlite-state.ts";
import { SqliteTransaction } from "./sqlite-transaction.ts";

export interface Work {
  readonly kind: "work";
  readonly work: (tx: Transaction) => Promise<unknown>;
  readonly alone: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface WorkRunOptions {
  readonly connection: SqliteConnection;
  readonly now: () => number;
  /** Opens a transaction; what it begins with. */
  readonly begin: () => Promise<SqliteState>;
}

export class SqliteWorkRun {
  readonly #options: WorkRunOptions;
  readonly #connection: SqliteConnection;
  readonly #works: Work[] = [];
  #outcomes: Outcome[] = [];
  #isCareful = false;
  /** What they did so far. */
  batch: SqliteBatch;
  hasWritten = false;

  /** Opens a transaction for works to come. Errors: those of the database. */
  static async begin(options: WorkRunOptions): Promise<SqliteWorkRun> {
    return new SqliteWorkRun(options, await options.begin());
  }

  private constructor(options: WorkRunOptions, state: SqliteState) {
    this.#options = options;
    this.#connection = options.connection;
    this.batch = new SqliteBatch(state);
  }

  get size(): number {
    return this.#works.length;
  }

  get isAlone(): boolean {
    return this.#works[0]?.alone ?? false;
  }

  /** Runs one more work. Errors: those of the database that no work has caused. */
  async add(work: Work): Promise<void> {
    this.#works.push(work);
    if (this.#isCareful) return this.#runWithin(work);
    const tx = this.#transaction();
    const outcome = await outcomeOf(work.work, tx);
    if (!outcome.isGood && tx.hasWritten) return this.#runAgain(outcome);
    this.#settle(tx, outcome);
  }

  /** Tells every work how it went; only when nothing can take it back any more. */
  answer(): void {
    this.#works.forEach((work, at) => {
      const outcome = this.#outcomes[at];
      assert(outcome, "every work has an outcome");
      if (outcome.isGood) work.resolve(outcome.value);
      else work.reject(outcome.error);
    });
  }

  refuse(error: unknown): void {
    for (const { reject } of this.#works) reject(error);
  }

  #transaction(): SqliteTransaction {
    return new SqliteTransaction(this.#connection, this.batch, this.#options.now);
  }

  /** The last one failed after it had written: neighbours run anew, each within a savepoint. */
  async #runAgain(failed: Outcome): Promise<void> {
    rollBack(this.#connection);
    this.batch = new SqliteBatch(await this.#options.begin());
    this.hasWritten = false;
    if (this.#works.length === 1) {
      this.#outcomes = [failed];
      return;
    }
    this.#outcomes = [];
    this.#isCareful = true;
    for (const work of this.#works) await this.#runWithin(work);
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
    this.#outcomes.push(outcome);
    if (outcome.isGood) this.hasWritten ||= tx.hasWritten;
  }
}

export function rollBack({ database, dictionary }: SqliteConnection): void {
  if (database.isTransaction) database.exec("ROLLBACK");
  dictionary.revert();
  dictionary.settle();
}

type Outcome =
  | { readonly isGood: true; readonly value: unknown }
  | { readonly isGood: false; readonly error: unknown };

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
