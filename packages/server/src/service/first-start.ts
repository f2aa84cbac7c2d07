/**
 * What an empty database is given: the root group, the three roles and the first administrator
 * (design, "First start"). A database that holds anything is left as it is.
 */
import { systemStore, systemStoreNames } from "@stoa/domain";
import type { Transaction } from "../storage/engine.ts";
import type { House } from "./house.ts";
import { passwordVerifier } from "./password.ts";
import { administratorName } from "./role-rules.ts";
import { newSecret } from "./secret.ts";

export interface FirstAdministrator {
  readonly login: string;
  /** Undefined: one is made up. */
  readonly password?: string | undefined;
}

/** The password to be shown once where it was made up here; null where there is nothing to show. */
export async function firstStart(
  house: House,
  { login, password }: FirstAdministrator,
): Promise<string | null> {
  await house.engine.transact(
    async (tx) => {
      for (const name of systemStoreNames) await tx.define(systemStore(name));
    },
    { alone: true },
  );
  if (house.engine.tree.root !== null) return null;
  const chosen = password ?? newSecret().slice(0, 20);
  const verifier = await passwordVerifier(chosen);
  const isFirst = await house.engine.transact((tx) => writeFirst(house, tx, login, verifier), {
    alone: true,
  });
  return isFirst && password === undefined ? chosen : null;
}

const roles = {
  [administratorName]: ["*"],
  member: ["* *"],
  reader: ["GET *", "LOOKUP *"],
} as const;

async function writeFirst(house: House, tx: Transaction, login: string, verifier: string) {
  if (tx.tree.root !== null) return false;
  const time = house.now();
  const root = house.newId("objectid");
  const admin = house.newId("objectid");
  const mark = { by: admin, time };
  const keep = (store: string, id: string, fields: object) => {
    const head = { id, owner: admin, group: root, access: [], time };
    return tx.insert(store, { ...head, body: JSON.stringify(fields) }, mark);
  };
  await keep("groups", root, { name: "root", parent: null });
  const roleIds = new Map<string, string>();
  for (const [name, credentials] of Object.entries(roles)) {
    const id = house.newId("objectid");
    roleIds.set(name, id);
    await keep("roles", id, { name, credentials });
  }
  await keep("users", admin, { login, name: login, role: roleIds.get(administratorName) });
  await tx.keep("password", admin, { subject: admin, value: verifier, expiresAt: null });
  return true;
}
