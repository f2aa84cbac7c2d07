/**
 * Cases of the engine suite: stores that come and go, records beside them, and the end. Knows only
 * the port.
 */
import assert from "node:assert/strict";
import { everything } from "@stoa/domain";
import type { KeptRecord } from "../src/storage/engine.ts";
import {
  type Case,
  conflictOf,
  draft,
  errorOf,
  id,
  insert,
  is,
  numbersOf,
  pagesOf,
  query,
  readPresent,
  remove,
  store,
  textsOf,
  update,
  type World,
} from "./engine-world.ts";

export const storeCases: readonly Case[] = [
  ["an index that is added, changed or taken away later changes no answer", laterIndex],
  ["a unique set cannot be had over what is there twice", laterUnique],
  ["a unique set that is taken away binds no longer", uniqueGone],
  ["a store that is removed and made again is empty", madeAgain],
  ["a work that fails makes and removes no store", failedDefine],
  ["a kept record is there until its time is over", expiry],
  ["a record is replaced, forgotten alone, and forgotten with its subject", subjects],
  ["records of a failed work are as before", failedRecords],
  ["closing does what was promised first, and then everything is unavailable", closed],
];

async function laterIndex(world: World): Promise<void> {
  const drafts = Array.from({ length: 60 }, (_, index) =>
    draft(100 + index, { a: index % 7, b: { c: `x${index % 4}` } }),
  );
  await insert(world.engine, "cities", ...drafts);
  await update(world.engine, "cities", 100, { a: 0, b: { c: "x0" } });
  const order = [{ path: ["b", "c"], descending: true }];
  const filters = [is(["a"], 3), is(["b", "c"], "x1"), is(["owner"], id(2)), everything];
  const answers = async () =>
    Promise.all(filters.map((filter) => textsOf(world.engine, "cities", query({ filter, order }))));
  const plain = await answers();
  assert.deepEqual(
    plain.map((texts) => texts.length),
    [9, 15, 60, 60],
  );
  const sets = [[[["a"]]], [[["a"], ["b", "c"]], [["b", "c"]]], [[["owner"], ["a"]]], []];
  for (const indexes of sets) {
    const definition = store("cities", { indexes });
    await world.engine.prepare(definition);
    await world.engine.transact((tx) => tx.define(definition));
    assert.deepEqual(await answers(), plain);
    await update(world.engine, "cities", 100, { a: 0, b: { c: "x0" } });
    await world.reopen?.();
    await update(world.engine, "cities", 100, { a: 0, b: { c: "x0" } });
    const numbers = await numbersOf(world.engine, "cities", query({ filter: is(["a"], 0), order }));
    assert(numbers.includes(100));
  }
}

async function laterUnique({ engine }: World): Promise<void> {
  await insert(engine, "cities", draft(7, { name: "Delft" }), draft(8, { name: "Delft" }));
  await insert(engine, "cities", draft(9), draft(10));
  const definition = store("cities", { unique: [[["name"]]] });
  assert.deepEqual(await conflictOf(engine.prepare(definition)), ["name"]);
  assert.deepEqual(await conflictOf(engine.transact((tx) => tx.define(definition))), ["name"]);
  await insert(engine, "cities", draft(11, { name: "Delft" }));
  await remove(engine, "cities", 11);
  await update(engine, "cities", 8, { name: "Gent" });
  await engine.prepare(definition);
  await engine.transact((tx) => tx.define(definition));
  const taken = insert(engine, "cities", draft(11, { name: "Delft" }));
  assert.deepEqual(await conflictOf(taken), ["name"]);
  await insert(engine, "cities", draft(11));
}

async function uniqueGone({ engine }: World): Promise<void> {
  const definition = store("towns", { unique: [[["name"]]] });
  await engine.transact((tx) => tx.define(definition));
  await insert(engine, "towns", draft(7, { name: "Delft" }));
  assert.deepEqual(await conflictOf(insert(engine, "towns", draft(8, { name: "Delft" }))), [
    "name",
  ]);
  await engine.transact((tx) => tx.define(store("towns")));
  await insert(engine, "towns", draft(8, { name: "Delft" }));
  assert.equal(await engine.count("towns", is(["name"], "Delft")), 2);
}

async function madeAgain(world: World): Promise<void> {
  const definition = store("towns", { unique: [[["name"]]], indexes: [[["size"]]] });
  await world.engine.transact((tx) => tx.define(definition));
  await insert(world.engine, "towns", draft(7, { name: "Delft", size: 1 }));
  await insert(world.engine, "cities", draft(7));
  await world.engine.transact((tx) => tx.undefine("towns"));
  const gone = await errorOf(insert(world.engine, "towns", draft(8)));
  assert.equal(gone.code, "not_found");
  await world.reopen?.();
  await world.engine.transact((tx) => tx.define(definition));
  assert.equal(await world.engine.count("towns", everything), 0);
  assert.deepEqual(await numbersOf(world.engine, "towns", query()), []);
  assert.equal(await world.engine.read("towns", id(7)), undefined);
  await insert(world.engine, "towns", draft(7, { name: "Delft", size: 2 }));
  assert.deepEqual(await numbersOf(world.engine, "towns", query({ filter: is(["size"], 2) })), [7]);
  await readPresent(world.engine, "cities", 7);
}

