/**
 * A copy of the truth that a predicted write may change; thrown away if the write is refused.
 */
import type { Json } from "@stoa/domain";
import { type Secret, type Thing, type Truth, thingsOf } from "./access-truth.ts";

export interface Draft {
  readonly now: number;
  readonly tables: Map<string, Map<string, Thing>>;
  secrets: Secret[];
  readonly log: Truth["log"];
}

export function draftOf(truth: Truth): Draft {
  const tables = new Map([...truth.tables].map(([name, table]) => [name, new Map(table)]));
  return { now: truth.now, tables, secrets: [...truth.secrets], log: truth.log };
}

export function put(draft: Draft, store: string, thing: Thing): void {
  draft.tables.get(store)?.set(thing.id, thing);
}

export function change(draft: Draft, store: string, thing: Thing, part: Partial<Thing>): Thing {
  const after = { ...thing, ...part, at: draft.now };
  put(draft, store, after);
  return after;
}

/** Takes away sessions and tokens, and what their secrets stand for. */
export function endWays(draft: Draft, isOver: (store: string, way: Thing) => boolean): void {
  for (const store of ["sessions", "tokens"]) {
    for (const way of thingsOf(draft, store)) {
      if (!isOver(store, way)) continue;
      draft.tables.get(store)?.delete(way.id);
      draft.secrets = draft.secrets.filter(({ id }) => id !== way.id);
    }
  }
}

export function sameJson(a: Json, b: Json): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

/** With the keys of objects in one order. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, sorted(one as Json)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
