/**
 * Groups as the tree that they are. Pure.
 */
export interface Group {
  readonly _id: string;
  readonly name: string;
  readonly parent?: string | null;
}

export interface GroupNode {
  readonly group: Group;
  readonly children: readonly GroupNode[];
}

/** Those whose parent one does not see stand at the top; siblings by name. */
export function groupTree(groups: readonly Group[]): readonly GroupNode[] {
  const ids = new Set(groups.map(({ _id }) => _id));
  const below = new Map<string | null, Group[]>();
  for (const group of groups) {
    const parent = group.parent && ids.has(group.parent) ? group.parent : null;
    below.set(parent, [...(below.get(parent) ?? []), group]);
  }
  const nodesOf = (parent: string | null): GroupNode[] =>
    (below.get(parent) ?? [])
      .sort((one, other) => one.name.localeCompare(other.name))
      .map((group) => ({ group, children: nodesOf(group._id) }));
  return nodesOf(null);
}

/** Whether a group is the other, or stands below it: it cannot be moved there. */
export function isWithin(groups: readonly Group[], id: string, above: string): boolean {
  const parents = new Map(groups.map(({ _id, parent }) => [_id, parent ?? null]));
  for (let at: string | null | undefined = id; at; at = parents.get(at)) {
    if (at === above) return true;
  }
  return false;
}
