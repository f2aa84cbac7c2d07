/**
 * What becomes of entities when a user or a group goes: handed over to another (design, "Removal").
 */
import { equals, StoaError, type StoredEntity, violation } from "@stoa/domain";
import { isInDirectory } from "./directory.ts";
import type { Write } from "./house.ts";

/** Entities changed at a time; each is a change of its own in the log. */
const portion = 500;

/** Gives what a user owned, as far as the caller reaches it, to another user. */
export async function handOver(write: Write, from: string, heir: string): Promise<void> {
  const { tx, caller } = write;
  if (heir === from || tx.tree.has(heir) || !(await isInDirectory(tx, caller, heir))) {
    throw violation("owner", "directory", "is no other user that you know of");
  }
  const reach = tx.tree.reachOf(caller.groups);
  const within = {
    kind: "visible",
    owner: null,
    principals: new Set<string>(),
    reach,
    self: null,
  } as const;
  for (const { name } of write.house.catalog.definitions()) {
    const owned = { kind: "all", of: [within, equals("owner", from)] } as const;
    await each(write, name, owned, (entity) => ({ ...entity, owner: heir }));
  }
}

/** Moves what belongs to a group into another: entities of one store. */
export function moveEntities(write: Write, store: string, from: string, into: string) {
  return each(write, store, equals("group", from), (entity) => ({ ...entity, group: into }));
}

async function each(
  { tx, caller, time }: Write,
  store: string,
  filter: Parameters<Write["tx"]["find"]>[1],
  change: (entity: StoredEntity) => StoredEntity,
): Promise<void> {
  for (;;) {
    const found = await tx.find(store, filter, portion);
    for (const before of found) {
      await tx.update(store, before, change(before), { by: caller.user, time });
    }
    if (found.length < portion) return;
  }
}

/** A refusal that says how much stands in the way (rule 17): `[{path: "members", count: 2}]`. */
export function inUse(
  what: string,
  uses: readonly { path: string; count: number; others: boolean }[],
): StoaError {
  const details = uses
    .filter(({ count, others }) => count > 0 || others)
    .map(({ path, count, others }) => ({
      path,
      rule: "in_use",
      message: others ? `${count}, others: true` : `${count}`,
    }));
  return new StoaError("conflict", `The ${what} is in use.`, { details });
}
