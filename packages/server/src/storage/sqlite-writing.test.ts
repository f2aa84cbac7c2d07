/**
 * The thread that writes, by itself: what it refuses, what it waits for, and how it ends.
 */
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { StoredEntity } from "@stoa/domain";
import { SqliteConnection } from "./sqlite-connection.ts";
import type { Entry } from "./sqlite-entry.ts";
import { storeTable } from "./sqlite-schema.ts";
import { RefusedError, SqliteWriting } from "./sqlite-writing.ts";

describe("the thread that writes", () => {
  let folder: string;
  let connection: SqliteConnection;
  let log: number;
  let writing: SqliteWriting;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-writing-"));
    const file = join(folder, "stoa.db");
    connection = new SqliteConnection(file, "writer");
    connection.run("INSERT INTO store VALUES (1, 'notes', 'notes', '{}', 0, 1000)");
    connection.database.exec(storeTable(1));
    log = openSync(`${file}-wal`, "r+");
    writing = new SqliteWriting({ file, log });
    while (!writing.isReady) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  afterEach(async () => {
    await writing.close();
    connection.close();
    closeSync(log);
    await rm(folder, { recursive: true });
  });

  const write = (from: number, to: number, ids = range(from, to)) =>
    writing.write(
      {
        entries: ids.map((id, at) => inserted(id, from + at + 1)),
        lasts: new Map([["notes", to]]),
        base: from,
        sequence: to,
      },
      true,
    );

  const rows = (sql: string) => connection.all(sql);

  it("writes rows, log and sums, and says how many groups there are", async () => {
    assert.equal(await write(0, 3), 2);
    const ids = "SELECT id, rev FROM e1 ORDER BY id";
    assert.deepEqual(rows(ids), [
      ["n1", 1],
      ["n2", 2],
      ["n3", 3],
    ]);
    assert.deepEqual(rows("SELECT seq, id, a_body FROM change WHERE seq = 2"), [
      [2, "n2", '{"é":"2"}'],
    ]);
    assert.deepEqual(rows("SELECT grp, count FROM tally ORDER BY grp"), [
      [1, 2],
      [2, 1],
    ]);
    assert.deepEqual(rows("SELECT last FROM store"), [[3]]);
  });

  it("refuses all of an order of which one part cannot be, and what builds on it", async () => {
    await write(0, 2);
    writing.heard();
    const taken = write(2, 4, ["n9", "n1"]);
    const behind = write(4, 5);
    await assert.rejects(taken, RefusedError);
    writing.heard();
    await assert.rejects(behind, /builds on what is there/);
    writing.heard();
    assert.deepEqual(rows("SELECT max(seq), count(*) FROM change"), [[2, 2]]);
    await write(2, 3);
    assert.deepEqual(rows("SELECT count(*) FROM e1"), [[3]]);
  });

  it("commits an order only when the one before it was heard of", async () => {
    await write(0, 1);
    let isDone = false;
    const next = write(1, 2).then(() => {
      isDone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual([isDone, rows("SELECT count(*) FROM e1")], [false, [[1]]]);
    writing.heard();
    await next;
    assert.deepEqual(rows("SELECT count(*) FROM e1"), [[2]]);
  });

  it("commits nothing any more once it was stopped", async () => {
    await write(0, 1);
    const next = write(1, 2);
    writing.stop();
    await assert.rejects(next, RefusedError);
    assert.deepEqual(rows("SELECT count(*) FROM e1"), [[1]]);
  });

  it("ends where the disk refuses, and nobody knows what is there", async () => {
    closeSync(log);
    const failed = write(0, 1);
    await assert.rejects(failed, (error: Error) => !(error instanceof RefusedError));
    assert.equal(writing.isReady, false);
    log = openSync(join(folder, "stoa.db-wal"), "r+");
  });
});

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => `n${from + at + 1}`);
}

function inserted(id: string, sequence: number): Entry {
  const version = { owner: "o", group: `g${sequence % 2}`, access: ["a"], time: 1, at: null };
  const after: StoredEntity = { id, ...version, revision: sequence, body: `{"é":"${sequence}"}` };
  const head = { sequence, op: "insert", store: "notes", id, time: 1, by: "o" } as const;
  return { n: 1, front: `{"_id":"${id}",`, change: { ...head, before: null, after } };
}
