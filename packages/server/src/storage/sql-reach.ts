/**
 * Sets of groups as the numbers of their ids, worked out once for each set. Knows no database.
 */
export interface Reach {
  /** One byte for each number: `01` where it is in the set. */
  readonly bytes: Uint8Array;
  readonly numbers: readonly number[];
}

interface KnownReach extends Reach {
  /** How many groups were known: with more of them it is worked out again. */
  readonly groupCount: number;
}

export class Reaches {
  readonly #known = new WeakMap<ReadonlySet<string>, KnownReach>();

  /**
   * @param numbers of all groups that are known, by id.
   * @param end greater than each of the numbers.
   */
  of(groups: ReadonlySet<string>, numbers: ReadonlyMap<string, number>, end: number): Reach {
    const known = this.#known.get(groups);
    if (known?.groupCount === numbers.size) return known;
    const reach = { ...reachOf(groups, numbers, end), groupCount: numbers.size };
    this.#known.set(groups, reach);
    return reach;
  }
}

function reachOf(
  groups: ReadonlySet<string>,
  numbers: ReadonlyMap<string, number>,
  end: number,
): Reach {
  const bytes = new Uint8Array(end);
  const found: number[] = [];
  for (const id of groups) {
    const n = numbers.get(id);
    if (n === undefined) continue;
    bytes[n] = 1;
    found.push(n);
  }
  return { bytes, numbers: found };
}
