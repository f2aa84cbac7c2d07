/**
 * Decides how many of the processes over one SQLite file are to serve: all, or one alone. Reads
 * gain from each core. Writes lose by company: two that write wait for each other, and each reads
 * anew what the other has written, while one alone has a thread that writes (decision 33).
 */

/** What a process did in 100 ms: `{busyMs: 93, computeMs: 81, works: 212, followers: 0}`. */
export interface Load {
  /** How long its event loop was not idle. */
  readonly busyMs: number;
  /** How long it was given a processor for that: it may have waited for one, or for the disk. */
  readonly computeMs: number;
  /** Works that it has committed. */
  readonly works: number;
  /** Sockets and streams that it serves: to move those would cost their clients more. */
  readonly followers: number;
}

export type Company = "alone" | "together";

export class Balance {
  #company: Company = "together";
  /** For how many times in a row the other company would have been better. */
  #streak = 0;
  #quiet = 0;
  /** How many more times nothing changes, and how many after the next change. */
  #held = 0;
  #hold = holdMin;
  #sinceChange = 0;

  get company(): Company {
    return this.#company;
  }

  /**
   * To be told each `limit.balanceMs`.
   * @param leader what the process did that stays.
   * @param others the same of those that would go.
   */
  take(leader: Load, others: readonly Load[]): Company {
    this.#sinceChange++;
    if (this.#held > 0) {
      this.#held--;
      return this.#company;
    }
    const isOtherBetter =
      this.#company === "together" ? isAloneBetter(leader, others) : this.#isCompanyBetter(leader);
    this.#streak = isOtherBetter ? this.#streak + 1 : 0;
    if (this.#streak >= streakMin) this.#turn();
    return this.#company;
  }

  /** All that serve have gone: they begin together. */
  restart(): void {
    if (this.#company === "alone") this.#turn();
  }

  #isCompanyBetter({ busyMs, computeMs, works }: Load): boolean {
    this.#quiet = busyMs < quietMsMax ? this.#quiet + 1 : 0;
    if (this.#quiet >= quietMin) return true;
    return busyMs >= fullMsMin && works < computeMs * worksPerMs.together;
  }

  #turn(): void {
    this.#company = this.#company === "together" ? "alone" : "together";
    // A load in between would have it turn all the time.
    const isSoon = this.#sinceChange < this.#hold + soon;
    this.#hold = isSoon ? Math.min(this.#hold * 2, holdMax) : holdMin;
    this.#held = this.#hold;
    this.#streak = this.#quiet = this.#sinceChange = 0;
  }
}

function isAloneBetter(leader: Load, others: readonly Load[]): boolean {
  if (others.some(({ followers }) => followers > 0)) return false;
  const all = [leader, ...others];
  const sumOf = (name: keyof Load) => all.reduce((sum, load) => sum + load[name], 0);
  const isWriting = sumOf("works") > sumOf("computeMs") * worksPerMs.alone;
  return isWriting && sumOf("busyMs") >= someMsMin;
}

/**
 * Works for each millisecond of processor: beyond the first one is better, below the second all
 * are. Together each work takes more, so the two lie apart. Measured on two cores over 64
 * connections, together and alone: inserts 8 and 30, one insert to nine GETs 1.8 and 3.4, one to
 * four lists of 100 and five GETs 0.9 and 0.95, of which only the last gains by company.
 */
const worksPerMs = { alone: 1.4, together: 1.9 } as const;
/** Of 100 ms: hardly anything to do; worth a change; as much as it can. */
const quietMsMax = 30;
const someMsMin = 70;
const fullMsMin = 80;
/** In turns of 100 ms. */
const streakMin = 3;
const quietMin = 300;
const holdMin = 10;
const holdMax = 600;
const soon = 300;
