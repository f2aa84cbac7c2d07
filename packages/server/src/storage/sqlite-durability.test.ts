/**
 * What is promised when the power fails at any moment, while the disk is slow, and when it breaks:
 * each step that forces the log to disk is held, copied or broken by the test.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, open as openFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { promisify } from "node:util";
import { everything, type Filter, type StoreDefinition } from "@stoa/domain";
import type { Commit } from "./engine.ts";
import { SqliteEngine, type SqliteEngineOptions } from "./sqlite-engine.ts";

type AroundForce = NonNullable<SqliteEngineOptions["aroundForce"]>;

describe("a commit on its way to disk", () => {
  let folder: string;
  let file: string;
  let engine: SqliteEngine;
  let commits: Commit[];
  let aroundForce: AroundForce;

  const open = (at: string, options: Partial<SqliteEngineOptions> = {}) =>
    new SqliteEngine(at, {
      now: Date.now,
      onCommit: (commit) => commits.push(commit),
      ...options,
    });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-durability-"));
    file = join(folder, "stoa.db");
    commits = [];
    aroundForce = (force) => force();
    engine = open(file, { aroundForce: (force) => aroundForce(force), walPagesMax: 100 });
    await engine.transact((tx) => tx.define(cities), { alone: true });
  });

  afterEach(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  const insert = (n: number) => engine.transact((tx) => tx.insert("cities", draft(n), mark));

  const fill = (count: number) =>
    engine.transact(async (tx) => {
      for (let n = 0; n < count; n++) await tx.insert("cities", draft(1_000_000 + n), mark);
    });

  /** Holds the next forcing: `held` once it is asked for, then `release` or `fail` it. */
  function hold() {
    const held = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    aroundForce = async (force) => {
      held.resolve();
      await gate.promise;
      await force();
    };
    return { held: held.promise, release: gate.resolve, fail: gate.reject };
  }

  it("is answered only when a copy of what is on disk holds it", async () => {
    const images: string[] = [];
    aroundForce = async (force) => {
      await force();
      images.push(await imageOf(file, join(folder, `image-${images.length}`)));
    };
    const answered: { id: string; image: number }[] = [];
    const client = async (first: number) => {
      for (let n = first; n < first + 12; n++) {
        await insert(n);
        answered.push({ id: hex(n), image: images.length - 1 });
      }
    };
    await Promise.all(Array.from({ length: 6 }, (_, at) => client(100 * at)));
    assert.equal(answered.length, 72);
    assert.ok(images.length >= 12, `${images.length} times forced`);
    for (const [at, image] of images.entries()) {
      const found = await idsAt(open(image));
      for (const { id, image } of answered) if (image <= at) assert.ok(found.has(id), id);
    }
  });

  it("survives checkpoints that run beside it, and the log begins anew", async () => {
    let image = "";
    const beginnings = new Set<number>();
    const answered = new Set<string>();
    for (let turn = 0; turn < 300; turn++) {
      const rows = Array.from({ length: 40 }, (_, at) => turn * 100 + at);
      await Promise.all(rows.map(insert));
      for (const n of rows) answered.add(hex(n));
      // Readers hold views all the time.
      assert.ok(await engine.read("cities", hex(turn * 100)));
      beginnings.add(await beginningOf(`${file}-wal`));
    }
    aroundForce = async (force) => {
      await force();
      image = await imageOf(file, join(folder, "image"));
    };
    await insert(999_999);
    const found = await idsAt(open(image));
    for (const id of answered) assert.ok(found.has(id), id);
    assert.ok(beginnings.size >= 3, `it began ${beginnings.size} times`);
  });

  it("is carried over into the file when nobody writes for a while", async (t) => {
    const other = join(folder, "quiet.db");
    const quiet = open(other, { quietMs: 50 });
    t.after(() => quiet.close());
    await quiet.transact((tx) => tx.define(cities), { alone: true });
    await quiet.transact(async (tx) => {
      for (let n = 0; n < 10_000; n++) await tx.insert("cities", draft(n), mark);
    });
    const looking = new DatabaseSync(other);
    t.after(() => looking.close());
    const left = () => {
      const row = looking.prepare("PRAGMA wal_checkpoint(NOOP)").get();
      return Number(row?.["log"]) - Number(row?.["checkpointed"]);
    };
    // It begins anew with the next commit, and is as long as that.
    while (left() > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(await quiet.count("cities", everything), 10_000);
    await quiet.transact((tx) => tx.insert("cities", draft(10_000), mark));
    assert(left() < 100, `${left()} pages`);
    assert.equal((await idsAt(quiet)).size, 10_001);
  });

  it("is seen by nobody", async () => {
    await fill(3_000);
    commits = [];
    const { held, release } = hold();
    let answers = 0;
    const first = insert(1).then(() => answers++);
    await held;
    const second = insert(2).then(() => answers++);
    const dear = engine.count("cities", bySize).then((count) => {
      answers++;
      return count;
    });
    for (let turn = 0; turn < 20; turn++) {
      assert.equal(await engine.read("cities", hex(1)), undefined);
      assert.equal(await engine.count("cities", everything), 3_000);
      assert.deepEqual(await engine.changes(3_000, 10), []);
      assert.deepEqual(await first5(engine), [0, 1, 2, 3, 4]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual([answers, commits.length], [0, 0]);
    release();
    // Whatever the worker saw, it was told only when that was durable.
    assert.ok((await dear) >= 3_000 / 7);
    await Promise.all([first, second]);
    assert.equal((await engine.read("cities", hex(1)))?.id, hex(1));
    assert.deepEqual(
      commits.map(({ changes }) => changes.length),
      [1, 1],
    );
  });

  it("lets the next works run, and one of those that fails harms no other", async () => {
    await insert(1);
    const { held, release } = hold();
    const before = insert(2);
    await held;
    const failing = engine.transact(async (tx) => {
      await tx.insert("cities", draft(4), mark);
      assert.ok(await tx.read("cities", hex(2)), "it builds on what is committed");
      throw new Error("no");
    });
    const outcomes = Promise.allSettled([before, insert(3), failing, insert(1), insert(5)]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    release();
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ["fulfilled", "fulfilled", "rejected", "rejected", "fulfilled"],
    );
    assert.deepEqual(await idsIn(engine), new Set([1, 2, 3, 5].map(hex)));
    assert.deepEqual(
      (await engine.changes(0, 100)).map(({ id }) => id),
      [1, 2, 3, 5].map(hex),
    );
  });

  it("is heard of before a later work begins, where it was alone", async () => {
    const { held, release } = hold();
    const alone = engine.transact((tx) => tx.insert("cities", draft(1), mark), { alone: true });
    await held;
    let heard = -1;
    const later = engine.transact(async () => {
      heard = commits.at(-1)?.sequence ?? 0;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(heard, -1);
    release();
    await Promise.all([alone, later]);
    assert.equal(heard, 1);
  });

  it("that cannot reach it is refused, with all that comes after it", async () => {
    await insert(1);
    commits = [];
    const { held, fail } = hold();
    const lost = insert(2);
    await held;
    const built = engine.transact(async (tx) => {
      assert.ok(await tx.read("cities", hex(2)));
      return tx.insert("cities", draft(3), mark);
    });
    const pending = Promise.allSettled([lost, built]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    fail(Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" }));
    aroundForce = (force) => force();
    for (const outcome of [...(await pending), ...(await Promise.allSettled([insert(4)]))]) {
      assert.equal(outcome.status, "rejected");
      assert.equal(outcome.reason.code, "unavailable");
      assert.equal(outcome.reason.cause.code, "EIO");
    }
    assert.deepEqual(await idsIn(engine), new Set([hex(1)]));
    assert.equal(commits.length, 0);
    const definition = { ...cities, indexes: [[["size"]]] };
    await assert.rejects(engine.prepare(definition), { code: "unavailable" });
  });
});

/** How often the log has begun anew: a number in its head, https://sqlite.org/walformat.html. */
async function beginningOf(log: string): Promise<number> {
  const handle = await openFile(log);
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 12);
  await handle.close();
  return buffer.readUInt32BE();
}

/** What the file and its log would be if the power failed now; by a process of its own. */
async function imageOf(file: string, folder: string): Promise<string> {
  await mkdir(folder);
  await promisify(execFile)("cp", [file, `${file}-wal`, folder]);
  return join(folder, "stoa.db");
}

async function idsAt(engine: SqliteEngine): Promise<ReadonlySet<string>> {
  const ids = await idsIn(engine);
  await engine.close();
  return ids;
}

async function idsIn(engine: SqliteEngine): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { texts } of engine.find("cities", all)) {
    for (const text of texts) ids.add(JSON.parse(text)._id as string);
  }
  return ids;
}

async function first5(engine: SqliteEngine): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const { texts } of engine.find("cities", { ...all, limit: 5 })) {
    found.push(...texts.map((text) => JSON.parse(text).n - 1_000_000));
  }
  return found;
}

const all = {
  filter: everything,
  order: [],
  offset: 0,
  limit: Number.POSITIVE_INFINITY,
  after: null,
  only: null,
};

const bySize: Filter = { kind: "element", op: "==", path: ["size"], value: 3 };

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
  const body = JSON.stringify({ n, size: n % 7, text: "x".repeat(200) });
  return { id: hex(n), owner: "o", group: `g${n % 4}`, access: [], time: n, body };
}

function hex(n: number): string {
  return n.toString(16).padStart(24, "0");
}
