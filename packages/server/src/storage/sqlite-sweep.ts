/**
 * When records that are over and the old end of the log go: with a commit now and then, a piece at
 * a time. Opens no transaction.
 */
import { limit } from "@stoa/domain";
import type { EngineOptions } from "./engine.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { sweepLog } from "./sqlite-log.ts";
import { sweepRecords } from "./sqlite-record.ts";

export interface Swept {
  readonly hasWritten: boolean;
  /** Changes up to it are gone now; undefined where the log was not looked at. */
  readonly keptSince: number | undefined;
}

export class SqliteSweep {
  readonly #options: Pick<EngineOptions, "log" | "now">;
  #sweptAt = 0;
  #logSweptAt = 0;
  #logPauseMs = 0;

  constructor(options: Pick<EngineOptions, "log" | "now">) {
    this.#options = options;
  }

  get isDue(): boolean {
    const now = this.#options.now();
    return this.#areRecordsDue(now) || this.#isLogDue(now);
  }

  /** Does what is due, in the transaction of the connection. */
  run(connection: SqliteConnection): Swept {
    const now = this.#options.now();
    const isDue = this.#areRecordsDue(now);
    if (isDue) {
      this.#sweptAt = now;
      sweepRecords(connection, now);
    }
    const keptSince = this.#runLog(connection, now);
    return { hasWritten: isDue || keptSince !== undefined, keptSince };
  }

  /** A piece of it once a second, as long as there is something to sweep; else once a minute. */
  #runLog(connection: SqliteConnection, now: number): number | undefined {
    const { log } = this.#options;
    if (!log || !this.#isLogDue(now)) return undefined;
    const { keptSince, isDone } = sweepLog(connection, log, now);
    this.#logSweptAt = now;
    this.#logPauseMs = isDone ? limit.sweepEveryMs : sweepPieceMs;
    return keptSince;
  }

  #areRecordsDue(now: number): boolean {
    return now - this.#sweptAt >= limit.sweepEveryMs;
  }

  /** Also where the clock was set back. */
  #isLogDue(now: number): boolean {
    const isDue = Math.abs(now - this.#logSweptAt) >= this.#logPauseMs;
    return this.#options.log !== undefined && isDue;
  }
}

const sweepPieceMs = 1_000;
