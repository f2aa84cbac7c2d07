/**
 * Percentiles of what was measured. Knows no unit.
 */

/** The least value that so many are not above: `percentile([3, 1, 2], 0.5)` is 2; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
