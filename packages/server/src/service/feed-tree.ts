/**
 * The tree of groups from one change to the next, as the feed goes through the log.
 */
import { type Change, type GroupTree, groupNodeOf, StoaError } from "@stoa/domain";

/** @param present what to go by where the change does not fit, such as after a lost stretch. */
export function treeAfter(tree: GroupTree, change: Change, present: GroupTree): GroupTree {
  const { store, id, after } = change;
  if (store !== "groups") return tree;
  if (!after) return tree.without(id);
  const node = groupNodeOf(after);
  const isSame = tree.has(id) && tree.parentOf(id) === node.parent;
  if (isSame) return tree;
  try {
    return tree.with(node);
  } catch (cause) {
    if (cause instanceof StoaError) return present;
    throw cause;
  }
}

/** Whether members of these groups reach the same ones in both trees. */
export function isSameReach(groups: readonly string[], a: GroupTree, b: GroupTree): boolean {
  const [one, other] = [a.reachOf(groups), b.reachOf(groups)];
  return one === other || (one.size === other.size && [...one].every((id) => other.has(id)));
}
