/**
 * Cases of the engine suite: single writes, ids, unique sets and the log. Knows only the port.
 */
import assert from "node:assert/strict";
import { entityText } from "@stoa/domain";
import {
  allChanges,
  type Case,
  changed,
  conflictOf,
  draft,
  errorOf,
  id,
  insert,
  kept,
  mark,
  readPresent,
  remove,
  store,
  update,
  user,
  type World,
} from "./engine-world.ts";

export const writingCases: readonly Case[] = [
  [
    "an inserted entity reads back as it was given",
    async ({ engine }) => {
      const given = draft(7, { name: "Delft" }, { access: [id(8), id(9)] });
      const written = await engine.transact((tx) => tx.insert("cities", given, mark));
      const { revision, ...rest } = kept(await engine.read("cities", id(7)));
      assert.deepEqual(rest, { ...given, at: null });
      assert(revision !== undefined && revision > 0);
      assert.deepEqual(written, { ...rest, revision });
    },
  ],
  [
    "an update replaces body, owner, group and access, and notes when",
    async ({ engine }) => {
      await insert(engine, "cities", draft(7, { name: "Delft" }, { access: [id(8)] }));
      const before = await readPresent(engine, "cities", 7);
      const head = { owner: id(5), group: id(6), access: [id(3), id(4)] };
      const next = changed(before, { name: "Gent" }, head);
      const after = await engine.transact((tx) =>
        tx.update("cities", before, next, { by: user, time: 99 }),
      );
      assert.deepEqual(after, { ...next, at: 99, revision: after.revision });
      assert(after.revision > before.revision);
      const read = await engine.read("cities", id(7));
      assert.deepEqual(kept(read), after);
      const text = entityText(after, engine.tree.branchText(after.group));
      assert.equal(read?.text ?? text, text);
    },
  ],
  [
    "a removed entity is gone, and its neighbours are not",
    async ({ engine }) => {
      await insert(engine, "cities", draft(6), draft(7), draft(8));
      await remove(engine, "cities", 7);
      assert.equal(await engine.read("cities", id(7)), undefined);
      await readPresent(engine, "cities", 6);
      await readPresent(engine, "cities", 8);
    },
  ],
  [
    "an id that is taken is a conflict at _id",
    async ({ engine }) => {
      await insert(engine, "cities", draft(7, { name: "Delft" }));
      const again = insert(engine, "cities", draft(7, { name: "Gent" }));
      assert.deepEqual(await conflictOf(again), ["_id"]);
      assert.equal((await readPresent(engine, "cities", 7)).body, '{"name":"Delft"}');
    },
  ],
  [
    "two stores may have an entity with the same id",
    async ({ engine }) => {
      await engine.transact((tx) => tx.define(store("rivers")));
      await insert(engine, "cities", draft(7, { name: "Delft" }));
      await insert(engine, "rivers", draft(7, { name: "Schie" }));
      await remove(engine, "rivers", 7);
      assert.equal((await readPresent(engine, "cities", 7)).body, '{"name":"Delft"}');
    },
  ],
  [
    "nothing is inserted into a store that does not exist",
    async ({ engine }) => {
      const error = await errorOf(insert(engine, "lakes", draft(7)));
      assert.equal(error.code, "not_found");
      assert.equal(error.store, "lakes");
    },
  ],
  ["a value of a unique set is taken once", uniqueValue],
  ["values of a unique set are equal as JSON is, whatever their text", uniqueMeaning],
  ["a unique set of several paths conflicts only when all are equal", uniqueComposite],
  ["a unique set reaches into objects and to the owner", uniquePaths],
  ["a unique value is free again once its entity is removed or changed", uniqueFreed],
  ["every change is in the log, in order, with the versions before and after", logContent],
  ["the log can be read in parts", logParts],
  ["the log tells of one entity, the newest change first, and from any of them on", logAbout],
  ["the log tells of an entity that is gone, and of its earlier life", logAboutRemoved],
  ["the log of a store does not tell of an earlier store of that name", logAboutStore],
];

