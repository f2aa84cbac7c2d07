/**
 * What an empty database is given: the root group, the three roles and the first administrator
 * (design, "First start"). A database that holds anything is left as it is, but for the store of
 * the reference API, which it is given once.
 */
import { equals, storeDefinition, systemStore, systemStoreNames } from "@stoa/domain";
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

/**
 * Makes `extobjs`, the store of the reference API, in a database that has never had it. Once it has
 * been made, or its name is found taken, administrators may remove it for good.
 */
export async function firstReferences(house: House): Promise<void> {
  const { engine } = house;
  if (await engine.recall("setting", referencesName)) return;
  await engine.transact((tx) => writeReferences(house, tx), { alone: true });
}

const referencesName = "extobjs";

/** In the root group, and its owner's. */
async function writeReferences(house: House, tx: Transaction): Promise<void> {
  const root = tx.tree.root === null ? undefined : await tx.read("groups", tx.tree.root);
  if (!root || (await tx.recall("setting", referencesName))) return;
  const isTaken = (await tx.count("stores", equals("name", referencesName))) > 0;
  if (!isTaken) {
    const fields = {
      name: referencesName,
      title: "External objects",
      flavour: "reference",
    } as const;
    const id = house.newId("objectid");
    const time = house.now();
    const head = { id, owner: root.owner, group: root.id, access: [], time };
    const mark = { by: root.owner, time };
    await tx.define(storeDefinition(id, fields));
    await tx.insert("stores", { ...head, body: JSON.stringify(fields) }, mark);
  }
  const value = isTaken ? "taken" : "made";
  await tx.keep("setting", referencesName, { subject: "", value, expiresAt: null });
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
