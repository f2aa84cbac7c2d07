/**
 * The directory as callers ask for it: names for display, and what the move of a group would bring.
 */
import { type Caller, everything, type Filter, limit, type StoredEntity } from "@stoa/domain";
import type { Engine } from "../storage/engine.ts";
import { groupsOf } from "./caller-service.ts";
import { directoryReach, withinOrBeside } from "./directory.ts";
import { groupImpact } from "./group-impact.ts";
import type { House } from "./house.ts";
import type {
  Directory,
  DirectoryEntry,
  DirectoryQuestion,
  GroupImpact,
  ImpactQuestion,
} from "./services.ts";

export class HouseDirectory implements Directory {
  readonly #house: House;

  constructor(house: House) {
    this.#house = house;
  }

  impact(caller: Caller, question: ImpactQuestion): Promise<GroupImpact> {
    return groupImpact(this.#house, caller, question);
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

  get #engine(): Engine {
    return this.#house.engine;
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

function byName(a: DirectoryEntry, b: DirectoryEntry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a._id < b._id ? -1 : 1;
}