async function uniqueValue({ engine }: World): Promise<void> {
  await engine.transact((tx) => tx.define(store("towns", { unique: [[["name"]]] })));
  await insert(engine, "towns", draft(7, { name: "Delft" }), draft(8, { name: "Gent" }));
  assert.deepEqual(await conflictOf(insert(engine, "towns", draft(9, { name: "Delft" }))), [
    "name",
  ]);
  const error = await errorOf(insert(engine, "towns", draft(9, { name: "Gent" })));
  assert.equal(error.store, "towns");
  assert.deepEqual(await conflictOf(update(engine, "towns", 8, { name: "Delft" })), ["name"]);
  assert.equal((await readPresent(engine, "towns", 8)).body, '{"name":"Gent"}');
  const together = insert(engine, "towns", draft(9, { name: "Lier" }), draft(10, { name: "Lier" }));
  assert.deepEqual(await conflictOf(together), ["name"]);
  await update(engine, "towns", 7, { name: "Delft", size: 3 });
  await insert(engine, "towns", draft(9, {}), draft(10, {}), draft(11, { name: null }));
  await insert(engine, "towns", draft(12, { name: null }), draft(13, { name: "delft" }));
}

async function uniqueMeaning({ engine }: World): Promise<void> {
  await engine.transact((tx) => tx.define(store("things", { unique: [[["key"]]] })));
  const values = [0, "0", false, "", [], {}, [0], ["0"], { a: 1, b: [2] }, 1e300, "1e300", true];
  await insert(engine, "things", ...values.map((key, index) => draft(100 + index, { key })));
  for (const key of [...values, -0, { b: [2], a: 1 }]) {
    assert.deepEqual(await conflictOf(insert(engine, "things", draft(7, { key }))), ["key"]);
  }
  await insert(engine, "things", draft(7, { key: { a: 1, b: [2, 3] } }), draft(8, { key: [[]] }));
}

async function uniqueComposite({ engine }: World): Promise<void> {
  const unique = [[["country"], ["name"]], [["code"]]];
  await engine.transact((tx) => tx.define(store("towns", { unique })));
  const delft = { country: "NL", name: "Delft", code: 1 };
  await insert(engine, "towns", draft(7, delft));
  const same = insert(engine, "towns", draft(8, { ...delft, code: 2 }));
  assert.deepEqual(await conflictOf(same), ["country", "name"]);
  const sameCode = insert(engine, "towns", draft(8, { ...delft, country: "BE" }));
  assert.deepEqual(await conflictOf(sameCode), ["code"]);
  await insert(engine, "towns", draft(8, { ...delft, country: "BE", code: 2 }));
  await insert(engine, "towns", draft(9, { name: "Delft" }), draft(10, { name: "Delft" }));
  await insert(engine, "towns", draft(11, { country: "NL", name: null }));
  await insert(engine, "towns", draft(12, { country: "NL", name: null }));
}

async function uniquePaths({ engine }: World): Promise<void> {
  const unique = [[["owner"], ["place", "name"]]];
  await engine.transact((tx) => tx.define(store("homes", { unique })));
  const place = { place: { name: "Delft" } };
  await insert(engine, "homes", draft(7, place));
  const same = insert(engine, "homes", draft(8, place));
  assert.deepEqual(await conflictOf(same), ["owner", "place.name"]);
  await insert(engine, "homes", draft(8, place, { owner: id(3) }));
  await insert(engine, "homes", draft(9, { place: "Delft" }), draft(10, { place: "Delft" }));
}

async function uniqueFreed({ engine }: World): Promise<void> {
  await engine.transact((tx) => tx.define(store("towns", { unique: [[["name"]]] })));
  await insert(engine, "towns", draft(7, { name: "Delft" }), draft(8, { name: "Gent" }));
  await remove(engine, "towns", 7);
  await update(engine, "towns", 8, { name: "Delft" });
  await insert(engine, "towns", draft(9, { name: "Gent" }));
  await engine.transact(async (tx) => {
    await tx.remove("towns", await readPresent(tx, "towns", 9), mark);
    await tx.insert("towns", draft(10, { name: "Gent" }), mark);
  });
  assert.deepEqual(await conflictOf(update(engine, "towns", 8, { name: "Gent" })), ["name"]);
}

