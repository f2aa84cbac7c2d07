/**
 * Small entities for the bench of growth: a store of the entity API and one of the reference API,
 * with as many in each, and what requests need to know of them.
 */
import { createReference, type StoreDefinition, storeDefinition } from "@stoa/domain";
import type { Engine } from "../packages/server/src/storage/engine.ts";
import { signIn } from "./api.ts";
import { fill, openBenchEngine } from "./engine-fill.ts";
import { pick, randomOf } from "./entity-source.ts";
import { type Kept, kept } from "./kept-folder.ts";
import { startStoa } from "./process.ts";
import { makeWorld, type World, type WorldCaller } from "./world.ts";

/** Stores of both APIs; each is made and kept apart from the other. */
export const growthStores = { entity: "small", reference: "extobjs" } as const;
export type GrowthStore = keyof typeof growthStores;

export interface GrowthData {
  readonly entities: number;
  readonly world: World;
  /** Spread evenly over the store, in order: 10,000 of them at most. */
  readonly ids: readonly string[];
}

/** A member of the one group above all teams: sees everything, though not by being root. */
export function growthCaller({ callers }: World): WorldCaller {
  return callers.find(({ login }) => login === "one-all") as WorldCaller;
}

export function growthData(store: GrowthStore, entities: number): Promise<Kept<GrowthData>> {
  return kept({
    name: `growth-${store}-${entities}`,
    files: ["world", "growth-data", "engine-fill"].map((one) => `bench/${one}.ts`),
    make: (data) => make(data, store, entities),
  });
}

/** `{"kind":"kind 17","value":48211903}`; 200 of a kind, however many there are. */
export function smallOf(entities: number, random: () => number) {
  return { kind: kindOf(entities, random), value: 10_000_000 + Math.floor(random() * 9e7) };
}

export function kindOf(entities: number, random: () => number): string {
  return `kind ${Math.floor((random() * entities) / 200)}`;
}

async function make(data: string, store: GrowthStore, entities: number): Promise<GrowthData> {
  const server = await startStoa(data);
  const admin = await signIn(server.url, "admin");
  if (store === "entity") {
    await admin.send("POST", "stores", { name: growthStores.entity, indexes: [["kind"]] });
  }
  const world = await makeWorld(admin);
  await server.end();
  const engine = await openBenchEngine(data);
  const by = growthCaller(world).user;
  const random = randomOf(1);
  // Indexes of fields come last, in order, which takes a fraction of the time.
  const definition = await definitionOf(engine, growthStores[store]);
  await engine.transact((tx) => tx.define({ ...definition, indexes: [] }));
  const ids = await fill(engine, {
    store: growthStores[store],
    entities,
    idKind: store === "entity" ? "objectid" : "uuid",
    by,
    draftOf: () => {
      const group = pick(world.teams, random);
      return { owner: by, group, access: [], body: bodyOf(store, entities, random) };
    },
  });
  await engine.transact((tx) => tx.define(definition));
  await engine.close();
  return { entities, world, ids };
}

async function definitionOf(engine: Engine, name: string): Promise<StoreDefinition> {
  const all = { kind: "all", of: [] } as const;
  const found = await engine.transact((tx) => tx.find("stores", all, Number.POSITIVE_INFINITY));
  const definitions = found.map(({ id, body }) => storeDefinition(id, JSON.parse(body)));
  const definition = definitions.find((one) => one.name === name);
  if (!definition) throw new Error(`there is no store ${name}`);
  return definition;
}

function bodyOf(store: GrowthStore, entities: number, random: () => number): string {
  if (store === "entity") return JSON.stringify(smallOf(entities, random));
  const object = { type: kindOf(entities, random), value: 1, opts: { title: "One" } };
  return JSON.stringify(createReference(object, Date.now()));
}
