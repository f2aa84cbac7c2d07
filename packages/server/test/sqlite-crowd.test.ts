/**
 * Works that come in a crowd, so that a thread writes them while the next ones run: each goes as it
 * would alone, in the order in which they came, as the memory engine says. `STOA_SEED=12` repeats.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { MemoryEngine } from "../src/storage/memory-engine.ts";
import { SqliteEngine } from "../src/storage/sqlite-engine.ts";
import { Crowd, crowdOptions } from "./engine-crowd.ts";
import { Random, seeds } from "./random-world.ts";

it("works of a crowd go as the reference says, one after the other", async (context) => {
  const [seed = 1] = seeds(1);
  context.diagnostic(`seed: ${seed}`);
  const folder = await mkdtemp(join(tmpdir(), "stoa-crowd-"));
  const file = join(folder, "stoa.db");
  let engine = new SqliteEngine(file, crowdOptions);
  try {
    const crowd = new Crowd(new Random(seed), [new MemoryEngine(crowdOptions), engine]);
    await crowd.begin();
    // The thread takes a moment to stand, and rests for a while after each conflict.
    const isEnough = () => engine.backgroundWrites >= 12 && crowd.conflicts >= 3;
    const end = performance.now() + patienceMs;
    for (let round = 1; performance.now() < end && !isEnough(); round++) {
      await crowd.run(round % 5 === 0);
    }
    const seen = `${engine.backgroundWrites} times, ${crowd.conflicts} conflicts`;
    context.diagnostic(`the thread wrote ${seen}`);
    assert.ok(isEnough(), seen);
    await crowd.compare(engine);
    await engine.close();
    engine = new SqliteEngine(file, crowdOptions);
    await crowd.compare(engine);
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** On a busy machine the thread stands only after seconds. */
const patienceMs = 60_000;
