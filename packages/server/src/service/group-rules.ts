/**
 * What is particular to groups: their place in the tree, and that none goes while something is in
 * it (rule 11, "Removal").
 */
import {
  equals,
  type Filter,
  type JsonObject,
  not,
  StoaError,
  type StoredEntity,
  systemStoreNames,
  textField,
  violation,
} from "@stoa/domain";
import type { Alteration, Created, Creation, StoreRules, Write } from "./house.ts";
import { inUse, moveEntities } from "./succession.ts";
import { requireCoverage } from "./user-rules.ts";

export const groupRules: StoreRules = {
  kind: "reach",
  system: true,
  alone: true,

  async create(write: Write, { head, fields }: Creation): Promise<Created> {
    const parent = textField(fields, "parent");
    if (parent === undefined) throw violation("parent", "required", "is required");
    requireReach(write, parent);
    write.tx.tree.with({ id: head.id, parent, revision: 0 });
    return { head: { ...head, group: head.id }, fields };
  },

  async update(write: Write, { before, old, fields }: Alteration): Promise<JsonObject> {
    const parent = textField(fields, "parent") ?? null;
    const oldParent = textField(old, "parent") ?? null;
    if (parent === oldParent) return fields;
    if (oldParent === null) throw new StoaError("conflict", "The root group cannot be moved.");
    if (parent === null) throw violation("parent", "required", "a group needs a parent");
    requireReached(write, before.id, oldParent);
    requireReach(write, parent);
    write.tx.tree.with({ id: before.id, parent, revision: 0 });
    return fields;
  },

  async remove(write: Write, before: StoredEntity): Promise<void> {
    const parent = write.tx.tree.parentOf(before.id);
    if (parent === null) throw new StoaError("conflict", "The root group cannot be removed.");
    requireReached(write, before.id, parent);
    const into = write.parameters["into"];
    if (into === undefined) await requireUnused(write, before.id);
    else await moveAll(write, before.id, into);
    await moveSystemEntities(write, before.id, into ?? parent);
  },
};

/** Errors: `forbidden` for a group that one does not stand above (rule 11). */
function requireReached({ tx, caller }: Write, ...groups: readonly string[]): void {
  const reach = tx.tree.reachOf(caller.groups);
  if (groups.every((group) => reach.has(group))) return;
  throw new StoaError("forbidden", "Only those above a group's parent move or remove it.");
}

/** Errors: one same `validation` for unknown groups and those out of reach (rules 11, 17). */
function requireReach({ tx, caller }: Write, group: string): void {
  if (tx.tree.reachOf(caller.groups).has(group)) return;
  throw violation("parent", "reach", "must be one of your groups or below one");
}

async function requireUnused(write: Write, group: string): Promise<void> {
  const { tx, house } = write;
  let entities = 0;
  for (const { name } of house.catalog.definitions()) {
    entities += await tx.count(name, equals("group", group));
  }
  const children = tx.tree.childrenOf(group).length;
  const members = await tx.count("users", equals("group", group));
  const guests = await guestsOf(write, group);
  const seen = guests.filter((user) => tx.tree.reachOf(write.caller.groups).has(user.group));
  if (children + members + entities + guests.length === 0) return;
  throw inUse("group", [
    { path: "children", count: children, others: false },
    { path: "members", count: members + seen.length, others: seen.length < guests.length },
    { path: "entities", count: entities, others: false },
  ]);
}

/** Users that have the group among their further groups. */
function guestsOf({ tx }: Write, group: string): Promise<readonly StoredEntity[]> {
  const member: Filter = { kind: "element", op: "==", path: ["groups"], value: group };
  const filter = { kind: "all", of: [member, not(equals("group", group))] } as const;
  return tx.find("users", filter, Number.POSITIVE_INFINITY);
}

async function moveAll(write: Write, group: string, into: string): Promise<void> {
  const { tx, caller, time, house } = write;
  if (!tx.tree.reachOf(caller.groups).has(into) || tx.tree.branchOf(into).includes(group)) {
    throw violation("into", "reach", "must be another group in your reach, not below this one");
  }
  const mark = { by: caller.user, time };
  for (const child of tx.tree.childrenOf(group)) {
    const before = await tx.read("groups", child);
    if (!before) continue;
    tx.tree.with({ id: child, parent: into, revision: 0 });
    const body = JSON.stringify({ ...JSON.parse(before.body), parent: into });
    await tx.update("groups", before, { ...before, body }, mark);
  }
  const members = await tx.find("users", equals("group", group), Number.POSITIVE_INFINITY);
  for (const user of [...members, ...(await guestsOf(write, group))]) {
    await moveUser(write, user, group, into);
  }
  for (const { name } of house.catalog.definitions()) await moveEntities(write, name, group, into);
}

/** Under rule 2: covered before and after. */
async function moveUser(write: Write, before: StoredEntity, group: string, into: string) {
  const fields = JSON.parse(before.body) as JsonObject;
  await requireCoverage(write, before.group, fields);
  const to = before.group === group ? into : before.group;
  const groups = Array.isArray(fields["groups"]) ? (fields["groups"] as string[]) : undefined;
  const moved = groups?.map((one) => (one === group ? into : one)).filter((one) => one !== to);
  const after = moved ? { ...fields, groups: [...new Set(moved)] } : fields;
  await requireCoverage(write, to, after);
  const { tx, caller, time } = write;
  const draft = { ...before, group: to, body: JSON.stringify(after) };
  await tx.update("users", before, draft, { by: caller.user, time });
}

/** Tokens, sessions, roles and definitions only stand in a group; that is no use of it. */
async function moveSystemEntities(write: Write, group: string, into: string): Promise<void> {
  for (const name of systemStoreNames) {
    if (name !== "users" && name !== "groups") await moveEntities(write, name, group, into);
  }
}