async function failedDefine(world: World): Promise<void> {
  await insert(world.engine, "cities", draft(7));
  const failing = world.engine.transact(async (tx) => {
    await tx.define(store("towns"));
    await tx.undefine("cities");
    throw new Error("given up");
  });
  await assert.rejects(failing, { message: "given up" });
  await world.reopen?.();
  await readPresent(world.engine, "cities", 7);
  await insert(world.engine, "cities", draft(8));
  assert.equal((await errorOf(insert(world.engine, "towns", draft(8)))).code, "not_found");
}

function record(subject: string, value: string, expiresAt: number | null = null): KeptRecord {
  return { subject, value, expiresAt };
}

async function expiry(world: World): Promise<void> {
  const short = record("", "short", world.now + 1_000);
  const good = record("", "for good");
  await world.engine.transact(async (tx) => {
    await tx.keep("session", "a", short);
    await tx.keep("session", "b", good);
    await tx.keep("token", "a", record("", "other space"));
    await tx.keep("session", "c", record("", "over", world.now - 1));
  });
  world.now += 999;
  assert.deepEqual(await world.engine.recall("session", "a"), short);
  assert.equal(await world.engine.recall("session", "c"), undefined);
  world.now += 2;
  assert.equal(await world.engine.recall("session", "a"), undefined);
  await world.engine.transact(async (tx) => {
    assert.equal(await tx.recall("session", "a"), undefined);
    assert.deepEqual(await tx.recall("session", "b"), good);
    await tx.keep("session", "a", record("", "anew", world.now + 1));
  });
  await world.reopen?.();
  assert.equal((await world.engine.recall("session", "a"))?.value, "anew");
  assert.deepEqual(await world.engine.recall("session", "b"), good);
  assert.equal((await world.engine.recall("token", "a"))?.value, "other space");
}

async function subjects({ engine, commits }: World): Promise<void> {
  await engine.transact(async (tx) => {
    await tx.keep("token", "a", record("u1", "1"));
    await tx.keep("token", "b", record("u1", "2"));
    await tx.keep("token", "c", record("u2", "3"));
    await tx.keep("session", "a", record("u1", "4"));
    await tx.keep("token", "c", record("u2", 'new "3"'));
  });
  await engine.transact((tx) => tx.forget("token", "nothing of the kind"));
  await engine.transact((tx) => tx.forgetAbout("token", "u1"));
  const values = async () => [
    (await engine.recall("token", "a"))?.value,
    (await engine.recall("token", "b"))?.value,
    (await engine.recall("token", "c"))?.value,
    (await engine.recall("session", "a"))?.value,
  ];
  assert.deepEqual(await values(), [undefined, undefined, 'new "3"', "4"]);
  await engine.transact((tx) => tx.forget("token", "c"));
  assert.deepEqual(await values(), [undefined, undefined, undefined, "4"]);
  assert.deepEqual(
    commits.flatMap(({ changes }) => changes),
    [],
  );
}

async function failedRecords({ engine }: World): Promise<void> {
  await engine.transact((tx) => tx.keep("failure", "a", record("u1", "1")));
  const failing = engine.transact(async (tx) => {
    await tx.keep("failure", "a", record("u1", "2"));
    await tx.keep("failure", "b", record("u1", "2"));
    await tx.forgetAbout("failure", "u1");
    assert.equal(await tx.recall("failure", "b"), undefined);
    throw new Error("given up");
  });
  await assert.rejects(failing, { message: "given up" });
  assert.deepEqual(await engine.recall("failure", "a"), record("u1", "1"));
  assert.equal(await engine.recall("failure", "b"), undefined);
}

async function closed({ engine, commits }: World): Promise<void> {
  const works = Array.from({ length: 5 }, (_, index) =>
    insert(engine, "cities", draft(100 + index)),
  );
  await engine.close();
  const heard = commits.flatMap(({ changes }) => changes);
  assert.equal(heard.length, 5, "they should be done when the engine is closed");
  await Promise.all(works);
  const uses = [
    () => engine.transact(async () => 1),
    () => engine.read("cities", id(100)),
    () => pagesOf(engine, "cities", query()),
    () => engine.count("cities", everything),
    () => engine.recall("setting", "a"),
    () => engine.changes(0, 1),
    () => engine.prepare(store("cities")),
  ];
  for (const use of uses) {
    const error = await errorOf((async () => use())());
    assert.equal(error.code, "unavailable", String(use));
  }
}
