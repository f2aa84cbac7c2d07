/**
 * Whether a caller may act for a user: it covers it (design 10, "Words").
 */
import { type Caller, covers } from "@stoa/domain";
import type { Transaction } from "../storage/engine.ts";
import { credentialsOf, groupsOf } from "./caller-service.ts";

/** Of a user as it is in this transaction; nobody covers one that is not there. */
export async function coversUser(
  tx: Pick<Transaction, "read" | "tree">,
  caller: Caller,
  id: string,
): Promise<boolean> {
  const user = await tx.read("users", id);
  if (!user) return false;
  const role = await tx.read("roles", (JSON.parse(user.body) as { role: string }).role);
  const about = { groups: groupsOf(user), credentials: credentialsOf(role) };
  return covers(caller, about, tx.tree);
}
