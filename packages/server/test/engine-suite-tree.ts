/**
 * Cases of the engine suite: the tree of groups that follows the store `groups`, and the branches
 * that follow from it. Knows only the port.
 */
import assert from "node:assert/strict";
import { type Filter, type JsonObject, StoaError } from "@stoa/domain";
import {
  allChanges,
  type Case,
  changed,
  draft,
  found,
  id,
  insert,
  mark,
  query,
  readPresent,
  remove,
  root,
  update,
  type World,
} from "./engine-world.ts";

export const treeCases: readonly Case[] = [
  ["the tree follows the groups at once", follows],
  ["the tree is the same after opening again", reopened],
  ["the tree is as before when a work fails", failed],
  ["a group without a parent is the root, and there is one", oneRoot],
  ["moving a group changes the branch of what is in it, and no entity", moved],
  ["filters and orders see the branch of now", branchFilter],
];

/** root > 10 > 20 > 30, and root > 11. */
async function plant({ engine }: World): Promise<void> {
  await insert(engine, "groups", group(10, 1), group(20, 10), group(30, 20), group(11, 1));
}

function group(number: number, parent: number) {
  return draft(number, { name: `Group ${number}`, parent: id(parent) }, { group: id(number) });
}

function branch(...numbers: number[]): string[] {
  return numbers.map(id);
}

async function follows(world: World): Promise<void> {
  const { engine } = world;
  assert.equal(engine.tree.root, root);
  await plant(world);
  assert.deepEqual(engine.tree.branchOf(id(30)), branch(30, 20, 10, 1));
  assert.equal(
    engine.tree.branchRevision(id(30)),
    (await readPresent(engine, "groups", 30)).revision,
  );
  const renamed = await update(engine, "groups", 10, { name: "New", parent: root });
  assert.equal(engine.tree.branchRevision(id(20)), renamed.revision);
  await remove(engine, "groups", 30);
  assert.equal(engine.tree.has(id(30)), false);
  await engine.transact(async (tx) => {
    const before = await readPresent(tx, "groups", 20);
    const next = changed(before, { name: "Group 20", parent: id(11) });
    const { revision } = await tx.update("groups", before, next, mark);
    assert.deepEqual(tx.tree.branchOf(id(20)), branch(20, 11, 1));
    assert.equal(tx.tree.branchRevision(id(20)), revision);
    assert.deepEqual(engine.tree.branchOf(id(20)), branch(20, 10, 1));
  });
  assert.deepEqual(engine.tree.branchOf(id(20)), branch(20, 11, 1));
  assert.deepEqual([...engine.tree.reachOf([id(11)])].sort(), branch(11, 20));
}

async function reopened(world: World): Promise<void> {
  await plant(world);
  await update(world.engine, "groups", 30, { name: "Group 30", parent: id(11) });
  await remove(world.engine, "groups", 20);
  const shape = () =>
    [1, 10, 11, 20, 30].map((number) => {
      const { tree } = world.engine;
      const at = id(number);
      return [tree.has(at), tree.parentOf(at), tree.branchText(at), tree.branchRevision(at)];
    });
  const before = shape();
  await world.reopen?.();
  assert.deepEqual(shape(), before);
  assert.equal(world.engine.tree.root, root);
  assert.equal(world.engine.tree.size, 4);
}

async function failed(world: World): Promise<void> {
  const { engine } = world;
  await plant(world);
  const failing = engine.transact(async (tx) => {
    await tx.insert("groups", group(40, 30), mark);
    await tx.remove("groups", await readPresent(tx, "groups", 11), mark);
    const before = await readPresent(tx, "groups", 20);
    await tx.update("groups", before, changed(before, { name: "x", parent: root }), mark);
    throw new Error("given up");
  });
  const beside = insert(engine, "groups", group(12, 1));
  await assert.rejects(failing, { message: "given up" });
  await beside;
  assert.equal(engine.tree.has(id(40)), false);
  assert.equal(engine.tree.has(id(11)), true);
  assert.equal(engine.tree.has(id(12)), true);
  assert.deepEqual(engine.tree.branchOf(id(20)), branch(20, 10, 1));
  await insert(engine, "groups", group(41, 30));
  assert.deepEqual(engine.tree.branchOf(id(41)), branch(41, 30, 20, 10, 1));
}

