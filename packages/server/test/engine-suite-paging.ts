/**
 * Cases of the engine suite: order, parts of a list, and lists that are long in the reading while
 * others write. Knows only the port.
 */
import assert from "node:assert/strict";
import {
  compareBy,
  cursorOf,
  everything,
  type Filter,
  type Json,
  type JsonObject,
  type OrderKey,
  totalOrder,
} from "@stoa/domain";
import {
  type Case,
  draft,
  found,
  id,
  insert,
  is,
  numbersOf,
  pagesOf,
  query,
  remove,
  store,
  textsOf,
  update,
  type World,
} from "./engine-world.ts";

export const pagingCases: readonly Case[] = [
  ["a list is in the order of ids unless another is asked for", byId],
  ["lists are in every order that is asked for, and offset and limit cut them", orders],
  ["an offset counts what is visible, through one group and through many", visibleOffset],
  ["paging by cursor reaches each entity exactly once, also where many are equal", cursors],
  ["a cursor goes on where it stood, also when its entity is gone", cursorGone],
  ["a long list comes in several pages", manyPages],
  ["a list holds what is there throughout exactly once, while others come and go", windows],
  ["a list that is left early, and two at once, disturb nothing", interleaved],
];

const values: readonly Json[] = [
  ...[3, 1, 2.5, -1, 0, 1e300, "b", "a", "", "10", "é", "\ufffd", "😀", null, true, false],
  ...[[], [1], [1, 2], ["a"], {}, { a: 1 }, { a: 2 }, { b: 0 }],
];

const someOrders: readonly (readonly OrderKey[])[] = [
  [],
  [{ path: ["v"], descending: false }],
  [{ path: ["v"], descending: true }],
  [
    { path: ["w"], descending: true },
    { path: ["v"], descending: false },
  ],
  [
    { path: ["owner"], descending: false },
    { path: ["time"], descending: true },
  ],
  [{ path: ["_id"], descending: true }],
  [
    { path: ["w"], descending: false },
    { path: ["_id"], descending: true },
  ],
  [{ path: ["_at"], descending: true }],
];

async function visibleOffset({ engine }: World): Promise<void> {
  for (let number = 40; number < 60; number++) {
    const group = id(number % 5 === 0 ? 31 : number % 5 === 1 ? 32 : 33);
    await insert(engine, "cities", { ...draft(number), group });
  }
  const seen: readonly (readonly [groups: number[], numbers: number[]])[] = [
    [[31], [40, 45, 50, 55]],
    [
      [31, 32],
      [40, 41, 45, 46, 50, 51, 55, 56],
    ],
  ];
  for (const [groups, numbers] of seen) {
    const reach = new Set(groups.map(id));
    const nobody = { owner: id(9), principals: new Set<string>(), self: null };
    const filter: Filter = { kind: "visible", ...nobody, reach };
    for (const offset of [0, 1, 2, 3, 1, 2]) {
      const found = await numbersOf(engine, "cities", query({ filter, offset }));
      assert.deepEqual(found, numbers.slice(offset), `${groups} from ${offset}`);
    }
  }
}

async function byId({ engine }: World): Promise<void> {
  for (const number of [9, 7, 255, 8, 16]) await insert(engine, "cities", draft(number));
  assert.deepEqual(await numbersOf(engine, "cities", query()), [7, 8, 9, 16, 255]);
  const part = query({ offset: 1, limit: 3 });
  assert.deepEqual(await numbersOf(engine, "cities", part), [8, 9, 16]);
  assert.deepEqual(await numbersOf(engine, "cities", query({ offset: 5 })), []);
  assert.deepEqual(await numbersOf(engine, "cities", query({ limit: 0 })), []);
  assert.deepEqual(await numbersOf(engine, "cities", query({ offset: 4, limit: 9 })), [255]);
}

/** Two stores with the same entities, many of them equal in `v` or `w`; one is indexed. */
async function fill({ engine }: World): Promise<string[]> {
  const indexes = [[["v"]], [["w"], ["v"]], [["owner"], ["time"]]];
  const drafts = Array.from({ length: 3 * values.length }, (_, index) => {
    const v = values[index % values.length] ?? null;
    const own = index % 10 === 9 ? { w: index % 4 } : { w: index % 4, v };
    return draft(500 - index, own, { owner: id(index % 5), time: index % 7 });
  });
  for (const name of ["plain", "quick"]) {
    const definition = store(name, name === "quick" ? { indexes } : {});
    await engine.transact((tx) => tx.define(definition));
    await insert(engine, name, ...drafts);
    await update(engine, name, 490, { v: "late" });
  }
  return ["plain", "quick"];
}

async function orders(world: World): Promise<void> {
  const { engine } = world;
  for (const name of await fill(world)) {
    const all = await found(engine, name, query());
    for (const order of someOrders) {
      const keys = totalOrder(order);
      const sorted = all.toSorted((a, b) => compareBy(keys, a, b));
      assert.deepEqual(await found(engine, name, query({ order })), sorted);
      for (const [offset, limit] of [
        [0, 5],
        [7, 11],
        [60, 50],
      ] as const) {
        const part = await found(engine, name, query({ order, offset, limit }));
        assert.deepEqual(part, sorted.slice(offset, offset + limit));
      }
      const after = cursorOf(order, sorted[20] as JsonObject);
      const part = await found(engine, name, query({ order, after, offset: 2, limit: 10 }));
      assert.deepEqual(part, sorted.slice(23, 33));
      const filter = is(["w"], 2);
      const rest = sorted.slice(21).filter(({ w }) => w === 2);
      assert(rest.length > 0);
      assert.deepEqual(await found(engine, name, query({ order, after, filter })), rest);
    }
  }
}

