/**
 * When an issued token was last used: written at most once a minute for each, so that reading stays
 * reading.
 */
import { type Caller, StoaError } from "@stoa/domain";
import type { House } from "./house.ts";

const everyMs = 60_000;
const tokensKeptMax = 10_000;

export class TokenUse {
  readonly #house: House;
  readonly #notedAt = new Map<string, number>();

  constructor(house: House) {
    this.#house = house;
  }

  note({ wayId, user }: Caller): void {
    const time = this.#house.now();
    if (time - (this.#notedAt.get(wayId) ?? 0) < everyMs) return;
    if (this.#notedAt.size >= tokensKeptMax) this.#notedAt.clear();
    this.#notedAt.set(wayId, time);
    this.#write(wayId, user, time).catch((cause) => {
      // The engine is closing or away: the time of use is the least that is lost then.
      if (!(cause instanceof StoaError)) throw cause;
    });
  }

  #write(id: string, by: string, time: number): Promise<void> {
    return this.#house.engine.transact(async (tx) => {
      const before = await tx.read("tokens", id);
      if (!before) return;
      const body = JSON.stringify({ ...JSON.parse(before.body), lastUsedAt: time });
      await tx.update("tokens", before, { ...before, body }, { by, time });
    });
  }
}
