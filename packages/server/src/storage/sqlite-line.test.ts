/** Texts that are written ahead with their rows are those that would be put together now. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { everything, type JsonObject, type Path, project, systemStore } from "@stoa/domain";
import { SqliteEngine } from "./sqlite-engine.ts";
import { migrate, steps } from "./sqlite-schema.ts";

describe("the texts of a list", () => {
  let folder: string;
  let engine: SqliteEngine;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-"));
    open();
  });

  afterEach(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  function open(): void {
    const options = { now: Date.now, onCommit: () => undefined };
    engine = new SqliteEngine(join(folder, "stoa.db"), options);
  }

  async function seed(): Promise<void> {
    await engine.transact(async (tx) => {
      await tx.define(systemStore("groups"));
      await tx.define(cities);
      for (const [id, parent] of [root, left, right, leaf]) {
        await tx.insert("groups", draft(id, root[0], parent === null ? {} : { parent }), mark);
      }
      for (const n of [1, 2, 3]) await tx.insert("cities", draft(hex(n), leaf[0], { n }), mark);
      await tx.insert("cities", draft(hex(4), right[0], {}), mark);
    });
  }

  async function move(parent: string): Promise<void> {
    await engine.transact(async (tx) => {
      const before = await tx.read("groups", left[0]);
      assert(before);
      await tx.update("groups", before, draft(left[0], root[0], { parent }), mark);
    });
  }

  async function textsOf(only: readonly Path[] | null): Promise<readonly string[]> {
    const all: string[] = [];
    const query = { filter: everything, order: [], offset: 0, limit: 10, after: null, only };
    for await (const { texts } of engine.find("cities", query)) all.push(...texts);
    return all;
  }

  async function branches(): Promise<Record<string, readonly string[]>> {
    const found: Record<string, readonly string[]> = {};
    const whole = await textsOf(null);
    for (const only of [[["_id"]], [["branch"], ["time"]], [["n"]], [["branch"], ["n"]]]) {
      const expected = whole.map((text) => project(JSON.parse(text) as JsonObject, only));
      assert.deepEqual(
        (await textsOf(only)).map((text) => JSON.parse(text)),
        expected,
      );
    }
    for (const text of whole) {
      const { _id, branch } = JSON.parse(text) as { _id: string; branch: string[] };
      const entity = await engine.read("cities", _id);
      assert(entity);
      assert.equal(entity.text, text);
      assert.deepEqual(branch, engine.tree.branchOf(entity.group));
      found[_id] = branch;
    }
    return found;
  }

  it("name the branch as it is after a group was moved, and moved back", async () => {
    await seed();
    const before = await branches();
    assert.deepEqual(before[hex(1)], [leaf[0], left[0], root[0]]);
    await move(right[0]);
    const moved = await branches();
    assert.deepEqual(moved[hex(1)], [leaf[0], left[0], right[0], root[0]]);
    assert.deepEqual(moved[hex(4)], [right[0], root[0]]);
    await engine.close();
    open();
    assert.deepEqual(await branches(), moved);
    await engine.transact(async (tx) => {
      const entity = await tx.read("cities", hex(2));
      assert(entity);
      await tx.update("cities", entity, draft(hex(2), leaf[0], { n: "two" }), mark);
      await tx.insert("cities", draft(hex(5), leaf[0], { n: 5 }), mark);
    });
    assert.deepEqual(Object.keys(await branches()), [1, 2, 3, 4, 5].map(hex));
    await move(root[0]);
    assert.deepEqual((await branches())[hex(5)], [leaf[0], left[0], root[0]]);
  });

  it("stay as they were where a move was taken back", async () => {
    await seed();
    const before = await branches();
    const failed = engine.transact(async (tx) => {
      const group = await tx.read("groups", left[0]);
      assert(group);
      await tx.update("groups", group, draft(left[0], root[0], { parent: right[0] }), mark);
      throw new Error("no");
    });
    await assert.rejects(failed, /no/);
    assert.deepEqual(await branches(), before);
  });

  it("are put together where a file of an older Stoa has none", async () => {
    await seed();
    const before = await branches();
    await engine.close();
    const database = new DatabaseSync(join(folder, "stoa.db"));
    for (const { n } of database.prepare("SELECT n FROM store").all()) {
      database.exec(`ALTER TABLE e${n} DROP COLUMN front`);
    }
    database.exec("ALTER TABLE group_id DROP COLUMN moved; PRAGMA user_version = 2");
    migrate(database, "stoa.db", steps.slice(0, 2));
    database.close();
    open();
    assert.deepEqual(await branches(), before);
    await move(right[0]);
    assert.deepEqual((await branches())[hex(3)], [leaf[0], left[0], right[0], root[0]]);
  });
});

const root = [`${"0".repeat(20)}f000`, null] as const;
const left = [`${"0".repeat(20)}f001`, root[0]] as const;
const right = [`${"0".repeat(20)}f002`, root[0]] as const;
const leaf = [`${"0".repeat(20)}f003`, left[0]] as const;
const mark = { by: hex(0xaaaa), time: 1 };

const cities = {
  id: "cities",
  name: "cities",
  title: "Cities",
  schema: null,
  unique: [],
  indexes: [],
  search: [],
  time: "server",
  idKind: "objectid",
  flavour: "entity",
} as const;

function draft(id: string, group: string, fields: JsonObject) {
  return { id, owner: mark.by, group, access: [], time: 5, body: JSON.stringify(fields) };
}

function hex(n: number): string {
  return n.toString(16).padStart(24, "0");
}
