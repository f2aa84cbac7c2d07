/**
 * Random worlds that come out of a seed: groups, people, stores and entities with the values that
 * break engines. Knows no engine; `random-query.ts` asks about these worlds.
 */
import { type GroupNode, type Json, type Path, type StoreDefinition, setOwn } from "@stoa/domain";
import type { Draft } from "../src/storage/engine.ts";

/** Draws numbers that only depend on the seed (mulberry32). Not for secrets. */
export class Random {
  readonly seed: number;
  #state: number;

  /** @param seed a whole number from 0 to 4294967295 */
  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  /** At least 0, less than 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.fraction() < share;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)] as T;
  }

  /** Up to `most` different items in random order. */
  some<T>(items: readonly T[], most: number): T[] {
    const drawn = new Set<T>();
    for (let count = this.between(0, most); count > 0; count--) drawn.add(this.pick(items));
    return [...drawn];
  }

  many<T>(least: number, most: number, draw: () => T): T[] {
    return Array.from({ length: this.between(least, most) }, draw);
  }
}

/**
 * The seeds to run: `STOA_SEED` alone if it is a number, new ones if it is `fresh`, else the same
 * ones each time, so that a run of all tests says the same of the same code. Print what you use.
 */
export function seeds(count: number): number[] {
  const given = process.env.STOA_SEED;
  const isOne = given !== undefined && given !== "" && given !== "fresh";
  if (isOne) return [Number(given) >>> 0];
  const random = new Random(given === "fresh" ? Date.now() : usualSeed);
  return Array.from({ length: count }, () => random.between(0, 0xffffffff));
}

const usualSeed = 20_261_122;

export interface RandomWorld {
  /** The root first, then each group below one that stands before it. */
  readonly groups: readonly { readonly id: string; readonly parent: string | null }[];
  readonly users: readonly string[];
}

export function randomWorld(random: Random): RandomWorld {
  const groups: Omit<GroupNode, "revision">[] = [{ id: hexId(0x100), parent: null }];
  for (let number = random.between(3, 24); number > 0; number--) {
    const near = random.chance(0.5) ? groups.slice(-3) : groups;
    groups.push({ id: hexId(0x100 + groups.length), parent: random.pick(near).id });
  }
  return { groups, users: Array.from({ length: 6 }, (_, index) => hexId(0x200 + index)) };
}

/** `hexId(7)` is `000000000000000000000007`. */
export function hexId(number: number): string {
  return number.toString(16).padStart(24, "0");
}

/** An entity to be; few people and groups own many, and some were granted to a few. */
export function randomDraft(random: Random, world: RandomWorld, id: string): Draft {
  const groups = world.groups.map((group) => group.id);
  const everybody = [...world.users, ...groups];
  const access = random.chance(0.3) ? random.some(everybody, 4).sort() : [];
  return {
    id,
    owner: random.pick(world.users),
    group: random.chance(0.3) ? random.pick(groups.slice(0, 3)) : random.pick(groups),
    access,
    time: 1_478_724_243_000 + random.between(-5, 5) * 1_000,
    body: JSON.stringify(randomObject(random, fieldNames, 2)),
  };
}

/** A definition of `name`; with `mayBeUnique`, sometimes with a unique set. */
export function randomStore(random: Random, name: string, mayBeUnique: boolean): StoreDefinition {
  const indexes = random.many(0, 5, () => {
    const texts = new Map(random.many(1, 3, () => randomPath(random)).map((p) => [p.join("."), p]));
    return [...texts.values()];
  });
  const unique = mayBeUnique && random.chance(0.7) ? [random.pick(uniqueSets)] : [];
  const search = random.some(searchedPaths, 2);
  const rest = {
    search,
    schema: null,
    time: "server",
    idKind: "objectid",
    flavour: "entity",
  } as const;
  return { id: name, name, title: name, unique, indexes, ...rest };
}

/** Few, so that what is asked for is often what is declared. */
export const searchedPaths: readonly Path[] = [["s"], ["tags"], ["a"], ["it's"]];

const uniqueSets: readonly (readonly Path[])[] = [[["u"]], [["u"], ["owner"]], [["u"], ["b", "a"]]];

