/**
 * Failed sign-ins, counted by login with address and by address, never by login alone (rule 27):
 * kept by the engine, so that every process counts the same.
 */
import { limit, StoaError } from "@stoa/domain";
import type { Engine, Transaction } from "../storage/engine.ts";
import { hashOf } from "./secret.ts";

export interface Attempt {
  readonly login: string;
  readonly address: string;
}

export class Throttle {
  readonly #engine: Engine;
  readonly #now: () => number;

  constructor(engine: Engine, now: () => number) {
    this.#engine = engine;
    this.#now = now;
  }

  /**
   * Counts an attempt as failed before it is tried, so that many at once cannot slip through.
   * Errors: `rate_limit` with the seconds until the next may be made.
   */
  async begin(attempt: Attempt): Promise<void> {
    const now = this.#now();
    await this.#engine.transact(async (tx) => {
      for (const { name, most } of counters(attempt)) {
        const times = await this.#times(tx, name, now);
        if (times.length >= most) throw tooMany(times[0] as number, now);
        await keepTimes(tx, name, [...times, now], now);
      }
    });
  }

  /** Takes a successful attempt back, and forgives the failures of this login from this address. */
  async succeed(attempt: Attempt): Promise<void> {
    const now = this.#now();
    const [own, address] = counters(attempt);
    await this.#engine.transact(async (tx) => {
      await tx.forget("failure", own.name);
      const times = await this.#times(tx, address.name, now);
      await keepTimes(tx, address.name, times.slice(0, -1), now);
    });
  }

  async #times(tx: Transaction, name: string, now: number): Promise<readonly number[]> {
    const record = await tx.recall("failure", name);
    const times = record ? (JSON.parse(record.value) as number[]) : [];
    return times.filter((time) => time > now - limit.signInWindowMs);
  }
}

function counters({ login, address }: Attempt) {
  return [
    { name: hashOf(JSON.stringify([login, address])), most: limit.signInFailuresMax },
    { name: hashOf(JSON.stringify([address])), most: limit.signInAddressFailuresMax },
  ] as const;
}

function keepTimes(tx: Transaction, name: string, times: readonly number[], now: number) {
  if (times.length === 0) return tx.forget("failure", name);
  const expiresAt = now + limit.signInWindowMs;
  return tx.keep("failure", name, { subject: "", value: JSON.stringify(times), expiresAt });
}

function tooMany(oldest: number, now: number): StoaError {
  const retryAfterS = Math.max(1, Math.ceil((oldest + limit.signInWindowMs - now) / 1000));
  const message = `Too many failed sign-ins: try again in ${retryAfterS} s.`;
  return new StoaError("rate_limit", message, { retryAfterS });
}
