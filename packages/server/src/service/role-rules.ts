/**
 * What is particular to roles: who may write them, and that the administrator stays (rules 4, 12).
 */
import {
  equals,
  hasRootReach,
  holdsPattern,
  type JsonObject,
  parseCredentials,
  StoaError,
  type StoredEntity,
  textField,
} from "@stoa/domain";
import type { Alteration, Created, Creation, StoreRules, Write } from "./house.ts";
import { requireAdministrator } from "./last-administrator.ts";
import { inUse } from "./succession.ts";

/** The role of the first start, which nobody can change. */
export const administratorName = "administrator";

export const roleRules: StoreRules = {
  kind: "everything",
  system: true,
  alone: true,

  async control(write: Write, before: StoredEntity | null): Promise<void> {
    requireRootReach(write);
    if (before) requireHeld(write, JSON.parse(before.body) as JsonObject);
  },

  async create(write: Write, { head, fields }: Creation): Promise<Created> {
    requireHeld(write, fields);
    return { head, fields };
  },

  async update(write: Write, { old, fields }: Alteration): Promise<JsonObject> {
    requireHeld(write, fields);
    requireNotAdministrator(old);
    return fields;
  },

  async updated({ tx }: Write): Promise<void> {
    await requireAdministrator(tx);
  },

  async remove(write: Write, before: StoredEntity): Promise<void> {
    const fields = JSON.parse(before.body) as JsonObject;
    requireNotAdministrator(fields);
    const count = await write.tx.count("users", equals("role", before.id));
    if (count > 0) throw inUse("role", [{ path: "users", count, others: false }]);
  },
};

/** Errors: `forbidden` for everybody but members of the root (rules 4, 8). */
export function requireRootReach({ caller, tx }: Pick<Write, "caller" | "tx">): void {
  if (hasRootReach(caller, tx.tree)) return;
  throw new StoaError("forbidden", "Only members of the root group change this.");
}

function requireHeld({ caller }: Write, fields: JsonObject): void {
  const patterns = parseCredentials(fields["credentials"] ?? []);
  const missing = patterns.find((pattern) => !holdsPattern(caller, pattern));
  if (missing) {
    throw new StoaError("forbidden", `You do not hold "${missing.text}" yourself.`);
  }
}

function requireNotAdministrator(fields: JsonObject): void {
  if (textField(fields, "name") !== administratorName) return;
  throw new StoaError("conflict", "The role administrator cannot be changed or removed.");
}