/** A path that may lead somewhere: own fields, fields in fields, and what the server keeps. */
export function randomPath(random: Random): Path {
  if (random.chance(0.3)) return [random.pick(systemNames)];
  const names = random.chance(0.7) ? fieldNames : innerNames;
  const first = random.pick(names.filter(isSegment));
  if (random.chance(0.65)) return [first];
  return [first, ...random.many(1, 2, () => random.pick(innerNames.filter(isSegment)))];
}

export function randomJson(random: Random, depth: number): Json {
  const kind = depth === 0 ? random.between(0, 11) : random.between(0, 15);
  if (kind < 1) return null;
  if (kind < 2) return random.chance(0.5);
  if (kind < 6) return random.pick(numbers);
  if (kind < 11) return random.pick(strings);
  if (kind < 12) return random.pick(oddities);
  if (kind < 14) return random.many(0, 3, () => randomJson(random, depth - 1));
  return randomObject(random, innerNames, depth - 1);
}

function randomObject(random: Random, names: readonly string[], depth: number) {
  const object: Record<string, Json> = {};
  for (const name of random.some(names, 8)) setOwn(object, name, randomField(random, name, depth));
  return object;
}

/** Some fields hold one type, as real ones do, so that equal values and ties are frequent. */
function randomField(random: Random, name: string, depth: number): Json {
  if (name === "n") return random.pick(numbers);
  if (name === "s") return random.pick(strings);
  if (name === "u") return random.chance(0.2) ? null : random.between(0, 500);
  if (name === "tags") return random.many(0, 3, () => random.pick(strings));
  return randomJson(random, depth);
}

/** Whether `parsePath` could give it. */
function isSegment(name: string): boolean {
  return name !== "" && !name.includes(".");
}

const systemNames = ["_id", "owner", "group", "access", "branch", "time", "_at"];
const innerNames = ["a", "b", "__proto__", "constructor", "7", "a.b", "", "é", "length"];
const fieldNames = [
  ...["a", "b", "n", "s", "u", "tags", "n", "s", "u", "tags"],
  ...["two words", "it's", 'so "called"', "back\\slash", "a.b", "", "😀", "7", "[0]", "$", "#-1"],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "rowid", "x*%_"],
];

const numbers: readonly number[] = [
  ...[0, -0, 1, 2, 3, -1, 10, 2.5, -2.5, 0.1 + 0.2, 0.3, 1e300, -1e300, 1e-300, 5e-324, 1e21],
  ...[2 ** 31, 2 ** 53, 2 ** 53 - 1, 2 ** 60, 2 ** 63, -(2 ** 63), 2 ** 64, 1e15, 123456789.123],
  ...[1_566_372_258_000, 1_478_724_243_000, -62_135_596_800_000, 253_402_300_799_999],
];

const strings: readonly string[] = [
  ...["", "a", "A", "b", "ab", "abc", "aB", "b*", "*", "%", "_", "a%c", "a_c", "Z", "z", "é", "É"],
  ...["0", "-0", "1", "2", "10", "2.0", "2.5", "1e3", "1e400", "5e-324", "1e-400", " 1", "01"],
  ...["null", "true", "false", "[]", "{}", '"a"', "it's", "back\\slash", "\\u0000", "a.b", "\t\n"],
  ...["\u0001", "\u2028", "\ud7ff", "\ue000", "\ufffd", "\uffff", "😀", "𝒳", "e\u0301", "ſ", "İ"],
  ...[
    "2019-08-21T07:24:18Z",
    "2019-08-21T09:24:18+02:00",
    "2019-08-21",
    "2019-02-29",
    "0000-01-01",
  ],
  ...["123E4567-e89b-12d3-a456-426614174000", hexId(0x200), hexId(0x101), "__proto__", "x"],
];

const oddities: readonly Json[] = [
  ...[[], {}, [[]], [{}], [null], [false], [0], ["a"], ["a", "b"], [1, 2], [1, [2]]],
  ...[{ a: 1 }, { a: 2 }, { a: null }, { b: 1 }, { a: 1, b: 2 }, { b: 2, a: 1 }, { a: { b: "x" } }],
  ...["x".repeat(3_000), Array.from({ length: 40 }, (_, index) => index), nested(60)],
];

function nested(depth: number): Json {
  return depth === 0 ? "deep" : depth % 2 ? [nested(depth - 1)] : { a: nested(depth - 1) };
}
