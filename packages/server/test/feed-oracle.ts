/**
 * The oracle of access over events: random followers in a random world. After each random change
 * what each knows, by its first list and the events since, is what brute force says that it sees.
 */
import { everything, type Json, type JsonObject, matches, parseFilter } from "@stoa/domain";
import type { Services } from "../src/service/services.ts";
import type { Engine, EngineOptions } from "../src/storage/engine.ts";
import { randomWriting } from "./access-random-request.ts";
import { type Door, type Request, serviceDoor } from "./access-request.ts";
import {
  type Asker,
  askerOf,
  mayUse,
  type Secret,
  sees,
  systemNames,
  type Thing,
  type Truth,
  thingsOf,
  wholeOf,
} from "./access-truth.ts";
import { describeTruth, type MutableTruth, openTruth, randomTruth } from "./access-world.ts";
import { hexId, Random } from "./random-world.ts";

/** What a follower asks for: in the words of `filter=`. */
export interface Watch {
  readonly store: string;
  readonly filter: string;
}

/** One that follows; it knows entities by id. */
export interface Watcher {
  readonly known: ReadonlyMap<string, JsonObject>;
  /** Why nothing comes any more; null while it does. */
  readonly ended: string | null;
  /** Gaps that it was told of, and entities that came or went by moved groups. */
  readonly gaps: number;
  readonly moved: number;
  /** Without a word; it keeps what it knows. */
  cut(): void;
  /** Follows again behind the last event that came. */
  resume(): Promise<void>;
  /** Everything that was sent has come. */
  settle(): Promise<void>;
  close(): void;
}

/** A way to follow. Refusals come as null. */
export interface WatchDoor {
  readonly name: string;
  watch(secret: Secret, watch: Watch): Promise<Watcher | null>;
}

export interface FeedWorld {
  readonly seed: number;
  readonly openEngine: (options: EngineOptions) => Promise<Engine>;
  readonly openDoor: (services: Services) => Promise<{ door: WatchDoor; close(): Promise<void> }>;
  readonly changes: number;
  readonly watchers: number;
  readonly tally: FeedTally;
}

export interface FeedTally {
  compared: number;
  entities: number;
  ended: number;
  /** Entities that came or went by moved groups. */
  moved: number;
}

export const newTally = (): FeedTally => ({ compared: 0, entities: 0, ended: 0, moved: 0 });

interface Following {
  isCut: boolean;
  readonly secret: Secret;
  readonly watch: Watch;
  readonly watcher: Watcher;
}

/** Errors: one that tells the seed and shows the world, for the first difference. */
export async function followWorld(world: FeedWorld): Promise<void> {
  const random = new Random(world.seed);
  const truth = randomTruth(random);
  const { services, engine } = await openTruth(truth, world.openEngine);
  await readTruth(truth, engine);
  const { door, close } = await world.openDoor(services);
  const following: Following[] = [];
  try {
    const secrets = [...truth.secrets];
    const add = async () => {
      const secret = random.pick(secrets);
      const watch = randomWatch(random, truth);
      const watcher = await door.watch(secret, watch);
      const asker = askerOf(truth, secret);
      const isAllowed = asker !== null && mayFollow(truth, asker, watch);
      if (isAllowed !== (watcher !== null)) {
        throw new Error(
          `seed ${world.seed}: ${JSON.stringify([secret, watch, asker])}: ${isAllowed}`,
        );
      }
      if (watcher) following.push({ secret, watch, watcher, isCut: false });
    };
    for (let count = world.watchers; count > 0; count--) await add();
    for (let step = 0; step < world.changes; step++) {
      const gaps = following.map(({ watcher, isCut }) => (isCut ? null : watcher.gaps));
      const requests = await change(world, random, truth, serviceDoor(services));
      if (!random.chance(0.3)) await services.feed.settle();
      for (const one of following) await cutOrResume(random, one);
      await services.feed.settle();
      await readTruth(truth, engine);
      if (random.chance(0.2)) await add();
      for (const one of following) await compare(world, truth, one, requests);
      if (requests.every(isOfGroup)) requireNoGap(world, following, gaps, requests);
    }
    for (const { watcher } of following) world.tally.moved += watcher.moved;
  } finally {
    for (const { watcher } of following) watcher.close();
    await close();
    services.feed.close();
    await engine.close();
  }
}

/** One change, or some at the same time. */
async function change(
  { seed }: FeedWorld,
  random: Random,
  truth: Truth,
  door: Door,
): Promise<readonly Request[]> {
  const secrets = [...truth.secrets];
  if (secrets.length === 0) throw new Error(`seed ${seed}: nobody is left`);
  const count = random.chance(0.3) ? 3 : 1;
  const requests = Array.from({ length: count }, () =>
    random.chance(0.25) ? randomMove(random, truth) : randomWriting(random, truth),
  );
  const askers = requests.map(() => random.pick(secrets));
  await Promise.all(
    requests.map(async (request, at) => {
      // Few may move a group: whoever may does.
      const who = isOfGroup(request) ? secrets : [askers[at] as Secret];
      for (const secret of who) if ((await door.ask(secret, request)).kind === "done") return;
    }),
  );
  return requests;
}

/** Some are cut for a while; what they have missed they get by where they were. */
async function cutOrResume(random: Random, one: Following): Promise<void> {
  if (one.watcher.ended !== null) return;
  if (one.isCut ? random.chance(0.5) : random.chance(0.1)) {
    if (one.isCut) await one.watcher.resume();
    else one.watcher.cut();
    one.isCut = !one.isCut;
  }
}

