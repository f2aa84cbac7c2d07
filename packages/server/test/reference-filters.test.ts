/**
 * The language of filters on objects of the reference API: SQLite finds what the reference engine
 * finds, for random texts in both forms. `STOA_SEED=1234` repeats a run.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  createReference,
  type Filter,
  type Json,
  type JsonObject,
  parseFilter,
  parsePath,
  type Query,
  readPath,
  referenceFilter,
  StoaError,
  storeDefinition,
  systemStore,
} from "@stoa/domain";
import type { Engine } from "../src/storage/engine.ts";
import { MemoryEngine } from "../src/storage/memory-engine.ts";
import { openEngine } from "../src/storage/open-engine.ts";
import { Random, randomJson, seeds } from "./random-world.ts";

const expressions = Number(process.env.STOA_EXPRESSIONS ?? 10_000);
const options = { now: Date.now, onCommit: () => undefined };
const definition = storeDefinition("1", { name: "extobjs", flavour: "reference" });

test("SQLite finds what the reference finds, whatever the expression", async (context) => {
  const [seed = 0] = seeds(1);
  context.diagnostic(`seed: ${seed}`);
  const random = new Random(seed);
  const folder = await mkdtemp(join(tmpdir(), "stoa-"));
  const engines = [new MemoryEngine(options), await openEngine(folder, options)] as const;
  try {
    const objects = Array.from({ length: 40 }, (_, at) => randomObject(random, at));
    for (const engine of engines) await fill(engine, objects);
    const tally = { refused: 0, some: 0, none: 0, all: 0 };
    for (let done = 0; done < expressions; done++) {
      const text = JSON.stringify(randomText(random, objects));
      const filter = parsed(text);
      if (!filter) {
        tally.refused++;
        continue;
      }
      const [expected = [], found] = await Promise.all(engines.map((one) => idsOf(one, filter)));
      assert.deepEqual(found, expected, `seed ${seed}: ${text}`);
      const kind = expected.length === 0 ? "none" : expected.length === 40 ? "all" : "some";
      tally[kind]++;
    }
    context.diagnostic(JSON.stringify(tally));
    assert(tally.some > expressions / 5, "many should find a part");
    assert(tally.refused < expressions / 10, "few should be refused");
  } finally {
    for (const engine of engines) await engine.close();
    await rm(folder, { recursive: true });
  }
});

test("an expression over the limits is refused in less than 5 ms", () => {
  let deep: unknown = true;
  for (let at = 0; at < 4_000; at++) deep = ["!", deep];
  const texts = [
    JSON.stringify(deep),
    JSON.stringify(["||", ...Array(2_000).fill(["!", true])]),
    JSON.stringify({ type: "x".repeat(50_000) }),
    `${"[".repeat(8_000)}`,
    JSON.stringify(["like", ["property", "type"], "*a".repeat(5_000)]),
    JSON.stringify(["concat", ...Array(1_000).fill("x")]),
    `["==",["property","${"a.".repeat(4_000)}a"],1]`,
  ];
  for (const text of texts) {
    let fastest = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 5; tries++) {
      const startedAt = performance.now();
      assert.throws(() => parseFilter(text), StoaError, text.slice(0, 50));
      fastest = Math.min(fastest, performance.now() - startedAt);
    }
    assert.ok(fastest < 5, `${fastest} ms for ${text.slice(0, 50)}`);
  }
});

type Stored = JsonObject & { readonly id: string };

const paths = [
  ..."id type value value.n value.s value.a opts.title opts.user_tags opts".split(" "),
  ..."ext.ct ext.lwt ext.own ext owner _id time nothing value.n.x".split(" "),
];

function randomObject(random: Random, at: number): Stored {
  const hex = (digits: number) =>
    random
      .between(0, 16 ** digits - 1)
      .toString(16)
      .padStart(digits, "0");
  const id = `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(8)}${String(at).padStart(4, "0")}`;
  const value: Json = random.chance(0.6)
    ? {
        n: random.between(-2, 5),
        s: words(random),
        a: random.many(0, 3, () => randomJson(random, 1)),
      }
    : randomJson(random, 2);
  const body: JsonObject = {
    type: random.pick(["mytype", "newType", "Straße", "10", "😀"]),
    ...(random.chance(0.9) && { value }),
    opts: {
      ...(random.chance(0.8) && { title: `Object ${random.between(1, 12)}` }),
      ...(random.chance(0.5) && { user_tags: random.some(["red", "once", ""], 3) }),
    },
    ext: random.chance(0.5) ? { own: randomJson(random, 1) } : {},
  };
  return { id, ...createReference(body, times[at % times.length] as number) } as Stored;
}

const times = [0, 1, 999, 1_000, 86_400_000, 1_566_372_258_620, 1_566_372_258_629];

function words(random: Random): string {
  return random.pick(["", "a", "A*b", "2", "true", "null", "2019-08-21T07:24:18Z", "é", "x y"]);
}

async function fill(engine: Engine, objects: readonly Stored[]): Promise<void> {
  await engine.transact(async (tx) => {
    const root = { id: "a".repeat(24), owner: "o", group: "a".repeat(24), access: [], time: 1 };
    const mark = { by: "o", time: 1 };
    await tx.define(systemStore("groups"));
    await tx.insert("groups", { ...root, body: '{"name":"root","parent":null}' }, mark);
    await tx.define(definition);
    for (const { id, ...fields } of objects) {
      const { ct } = fields["ext"] as { ct: string } & JsonObject;
      const head = { id, owner: "o", group: root.id, access: [], time: Date.parse(ct) };
      await tx.insert("extobjs", { ...head, body: JSON.stringify(fields) }, mark);
    }
  });
}

function parsed(text: string): Filter | undefined {
  try {
    return referenceFilter(parseFilter(text));
  } catch (error) {
    assert(error instanceof StoaError, text);
    return undefined;
  }
}

async function idsOf(engine: Engine, filter: Filter): Promise<string[]> {
  const order = [{ path: ["time"], descending: false }];
  const query: Query = { filter, order, offset: 0, limit: 100, after: null, only: [] };
  const ids: string[] = [];
  for await (const { texts } of engine.find("extobjs", query)) ids.push(...texts);
  return ids;
}

function randomText(random: Random, objects: readonly Stored[]): Json {
  if (random.chance(0.15)) return objectForm(random, objects);
  return yesOrNo(random, objects, random.between(0, 3));
}

function objectForm(random: Random, objects: readonly Stored[]): Json {
  const chosen = random.some(paths, 2);
  return Object.fromEntries(chosen.map((path) => [path, valueAt(random, objects, path)]));
}

const comparisons = ["==", "!=", "<", "<=", ">", ">="];

function yesOrNo(random: Random, objects: readonly Stored[], depth: number): Json {
  const inner = () => yesOrNo(random, objects, depth - 1);
  if (depth > 0 && random.chance(0.6)) {
    const name = random.pick(["&&", "and", "||", "or", "!", "not"]);
    return name === "!" || name === "not" ? [name, inner()] : [name, ...random.many(1, 3, inner)];
  }
  const path = random.pick(paths);
  const left: Json = random.chance(0.7) ? ["property", path] : operand(random, objects, depth);
  const value = () => valueAt(random, objects, path);
  switch (random.between(0, 6)) {
    case 0:
      return ["in", left, ["list", ...random.many(0, 4, () => quoted(value()))]];
    case 1:
      return [
        "contains",
        left,
        quoted(random.chance(0.5) ? value() : random.pick(["1", "red", "e"])),
      ];
    case 2:
      return ["like", left, random.pick(["*", "my*", "*1*", "Object *", "*Z", "2019*", "a*b", ""])];
    case 3:
      return [random.pick(["isnull", "isnotnull"]), left];
    default:
      return [
        random.pick(comparisons),
        left,
        quoted(random.chance(0.8) ? value() : randomJson(random, 1)),
      ];
  }
}

const functions: readonly (readonly [name: string, least: number, most: number])[] = [
  ..."lower upper year month day hour minute second weekday quarter toYYYYMM toYYYYMMDD"
    .split(" ")
    .map((name) => [name, 1, 1] as const),
  ..."int float bool string uuid".split(" ").map((name) => [name, 1, 1] as const),
  ..."- * / // %".split(" ").map((name) => [name, 2, 2] as const),
  ["concat", 1, 3],
  ["+", 2, 3],
];

function operand(random: Random, objects: readonly Stored[], depth: number): Json {
  const path = random.pick(paths);
  if (depth < 0 || random.chance(0.4)) {
    return random.chance(0.6) ? ["property", path] : quoted(valueAt(random, objects, path));
  }
  const [name, least, most] = random.pick(functions);
  return [name, ...random.many(least, most, () => operand(random, objects, depth - 1))];
}

/** Mostly what an object has there. */
function valueAt(random: Random, objects: readonly Stored[], path: string): Json {
  if (random.chance(0.2)) return randomJson(random, 1);
  return readPath(random.pick(objects), parsePath(path)) ?? null;
}

/** Arrays are operations in the language; as a value one is a list. */
function quoted(value: Json): Json {
  return Array.isArray(value) ? ["list", ...value.map(quoted)] : value;
}
