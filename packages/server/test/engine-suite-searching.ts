/**
 * Cases of the engine suite: what a search finds, and that it is what `matches` says while entities
 * and definitions change. Knows only the port.
 */
import assert from "node:assert/strict";
import { and, type Filter, matches, type Path, parseSearch } from "@stoa/domain";
import {
  type Case,
  draft,
  found,
  id,
  insert,
  is,
  numbersOf,
  query,
  remove,
  root,
  store,
  update,
  user,
  type World,
} from "./engine-world.ts";

export const searchingCases: readonly Case[] = [
  ["a search finds whole words and beginnings, folded, all of them", words],
  ["a search finds what is there now, whatever became of it", kept],
  ["what is taken back is not found", takenBack],
  ["a search finds nothing that is not visible, and does not count it", underAccess],
  ["a store that is searched by other paths finds by those alone", otherPaths],
  ["paths that are declared while entities are written find them all", whileWritten],
  ["a search in the order of a field, in pages", inOrder],
];

const towns = store("towns", { search: [["name"], ["at", "street"]], indexes: [[["size"]]] });

const search = (text: string, paths: readonly Path[] = towns.search): Filter => {
  return { kind: "search", paths, words: parseSearch(text) };
};

/** Holds the engine to `matches` besides. */
async function assertFound({ engine }: World, text: string, numbers: number[]): Promise<void> {
  const filter = search(text);
  const all = await found(engine, "towns", query());
  const fitting = all.filter((entity) => matches(filter, entity));
  assert.equal(fitting.length, numbers.length, `what "${text}" means`);
  assert.deepEqual(await numbersOf(engine, "towns", query({ filter })), numbers, text);
  assert.equal(await engine.count("towns", filter), numbers.length, `count of "${text}"`);
}

async function define(world: World, definition = towns): Promise<void> {
  await world.engine.transact((tx) => tx.define(definition));
}

async function words(world: World): Promise<void> {
  await define(world);
  await insert(
    world.engine,
    "towns",
    draft(7, { name: "Den Haag", at: { street: ["Große Markt", { old: "Café O'Neill" }] } }),
    draft(8, { name: "DELFT", note: "Haag", size: 3 }),
    draft(9, { name: "delfzijl ١٢ 東京都 'quoted\" \\ & | ! :* ()", at: { no: "Haag" } }),
    draft(10, { at: null, name: 7 }),
  );
  const cases: readonly [text: string, ...numbers: number[]][] = [
    ["haag", 7],
    ["HÁAG", 7],
    ["den haag", 7],
    ["haag den", 7],
    ["haag delft"],
    ["delf"],
    ["delf*", 8, 9],
    ["d*", 7, 8, 9],
    ["gros* MARKT", 7],
    ["grosse", 7],
    ["cafe o neill", 7],
    ["東京*", 9],
    ["東京"],
    ["١٢", 9],
    ["quoted", 9],
    ["7"],
    ["AND OR NOT NEAR"],
    ["null"],
  ];
  for (const [text, ...numbers] of cases) await assertFound(world, text, numbers);
}

async function kept(world: World): Promise<void> {
  await define(world);
  await insert(world.engine, "towns", draft(7, { name: "Delft" }), draft(8, { name: "Gouda" }));
  await update(world.engine, "towns", 7, { name: "Leiden", size: 1 });
  await update(world.engine, "towns", 8, { name: "Gouda", size: 2 });
  await assertFound(world, "delft", []);
  await assertFound(world, "leiden", [7]);
  await assertFound(world, "gouda", [8]);
  await remove(world.engine, "towns", 7);
  await insert(world.engine, "towns", draft(9, { name: "Delft" }));
  await world.reopen?.();
  await assertFound(world, "leiden", []);
  await assertFound(world, "delft", [9]);
  await assertFound(world, "gouda", [8]);
}

