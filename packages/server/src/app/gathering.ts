/**
 * What several workers report, with what those reported that have left. Asks nobody.
 */
import type { Worker } from "node:cluster";
import { limit } from "@stoa/domain";
import { type ProcessReport, pastOf } from "./observe.ts";

/** Questions for reports that are under way. */
export class Gatherings {
  readonly #open = new Map<number, Gathering>();
  #last = 0;
  /** Of those that have left, as one. */
  #past: Promise<ProcessReport | undefined> = Promise.resolve(undefined);

  /**
   * @param done called with what they report by then.
   * @returns the number that they are to report under.
   */
  begin(workers: Iterable<Worker>, done: (reports: readonly ProcessReport[]) => void): number {
    const number = ++this.#last;
    const end = async (reports: readonly ProcessReport[]) => {
      this.#open.delete(number);
      const past = await this.#past;
      done(past ? [...reports, past] : reports);
    };
    this.#open.set(number, new Gathering(workers, (reports) => void end(reports)));
    return number;
  }

  add(number: number, worker: Worker, report: ProcessReport): void {
    this.#open.get(number)?.add(worker, report);
  }

  /** It has ended. */
  leave(worker: Worker): void {
    for (const gathering of this.#open.values()) gathering.leave(worker);
  }

  /** The last report of one that leaves. */
  keep(report: ProcessReport): void {
    const before = this.#past;
    this.#past = before.then(async (past) => pastOf(past ? [past, report] : [report]));
  }
}

/** The reports of several workers; those that are silent for too long are left out. */
class Gathering {
  readonly #awaited: Set<Worker>;
  readonly #reports: ProcessReport[] = [];
  readonly #done: (reports: readonly ProcessReport[]) => void;
  readonly #timer: NodeJS.Timeout;

  constructor(workers: Iterable<Worker>, done: (reports: readonly ProcessReport[]) => void) {
    this.#awaited = new Set(workers);
    this.#done = done;
    this.#timer = setTimeout(() => this.#end(), limit.metricsWaitMsMax);
  }

  add(worker: Worker, report: ProcessReport): void {
    this.#reports.push(report);
    this.leave(worker);
  }

  leave(worker: Worker): void {
    this.#awaited.delete(worker);
    if (this.#awaited.size === 0) this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#done(this.#reports);
  }
}
