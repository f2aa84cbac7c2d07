/**
 * The queue of writes of one node: works that arrive together share a transaction, and each is
 * answered when that is durable. The transactions of all nodes follow each other, since each begins
 * by locking the one row of `head`. Knows no SQL but that of transactions.
 */
import assert from "node:assert/strict";
import { limit } from "@stoa/domain";
import type { Transaction, TransactOptions } from "./engine.ts";
import { PostgresBatch } from "./postgres-batch.ts";
import { arrayText, type PostgresConnection } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import { hasCommitted } from "./postgres-doubt.ts";
import { away, isPassing, translated } from "./postgres-error.ts";
import type { FollowOptions, PostgresFollower } from "./postgres-follow.ts";
import type { PostgresLinks } from "./postgres-links.ts";
import { type Head, type HeadRow, headColumns, headOf, readHead } from "./postgres-state.ts";
import { PostgresSweep } from "./postgres-sweep.ts";
import { PostgresTransaction } from "./postgres-transaction.ts";

export class PostgresWriter {
  readonly #options: FollowOptions;
  readonly #links: PostgresLinks;
  readonly #dictionary: PostgresDictionary;
  readonly #follower: PostgresFollower;
  readonly #queue: Work[] = [];
  #running: Promise<void> | undefined;
  readonly #sweep: PostgresSweep;

  constructor(options: FollowOptions, follower: PostgresFollower) {
    this.#options = options;
    this.#links = options.links;
    this.#dictionary = options.dictionary;
    this.#follower = follower;
    this.#sweep = new PostgresSweep(options);
  }

  transact<T>(
    work: (tx: Transaction) => Promise<T>,
    { alone = false }: TransactOptions = {},
  ): Promise<T> {
    if (this.#queue.length >= limit.writesWaitingMax) {
      return Promise.reject(away(new Error("too many writes wait")));
    }
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, alone, resolve: resolve as (value: unknown) => void, reject });
      this.#running ??= this.#drain();
    });
  }

  /** Ends when everything that was handed in has ended. */
  async settle(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // Lets in what else arrives in this turn.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#runBatch();
    }
    this.#running = undefined;
  }

  #takeBatch(): Work[] {
    const works: Work[] = [];
    while (works.length < batchWorksMax) {
      const [next] = this.#queue;
      if (!next || (next.alone && works.length > 0)) break;
      works.push(next);
      this.#queue.shift();
      if (next.alone) break;
    }
    return works;
  }

  async #runBatch(): Promise<void> {
    let works: readonly Work[] | undefined;
    // Taken late, so that what came while it waited for other nodes is in it.
    const take = () => {
      works ??= this.#takeBatch();
      return works;
    };
    let outcomes: readonly Outcome[];
    try {
      outcomes = (await this.#try(take, false)) ?? (await this.#try(take, true)) ?? [];
    } catch (error) {
      for (const { reject } of take()) reject(translated(error));
      return;
    }
    take().forEach((work, at) => {
      const outcome = outcomes[at];
      assert(outcome, "every work has an outcome");
      if (outcome.isGood) work.resolve(outcome.value);
      else work.reject(outcome.error);
    });
  }

  /** Undefined when they must be run again with care: then those that fail harm no neighbour. */
  async #try(
    take: () => readonly Work[],
    isCareful: boolean,
  ): Promise<readonly Outcome[] | undefined> {
    const connection = await this.#links.writer();
    const begun = connection.execute("BEGIN");
    // Both on their way at once; what fails first is told by the second as well.
    begun.catch(() => {});
    const head = await lockedHead(connection).catch((error) => this.#rollBack(connection, error));
    return this.#follower.alone(async () => {
      try {
        if (await this.#follower.hasGoneBack(connection, head)) {
          throw away(new Error("the database lacks what this node has committed"));
        }
        await this.#follower.takeIn(connection, head);
        const works = take();
        const { state } = this.#follower;
        const { now } = this.#options;
        const options = { connection, dictionary: this.#dictionary, state, now, isCareful };
        const batch = new PostgresBatch(options);
        const outcomes = await this.#runAll(batch, works);
        if (outcomes) await this.#commit(batch, head);
        else await connection.execute("ROLLBACK");
        if (!outcomes) this.#dictionary.revert();
        return outcomes;
      } catch (error) {
        const isAgain = !isCareful && !isPassing(error) && translated(error) !== error;
        return this.#rollBack(connection, error).catch((cause) => {
          if (isAgain) return undefined;
          throw cause;
        });
      }
    });
  }

  async #runAll(
    batch: PostgresBatch,
    works: readonly Work[],
  ): Promise<readonly Outcome[] | undefined> {
    const outcomes: Outcome[] = [];
    for (const { work } of works) {
      const tx = new PostgresTransaction(batch);
      const outcome = await outcomeOf(work, tx, batch.isCareful);
      if (outcome.isGood) {
        outcomes.push(outcome);
        continue;
      }
      // What broke the whole transaction is found out by each alone.
      if (tx.failure !== undefined && !batch.isCareful) return undefined;
      await tx.giveUp();
      outcomes.push({ isGood: false, error: translated(outcome.error) });
    }
    return outcomes;
  }

  /** Sends all that is left and the end in one. */
  async #commit(batch: PostgresBatch, head: Head & Begun): Promise<void> {
    const { connection } = batch;
    const { done } = await batch.send();
    let { keptSince } = head;
    if (this.#sweep.isDue) {
      await done;
      keptSince = await this.#sweep.run(connection, { sequence: batch.sequence, keptSince });
    }
    const sent: Promise<unknown>[] = [done];
    if (batch.hasDefined) sent.push(connection.run("UPDATE head SET catalog = catalog + 1"));
    if (batch.changes.length > 0) {
      const lasts = batch.newLasts();
      sent.push(
        connection.run(endSql(this.#follower.notifySql), [
          batch.sequence,
          arrayText(lasts.map(([store]) => store)),
          arrayText(lasts.map(([, last]) => last)),
        ]),
      );
    } else if (batch.hasDefined) sent.push(connection.run(`SELECT ${this.#follower.notifySql}`));
    const committing = connection.execute("COMMIT");
    const all = Promise.all(sent);
    all.catch(() => {});
    try {
      const { command } = await committing;
      await all;
      assert.equal(command, "COMMIT", "what was sent was done");
    } catch (error) {
      // What broke the transaction off is told by the first statement that failed.
      if (!isPassing(error)) await all;
      const { transaction } = head;
      const { changes } = batch;
      const isDoubted = isPassing(error);
      if (!isDoubted || !(await hasCommitted(this.#links, { transaction, changes }))) throw error;
      return this.#takeInDoubted();
    }
    this.#dictionary.settle();
    this.#follower.advance(batch.state(keptSince));
    const { sequence, changes } = batch;
    if (batch.hasWritten) this.#options.onCommit({ sequence, changes });
  }

  /** What this node has committed it knows before anybody is told of it. Errors: `unavailable`. */
  async #takeInDoubted(): Promise<void> {
    this.#dictionary.settle();
    const connection = await this.#links.reader();
    await this.#follower.takeIn(connection, await readHead(connection));
  }

  /** Errors: always the one given. */
  async #rollBack(connection: PostgresConnection, error: unknown): Promise<never> {
    this.#dictionary.revert();
    // One that does not even take this is not used again.
    if (!connection.isOver) await connection.execute("ROLLBACK").catch(() => connection.cut());
    throw error;
  }
}

