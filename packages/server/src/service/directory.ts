/**
 * Names for display, and who is known to whom: everybody of the caller's tenants; everybody at root
 * reach (design, "Default roles and the directory").
 */
import {
  type Caller,
  everything,
  type Filter,
  type GroupTree,
  hasRootReach,
  limit,
  or,
  type StoredEntity,
} from "@stoa/domain";
import type { Engine, Transaction } from "../storage/engine.ts";
import { groupsOf } from "./caller-service.ts";
import type { Directory, DirectoryEntry, DirectoryQuestion } from "./services.ts";

/** All groups of the caller's tenants, or of the whole tree. */
function directoryReach(caller: Caller, tree: GroupTree): ReadonlySet<string> {
  if (hasRootReach(caller, tree)) return tree.reachOf(tree.root === null ? [] : [tree.root]);
  return tree.reachOf(
    caller.groups.flatMap((group) => (tree.has(group) ? [tree.tenantOf(group) as string] : [])),
  );
}

/** Whether the id is a user or group of the caller's directory. */
export async function isInDirectory(
  reader: Pick<Transaction, "read" | "tree">,
  caller: Caller,
  id: string,
): Promise<boolean> {
  const known = directoryReach(caller, reader.tree);
  if (reader.tree.has(id)) return known.has(id);
  const user = await reader.read("users", id);
  return user !== undefined && groupsOf(user).some((group) => known.has(group));
}

export class EngineDirectory implements Directory {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async find(caller: Caller, question: DirectoryQuestion): Promise<readonly DirectoryEntry[]> {
    const tree = this.#engine.tree;
    const known = directoryReach(caller, tree);
    const wanted = (entry: DirectoryEntry) =>
      (!question.ids || question.ids.includes(entry._id)) &&
      entry.name.toLowerCase().startsWith((question.prefix ?? "").toLowerCase());
    const found: DirectoryEntry[] = [];
    for await (const group of this.#entities("groups", narrowed(everything, question))) {
      if (!known.has(group.id)) continue;
      const parent = tree.parentOf(group.id);
      const shown = parent !== null && known.has(parent) ? { parent } : {};
      found.push({ _id: group.id, kind: "group", name: group.fields.name ?? "", ...shown });
    }
    for await (const user of this.#entities("users", narrowed(withinOrBeside(known), question))) {
      if (!groupsOf(user).some((group) => known.has(group))) continue;
      const name = user.fields.name ?? user.fields.login ?? "";
      found.push({ _id: user.id, kind: "user", name });
    }
    const most = Math.min(question.limit ?? limit.principalsMax, limit.principalsMax);
    return found.filter(wanted).sort(byName).slice(0, most);
  }

  async *#entities(store: string, filter: Filter): AsyncGenerator<Named> {
    const all = { order: [], offset: 0, limit: Infinity, after: null, only: null };
    for await (const page of this.#engine.find(store, { ...all, filter })) {
      for (const text of page.texts) {
        const fields = JSON.parse(text) as Named["fields"] & { _id: string; group: string };
        yield { id: fields._id, group: fields.group, body: text, fields };
      }
    }
  }
}

interface Named extends Pick<StoredEntity, "id" | "group" | "body"> {
  readonly fields: { readonly name?: string; readonly login?: string };
}

function narrowed(filter: Filter, { ids }: DirectoryQuestion): Filter {
  if (!ids) return filter;
  return {
    kind: "in",
    left: { kind: "property", path: ["_id"] },
    right: { kind: "constant", value: [...ids] },
  };
}

/** Users whose group is known, and those with further groups, which are looked at one by one. */
function withinOrBeside(reach: ReadonlySet<string>): Filter {
  return or(
    { kind: "visible", owner: null, principals: new Set(), reach, self: null },
    { kind: "not", of: { kind: "isnull", of: { kind: "property", path: ["groups"] } } },
  );
}

function byName(a: DirectoryEntry, b: DirectoryEntry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a._id < b._id ? -1 : 1;
}
