/**
 * A data directory with so many entities, made through the HTTP API and kept for the next run:
 * 1,000 groups in a tree of depth 3, 20 owners, 2 % with explicit access.
 */
import { type Api, signIn } from "./api.ts";
import { benchStore, entityOf, pick, randomOf } from "./entity-source.ts";
import { copied, kept } from "./kept-folder.ts";
import { adminPassword, startStoa, within } from "./process.ts";

/** What the bench must know of a seeded directory. */
export interface Seed {
  readonly entities: number;
  readonly rootGroup: string;
  /** The middle group whose member reads, and all groups that this member sees. */
  readonly middleGroup: string;
  readonly reach: readonly string[];
  /** By array POSTs of 1,000, four at a time. */
  readonly seconds: number;
}

/** Logins of the two accounts: a member of the middle group, and one of the root group. */
export const logins = { middle: "bench-middle", whole: "bench-whole" } as const;

/** A copy of the seeded directory that may be written to, and what is in it. */
export async function seededCopy(entities: number, name: string) {
  const { data, about } = await kept({
    name: `seed-${entities}`,
    files: ["bench/seed.ts", "bench/entity-source.ts"],
    make: (empty) => seed(empty, entities),
  });
  return { data: copied(data, name), seed: about };
}

async function seed(data: string, entities: number): Promise<Seed> {
  const server = await startStoa(data);
  const filling = signIn(server.url, "admin").then((admin) => fill(admin, entities));
  const made = await within(1_800_000, "seeding", filling);
  await server.end();
  return made;
}

async function fill(admin: Api, entities: number): Promise<Seed> {
  await admin.send("POST", "stores", benchStore);
  const [top] = JSON.parse((await admin.send("GET", "groups")).text) as [{ _id: string }];
  const rootGroup = top._id;
  const middles = await makeGroups(admin, Array(middlesTotal).fill(rootGroup) as string[]);
  const parents = Array.from(
    { length: leavesTotal },
    (_, n) => middles[n % middlesTotal] as string,
  );
  const leaves = await makeGroups(admin, parents);
  const owners = await makeUsers(admin, rootGroup, middles[0] as string);
  const start = performance.now();
  const ids = await makeEntities(owners, [rootGroup, ...middles, ...leaves], entities);
  const seconds = (performance.now() - start) / 1_000;
  await grantSome(admin, ids, leaves);
  const [middleGroup = ""] = middles;
  const reach = [middleGroup, ...leaves.filter((_, n) => parents[n] === middleGroup)];
  return { entities, rootGroup, middleGroup, reach, seconds };
}

export async function makeGroups(admin: Api, parents: readonly string[]): Promise<string[]> {
  const bodies = parents.map((parent, n) => ({ name: `group ${n} of ${parents.length}`, parent }));
  const made = JSON.parse((await admin.send("POST", "groups", bodies)).text) as { _id: string }[];
  return made.map(({ _id }) => _id);
}

/** Signed in: the owners of the entities. Makes the accounts of the bench beside them. */
async function makeUsers(admin: Api, rootGroup: string, middleGroup: string): Promise<Api[]> {
  const role = await memberRole(admin);
  const make = async (login: string, group: string) => {
    await admin.send("POST", "users", { login, password: adminPassword, role, group });
    return signIn(admin.url, login);
  };
  await make(logins.middle, middleGroup);
  await make(logins.whole, rootGroup);
  const owners: Api[] = [];
  for (let n = 0; n < ownersTotal; n++) owners.push(await make(`owner-${n}`, rootGroup));
  return owners;
}

/** Id of the role that every bench account has. */
export async function memberRole(admin: Api): Promise<string> {
  const { text } = await admin.send("GET", "roles");
  const roles = JSON.parse(text) as { _id: string; name: string }[];
  return roles.find(({ name }) => name === "member")?._id ?? "";
}

async function makeEntities(
  owners: readonly Api[],
  groups: readonly string[],
  entities: number,
): Promise<string[]> {
  const random = randomOf(1);
  const ids: string[] = [];
  let left = entities;
  let batch = 0;
  const work = async () => {
    while (left > 0) {
      const count = Math.min(batchEntities, left);
      left -= count;
      const owner = owners[batch++ % owners.length] as Api;
      const bodies = Array.from({ length: count }, () => ({
        group: pick(groups, random),
        ...entityOf(random),
      }));
      const { text } = await owner.send("POST", benchStore.name, bodies);
      for (const { _id } of JSON.parse(text) as { _id: string }[]) ids.push(_id);
      if (batch % 100 === 0) process.stderr.write(`seeding: ${entities - left} of ${entities}\n`);
    }
  };
  await Promise.all(Array.from({ length: batchesInFlight }, work));
  return ids;
}

/** Each fiftieth to one of the leaves. */
async function grantSome(admin: Api, ids: readonly string[], leaves: readonly string[]) {
  const random = randomOf(2);
  const granted = ids.filter((_, n) => n % 50 === 0).values();
  const work = async () => {
    for (let id = granted.next(); !id.done; id = granted.next()) {
      const grant = [pick(leaves, random)];
      await admin.send("POST", `${benchStore.name}/${id.value}/access`, { grant });
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
}

const middlesTotal = 30;
/** Together with the root and the middles: 1,000. */
const leavesTotal = 969;
const ownersTotal = 20;
const batchEntities = 1_000;
const batchesInFlight = 4;
