/**
 * Small entities for the bench of growth: a store of the entity API and one of the reference API,
 * with as many in each, and what requests need to know of them.
 */
import { and, createReference } from "@stoa/domain";
import { signIn } from "./api.ts";
import { fill, openBenchEngine } from "./engine-fill.ts";
import { pick, randomOf } from "./entity-source.ts";
import { type Kept, kept } from "./kept-folder.ts";
import { startStoa } from "./process.ts";
import { makeWorld, type World, type WorldCaller } from "./world.ts";

export const smallStore = { name: "small", indexes: [["kind"]] } as const;
export const referenceStore = "extobjs";

export interface GrowthData {
  readonly entities: number;
  readonly world: World;
  /** Spread evenly over the store, in order: 10,000 of them at most. */
  readonly ids: readonly string[];
  /** Whether the store of the reference API is there. */
  readonly hasReferences: boolean;
}

/** A member of the one group above all teams: sees everything, though not by being root. */
export function growthCaller({ callers }: World): WorldCaller {
  return callers.find(({ login }) => login === "one-all") as WorldCaller;
}

export function growthData(entities: number): Promise<Kept<GrowthData>> {
  return kept({
    name: `growth-${entities}`,
    files: ["world", "growth-data", "engine-fill"].map((one) => `bench/${one}.ts`),
    make: (data) => make(data, entities),
  });
}

/** `{"kind":"kind 17","value":48211903}`; 200 of a kind, however many there are. */
export function smallOf(entities: number, random: () => number) {
  return { kind: kindOf(entities, random), value: 10_000_000 + Math.floor(random() * 9e7) };
}

export function kindOf(entities: number, random: () => number): string {
  return `kind ${Math.floor((random() * entities) / 200)}`;
}

async function make(data: string, entities: number): Promise<GrowthData> {
  const server = await startStoa(data);
  const admin = await signIn(server.url, "admin");
  await admin.send("POST", "stores", smallStore);
  const world = await makeWorld(admin);
  await server.end();
  const engine = await openBenchEngine(data);
  const by = growthCaller(world).user;
  const random = randomOf(1);
  const head = () => ({ owner: by, group: pick(world.teams, random), access: [] });
  const ids = await fill(engine, {
    store: smallStore.name,
    entities,
    idKind: "objectid",
    by,
    draftOf: () => ({ ...head(), body: JSON.stringify(smallOf(entities, random)) }),
  });
  const hasReferences = (await engine.count("stores", named(referenceStore))) > 0;
  if (hasReferences) {
    const object = () => ({ type: kindOf(entities, random), value: 1, opts: { title: "One" } });
    await fill(engine, {
      store: referenceStore,
      entities,
      idKind: "uuid",
      by,
      draftOf: () => ({ ...head(), body: JSON.stringify(createReference(object(), Date.now())) }),
    });
  }
  await engine.close();
  return { entities, world, ids, hasReferences };
}

function named(name: string) {
  return and({ kind: "element", op: "==", path: ["name"], value: name });
}
