/**
 * What is asked for in the bench of access, each in the engine's words and in those of the API.
 * Measures nothing.
 */
import { and, type Caller, type Filter, type OrderKey, type Query, visibleTo } from "@stoa/domain";
import type { Engine } from "../packages/server/src/storage/engine.ts";
import { accessStore } from "./access-data.ts";
import type { World, WorldCaller } from "./world.ts";

export interface AccessWork {
  readonly title: string;
  readonly kind: "page" | "count";
  readonly filter: Filter;
  readonly order: readonly OrderKey[];
  /** Below `/api/v1/`. */
  readonly path: string;
}

/** @param team a group that the caller sees */
export function accessWorks(team: string): readonly AccessWork[] {
  const { name } = accessStore;
  const everything = and();
  const isCountry = equals("country", "NA");
  const low: Filter = { kind: "element", op: "<", path: ["score"], value: 50_000_000 };
  const isActive = equals("active", true);
  const page = (title: string, words: string, filter: Filter, order: readonly OrderKey[] = []) =>
    ({ title, kind: "page", filter, order, path: `${name}?limit=100${words}` }) as const;
  const count = (title: string, words: string, filter: Filter) =>
    ({ title, kind: "count", filter, order: [], path: `${name}?meta=count${words}` }) as const;
  return [
    page("first 100", "", everything),
    page("by a field", "&sortBy=score", everything, [{ path: ["score"], descending: false }]),
    count("count all", "", everything),
    count("count a group", `&where.group=${team}`, equals("group", team)),
    page("indexed filter", "&where.country=NA", isCountry),
    page(
      "two indexed",
      `&where.country=NA&${encodeURIComponent("where.score<50000000")}`,
      and(isCountry, low),
    ),
    page("and one not", "&where.country=NA&where.active=true", and(isCountry, isActive)),
  ];
}

export function teamOf({ teams }: World, { groups }: WorldCaller): string {
  const own = groups.at(-1) ?? "";
  return teams.includes(own) ? own : (teams.at(-1) as string);
}

/** How many entities came, or were counted. Visibility is worked out as for every request. */
export async function askEngine(engine: Engine, caller: Caller, work: AccessWork): Promise<number> {
  const filter = and(visibleTo(caller, "shared", engine.tree), work.filter);
  if (work.kind === "count") return engine.count(accessStore.name, filter);
  const { order } = work;
  const query: Query = { filter, order, offset: 0, limit: 100, after: null, only: null };
  let found = 0;
  for await (const { texts } of engine.find(accessStore.name, query)) found += texts.length;
  return found;
}

/** A member of these groups; access asks for no more of it. */
export function callerOf({ user, groups, login }: WorldCaller): Caller {
  return {
    user,
    groups,
    role: { id: "", name: login },
    credentials: [],
    scopes: null,
    way: "sign-in",
    wayId: "",
    expiresAt: Number.POSITIVE_INFINITY,
  };
}

function equals(name: string, value: string | boolean): Filter {
  return { kind: "element", op: "==", path: [name], value };
}
