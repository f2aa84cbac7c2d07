/**
 * Cases of the engine suite: what works that arrive together may and may not do to each other, and
 * what the listener hears of them. Knows only the port.
 */
import assert from "node:assert/strict";
import { type Change, everything, StoaError } from "@stoa/domain";
import {
  allChanges,
  type Case,
  changed,
  conflictOf,
  draft,
  id,
  insert,
  is,
  mark,
  numbersOf,
  query,
  readPresent,
  remove,
  store,
  textsOf,
  update,
  type World,
} from "./engine-world.ts";

export const transactionCases: readonly Case[] = [
  ["what a work gives or throws comes out of its transaction", outcomes],
  ["of fifty works that arrive together the failing ones harm no neighbour", neighbours],
  ["a list of inserts is kept whole or not at all", allOrNone],
  ["a work may catch a conflict and go on", caught],
  ["works read and write one after another, so that no update is lost", noLostUpdate],
  ["a work sees what it wrote", ownWrites],
  ["nobody sees what a work wrote and then gave up", unseen],
  ["the listener hears every change once, in order, before its work resolves", listener],
  ["a work that wants to be alone shares its commit with no other", alone],
  ["the last change of stores is told, also within the work", lastChange],
  ["a sequence number is never given twice", sequences],
  ["what was kept is there after opening it again", reopened],
];

async function outcomes({ engine }: World): Promise<void> {
  assert.equal(await engine.transact(async () => 42), 42);
  const error = new Error("no");
  const failing = engine.transact(async () => {
    throw error;
  });
  await assert.rejects(failing, (thrown) => thrown === error);
}

async function neighbours({ engine, commits }: World): Promise<void> {
  const works = Array.from({ length: 50 }, (_, index) =>
    engine.transact(async (tx) => {
      await tx.insert("cities", draft(1_000 + index, { index }), mark);
      if (index % 7 === 3) throw new Error(`work ${index} fails after it wrote`);
      if (index % 7 === 5) await tx.insert("cities", draft(1_000 + index), mark);
      await tx.insert("cities", draft(2_000 + index, { index }), mark);
      return index;
    }),
  );
  const settled = await Promise.allSettled(works);
  const good: number[] = [];
  for (const [index, result] of settled.entries()) {
    assert.equal(result.status === "rejected", index % 7 === 3 || index % 7 === 5, `work ${index}`);
    if (result.status === "fulfilled") good.push(result.value);
  }
  const expected = [...good.map((index) => 1_000 + index), ...good.map((index) => 2_000 + index)];
  assert.deepEqual(await numbersOf(engine, "cities", query()), expected);
  const heard = commits.flatMap(({ changes }) => changes);
  assert.deepEqual(
    heard.map((change) => Number.parseInt(change.id, 16)).sort((a, b) => a - b),
    expected,
  );
  const last = settled.find((result) => result.status === "rejected" && isConflict(result.reason));
  assert(last, "some of them should have failed by a conflict");
}

function isConflict(error: unknown): boolean {
  return error instanceof StoaError && error.code === "conflict";
}

async function allOrNone({ engine }: World): Promise<void> {
  await insert(engine, "cities", draft(105));
  const drafts = Array.from({ length: 10 }, (_, index) => draft(100 + index));
  assert.deepEqual(await conflictOf(insert(engine, "cities", ...drafts)), ["_id"]);
  assert.deepEqual(await numbersOf(engine, "cities", query()), [105]);
  await remove(engine, "cities", 105);
  await insert(engine, "cities", ...drafts);
  assert.equal(await engine.count("cities", everything), 10);
}

async function caught({ engine }: World): Promise<void> {
  await engine.transact((tx) => tx.define(store("towns", { unique: [[["name"]]] })));
  await engine.transact(async (tx) => {
    await tx.insert("towns", draft(7, { name: "Delft" }), mark);
    assert.deepEqual(await conflictOf(tx.insert("towns", draft(7), mark)), ["_id"]);
    const same = tx.insert("towns", draft(8, { name: "Delft" }), mark);
    assert.deepEqual(await conflictOf(same), ["name"]);
    await tx.insert("towns", draft(9, { name: "Gent" }), mark);
  });
  assert.deepEqual(await numbersOf(engine, "towns", query()), [7, 9]);
  const logged = (await allChanges(engine)).filter((change) => change.store === "towns");
  assert.equal(logged.length, 2);
}

