/**
 * The log while requests are refused for want of the database: one line as it goes, one as it is
 * back, and not one for each that was refused meanwhile. Knows no transport and no metrics.
 */
import type { StoaError } from "@stoa/domain";
import type { Logger } from "pino";

type Log = Pick<Logger, "info" | "warn" | "error">;

export class OutageLog {
  readonly #log: Log;
  readonly #now: () => number;
  /** Unix milliseconds; null while the database is there. */
  #awaySince: number | null = null;
  #saidAt = Number.NEGATIVE_INFINITY;
  #refused = 0;

  /** @param now Unix milliseconds */
  constructor(log: Log, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  get isAway(): boolean {
    return this.#awaySince !== null;
  }

  turn(isUp: boolean, cause: unknown): void {
    const awaySince = this.#awaySince;
    if (!isUp) {
      this.#awaySince ??= this.#now();
      this.#log.error({ why: reasonOf(cause) }, "database away: requests are refused");
    } else if (awaySince !== null) {
      this.#awaySince = null;
      const [ms, refused] = [this.#now() - awaySince, this.#refused];
      this.#refused = 0;
      this.#log.info({ ms, refused }, "database back");
    }
  }

  /** One that was refused. Where the database is there, something else is full or away. */
  refuse(incident: string, cause: StoaError): void {
    this.#refused++;
    if (this.isAway || this.#now() - this.#saidAt < sayEveryMs) return;
    this.#saidAt = this.#now();
    const refused = this.#refused;
    this.#refused = 0;
    this.#log.error({ incident, refused, why: reasonOf(cause.cause) }, "refused for the moment");
  }
}

/** In one line: where it comes from is no part of our code. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error))
    return cause === undefined ? "the connection ended" : String(cause);
  const { code } = cause as NodeJS.ErrnoException;
  // An error of several addresses that were tried has no words of its own.
  return cause.message || code || cause.name;
}

const sayEveryMs = 10_000;
