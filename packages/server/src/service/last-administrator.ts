/**
 * Rule 12: there is always an enabled member of the root whose role holds `*`.
 */
import { equals, or, StoaError, type StoredEntity } from "@stoa/domain";
import type { Transaction } from "../storage/engine.ts";
import { credentialsOf } from "./caller-service.ts";

/** Looks at the state that the transaction would leave. Errors: `conflict`. */
export async function requireAdministrator(tx: Transaction): Promise<void> {
  const { root } = tx.tree;
  if (root === null) return;
  const inRoot = or(equals("group", root), {
    kind: "element",
    op: "==",
    path: ["groups"],
    value: root,
  });
  const roles = new Map<string, boolean>();
  for (const user of await tx.find("users", inRoot, Number.POSITIVE_INFINITY)) {
    if (await isAdministrator(tx, user, roles)) return;
  }
  throw new StoaError("conflict", "This would leave no enabled administrator in the root group.");
}

async function isAdministrator(tx: Transaction, user: StoredEntity, roles: Map<string, boolean>) {
  const { disabled, role } = JSON.parse(user.body) as { disabled?: boolean; role: string };
  if (disabled === true) return false;
  let mighty = roles.get(role);
  if (mighty === undefined) {
    mighty = credentialsOf(await tx.read("roles", role)).some(({ everything }) => everything);
    roles.set(role, mighty);
  }
  return mighty;
}