async function logContent({ engine }: World): Promise<void> {
  const since = (await allChanges(engine)).at(-1)?.sequence ?? 0;
  await insert(engine, "cities", draft(7, { name: "Delft" }));
  const first = await readPresent(engine, "cities", 7);
  const second = await update(engine, "cities", 7, { name: "Gent" });
  await remove(engine, "cities", 7);
  const changes = await engine.changes(since, 10);
  const sequences = changes.map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences,
    [...sequences].sort((a, b) => a - b),
  );
  assert.deepEqual(new Set(sequences).size, 3);
  assert.deepEqual([first.revision, second.revision], sequences.slice(0, 2));
  const common = { store: "cities", id: id(7), time: mark.time, by: user };
  assert.deepEqual(
    changes.map(({ sequence: _, ...change }) => change),
    [
      { op: "insert", ...common, before: null, after: first },
      { op: "update", ...common, before: first, after: second },
      { op: "remove", ...common, before: second, after: null },
    ],
  );
}

async function logParts({ engine }: World): Promise<void> {
  for (let number = 100; number < 110; number++) await insert(engine, "cities", draft(number));
  const all = await allChanges(engine);
  assert(all.length >= 10);
  const parts = [];
  let since = 0;
  for (;;) {
    const part = await engine.changes(since, 3);
    assert(part.length <= 3);
    const last = part.at(-1);
    if (!last) break;
    parts.push(...part);
    assert(last.sequence > since);
    since = last.sequence;
  }
  assert.deepEqual(parts, all);
  assert.deepEqual(await engine.changes(since, 3), []);
}

async function logAbout({ engine }: World): Promise<void> {
  await insert(engine, "cities", draft(7, { name: "Delft" }), draft(8, { name: "Gent" }));
  for (const name of ["Gouda", "Leiden"]) {
    await update(engine, "cities", 7, { name });
    await update(engine, "cities", 8, { name });
  }
  const about = { store: "cities", id: id(7), from: Number.POSITIVE_INFINITY };
  const all = await engine.changes(0, 10, about);
  const theirs = (await allChanges(engine)).filter((change) => change.id === id(7));
  assert.equal(theirs.length, 3);
  assert.deepEqual(all, theirs.toReversed());
  assert.deepEqual(await engine.changes(0, 1, about), all.slice(0, 1));
  const middle = all[1]?.sequence as number;
  assert.deepEqual(await engine.changes(0, 10, { ...about, from: middle }), all.slice(1));
  assert.deepEqual(await engine.changes(middle, 10, about), all.slice(0, 1));
  const others = await engine.changes(0, 10, { ...about, id: id(8) });
  for (const { sequence } of others) {
    assert.deepEqual(await engine.changes(0, 10, { ...about, from: sequence }), []);
  }
  assert.deepEqual(await engine.changes(0, 10, { ...about, id: id(9) }), []);
  assert.deepEqual(await engine.changes(0, 10, { ...about, store: "nowhere" }), []);
}

async function logAboutRemoved({ engine }: World): Promise<void> {
  await insert(engine, "cities", draft(7, { name: "Delft" }), draft(8));
  await update(engine, "cities", 7, { name: "Gent" });
  await remove(engine, "cities", 7);
  await remove(engine, "cities", 8);
  const about = { store: "cities", id: id(7), from: Number.POSITIVE_INFINITY };
  const ops = async () => (await engine.changes(0, 10, about)).map(({ op }) => op);
  assert.deepEqual(await ops(), ["remove", "update", "insert"]);
  await insert(engine, "cities", draft(7, { name: "Delft again" }));
  assert.deepEqual(await ops(), ["insert", "remove", "update", "insert"]);
  await remove(engine, "cities", 7);
  assert.deepEqual(await ops(), ["remove", "insert", "remove", "update", "insert"]);
}

async function logAboutStore({ engine }: World): Promise<void> {
  await engine.transact((tx) => tx.define(store("towns")));
  await insert(engine, "towns", draft(7, { name: "Delft" }));
  const about = { store: "towns", id: id(7), from: Number.POSITIVE_INFINITY };
  const [old] = await engine.changes(0, 10, about);
  assert.equal(old?.op, "insert");
  await engine.transact((tx) => tx.undefine("towns"));
  assert.deepEqual(await engine.changes(0, 10, about), []);
  await engine.transact((tx) => tx.define(store("towns")));
  assert.deepEqual(await engine.changes(0, 10, about), []);
  assert.deepEqual(await engine.changes(0, 10, { ...about, from: old?.sequence ?? 0 }), []);
  await insert(engine, "towns", draft(7, { name: "Gent" }));
  await engine.transact((tx) => tx.define(store("towns", { indexes: [[["name"]]] })));
  assert.equal((await engine.changes(0, 10, about)).length, 1);
}
