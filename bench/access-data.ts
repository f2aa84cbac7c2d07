/**
 * The store that access is measured in: entities of 200 bytes owned by 1,000 teams, of which each
 * caller sees its share: by group, one in ten by owning them and one in ten by a grant.
 */
import { signIn } from "./api.ts";
import { fill, openBenchEngine } from "./engine-fill.ts";
import { benchStore, entityOf, pick, randomOf } from "./entity-source.ts";
import { type Kept, kept } from "./kept-folder.ts";
import { startStoa } from "./process.ts";
import { makeWorld, type Portion, portionsOf, type World } from "./world.ts";

export const accessStore = { ...benchStore, indexes: [["country"], ["score"]] } as const;

export function accessData(entities: number): Promise<Kept<World>> {
  return kept({
    name: `access-${entities}`,
    files: ["world", "access-data", "entity-source", "engine-fill"].map((one) => `bench/${one}.ts`),
    make: (data) => make(data, entities),
  });
}

async function make(data: string, entities: number): Promise<World> {
  const server = await startStoa(data);
  const admin = await signIn(server.url, "admin");
  await admin.send("POST", "stores", accessStore);
  const world = await makeWorld(admin);
  await server.end();
  const engine = await openBenchEngine(data);
  await fill(engine, {
    store: accessStore.name,
    entities,
    idKind: "objectid",
    by: world.callers[0]?.user ?? "",
    draftOf: draftSource(world),
  });
  await engine.close();
  return world;
}

function draftSource(world: World) {
  const random = randomOf(1);
  const portions = portionsOf(world);
  const rest = portions.at(-1) as Portion;
  const [nobody] = world.callers;
  return (n: number) => {
    // A permutation of 0..9,999 that spreads each portion over all ids.
    const slot = (n * 7_919) % 10_000;
    const { teams, user } = portionAt(portions, slot);
    const way = user === undefined ? undefined : (slot + Math.floor(n / 10_000)) % 10;
    const isElsewhere = way === 0 || way === 1;
    const granted = random() < 0.02 ? [pick(rest.teams, random)] : [];
    return {
      owner: way === 0 ? (user as string) : (nobody?.user as string),
      group: pick(isElsewhere ? rest.teams : teams, random),
      access: way === 1 ? [user as string] : granted,
      body: JSON.stringify(entityOf(random)),
    };
  };
}

function portionAt(portions: readonly Portion[], slot: number): Portion {
  let end = 0;
  for (const portion of portions) {
    end += portion.parts;
    if (slot < end) return portion;
  }
  throw new Error(`no portion at ${slot}`);
}
