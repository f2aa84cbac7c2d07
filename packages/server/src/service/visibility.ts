/**
 * What a caller may see, for one entity, for a query and for as long as a list runs. The rules are
 * the domain's; this file brings them together with stores that add to them.
 */
import {
  type Caller,
  entityValue,
  type Filter,
  type GroupTree,
  type Method,
  matches,
  type Page,
  StoaError,
  type StoredEntity,
  type VisibilityKind,
  visibleTo,
} from "@stoa/domain";
import type { House, Sought, Write } from "./house.ts";

/** The filter that is ANDed into every query of the caller on this store. */
export function visibleFilter(
  house: House,
  caller: Caller,
  store: string,
  sought: Sought,
  tree: GroupTree = house.engine.tree,
): Filter | Promise<Filter> {
  const rules = house.rulesOf(store);
  return rules.visible?.(house, caller, sought) ?? visibilityOf(caller, rules.kind, tree);
}

interface Known {
  readonly tree: GroupTree;
  readonly kind: VisibilityKind;
  readonly filter: Filter;
}

/** Kept for each caller, for as long as it asks the same of the same groups. */
const known = new WeakMap<Caller, Known>();

function visibilityOf(caller: Caller, kind: VisibilityKind, tree: GroupTree): Filter {
  const last = known.get(caller);
  if (last && last.tree === tree && last.kind === kind) return last.filter;
  const filter = visibleTo(caller, kind, tree);
  known.set(caller, { tree, kind, filter });
  return filter;
}

/** Whether the filter lets one entity through; ordinary visibility looks at its head alone. */
export function sees(visible: Filter, entity: StoredEntity, tree: GroupTree): boolean {
  if (visible.kind === "all" && visible.of.length === 0) return true;
  if (visible.kind !== "visible") {
    return matches(visible, entityValue(entity, tree.branchOf(entity.group)));
  }
  const { id, owner, group, access } = entity;
  return matches(visible, { _id: id, owner, group, access });
}

/** The entity as of this transaction. Errors: `not_found` also for one that may not be seen. */
export async function requireVisible(
  { house, tx, caller, store }: Write,
  id: string,
  method: Method,
): Promise<StoredEntity> {
  const entity = await tx.read(store, id);
  const given = visibleFilter(house, caller, store, method, tx.tree);
  const visible = given instanceof Promise ? await given : given;
  if (entity && sees(visible, entity, tx.tree)) return entity;
  throw notFound(store);
}

export function notFound(store: string): StoaError {
  return new StoaError("not_found", "There is no such entity, or none that you may see.", {
    store,
  });
}

/**
 * Ends a running list when the caller's rights do (rule 26): looks before each page. Errors:
 * `unauthorized` when the caller has ended; `unavailable` when it sees something else by now.
 */
export async function* guarded(
  house: House,
  caller: Caller,
  pages: AsyncIterable<Page>,
): AsyncGenerator<Page> {
  const reach = house.engine.tree.reachOf(caller.groups);
  for await (const page of pages) {
    const same = house.engine.tree.reachOf(caller.groups);
    const isUnchanged = await house.callers.isUnchanged(caller);
    if (!isUnchanged && !(await house.callers.again(caller))) {
      throw new StoaError("unauthorized", "This sign-in or token has ended.");
    }
    if (!isUnchanged || !sameSet(reach, same)) {
      const text = "What you may see has changed meanwhile: ask again.";
      throw new StoaError("unavailable", text, { retryAfterS: 1 });
    }
    yield page;
  }
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a === b || (a.size === b.size && [...a].every((element) => b.has(element)));
}