/** What a moved group brings and takes is told: nobody has to fetch it. */
function requireNoGap(
  { seed }: FeedWorld,
  following: readonly Following[],
  gaps: readonly (number | null)[],
  requests: readonly Request[],
): void {
  for (const [at, before] of gaps.entries()) {
    const { watch, watcher, isCut } = following[at] as Following;
    if (before === null || isCut || watcher.ended !== null || isPeoples(watch)) continue;
    if (watcher.gaps === before) continue;
    throw new Error(`seed ${seed}: a gap after ${JSON.stringify([requests, watch])}`);
  }
}

function isOfGroup({ kind, ...request }: Request): boolean {
  return kind === "update" && "store" in request && request.store === "groups";
}

function isPeoples({ store }: Watch): boolean {
  return store === "tokens" || store === "sessions";
}

async function compare(
  { seed, tally }: FeedWorld,
  truth: Truth,
  { secret, watch, watcher, isCut }: Following,
  request: unknown,
): Promise<void> {
  if (isCut) return;
  await watcher.settle();
  const asker = askerOf(truth, secret);
  const isEnded = asker === null || !mayFollow(truth, asker, watch);
  if (watcher.ended !== null || isEnded) {
    const isRight = watcher.ended !== null && isEnded;
    tally.ended++;
    if (isRight) return;
    throw new Error(
      `seed ${seed}: ${JSON.stringify({ secret, watch, request, ended: watcher.ended, isEnded })}`,
    );
  }
  const expected = visibleTo(truth, asker as Asker, watch);
  const form = (values: Iterable<JsonObject>) =>
    [...values]
      .map(({ branch: _, ...rest }) => (isPeoples(watch) ? String(rest["_id"]) : sorted(rest)))
      .sort();
  const [wanted, found] = [form(expected), form(watcher.known.values())];
  tally.compared++;
  tally.entities += wanted.length;
  if (JSON.stringify(wanted) === JSON.stringify(found)) return;
  throw new Error(
    [
      `events differ; run again with STOA_SEED=${seed}`,
      `followed: ${JSON.stringify(watch)} by ${JSON.stringify([secret, asker])}`,
      `after:    ${JSON.stringify(request)}`,
      `expected: ${JSON.stringify(wanted)}`,
      `known:    ${JSON.stringify(found)}`,
      describeTruth(truth),
    ].join("\n"),
  );
}

function mayFollow(truth: Truth, asker: Asker, { store }: Watch): boolean {
  return truth.tables.has(store) && mayUse(asker, "GET", [store]);
}

function sorted(value: JsonObject): string {
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function visibleTo(truth: Truth, asker: Asker, { store, filter }: Watch): JsonObject[] {
  const asked = parseFilter(filter);
  return thingsOf(truth, store)
    .filter((thing) => sees(truth, asker, store, "LIST", thing))
    .map((thing) => wholeOf(truth, thing))
    .filter((value) => matches(asked, value));
}

function randomWatch(random: Random, truth: Truth): Watch {
  const store = random.pick(["cities", "cities", "cities", "notes", "notes", ...systemNames]);
  const idOf = (from: string) => {
    const things = thingsOf(truth, from);
    return things.length > 0 ? random.pick(things).id : hexId(0xdead);
  };
  const property = (name: string) => ["property", name];
  const filter: Json = random.pick<() => Json>([
    () => ({}),
    () => ({}),
    () => ({ n: random.between(0, 4) }),
    () => ({ s: "a" }),
    () => ({ _id: idOf(store) }),
    () => ["==", property("owner"), idOf("users")],
    () => ["==", property("group"), idOf("groups")],
    () => ["contains", property("branch"), idOf("groups")],
    () => [">", property("n"), 2],
    () => ["!", ["==", property("s"), "a"]],
  ])();
  return { store, filter: JSON.stringify(filter) };
}

/** A group to a place where it may stand: seldom drawn otherwise, and what changes most. */
function randomMove(random: Random, truth: Truth): Request {
  const groups = thingsOf(truth, "groups");
  const parents = new Map(groups.map(({ id, fields }) => [id, fields["parent"]]));
  const movable = groups.filter(({ fields }) => typeof fields["parent"] === "string");
  const { id, fields } = random.pick(movable.length > 0 ? movable : groups);
  const isBelow = (one: Json | undefined): boolean => {
    return typeof one === "string" && (one === id || isBelow(parents.get(one)));
  };
  const others = groups.filter((one) => one.id !== fields["parent"] && !isBelow(one.id));
  const parent = random.pick(others.length > 0 ? others : groups).id;
  return { kind: "update", store: "groups", id, patch: { parent } };
}

/** What is so, by what is kept: which of it anybody sees is for the truth to say. */
export async function readTruth(truth: MutableTruth, engine: Engine): Promise<void> {
  const all = { order: [], offset: 0, limit: Number.POSITIVE_INFINITY, after: null, only: null };
  const read = async (store: string) => {
    const pages = await Array.fromAsync(engine.find(store, { ...all, filter: everything }));
    return new Map(pages.flatMap(({ texts }) => texts.map(thingOf)).map((one) => [one.id, one]));
  };
  const stores = await read("stores");
  const names = [...stores.values()].map(({ fields }) => String(fields["name"]));
  const tables = new Map<string, Map<string, Thing>>();
  for (const name of [...systemNames, ...names]) tables.set(name, await read(name));
  truth.tables = tables;
  truth.log = await engine.changes(0, Number.POSITIVE_INFINITY);
}

function thingOf(text: string): Thing {
  const { _id, owner, group, access, branch: _, time, _at, ...fields } = JSON.parse(text);
  return { id: _id, owner, group, access, time, at: _at ?? null, fields };
}
