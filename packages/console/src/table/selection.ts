/**
 * Which rows of a table are selected: some by their ids, or all that fit but a few. Pure.
 */
export interface Selection {
  /** Whether all that fit are selected, save those that are named; else only those. */
  readonly isAll: boolean;
  readonly ids: ReadonlySet<string>;
}

export const noSelection: Selection = { isAll: false, ids: new Set() };

export function isSelected({ isAll, ids }: Selection, id: string): boolean {
  return ids.has(id) !== isAll;
}

export function toggled({ isAll, ids }: Selection, id: string): Selection {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { isAll, ids: next };
}

/** @param total how many fit. */
export function selectedCount({ isAll, ids }: Selection, total: number): number {
  return isAll ? Math.max(0, total - ids.size) : ids.size;
}
