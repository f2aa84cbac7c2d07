/**
 * Names for display, and who is known to whom: everybody of the caller's tenants; everybody at root
 * reach (design, "Default roles and the directory").
 */
import { type Caller, type Filter, type GroupTree, hasRootReach, or } from "@stoa/domain";
import type { Transaction } from "../storage/engine.ts";
import { groupsOf } from "./caller-service.ts";

/** All groups of the caller's tenants, or of the whole tree. */
export function directoryReach(caller: Caller, tree: GroupTree): ReadonlySet<string> {
  if (hasRootReach(caller, tree)) return tree.reachOf(tree.root === null ? [] : [tree.root]);
  return tree.reachOf(
    caller.groups.flatMap((group) => (tree.has(group) ? [tree.tenantOf(group) as string] : [])),
  );
}

/** Whether the id is a user or group of the caller's directory. */
export async function isInDirectory(
  reader: Pick<Transaction, "read" | "tree">,
  caller: Caller,
  id: string,
): Promise<boolean> {
  const known = directoryReach(caller, reader.tree);
  if (reader.tree.has(id)) return known.has(id);
  const user = await reader.read("users", id);
  return user !== undefined && groupsOf(user).some((group) => known.has(group));
}

/** Users whose group is known, and those with further groups, which are looked at one by one. */
export function withinOrBeside(reach: ReadonlySet<string>): Filter {
  return or(
    { kind: "visible", owner: null, principals: new Set(), reach, self: null },
    { kind: "not", of: { kind: "isnull", of: { kind: "property", path: ["groups"] } } },
  );
}
