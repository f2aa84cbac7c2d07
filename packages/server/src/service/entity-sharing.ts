/**
 * Granting, revoking, transferring and explaining: who decides over an entity's sharing, and
 * towards whom (rules 9, 17, 20). Part of the pipelines of `entity-service.ts`.
 */
import {
  type Caller,
  controls,
  covers,
  type Explanation,
  explain,
  limit,
  StoaError,
  type StoredEntity,
  violation,
} from "@stoa/domain";
import type { Transaction } from "../storage/engine.ts";
import { credentialsOf, groupsOf } from "./caller-service.ts";
import { isInDirectory } from "./directory.ts";
import type { House, StoreRules, Transfer, Write } from "./house.ts";
import { notFound, requireVisible, sees, visibleFilter } from "./visibility.ts";

export async function grantEntity(
  write: Write,
  id: string,
  principals: readonly string[],
): Promise<StoredEntity> {
  const before = await requireVisible(write, id, "POST");
  requireControl(write, before);
  for (const [index, principal] of principals.entries()) {
    if (before.access.includes(principal)) continue;
    if (!(await isInDirectory(write.tx, write.caller, principal))) {
      throw violation(`grant.${index}`, "directory", "is no user or group that you know of");
    }
  }
  const access = [...new Set([...before.access, ...principals])].sort();
  if (access.length > limit.entityGrantsMax) {
    throw violation("grant", "maxItems", `an entity has at most ${limit.entityGrantsMax} grants`);
  }
  return keepShare(write, before, { access });
}

export async function revokeEntity(
  write: Write,
  id: string,
  principal: string,
): Promise<StoredEntity> {
  const before = await requireVisible(write, id, "DELETE");
  if (principal !== write.caller.user) requireControl(write, before);
  if (!before.access.includes(principal)) {
    throw new StoaError("not_found", "It is not granted to that user or group.", {
      store: write.store,
    });
  }
  return keepShare(write, before, { access: before.access.filter((one) => one !== principal) });
}

export async function transferEntity(
  write: Write,
  rules: StoreRules,
  id: string,
  to: Transfer,
): Promise<StoredEntity> {
  const before = await requireVisible(write, id, "POST");
  const { tx, caller, store } = write;
  if (rules.transfer) {
    const after = await keepShare(write, before, {
      group: await rules.transfer(write, before, to),
    });
    await rules.updated?.(write, before, after);
    return after;
  }
  requireControl(write, before);
  const { owner, group } = to;
  if (owner !== undefined && owner !== before.owner && !(await isKnownUser(tx, caller, owner))) {
    throw violation("owner", "directory", "is no user that you know of");
  }
  if (group !== undefined && group !== before.group && !tx.tree.reachOf(caller.groups).has(group)) {
    throw violation("group", "reach", `must be one of your groups or below one, in ${store}`);
  }
  return keepShare(write, before, { owner: owner ?? before.owner, group: group ?? before.group });
}

/** Why the caller, or another user, can see and do what. */
export async function explainEntity(
  house: House,
  caller: Caller,
  store: string,
  id: string,
  user: string = caller.user,
): Promise<Explanation> {
  const tree = house.engine.tree;
  const entity = await house.engine.read(store, id);
  const visible = await visibleFilter(house, caller, store, "GET", tree);
  if (!entity || !sees(visible, entity, tree)) throw notFound(store);
  const about = user === caller.user ? caller : await coveredUser(house, caller, user);
  if (user !== caller.user && !controls(caller, entity, tree)) throw notFound(store);
  const { kind } = house.rulesOf(store);
  const verbs = explain({ caller: about, store, kind, entity, tree });
  const theirs = await visibleFilter(house, about, store, "GET", tree);
  return { user, visible: sees(theirs, entity, tree), verbs };
}

/** Another user as a caller without scopes. Errors: `not_found` unless it is covered (rule 20). */
async function coveredUser(house: House, caller: Caller, id: string): Promise<Caller> {
  const user = await house.engine.read("users", id);
  if (!user) throw notFound("users");
  const { role } = JSON.parse(user.body) as { role: string };
  const roleEntity = await house.engine.read("roles", role);
  const about: Caller = {
    ...caller,
    user: id,
    groups: groupsOf(user),
    role: { id: role, name: roleEntity ? String(JSON.parse(roleEntity.body).name) : "" },
    credentials: credentialsOf(roleEntity),
    scopes: null,
  };
  if (!covers(caller, about, house.engine.tree)) throw notFound("users");
  return about;
}

/**
 * Errors: `forbidden` unless the caller owns it or has its group in reach; a grant never controls.
 */
function requireControl({ caller, tx }: Write, entity: StoredEntity): void {
  if (controls(caller, entity, tx.tree)) return;
  throw new StoaError("forbidden", "Only its owner and those above its group decide who sees it.");
}

function keepShare(
  { tx, store, caller, time }: Write,
  before: StoredEntity,
  share: Partial<Pick<StoredEntity, "owner" | "group" | "access">>,
): Promise<StoredEntity> | StoredEntity {
  const after = { ...before, ...share };
  const same = ["owner", "group", "access"] as const;
  if (same.every((key) => String(after[key]) === String(before[key]))) return before;
  return tx.update(store, before, after, { by: caller.user, time });
}

async function isKnownUser(tx: Transaction, caller: Caller, id: string): Promise<boolean> {
  return !tx.tree.has(id) && isInDirectory(tx, caller, id);
}