async function noLostUpdate({ engine }: World): Promise<void> {
  await insert(engine, "cities", draft(7, { visits: 0 }));
  const visit = () =>
    engine.transact(async (tx) => {
      const before = await readPresent(tx, "cities", 7);
      const { visits } = JSON.parse(before.body) as { visits: number };
      await tx.update("cities", before, changed(before, { visits: visits + 1 }), mark);
    });
  await Promise.all(Array.from({ length: 30 }, visit));
  assert.equal((await readPresent(engine, "cities", 7)).body, '{"visits":30}');
}

async function ownWrites({ engine, now }: World): Promise<void> {
  await insert(engine, "cities", draft(7, { name: "Delft" }), draft(8, { name: "Gent" }));
  await engine.transact(async (tx) => {
    const written = await tx.insert("cities", draft(9, { name: "Lier" }), mark);
    assert.deepEqual(await tx.read("cities", id(9)), written);
    const before = await readPresent(tx, "cities", 7);
    const after = await tx.update("cities", before, changed(before, { name: "Lier" }), mark);
    await tx.remove("cities", await readPresent(tx, "cities", 8), mark);
    assert.equal(await tx.read("cities", id(8)), undefined);
    assert.deepEqual(await tx.find("cities", is(["name"], "Lier"), 10), [after, written]);
    assert.deepEqual(await tx.find("cities", everything, 1), [after]);
    const early = await tx.insert("cities", draft(6), mark);
    assert.deepEqual(await tx.find("cities", everything, 2), [early, after]);
    await tx.remove("cities", early, mark);
    assert.equal(await tx.count("cities", is(["name"], "Gent")), 0);
    assert.equal(await tx.count("cities", everything), 2);
    const record = { subject: "", value: "1", expiresAt: now + 1_000 };
    await tx.keep("setting", "a", record);
    assert.deepEqual(await tx.recall("setting", "a"), record);
    await tx.forget("setting", "a");
    assert.equal(await tx.recall("setting", "a"), undefined);
    await tx.define(store("lakes"));
    await tx.insert("lakes", draft(7), mark);
    assert.equal(await tx.count("lakes", everything), 1);
  });
  assert.equal(await engine.count("lakes", everything), 1);
}

/** The work throws at last, so whenever its readers are answered, they must not see its writes. */
async function unseen({ engine, commits }: World): Promise<void> {
  await insert(engine, "cities", draft(7, { name: "Delft" }), draft(8));
  const [texts, logged] = [await textsOf(engine, "cities", query()), await allChanges(engine)];
  commits.length = 0;
  const readers: Promise<unknown>[] = [];
  const work = engine.transact(async (tx) => {
    const before = await readPresent(tx, "cities", 7);
    await tx.update("cities", before, changed(before, { name: "Gent" }), mark);
    await tx.remove("cities", await readPresent(tx, "cities", 8), mark);
    await tx.insert("cities", draft(9), mark);
    await tx.insert("groups", draft(10, { name: "Below", parent: id(1) }), mark);
    await tx.keep("setting", "a", { subject: "", value: "1", expiresAt: null });
    assert.equal(tx.tree.has(id(10)), true);
    assert.equal(engine.tree.has(id(10)), false);
    readers.push(
      textsOf(engine, "cities", query()).then((seen) => assert.deepEqual(seen, texts)),
      engine.read("cities", id(9)).then((seen) => assert.equal(seen, undefined)),
      engine.count("groups", everything).then((seen) => assert.equal(seen, 1)),
      engine.recall("setting", "a").then((seen) => assert.equal(seen, undefined)),
      allChanges(engine).then((seen) => assert.deepEqual(seen, logged)),
    );
    throw new Error("given up");
  });
  await assert.rejects(work, { message: "given up" });
  assert(readers.length >= 5);
  await Promise.all(readers);
  assert.equal(engine.tree.has(id(10)), false);
  assert.deepEqual(await textsOf(engine, "cities", query()), texts);
  assert.deepEqual(
    commits.flatMap(({ changes }) => changes),
    [],
  );
}

