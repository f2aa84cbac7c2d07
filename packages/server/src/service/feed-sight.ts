/**
 * Whether a follower may see a version of an entity, decided at once and for any tree: the same
 * rules as `visibility.ts`, for changes. Knows no subscription.
 */
import { type Caller, type Filter, type GroupTree, type JsonObject, visibleTo } from "@stoa/domain";
import type { Version } from "./feed-event.ts";
import type { House } from "./house.ts";
import { mayGet, requireAct } from "./permission.ts";
import { sees, visibleFilter } from "./visibility.ts";

export type Sight = (version: Version) => boolean;

/** Stores in which who is seen follows from people, and so changes without a change in them. */
export function isPersonal(store: string | null): boolean {
  return store === "tokens" || store === "sessions";
}

/** Errors: `forbidden` without GET on the store; `not_found` where there is none. */
export function requireWatch({ catalog }: House, caller: Caller, store: string | null): void {
  if (store === null) return;
  requireAct(caller, { method: "GET", path: [store] });
  catalog.get(store);
}

/** @param store null for all that are not the system's and whose GET the caller holds (rule 18). */
export async function sightOf(house: House, caller: Caller, store: string | null): Promise<Sight> {
  if (store === "stores") return ({ entity }) => mayGet(caller, nameOf(entity.body));
  if (store !== null && house.rulesOf(store).visible) {
    const visible = await visibleFilter(house, caller, store, "LIST");
    return ({ entity, tree }) => sees(visible, entity, tree);
  }
  const kind = store === null ? "shared" : house.rulesOf(store).kind;
  const known = new WeakMap<GroupTree, Filter>();
  return ({ entity, tree }) => {
    const visible = known.get(tree) ?? visibleTo(caller, kind, tree);
    known.set(tree, visible);
    return sees(visible, entity, tree);
  };
}

function nameOf(body: string): string {
  return String((JSON.parse(body) as JsonObject)["name"]);
}
