/** What is particular to the SQLite engine: shared commits, the worker, limits, other processes. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { everything, type Filter, type Query, type StoreDefinition } from "@stoa/domain";
import type { Commit } from "./engine.ts";
import { SqliteEngine } from "./sqlite-engine.ts";

describe("the SQLite engine", () => {
  let folder: string;
  let file: string;
  let engine: SqliteEngine;
  let commits: Commit[];

  const open = (queryMsMax?: number) =>
    new SqliteEngine(file, {
      now: Date.now,
      onCommit: (commit) => commits.push(commit),
      ...(queryMsMax === undefined ? {} : { queryMsMax }),
    });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-"));
    file = join(folder, "stoa.db");
    commits = [];
    engine = open();
    await engine.transact((tx) => tx.define(cities));
    commits = [];
  });

  afterEach(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  const insert = (n: number) => engine.transact((tx) => tx.insert("cities", draft(n), mark));

  const fill = (count: number) =>
    engine.transact(async (tx) => {
      for (let n = 0; n < count; n++) await tx.insert("cities", draft(n), mark);
    });

  it("commits works that arrive in one turn together", async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => insert(n)));
    assert.deepEqual(
      commits.map(({ changes }) => changes.length),
      [50],
    );
  });

  it("does the first of those that come together with one id", async () => {
    const ids = [1, 2, 1, 3, 1, 4];
    const ends = await Promise.allSettled(ids.map(insert));
    const isDone = ends.map(({ status }) => status === "fulfilled");
    assert.deepEqual(isDone, [true, true, false, true, false, true]);
    assert.equal(await engine.count("cities", everything), 4);
  });

  it("commits a work that wants to be alone by itself", async () => {
    const alone = engine.transact((tx) => tx.insert("cities", draft(100), mark), { alone: true });
    await Promise.all([insert(1), alone, insert(2), insert(3)]);
    assert.equal(commits.find(({ changes }) => changes[0]?.id === hex(100))?.changes.length, 1);
  });

  it("shows no index and no row that a failed work made", async () => {
    const failing = engine.transact(async (tx) => {
      await tx.insert("cities", draft(1), mark);
      throw new Error("no");
    });
    const [failed, kept] = await Promise.allSettled([failing, insert(2)]);
    assert.deepEqual([failed.status, kept.status], ["rejected", "fulfilled"]);
    assert.equal(await engine.count("cities", everything), 1);
  });

  it("finds and sorts in the worker what no index helps with", async () => {
    await fill(3_000);
    const filter: Filter = { kind: "element", op: "==", path: ["size"], value: 3 };
    const order = [{ path: ["size"], descending: true }];
    const sizes = await values({ order, limit: 500 }, "size");
    assert.deepEqual(
      sizes,
      sizes.toSorted((a, b) => b - a),
    );
    assert.equal(sizes.length, 500);
    assert.equal(
      (await values({ filter }, "size")).every((size) => size === 3),
      true,
    );
    assert.equal(await engine.count("cities", filter), (await values({ filter }, "size")).length);
  });

  it("calls a filter that SQL cannot say for each entity", async () => {
    await fill(3_000);
    const both = ["size", "n"].map((name) => ({ kind: "property", path: [name] }) as const);
    const [left, right] = both as [(typeof both)[0], (typeof both)[0]];
    const filter: Filter = { kind: "compare", op: "==", left, right };
    assert.deepEqual(await values({ filter }, "n"), [0, 1, 2, 3, 4, 5, 6]);
  });

  it("gives up a query that takes too long, and names the index that would help", async () => {
    await fill(3_000);
    await engine.close();
    engine = open(0);
    const filter: Filter = { kind: "element", op: "==", path: ["size"], value: 99 };
    await assert.rejects(engine.count("cities", filter), {
      code: "timeout",
      message: /index on size/,
    });
  });

  it("goes on after a reader of the worker left early", async () => {
    await fill(3_000);
    for (let turn = 0; turn < 10; turn++) {
      for await (const page of engine.find("cities", query({ order: [bySize] }))) {
        assert(page.texts.length > 0);
        break;
      }
    }
    assert.equal((await values({ order: [bySize] }, "size")).length, 3_000);
  });

  it("refuses queries without an index when too many wait", async () => {
    await fill(3_000);
    const filter: Filter = { kind: "element", op: "==", path: ["size"], value: 1 };
    const asked = Array.from({ length: 100 }, () => engine.count("cities", filter));
    const outcomes = await Promise.allSettled(asked);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    assert(refused.length > 0 && refused.length < 100);
    for (const { reason } of refused) assert.equal(reason.code, "unavailable");
  });

  it("builds an index while it goes on reading, and follows it afterwards", async () => {
    await fill(3_000);
    const definition = { ...cities, indexes: [[["size"]]] };
    const building = engine.prepare(definition);
    assert(await engine.read("cities", hex(7)));
    await building;
    await engine.transact((tx) => tx.define(definition));
    const names = indexNames(file).filter((name) => name.includes("_i_"));
    assert.equal(names.length, 1);
    await engine.transact((tx) => tx.define(cities));
    assert.deepEqual(
      indexNames(file).filter((name) => name.includes("_i_")),
      [],
    );
  });

  it("names the paths of a unique set that cannot be built", async () => {
    await fill(20);
    const definition = { ...cities, unique: [[["size"]]] };
    await assert.rejects(
      engine.prepare(definition),
      (error: { code: string; details: unknown }) => {
        assert.equal(error.code, "conflict");
        assert.deepEqual(error.details, [
          { path: "size", rule: "unique", message: "is taken by another entity" },
        ]);
        return true;
      },
    );
    await insert(21);
  });

  it("waits for another process that holds the lock", async () => {
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const waiting = insert(1);
    setTimeout(() => other.exec("COMMIT"), 100);
    assert.equal((await waiting).id, hex(1));
    other.close();
  });

  it("answers its event loop while it passes over much that is not visible", async () => {
    await fill(20_000);
    const nobody = new Set<string>();
    const filter = {
      kind: "visible",
      owner: "x",
      principals: nobody,
      reach: nobody,
      self: hex(0),
    } as const;
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    assert.deepEqual(await values({ filter }, "n"), [0]);
    clearInterval(timer);
    assert.equal(await engine.count("cities", filter), 1);
  });

  async function values(asked: Partial<Query>, name: string): Promise<number[]> {
    const found: number[] = [];
    for await (const { texts } of engine.find("cities", query(asked))) {
      found.push(...texts.map((text) => JSON.parse(text)[name] as number));
    }
    return found;
  }
});

const bySize = { path: ["size"], descending: false };

function query(asked: Partial<Query>): Query {
  const all = Number.POSITIVE_INFINITY;
  return {
    filter: everything,
    order: [],
    offset: 0,
    limit: all,
    after: null,
    only: null,
    ...asked,
  };
}

function indexNames(file: string): string[] {
  const database = new DatabaseSync(file);
  const rows = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'index'").all();
  database.close();
  return rows.map(({ name }) => String(name));
}

const cities: StoreDefinition = {
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
};

const mark = { by: "00000000000000000000aaaa", time: 1 };

function draft(n: number) {
  const body = JSON.stringify({ n, size: n % 7 });
  return { id: hex(n), owner: "o", group: `g${n % 4}`, access: [], time: n, body };
}

function hex(n: number): string {
  return n.toString(16).padStart(24, "0");
}
