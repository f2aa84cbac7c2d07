/**
 * Works that are waited for, and how each of them went: told only once nothing can take it back.
 * Runs nothing.
 */
import assert from "node:assert/strict";
import type { Transaction } from "./engine.ts";

export interface Work {
  readonly kind: "work";
  readonly work: (tx: Transaction) => Promise<unknown>;
  /** Shares its transaction with no other work. */
  readonly alone: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export type Outcome =
  | { readonly isGood: true; readonly value: unknown }
  | { readonly isGood: false; readonly error: unknown };

export class WorkAnswers {
  readonly works: Work[] = [];
  outcomes: Outcome[] = [];

  get size(): number {
    return this.works.length;
  }

  get isAlone(): boolean {
    return this.works[0]?.alone ?? false;
  }

  answer(): void {
    answer(this.works, this.outcomes);
  }

  refuse(error: unknown): void {
    for (const { reject } of this.works) reject(error);
  }
}

/** Tells each what became of it. */
export function answer(works: readonly Work[], outcomes: readonly Outcome[]): void {
  works.forEach((work, at) => {
    const outcome = outcomes[at];
    assert(outcome, "every work has an outcome");
    if (outcome.isGood) work.resolve(outcome.value);
    else work.reject(outcome.error);
  });
}

/** Works in one transaction: past it the first would wait too long for the last. */
export const batchWorksMax = 256;
