/**
 * The queue of writes of one node: works that arrive together share a transaction, and each is
 * answered when that is durable. The transactions of all nodes follow each other, since each begins
 * by locking the one row of `head`; those that need no more than to be written go ahead without.
 * Knows no SQL but that of transactions.
 */
import assert from "node:assert/strict";
import { limit } from "@stoa/domain";
import type { Transaction, TransactOptions } from "./engine.ts";
import { PostgresAhead } from "./postgres-ahead.ts";
import { PostgresBatch } from "./postgres-batch.ts";
import { arrayText, type Backend, type PostgresConnection } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import { hasCommitted } from "./postgres-doubt.ts";
import { away, isPassing, translated } from "./postgres-error.ts";
import type { FollowOptions, PostgresFollower } from "./postgres-follow.ts";
import type { PostgresLinks } from "./postgres-links.ts";
import { type Head, readHead } from "./postgres-state.ts";
import { PostgresSweep } from "./postgres-sweep.ts";
import { runAll, WorkQueue } from "./postgres-work.ts";
import { answer, type Outcome, type Work } from "./work-answers.ts";

export class PostgresWriter {
  readonly #options: FollowOptions;
  readonly #links: PostgresLinks;
  readonly #dictionary: PostgresDictionary;
  readonly #follower: PostgresFollower;
  readonly #queue = new WorkQueue();
  readonly #ahead: PostgresAhead;
  #running: Promise<void> | undefined;
  readonly #sweep: PostgresSweep;

  constructor(options: FollowOptions, follower: PostgresFollower) {
    this.#options = options;
    this.#links = options.links;
    this.#dictionary = options.dictionary;
    this.#follower = follower;
    this.#sweep = new PostgresSweep(options);
    const isSweepDue = () => this.#sweep.isDue;
    this.#ahead = new PostgresAhead(options, follower, this.#queue, isSweepDue);
  }

  transact<T>(
    work: (tx: Transaction) => Promise<T>,
    { alone = false }: TransactOptions = {},
  ): Promise<T> {
    if (this.#queue.length >= limit.writesWaitingMax) {
      return Promise.reject(away(new Error("too many writes wait")));
    }
    return new Promise<T>((resolve, reject) => {
      const done = resolve as (value: unknown) => void;
      this.#queue.push({ kind: "work", work, alone, resolve: done, reject });
      this.#running ??= this.#drain();
      this.#ahead.arrived();
    });
  }

  get sentAhead() {
    return this.#ahead.counts;
  }

  /** Ends when everything that was handed in has ended. */
  async settle(): Promise<void> {
    await this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      // Lets in what else arrives in this turn.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#ahead.run();
      if (this.#queue.length > 0) await this.#runBatch();
    }
    this.#running = undefined;
  }

  async #runBatch(): Promise<void> {
    let works: readonly Work[] | undefined;
    // Taken late, so that what came while it waited for other nodes is in it.
    const take = () => {
      works ??= this.#queue.take();
      return works;
    };
    let outcomes: readonly Outcome[];
    try {
      outcomes = (await this.#try(take, false)) ?? (await this.#try(take, true)) ?? [];
    } catch (error) {
      for (const { reject } of take()) reject(translated(error));
      return;
    }
    answer(take(), outcomes);
  }

  /** Undefined when they must be run again with care: then those that fail harm no neighbour. */
  async #try(
    take: () => readonly Work[],
    isCareful: boolean,
  ): Promise<readonly Outcome[] | undefined> {
    const connection = await this.#links.writer();
    const backend = await connection.backend();
    const begun = connection.execute("BEGIN");
    // Both on their way at once; what fails first is told by the second as well.
    begun.catch(() => {});
    const locked = readHead(connection, "FOR UPDATE");
    const head = await locked.catch((error) => this.#rollBack(connection, error));
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
        const outcomes = await runAll(batch, works);
        if (outcomes) await this.#commit(batch, head, backend);
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

  /** Sends all that is left and the end in one. */
  async #commit(batch: PostgresBatch, head: Head, backend: Backend): Promise<void> {
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
      if (!isPassing(error)) {
        await all;
        throw error;
      }
      const { changes } = batch;
      connection.cut();
      if (!(await hasCommitted(this.#links, { backend, changes }))) throw error;
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

/** The numbers at the end of a transaction, and the notification, in one statement. */
function endSql(notifySql: string): string {
  return (
    "WITH head_moved AS (UPDATE head SET sequence = ?), stores_moved AS (UPDATE store " +
    "SET last = greatest(store.last, u.last) FROM unnest(?::text[], ?::bigint[]) " +
    `u(called, last) WHERE store.called = u.called) SELECT ${notifySql}`
  );
}
