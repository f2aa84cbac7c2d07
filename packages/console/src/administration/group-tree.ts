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

/** A group as a line of the tree that is drawn. */
export interface GroupLine {
  readonly group: Group;
  /** From 1, the top. */
  readonly level: number;
  readonly parent: string | null;
  readonly isLeaf: boolean;
  readonly isOpen: boolean;
  /** Its place among its siblings, from 1, and how many they are. */
  readonly place: number;
  readonly siblings: number;
}

/** Lines from the top down, without what stands below those that are shut. */
export function groupLines(
  nodes: readonly GroupNode[],
  isShut: (id: string) => boolean,
  above: { readonly id: string | null; readonly level: number } = { id: null, level: 0 },
): readonly GroupLine[] {
  const level = above.level + 1;
  return nodes.flatMap(({ group, children }, at) => {
    const isLeaf = children.length === 0;
    const isOpen = !isLeaf && !isShut(group._id);
    const place = { place: at + 1, siblings: nodes.length };
    const line = { group, level, parent: above.id, isLeaf, isOpen, ...place };
    const below = isOpen ? groupLines(children, isShut, { id: group._id, level }) : [];
    return [line, ...below];
  });
}

/** The line that a key leads to, and what it opens or shuts; null for other keys. */
export function keyOf(
  key: string,
  lines: readonly GroupLine[],
  id: string,
): { readonly to: string } | { readonly toggle: string } | null {
  const at = lines.findIndex(({ group }) => group._id === id);
  const line = lines[at];
  const to = (other: GroupLine | undefined) => (other ? { to: other.group._id } : null);
  switch (key) {
    case "ArrowDown":
      return to(lines[at + 1]);
    case "ArrowUp":
      return to(lines[at - 1]);
    case "Home":
      return to(lines[0]);
    case "End":
      return to(lines.at(-1));
    case "ArrowRight":
      if (!line || line.isLeaf) return null;
      return line.isOpen ? to(lines[at + 1]) : { toggle: id };
    case "ArrowLeft":
      if (line?.isOpen) return { toggle: id };
      return line?.parent ? { to: line.parent } : null;
    default:
      return null;
  }
}

/** Whether a group is the other, or stands below it: it cannot be moved there. */
export function isWithin(groups: readonly Group[], id: string, above: string): boolean {
  const parents = new Map(groups.map(({ _id, parent }) => [_id, parent ?? null]));
  for (let at: string | null | undefined = id; at; at = parents.get(at)) {
    if (at === above) return true;
  }
  return false;
}