async function takenBack(world: World): Promise<void> {
  await define(world);
  const { engine } = world;
  const failing = engine.transact(async (tx) => {
    const mark = { by: user, time: 1 };
    await tx.insert("towns", draft(7, { name: "Delft" }), mark);
    assert.equal(await tx.count("towns", search("delft")), 1, "its own writes are found");
    throw new Error("given up");
  });
  const others = insert(engine, "towns", draft(8, { name: "Delft" }));
  await assert.rejects(failing, { message: "given up" });
  await others;
  await assertFound(world, "delft", [8]);
}

async function underAccess(world: World): Promise<void> {
  await define(world);
  const others = { owner: id(5), group: id(6) };
  await insert(
    world.engine,
    "towns",
    draft(7, { name: "Delft" }),
    draft(8, { name: "Delft" }, others),
    draft(9, { name: "Delft" }, { ...others, access: [user] }),
  );
  const rule = (reach: string[], principals: string[]): Filter => ({
    kind: "visible",
    owner: null,
    principals: new Set(principals),
    reach: new Set(reach),
    self: null,
  });
  const cases: readonly [Filter, number[]][] = [
    [rule([], []), []],
    [rule([root], []), [7]],
    [rule([root], [user]), [7, 9]],
    [rule([id(6)], []), [8, 9]],
  ];
  for (const [visible, numbers] of cases) {
    const filter = and(visible, search("delft"));
    assert.deepEqual(await numbersOf(world.engine, "towns", query({ filter })), numbers);
    assert.equal(await world.engine.count("towns", filter), numbers.length);
  }
}

async function otherPaths(world: World): Promise<void> {
  await define(world, store("towns"));
  await insert(world.engine, "towns", draft(7, { name: "Delft", "it's": "Blue" }));
  const by = (paths: readonly Path[]) => query({ filter: search("delft", paths) });
  assert.deepEqual(await numbersOf(world.engine, "towns", by([["name"]])), [7], "by looking");
  for (const paths of [[["name"]], [["it's"]], [["name"], ["it's"]], []]) {
    await define(world, store("towns", { search: paths }));
    await insert(world.engine, "towns", draft(8, { name: "Delft" }));
    await world.reopen?.();
    assert.deepEqual(await numbersOf(world.engine, "towns", by([["name"]])), [7, 8]);
    assert.deepEqual(await numbersOf(world.engine, "towns", by([["it's"]])), []);
    assert.deepEqual(await numbersOf(world.engine, "towns", by([["name"], ["it's"]])), [7, 8]);
    await remove(world.engine, "towns", 8);
  }
}

async function whileWritten(world: World): Promise<void> {
  await define(world, store("towns"));
  await insert(world.engine, "towns", draft(7, { name: "Delft" }), draft(8, { name: "Delft" }));
  const building = world.engine.prepare(towns);
  await insert(world.engine, "towns", draft(9, { name: "Delft" }));
  await building;
  await insert(world.engine, "towns", draft(10, { name: "Delft" }));
  await update(world.engine, "towns", 7, { name: "Leiden" });
  await remove(world.engine, "towns", 8);
  await define(world);
  await assertFound(world, "delft", [9, 10]);
}

async function inOrder(world: World): Promise<void> {
  await define(world);
  const drafts = Array.from({ length: 20 }, (_, at) => {
    return draft(100 + at, { name: at % 2 ? "Delft" : "Gouda", size: at % 5 });
  });
  await insert(world.engine, "towns", ...drafts);
  const order = [{ path: ["size"], descending: true }];
  const filter = and(search("del*"), { kind: "not", of: is(["size"], 4) });
  const asked = query({ filter, order, offset: 1, limit: 4 });
  assert.deepEqual(await numbersOf(world.engine, "towns", asked), [103, 117, 107, 111]);
  const unsearched = and({ kind: "not", of: search("gouda") }, is(["size"], 1));
  const rest = query({ filter: unsearched });
  assert.deepEqual(await numbersOf(world.engine, "towns", rest), [101, 111]);
}
