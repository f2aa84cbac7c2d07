/**
 * What a node throws away now and then with a commit of its own: records that are over, and of the
 * log what is too old or too much. Knows when; how stands in `postgres-record.ts` and
 * `postgres-log.ts`.
 */
import { limit } from "@stoa/domain";
import type { EngineOptions } from "./engine.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { sweepLog } from "./postgres-log.ts";
import { sweepRecords } from "./postgres-record.ts";

export class PostgresSweep {
  readonly #options: EngineOptions;
  #recordsAt = 0;
  #logAt = 0;
  #logPauseMs = 0;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  get isDue(): boolean {
    const now = this.#options.now();
    return this.#areRecordsDue(now) || this.#isLogDue(now);
  }

  /**
   * Within a transaction that holds the head, behind all of its changes.
   * @returns up to where changes are gone.
   */
  async run(
    connection: PostgresConnection,
    { sequence, keptSince }: { sequence: number; keptSince: number },
  ): Promise<number> {
    const { log, now } = this.#options;
    const time = now();
    if (this.#areRecordsDue(time)) {
      this.#recordsAt = time;
      await sweepRecords(connection, time);
    }
    if (!log || !this.#isLogDue(time)) return keptSince;
    const swept = await sweepLog(connection, log, { keptSince, sequence, now: time });
    this.#logAt = time;
    this.#logPauseMs = swept.isDone ? limit.sweepEveryMs : pieceMs;
    return swept.keptSince;
  }

  #areRecordsDue(now: number): boolean {
    return Math.abs(now - this.#recordsAt) >= limit.sweepEveryMs;
  }

  /** Also where the clock was set back. */
  #isLogDue(now: number): boolean {
    return this.#options.log !== undefined && Math.abs(now - this.#logAt) >= this.#logPauseMs;
  }
}

/** From one piece of a log to the next, as long as there is something to sweep. */
const pieceMs = 1_000;
