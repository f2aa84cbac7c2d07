/**
 * SQLite gives the same answers as the reference on every way through it: bounds so small that few
 * entities need many windows, and queries without an index the worker. `STOA_SEED=1234` repeats.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { MemoryEngine } from "../src/storage/memory-engine.ts";
import { SqliteEngine } from "../src/storage/sqlite-engine.ts";
import { compareEngines, emptyTally } from "./engine-compare.ts";
import { Random, seeds } from "./random-world.ts";

const worlds = Number(process.env.STOA_WORLDS ?? 1);
const extent = { entities: 100, rounds: 8, queriesPerRound: 25 };
const bounds = {
  candidatesMax: 0,
  scannedMax: 7,
  windowEntitiesMax: 5,
  windowCharactersMax: 300,
};
const options = { now: Date.now, onCommit: () => undefined, bounds };

it("SQLite answers as the reference does in small windows and in the worker", async (context) => {
  const tally = emptyTally();
  const drawn = seeds(worlds);
  context.diagnostic(`seeds: ${drawn.join(" ")}`);
  for (const seed of drawn) {
    const folder = await mkdtemp(join(tmpdir(), "stoa-"));
    const file = join(folder, "stoa.db");
    let engine = new SqliteEngine(file, options);
    const reopen = async () => {
      await engine.close();
      engine = new SqliteEngine(file, options);
      return engine;
    };
    const reference = new MemoryEngine(options);
    try {
      await compareEngines(new Random(seed), { reference, engine, reopen }, extent, tally);
    } finally {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    }
  }
  assert.equal(tally.queries, drawn.length * extent.rounds * extent.queriesPerRound);
  assert(tally.found > tally.queries / 4, "a quarter of the queries should find something");
});