async function cursors(world: World): Promise<void> {
  for (const name of await fill(world)) {
    for (const order of someOrders) {
      const all = await textsOf(world.engine, name, query({ order }));
      for (const limit of [1, 7]) {
        const paged: string[] = [];
        let asked = query({ order, limit });
        for (let texts = await textsOf(world.engine, name, asked); texts.length > 0; ) {
          paged.push(...texts);
          const last = JSON.parse(texts.at(-1) as string) as JsonObject;
          asked = query({ order, limit, after: cursorOf(order, last) });
          texts = await textsOf(world.engine, name, asked);
        }
        assert.deepEqual(paged, all);
      }
    }
  }
}

async function cursorGone({ engine }: World): Promise<void> {
  const drafts = Array.from({ length: 9 }, (_, index) => draft(100 + index, { v: index % 2 }));
  await insert(engine, "cities", ...drafts);
  const order = [{ path: ["v"], descending: false }];
  const [first] = await found(engine, "cities", query({ order, offset: 1, limit: 1 }));
  const after = cursorOf(order, first as JsonObject);
  await remove(engine, "cities", 102);
  await insert(engine, "cities", draft(90, { v: 0 }), draft(200, { v: 0 }));
  const rest = await numbersOf(engine, "cities", query({ order, after }));
  assert.deepEqual(rest, [104, 106, 108, 200, 101, 103, 105, 107]);
}

const longList = 2_000;

async function manyPages({ engine }: World): Promise<void> {
  const drafts = Array.from({ length: longList }, (_, index) => draft(10_000 + index, { index }));
  await insert(engine, "cities", ...drafts);
  const pages = await pagesOf(engine, "cities", query());
  assert(pages.length > 1);
  assert.equal(pages.flatMap(({ texts }) => texts).length, longList);
  for (const { count, texts, cursor } of pages) {
    assert.equal(count, texts.length);
    assert.equal((JSON.parse(texts.at(-1) as string) as JsonObject)["_id"], cursor?.[0]);
  }
}

async function windows({ engine }: World): Promise<void> {
  const indexes = [[["v"]]];
  await engine.transact((tx) => tx.define(store("quick", { indexes })));
  const drafts = Array.from({ length: longList }, (_, index) =>
    draft(100_000 + index * 10, { v: (index * 7919) % 1_000, stays: index % 3 > 0 }),
  );
  for (const name of ["cities", "quick"]) {
    for (const order of [
      [],
      [{ path: ["v"], descending: true }],
      [{ path: ["w"], descending: false }],
    ]) {
      await insert(engine, name, ...drafts);
      const asked = query({ order });
      const gone = drafts.filter((_, index) => index % 3 === 0).map((one) => one.id);
      const seen = await readWhileWriting(engine, name, asked, gone);
      const known = new Set(seen);
      assert.equal(known.size, seen.length, "nothing should be there twice");
      const stays = drafts.filter((_, index) => index % 3 > 0).map((one) => one.id);
      assert.deepEqual(
        stays.filter((one) => !known.has(one)),
        [],
      );
      await removeAll(engine, name);
    }
  }
}

/** The ids of a list, between whose pages entities come and go in all places. */
async function readWhileWriting(
  engine: World["engine"],
  name: string,
  asked: ReturnType<typeof query>,
  gone: string[],
): Promise<string[]> {
  const seen: string[] = [];
  let round = 0;
  for await (const { texts } of engine.find(name, asked)) {
    seen.push(...texts.map((text) => (JSON.parse(text) as { _id: string })._id));
    const fresh = [1, 2, 3].map((step) => {
      const place = ((round * 577 + step * 1_009) % longList) * 10;
      return draft(100_000 + place + (round % 9) + 1, { v: (round * step * 31) % 1_000 });
    });
    await engine.transact(async (tx) => {
      for (const one of fresh) {
        if (!(await tx.read(name, one.id))) await tx.insert(name, one, { by: id(2), time: 1 });
      }
      for (const one of [gone.shift(), gone.pop(), gone.splice(gone.length / 2, 1)[0]]) {
        const entity = one === undefined ? undefined : await tx.read(name, one);
        if (entity) await tx.remove(name, entity, { by: id(2), time: 1 });
      }
    });
    round++;
  }
  assert(round > 1, "the list should have come in several pages");
  return seen;
}

async function removeAll(engine: World["engine"], name: string): Promise<void> {
  await engine.transact(async (tx) => {
    for (const entity of await tx.find(name, everything, 2 * longList)) {
      await tx.remove(name, entity, { by: id(2), time: 1 });
    }
  });
}

async function interleaved({ engine }: World): Promise<void> {
  const drafts = Array.from({ length: longList }, (_, index) => draft(10_000 + index, { index }));
  await insert(engine, "cities", ...drafts);
  const order = [{ path: ["index"], descending: true }];
  const [up, down] = [
    engine.find("cities", query())[Symbol.asyncIterator](),
    engine.find("cities", query({ order }))[Symbol.asyncIterator](),
  ];
  const counts = [0, 0];
  for (let ended = 0; ended < 2; ) {
    ended = 0;
    for (const [index, list] of [up, down].entries()) {
      const { done, value } = await list.next();
      if (done) ended++;
      else counts[index] = (counts[index] ?? 0) + value.texts.length;
    }
  }
  assert.deepEqual(counts, [longList, longList]);
  for await (const { texts } of engine.find("cities", query())) {
    assert(texts.length < longList);
    break;
  }
  await remove(engine, "cities", 10_000);
  assert.equal(await engine.count("cities", everything), longList - 1);
}
