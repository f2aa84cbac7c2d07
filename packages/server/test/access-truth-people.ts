/**
 * What writing must do to users, groups and roles (rules 2, 3, 4, 11, 12 and "Removal"), said
 * naively on a copy of the truth. Passwords are for the tests of their rules.
 */
import type { JsonObject } from "@stoa/domain";
import { change, type Draft, endWays, sameJson } from "./access-draft.ts";
import {
  type Asker,
  branchOf,
  covers,
  coversUser,
  directoryOf,
  holdsAll,
  may,
  membershipOf,
  parentOf,
  patternsOf,
  reaches,
  reachesRoot,
  rootOf,
  systemNames,
  type Thing,
  thingAt,
  thingsOf,
} from "./access-truth.ts";
import { refuse } from "./access-truth-refusal.ts";

const userFields = ["login", "name", "email", "locale", "role", "groups", "disabled"];

/** Who may not decide over it, whatever is sent. */
export function requireControl(draft: Draft, asker: Asker, store: string, before: Thing): void {
  const own = asker.user === before.id && asker.way !== "token";
  if (store === "users" && !own && !coversUser(draft, asker, before)) refuse("forbidden");
  if (store !== "roles") return;
  if (!reachesRoot(draft, asker)) refuse("forbidden");
  requireHeld(asker, before);
}

export function createdUser(draft: Draft, asker: Asker, thing: Thing, body: JsonObject): Thing {
  requireFields(thing.fields, userFields, ["login", "role"]);
  const { group } = body;
  if (typeof group !== "string") return refuse("validation");
  const user = { ...thing, group };
  requireGroups(draft, asker, user);
  if (!coversUser(draft, asker, user)) refuse("forbidden");
  requireRole(draft, user);
  requireUnique(draft, "users", "login", user);
  return user;
}

/** Rules 2 and 3. */
export function checkUser(draft: Draft, asker: Asker, before: Thing, after: Thing): void {
  const own = asker.user === before.id && asker.way !== "token";
  if (!own && !coversUser(draft, asker, before)) refuse("forbidden");
  requireFields(after.fields, userFields, ["login", "role"]);
  const changed = userFields.filter(
    (name) => !sameJson(before.fields[name] ?? null, after.fields[name] ?? null),
  );
  if (own && changed.every((name) => ["name", "email", "locale"].includes(name))) return;
  if (!may(asker, "PATCH", ["users", ":id"])) refuse("forbidden");
  if (!coversUser(draft, asker, before)) refuse("forbidden");
  if (changed.includes("role")) requireRole(draft, after);
  requireGroups(draft, asker, after);
  if (!coversUser(draft, asker, after)) refuse("forbidden");
  requireUnique(draft, "users", "login", after);
}

export function afterUser(draft: Draft, before: Thing, after: Thing): void {
  requireAdministrator(draft);
  if (after.fields["disabled"] === true && before.fields["disabled"] !== true) {
    endWays(draft, (store, way) => store === "sessions" && way.owner === after.id);
  }
}

export function transferredUser(
  draft: Draft,
  asker: Asker,
  before: Thing,
  { owner, group }: { readonly owner?: string; readonly group?: string },
): Thing {
  if (!coversUser(draft, asker, before)) refuse("forbidden");
  if (owner !== undefined || group === undefined) return refuse("validation");
  const after = { ...before, group };
  requireGroups(draft, asker, after);
  if (!coversUser(draft, asker, after)) refuse("forbidden");
  const kept = group === before.group ? before : change(draft, "users", after, {});
  requireAdministrator(draft);
  return kept;
}

export function removeUser(draft: Draft, asker: Asker, before: Thing, heir?: string): void {
  if (!coversUser(draft, asker, before)) refuse("forbidden");
  if (heir === undefined) return;
  const isKnown = thingAt(draft, "users", heir) && directoryOf(draft, asker).has(heir);
  if (heir === before.id || !isKnown) refuse("validation");
  for (const store of ordinaryStores(draft)) {
    for (const thing of thingsOf(draft, store)) {
      const isHanded = thing.owner === before.id && reaches(draft, asker, thing.group);
      if (isHanded) change(draft, store, thing, { owner: heir });
    }
  }
}

/** Rule 12: an enabled member of the root with `*` stays. */
export function requireAdministrator(draft: Draft): void {
  const root = rootOf(draft);
  const isMighty = (user: Thing) =>
    user.fields["disabled"] !== true &&
    membershipOf(user).includes(root) &&
    patternsOf(draft, user).includes("*");
  if (!thingsOf(draft, "users").some(isMighty)) refuse("conflict");
}

export function createdGroup(draft: Draft, asker: Asker, thing: Thing): Thing {
  requireFields(thing.fields, ["name", "parent", "description"], ["name"]);
  const { parent } = thing.fields;
  if (typeof parent !== "string" || !reaches(draft, asker, parent)) refuse("validation");
  return { ...thing, group: thing.id };
}

