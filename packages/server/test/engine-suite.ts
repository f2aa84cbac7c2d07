/**
 * What the port promises, as cases that every engine passes. Knows the port and the reference's
 * words for errors, and nothing of how an engine keeps what it is given.
 */
import { describe, it } from "node:test";
import { findingCases } from "./engine-suite-finding.ts";
import { logCases, logKept } from "./engine-suite-log.ts";
import { pagingCases } from "./engine-suite-paging.ts";
import { searchingCases } from "./engine-suite-searching.ts";
import { storeCases } from "./engine-suite-stores.ts";
import { transactionCases } from "./engine-suite-transactions.ts";
import { treeCases } from "./engine-suite-tree.ts";
import { writingCases } from "./engine-suite-writing.ts";
import { inWorld, type OpenEngine } from "./engine-world.ts";

const cases = [
  ...writingCases,
  ...transactionCases,
  ...findingCases,
  ...pagingCases,
  ...searchingCases,
  ...treeCases,
  ...storeCases,
];

/** Runs every case on an engine of its own. */
export function engineSuite(name: string, open: OpenEngine): void {
  describe(`${name} engine`, () => {
    for (const [title, run] of cases) it(title, () => inWorld(open, run));
    for (const [title, run] of logCases) it(title, () => inWorld(open, run, logKept));
  });
}