async function oneRoot(world: World): Promise<void> {
  const { engine } = world;
  await plant(world);
  const refused: Promise<unknown>[] = [
    insert(engine, "groups", draft(50, { name: "Second root" })),
    insert(engine, "groups", group(50, 99)),
    update(engine, "groups", 10, { name: "Below itself", parent: id(30) }),
    update(engine, "groups", 1, { name: "Root", parent: id(10) }),
  ];
  for (const work of refused) {
    await assert.rejects(
      work,
      (error) => error instanceof StoaError && error.code === "validation",
    );
  }
  assert.equal(engine.tree.root, root);
  assert.equal(engine.tree.size, 5);
  await update(engine, "groups", 1, { name: "Root without the word parent" });
  assert.equal(engine.tree.root, root);
}

async function branchesOf({ engine }: World, more: Parameters<typeof query>[0] = {}) {
  const entities = await found(engine, "cities", query(more));
  return entities.map(({ branch: ids }) => ids);
}

async function moved(world: World): Promise<void> {
  const { engine } = world;
  await plant(world);
  await insert(
    engine,
    "cities",
    draft(100, {}, { group: id(30) }),
    draft(101, {}, { group: id(20) }),
  );
  await insert(
    engine,
    "cities",
    draft(102, {}, { group: id(11) }),
    draft(103, {}, { group: id(77) }),
  );
  const others = [branch(11, 1), branch(77)];
  assert.deepEqual(await branchesOf(world), [branch(30, 20, 10, 1), branch(20, 10, 1), ...others]);
  const before = await readPresent(engine, "cities", 100);
  const logged = (await allChanges(engine)).length;
  const { revision } = await update(engine, "groups", 20, { name: "Moved", parent: id(11) });
  assert.deepEqual(await branchesOf(world), [branch(30, 20, 11, 1), branch(20, 11, 1), ...others]);
  assert.deepEqual(await readPresent(engine, "cities", 100), before);
  assert.equal((await allChanges(engine)).length, logged + 1);
  assert.equal(engine.tree.branchRevision(id(30)), revision);
  const only = await found(engine, "cities", query({ only: [["branch"]], limit: 1 }));
  assert.deepEqual(only, [{ _id: id(100), branch: branch(30, 20, 11, 1) }] satisfies JsonObject[]);
}

async function branchFilter(world: World): Promise<void> {
  const { engine } = world;
  await plant(world);
  await insert(
    engine,
    "cities",
    draft(100, {}, { group: id(30) }),
    draft(101, {}, { group: id(11) }),
  );
  const inside = (number: number): Filter => ({
    kind: "element",
    op: "==",
    path: ["branch"],
    value: id(number),
  });
  const order = [{ path: ["branch"], descending: false }];
  assert.deepEqual(await branchesOf(world, { filter: inside(10) }), [branch(30, 20, 10, 1)]);
  assert.deepEqual(await branchesOf(world, { order }), [branch(11, 1), branch(30, 20, 10, 1)]);
  await engine.transact(async (tx) => {
    const before = await readPresent(tx, "groups", 20);
    await tx.update("groups", before, changed(before, { name: "x", parent: id(11) }), mark);
    assert.equal((await tx.find("cities", inside(11), 10)).length, 2);
    assert.equal(await tx.count("cities", inside(10)), 0);
  });
  assert.equal(await engine.count("cities", inside(10)), 0);
  assert.equal(await engine.count("cities", inside(11)), 2);
}