/** Rule 11. */
export function checkGroup(draft: Draft, asker: Asker, before: Thing, after: Thing): void {
  requireFields(after.fields, ["name", "parent", "description"], ["name"]);
  const old = parentOf(draft, before.id);
  const parent = (after.fields["parent"] ?? null) as string | null;
  if (parent === old) return;
  const from = old ?? refuse("conflict");
  const place = parent ?? refuse("validation");
  if (!reaches(draft, asker, from)) refuse("forbidden");
  if (!reaches(draft, asker, place)) refuse("validation");
  if (branchOf(draft, place).includes(before.id)) refuse("validation");
}

export function removeGroup(draft: Draft, asker: Asker, before: Thing, into?: string): void {
  const parent = parentOf(draft, before.id) ?? refuse("conflict");
  if (!reaches(draft, asker, parent)) refuse("forbidden");
  const children = thingsOf(draft, "groups").filter(({ id }) => parentOf(draft, id) === before.id);
  const members = thingsOf(draft, "users").filter((user) => membershipOf(user).includes(before.id));
  const inIt = (store: string) => thingsOf(draft, store).filter(({ group }) => group === before.id);
  if (into === undefined) {
    const entities = ordinaryStores(draft).flatMap(inIt);
    if (children.length + members.length + entities.length > 0) refuse("conflict");
  } else {
    const isPlace = reaches(draft, asker, into) && !branchOf(draft, into).includes(before.id);
    if (!isPlace) refuse("validation");
    for (const child of children) {
      change(draft, "groups", child, { fields: { ...child.fields, parent: into } });
    }
    for (const user of members) moveUser(draft, asker, user, before.id, into);
    for (const store of ordinaryStores(draft)) {
      for (const thing of inIt(store)) change(draft, store, thing, { group: into });
    }
  }
  for (const store of ["roles", "tokens", "sessions", "stores"]) {
    for (const thing of inIt(store)) change(draft, store, thing, { group: into ?? parent });
  }
}

function moveUser(draft: Draft, asker: Asker, user: Thing, from: string, into: string): void {
  if (!coversUser(draft, asker, user)) refuse("forbidden");
  const group = user.group === from ? into : user.group;
  const groups = user.fields["groups"] as readonly string[] | undefined;
  const moved = groups?.map((one) => (one === from ? into : one)).filter((one) => one !== group);
  const fields = moved ? { ...user.fields, groups: [...new Set(moved)] } : user.fields;
  const after = { ...user, group, fields };
  if (!covers(draft, asker, membershipOf(after), patternsOf(draft, after))) refuse("forbidden");
  change(draft, "users", after, {});
}

/** Rule 4. */
export function createdRole(draft: Draft, asker: Asker, thing: Thing): Thing {
  if (!reachesRoot(draft, asker)) refuse("forbidden");
  requireFields(thing.fields, ["name", "credentials"], ["name", "credentials"]);
  requireHeld(asker, thing);
  requireUnique(draft, "roles", "name", thing);
  return thing;
}

export function checkRole(draft: Draft, asker: Asker, before: Thing, after: Thing): void {
  if (!reachesRoot(draft, asker)) refuse("forbidden");
  requireHeld(asker, before);
  requireFields(after.fields, ["name", "credentials"], ["name", "credentials"]);
  requireHeld(asker, after);
  if (before.fields["name"] === "administrator") refuse("conflict");
  requireUnique(draft, "roles", "name", after);
}

export function checkRoleRemoval(draft: Draft, asker: Asker, before: Thing): void {
  if (!reachesRoot(draft, asker)) refuse("forbidden");
  requireHeld(asker, before);
  if (before.fields["name"] === "administrator") refuse("conflict");
  const isUsed = thingsOf(draft, "users").some(({ fields }) => fields["role"] === before.id);
  if (isUsed) refuse("conflict");
}

function requireHeld(asker: Asker, role: Thing): void {
  if (!holdsAll(asker, role.fields["credentials"] as readonly string[])) refuse("forbidden");
}

/** To members of the root it may be told that there is no such group. */
function requireGroups(draft: Draft, asker: Asker, user: Thing): void {
  const isThere = (group: string) => thingAt(draft, "groups", group) !== undefined;
  if (reachesRoot(draft, asker) && !membershipOf(user).every(isThere)) refuse("validation");
}

function requireRole(draft: Draft, user: Thing): void {
  if (!thingAt(draft, "roles", String(user.fields["role"]))) refuse("validation");
}

function requireUnique(draft: Draft, store: string, name: string, thing: Thing): void {
  const isTaken = thingsOf(draft, store).some(
    (other) => other.id !== thing.id && other.fields[name] === thing.fields[name],
  );
  if (isTaken) refuse("conflict");
}

/** The closed schemas of rule 8, as far as the requests of these worlds go. */
function requireFields(fields: JsonObject, known: readonly string[], needed: readonly string[]) {
  if (Object.keys(fields).some((name) => !known.includes(name))) refuse("validation");
  if (needed.some((name) => fields[name] === undefined)) refuse("validation");
}

function ordinaryStores(draft: Draft): string[] {
  return [...draft.tables.keys()].filter((name) => !systemNames.includes(name));
}
