/**
 * Works that come in a crowd, so that lots of them are on their way to PostgreSQL at a time, each
 * run upon what the one before it leaves: each goes as it would alone, in the order in which they
 * came, as the memory engine says. `STOA_SEED=12` repeats.
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { MemoryEngine } from "../src/storage/memory-engine.ts";
import { openPostgres } from "../src/storage/postgres-engine.ts";
import { Crowd, crowdOptions } from "./engine-crowd.ts";
import { holdHead, newSchema } from "./postgres-schemas.ts";
import { Random, seeds } from "./random-world.ts";

it("works of a crowd go as the reference says, one after the other", async (context) => {
  const [seed = 1] = seeds(1);
  context.diagnostic(`seed: ${seed}`);
  const { url } = await newSchema();
  const options = { ...crowdOptions, workMs: Number.POSITIVE_INFINITY };
  const engine = await openPostgres(url, options);
  try {
    const crowd = new Crowd(new Random(seed), [new MemoryEngine(crowdOptions), engine], []);
    await crowd.begin();
    // What has to ask first is followed by a rest.
    const { sentAhead } = engine;
    const isEnough = () => sentAhead.behind >= 4 && sentAhead.failed >= 2 && crowd.conflicts >= 3;
    const end = performance.now() + patienceMs;
    for (let round = 1; performance.now() < end && !isEnough(); round++) {
      const done = crowd.run(round % 4 === 0, round % 3 === 0 ? 0.5 : 1);
      for (let times = 0; times < 3; times++) {
        // So that what comes meanwhile is sent behind.
        const release = await holdHead(url);
        await setTimeout(10);
        await release();
      }
      await done;
    }
    const seen = `${JSON.stringify(sentAhead)}, ${crowd.conflicts} conflicts`;
    context.diagnostic(`sent ahead ${seen}`);
    assert.ok(isEnough(), seen);
    await crowd.compare(engine);
    const another = await openPostgres(url, crowdOptions);
    await crowd.compare(another).finally(() => another.close());
  } finally {
    await engine.close();
  }
});

/** On a busy machine fewer come while others are on their way. */
const patienceMs = 120_000;
