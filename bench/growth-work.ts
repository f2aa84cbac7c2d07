/**
 * What is measured at each size of the bench of growth, and how many of it are done in a second.
 */
import { rmSync } from "node:fs";
import type { Api } from "./api.ts";
import { openBenchEngine } from "./engine-fill.ts";
import { pick, randomOf } from "./entity-source.ts";
import {
  type GrowthData,
  type GrowthStore,
  growthCaller,
  growthData,
  growthStores,
  kindOf,
  smallOf,
} from "./growth-data.ts";
import { benchFolder, copied } from "./kept-folder.ts";
import { runLoad } from "./load.ts";
import { startStoa } from "./process.ts";
import { median, rawRequest } from "./rate.ts";
import { wireRequest } from "./wire-request.ts";
import { signInAs } from "./world.ts";

/** In the order in which they are measured: what makes the store larger comes last. */
export const growthWorks = {
  changes: { title: "100 changes since", store: "entity" },
  get: { title: "GET by id", store: "entity" },
  list: { title: "list of 100", store: "entity" },
  filter: { title: "list of 100 by an index", store: "entity" },
  patch: { title: "PATCH of one field", store: "entity" },
  insert: { title: "durable insert", store: "entity" },
  byType: { title: "by_type, 100", store: "reference" },
  lookup: { title: "LOOKUP of 200", store: "reference" },
} as const;

export type GrowthWork = keyof typeof growthWorks;

export interface GrowthFigures {
  readonly entities: number;
  /** Per second; what was not asked for, or cannot be asked for, is not there. */
  readonly rates: Partial<Record<GrowthWork, number>>;
}

export async function measureGrowth(
  entities: number,
  seconds: number,
  chosen: ReadonlySet<string>,
): Promise<GrowthFigures> {
  const rates: Partial<Record<GrowthWork, number>> = {};
  for (const store of Object.keys(growthStores) as GrowthStore[]) {
    const works = (Object.keys(growthWorks) as GrowthWork[]).filter(
      (work) => growthWorks[work].store === store && chosen.has(work),
    );
    if (works.length === 0) continue;
    const { data, about } = await growthData(store, entities);
    const copy = copied(data, "growth");
    if (works.includes("changes")) rates.changes = await changesRate(copy, seconds);
    const server = await startStoa(copy);
    const caller = await signInAs(server.url, growthCaller(about.world));
    for (const work of works) {
      if (work === "changes") continue;
      process.stderr.write(`${work} at ${entities} entities\n`);
      rates[work] = await rateOf(work, requestsOf(work, about, caller), caller, seconds);
    }
    await server.end();
    rmSync(copy, { recursive: true, force: true });
  }
  return { entities, rates };
}

async function rateOf(
  work: GrowthWork,
  requests: readonly string[],
  { url }: Api,
  seconds: number,
): Promise<number> {
  const load = { url, requests, connections: 64, byNode: work === "lookup" };
  await runLoad({ ...load, seconds: 1 }, benchFolder);
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    all.push((await runLoad({ ...load, seconds }, benchFolder)).perSecond);
  }
  return median(all);
}

/** Read by the engine, one after the other, as subscribers do who resume. */
async function changesRate(data: string, seconds: number): Promise<number> {
  const engine = await openBenchEngine(data);
  const last = await engine.transact(async (tx) => tx.lastChange([growthStores.entity]));
  const random = randomOf(4);
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    let turns = 0;
    const start = performance.now();
    while (performance.now() - start < seconds * 1_000) {
      const changes = await engine.changes(Math.floor(random() * (last - 200)), 100);
      if (changes.length !== 100) throw new Error(`${changes.length} changes instead of 100`);
      turns++;
    }
    all.push(turns / ((performance.now() - start) / 1_000));
  }
  await engine.close();
  return median(all);
}

function requestsOf(work: GrowthWork, data: GrowthData, caller: Api): readonly string[] {
  const { entities, ids, world } = data;
  const random = randomOf(3);
  const times = (count: number, make: () => string) => Array.from({ length: count }, make);
  const raw = (method: string, path: string, body?: string) =>
    rawRequest(caller, method, `${growthStores.entity}${path}`, body);
  switch (work) {
    case "changes":
      return [];
    case "get":
      return times(requestsTotal, () => raw("GET", `/${pick(ids, random)}`));
    case "list": {
      const begins = ids.slice(0, Math.floor(ids.length * 0.98));
      const after = () => encodeURIComponent(JSON.stringify([pick(begins, random)]));
      return times(1_000, () => raw("GET", `?limit=100&after=${after()}`));
    }
    case "filter": {
      const kind = () => encodeURIComponent(kindOf(entities, random));
      return times(1_000, () => raw("GET", `?limit=100&where.kind=${kind()}`));
    }
    case "byType":
    case "lookup":
      return times(1_000, () => referenceRequest(work, data, caller, random));
    case "patch":
      return times(requestsTotal, () => raw("PATCH", `/${pick(ids, random)}`, patch));
    case "insert": {
      const body = () => ({ group: pick(world.teams, random), ...smallOf(entities, random) });
      return times(requestsTotal, () => raw("POST", "", JSON.stringify(body())));
    }
    default:
      return work satisfies never;
  }
}

function referenceRequest(
  work: "byType" | "lookup",
  { entities }: GrowthData,
  { token }: Api,
  random: () => number,
): string {
  const headers = { Authorization: `Bearer ${token}` };
  const type = kindOf(entities, random);
  const place = `/rest/v1/reference/${growthStores.reference}`;
  if (work === "lookup") {
    return wireRequest({ method: "LOOKUP", path: place, headers, body: JSON.stringify(type) });
  }
  const path = `${place}_by_type/${encodeURIComponent(type)}?limit=100`;
  return wireRequest({ method: "GET", path, headers });
}

const patch = '{"value":########}';
const rounds = 3;
const requestsTotal = 10_000;
