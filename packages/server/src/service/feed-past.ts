/**
 * What a follower who comes back must be told of the past at once: that who sees what has changed,
 * or that a store is gone. Reads the log; knows no subscription.
 */
import type { Caller, Change, GroupTree, JsonObject, StoredEntity } from "@stoa/domain";
import type { Engine } from "../storage/engine.ts";
import { groupsOf } from "./caller-service.ts";
import { type OpenedChange, Version } from "./feed-event.ts";
import { isPersonal } from "./feed-sight.ts";

/** What the feed remembers of its way. */
export interface Marks {
  /** The highest sequence number there is. */
  readonly head: number;
  /** Up to here the feed itself has lost its way. */
  readonly lostAt: number;
  /** The last change of users, roles or groups. */
  readonly peopleAt: number;
}

/**
 * Whether something later than `since` cannot be told to this caller: it is no longer kept, or who
 * sees what has changed since (rule 19).
 */
export async function missesSince(
  engine: Engine,
  { head, lostAt, peopleAt }: Marks,
  { caller, store, since }: { caller: Caller; store: string | null; since: number },
): Promise<boolean> {
  if (since > head || since < engine.keptSince || since < lostAt) return true;
  if (isPersonal(store) && peopleAt > since) return true;
  const isSame = await Promise.all([
    isSameSince(engine, "users", caller.user, since),
    isSameSince(engine, "roles", caller.role.id, since),
  ]);
  return isSame.includes(false);
}

/** The change with its versions, as of the trees before and after, and the entity as it is now. */
export async function openChange(
  engine: Engine,
  change: Change,
  as: { readonly before: GroupTree; readonly after: GroupTree; readonly isLatest: boolean },
): Promise<OpenedChange> {
  const now = as.isLatest ? change.after : await engine.read(change.store, change.id);
  return {
    change,
    before: change.before && new Version(change.before, as.before),
    after: change.after && new Version(change.after, as.after),
    present: now ? new Version(now, engine.tree) : null,
  };
}

/**
 * Whether a user has had the same groups and role, or a role the same credentials, since a sequence
 * number, or since it was made. False also where that cannot be told.
 */
async function isSameSince(
  engine: Engine,
  store: "users" | "roles",
  id: string,
  since: number,
): Promise<boolean> {
  let entity = await engine.read(store, id);
  for (let steps = 0; entity && entity.revision > since; steps++) {
    const [change] = await engine.changes(entity.revision - 1, 1);
    if (!change || change.sequence !== entity.revision || steps > stepsMax) return false;
    const { before } = change;
    if (!before) return true;
    if (rightsOf(store, before) !== rightsOf(store, entity)) return false;
    entity = before;
  }
  return true;
}

/** Whether the change removes the store, with entities of which no change tells. */
export function endsStore({ store, op, before }: Change, name: string | null): boolean {
  if (store !== "stores" || op !== "remove" || !before) return false;
  return name === null || (JSON.parse(before.body) as JsonObject)["name"] === name;
}

function rightsOf(store: "users" | "roles", entity: StoredEntity): string {
  const fields = JSON.parse(entity.body) as JsonObject;
  if (store === "roles") return JSON.stringify(fields["credentials"]);
  return JSON.stringify([groupsOf(entity), fields["role"]]);
}

const stepsMax = 100;
