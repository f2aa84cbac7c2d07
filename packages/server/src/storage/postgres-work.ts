/**
 * Works that wait for a transaction, and how they are run in one. Knows neither the database nor
 * when a transaction ends.
 */
import type { PostgresBatch } from "./postgres-batch.ts";
import { translated } from "./postgres-error.ts";
import { PostgresTransaction } from "./postgres-transaction.ts";
import { batchWorksMax, type Outcome, type Work } from "./work-answers.ts";

export class WorkQueue {
  readonly #works: Work[] = [];

  get length(): number {
    return this.#works.length;
  }

  get first(): Work | undefined {
    return this.#works[0];
  }

  push(work: Work): void {
    this.#works.push(work);
  }

  /** The first ones that may share a transaction; `most` at least 1. */
  take(most = batchWorksMax): readonly Work[] {
    if (this.first?.alone) return this.#works.splice(0, 1);
    let count = 0;
    while (count < most && this.#works[count]?.alone === false) count++;
    return this.#works.splice(0, count);
  }

  /** Those that were taken come first again. */
  putBack(works: readonly Work[]): void {
    this.#works.unshift(...works);
  }
}

/** Undefined when they must be run again with care: then those that fail harm no neighbour. */
export async function runAll(
  batch: PostgresBatch,
  works: readonly Work[],
): Promise<readonly Outcome[] | undefined> {
  const outcomes: Outcome[] = [];
  for (const { work } of works) {
    const tx = new PostgresTransaction(batch);
    const outcome = await outcomeOf(work, tx, batch.isCareful);
    if (batch.hasAskedInVain) return undefined;
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
