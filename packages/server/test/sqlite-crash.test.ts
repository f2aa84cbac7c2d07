/**
 * What was acknowledged is there after the process was killed in the middle of writing.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { it } from "node:test";
import { everything } from "@stoa/domain";
import { openEngine } from "../src/storage/open-engine.ts";

it("loses nothing that it acknowledged when it is killed, and opens again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stoa-"));
  try {
    const acknowledged = await insertUntilKilled(folder, 2_000);
    const engine = await openEngine(folder, { now: Date.now, onCommit: () => undefined });
    for (const id of acknowledged) assert(await engine.read("cities", id), `${id} is there`);
    const count = await engine.count("cities", everything);
    const changes = await engine.changes(0, Number.POSITIVE_INFINITY);
    assert(count >= acknowledged.length);
    assert.equal(changes.length, count, "each entity has its change, and no other is there");
    assert.deepEqual(
      changes.map(({ sequence }) => sequence),
      changes.map((_, at) => at + 1),
    );
    await engine.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Ids that the child said were durable before it was killed. */
async function insertUntilKilled(folder: string, enough: number): Promise<string[]> {
  const script = new URL("./sqlite-crash-writer.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const ids: string[] = [];
  for await (const id of createInterface({ input: child.stdout })) {
    ids.push(id);
    if (ids.length === enough) child.kill("SIGKILL");
  }
  assert(ids.length >= enough, "the child was killed while it wrote");
  return ids;
}