interface Work {
  readonly work: (tx: Transaction) => Promise<unknown>;
  readonly alone: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome =
  | { readonly isGood: true; readonly value: unknown }
  | { readonly isGood: false; readonly error: unknown };

interface Begun {
  /** The number by which its end can be asked for. */
  readonly transaction: string;
}

async function lockedHead(connection: PostgresConnection): Promise<Head & Begun> {
  const sql = `SELECT pg_current_xact_id()::text, ${headColumns} FROM head FOR UPDATE`;
  const row = await connection.first<[string, ...HeadRow]>(sql);
  const [transaction, ...head] = row as [string, ...HeadRow];
  return { ...headOf(head), transaction };
}

async function outcomeOf(
  work: Work["work"],
  tx: PostgresTransaction,
  isCareful: boolean,
): Promise<Outcome> {
  try {
    if (isCareful) await tx.begin();
    const value = await work(tx);
    if (tx.failure !== undefined) return { isGood: false, error: tx.failure };
    await tx.settle();
    return { isGood: true, value };
  } catch (error) {
    return { isGood: false, error: tx.failure ?? error };
  }
}

/** Works in one transaction: past it the first would wait too long for the last. */
const batchWorksMax = 256;
/** The numbers at the end of a transaction, and the notification, in one statement. */
function endSql(notifySql: string): string {
  return (
    "WITH head_moved AS (UPDATE head SET sequence = ?), stores_moved AS (UPDATE store " +
    "SET last = greatest(store.last, u.last) FROM unnest(?::text[], ?::bigint[]) " +
    `u(called, last) WHERE store.called = u.called) SELECT ${notifySql}`
  );
}
