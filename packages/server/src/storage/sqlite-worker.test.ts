/**
 * The reading worker's places: a reader that stops taking rows loses its place to those who wait.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "./sqlite-schema.ts";
import { SqliteWorker } from "./sqlite-worker.ts";

const idleMsMax = 500;
const numbers = {
  sql: `WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000)
    SELECT n FROM c`,
  values: [],
  filters: [],
  hint: "",
};

test("readers that stop in the middle do not keep others out", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stoa-worker-"));
  const file = join(folder, "stoa.db");
  openDatabase(file, "writer").close();
  const worker = new SqliteWorker(file, 10_000, idleMsMax);
  try {
    const stalled = Array.from({ length: 4 }, () => worker.rows(numbers)[Symbol.asyncIterator]());
    for (const reader of stalled) assert.equal((await reader.next()).done, false);
    let rows = 0;
    for await (const batch of worker.rows(numbers)) rows += batch.length;
    assert.equal(rows, 5_000);
    // Each has a clock of its own, and on a busy machine they began apart.
    await sleep(3 * idleMsMax);
    for (const reader of stalled) await assert.rejects(reader.next(), { code: "timeout" });
  } finally {
    await worker.close();
    await rm(folder, { recursive: true });
  }
});