async function listener({ engine, commits }: World): Promise<void> {
  const since = (await allChanges(engine)).at(-1)?.sequence ?? 0;
  const heardOf = (number: number) =>
    commits.some(({ changes }) => changes.some((change) => change.id === id(number)));
  const works = Array.from({ length: 20 }, async (_, index) => {
    await insert(engine, "cities", draft(100 + index, { index }), draft(200 + index));
    assert(heardOf(100 + index) && heardOf(200 + index), "the listener should have heard first");
  });
  await Promise.all(works);
  await update(engine, "cities", 100, { index: "new" });
  await remove(engine, "cities", 101);
  const heard: readonly Change[] = commits.flatMap(({ changes }) => changes);
  assert.equal(heard.length, 42);
  assert.deepEqual(heard, await engine.changes(since, 100));
  const updated = heard.find(({ op }) => op === "update");
  assert.equal(updated?.before?.body, '{"index":0}');
  assert.equal(updated?.after?.body, '{"index":"new"}');
  for (const { sequence, changes } of commits) {
    if (changes.length > 0) assert.equal(sequence, changes.at(-1)?.sequence);
  }
}

async function alone({ engine, commits }: World): Promise<void> {
  const works = Array.from({ length: 20 }, (_, index) =>
    engine.transact(
      async (tx) => {
        await tx.insert("cities", draft(100 + index), mark);
      },
      { alone: index === 10 },
    ),
  );
  await Promise.all(works);
  const commit = commits.find(({ changes }) => changes.some((change) => change.id === id(110)));
  assert.equal(commit?.changes.length, 1);
  assert.equal(commits.flatMap(({ changes }) => changes).length, 20);
}

async function lastChange({ engine }: World): Promise<void> {
  const last = (...stores: string[]) => engine.transact(async (tx) => tx.lastChange(stores));
  await engine.transact((tx) => tx.define(store("rivers")));
  assert.equal(await last("cities", "rivers"), 0);
  await insert(engine, "cities", draft(7));
  const first = (await readPresent(engine, "cities", 7)).revision;
  await insert(engine, "rivers", draft(7));
  const second = (await readPresent(engine, "rivers", 7)).revision;
  assert.deepEqual([await last("cities"), await last("rivers")], [first, second]);
  assert.equal(await last("rivers", "cities"), second);
  await remove(engine, "cities", 7);
  const third = await last("cities", "rivers");
  assert(third > second, "a removal is a change too");
  const failing = engine.transact(async (tx) => {
    const { revision } = await tx.insert("rivers", draft(8), mark);
    assert.equal(tx.lastChange(["rivers"]), revision);
    throw new Error("given up");
  });
  await assert.rejects(failing, { message: "given up" });
  assert.deepEqual([await last("rivers"), await last("cities")], [second, third]);
}

async function sequences(world: World): Promise<void> {
  const given: number[] = [];
  const write = async () => {
    await insert(world.engine, "cities", draft(7), draft(8));
    for (const number of [8, 7]) await remove(world.engine, "cities", number);
    given.push(...world.commits.splice(0).flatMap(({ changes }) => changes.map((c) => c.sequence)));
  };
  await write();
  await write();
  await world.reopen?.();
  await write();
  await world.engine.transact((tx) => tx.undefine("cities"));
  await world.reopen?.();
  await world.engine.transact((tx) => tx.define(store("cities")));
  await write();
  assert.equal(given.length, 16);
  for (const [index, sequence] of given.entries()) {
    assert(sequence > (given[index - 1] ?? 0), `${given} should grow`);
  }
}

async function reopened(world: World): Promise<void> {
  const indexes = [[["name"]], [["place", "name"], ["owner"]]];
  const towns = store("towns", { unique: [[["name"]]], indexes });
  await world.engine.transact((tx) => tx.define(towns));
  await insert(world.engine, "towns", draft(7, { name: "Delft", place: { name: "x" } }), draft(8));
  await update(world.engine, "towns", 8, { name: "Gent" });
  await world.engine.transact((tx) =>
    tx.keep("setting", "a", { subject: "s", value: "v", expiresAt: null }),
  );
  const state = async () => [
    await textsOf(world.engine, "towns", query({ order: [{ path: ["name"], descending: true }] })),
    await allChanges(world.engine),
    await readPresent(world.engine, "towns", 8),
    await world.engine.recall("setting", "a"),
    await world.engine.transact(async (tx) => tx.lastChange(["towns"])),
  ];
  const before = await state();
  await world.reopen?.();
  assert.deepEqual(await state(), before);
  const taken = insert(world.engine, "towns", draft(9, { name: "Delft" }));
  assert.deepEqual(await conflictOf(taken), ["name"]);
}
