/**
 * SQLite gives the same answers as the reference, in random worlds. `STOA_SEED=1234` repeats one,
 * `STOA_WORLDS=200` runs more of them.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { MemoryEngine } from "../src/storage/memory-engine.ts";
import { openEngine } from "../src/storage/open-engine.ts";
import { compareEngines, emptyTally, type Tally } from "./engine-compare.ts";
import { functionNames } from "./random-query.ts";
import { Random, seeds } from "./random-world.ts";

const worlds = Number(process.env.STOA_WORLDS ?? 6);
const extent = { entities: 150, rounds: 10, queriesPerRound: 40 };
const options = { now: Date.now, onCommit: () => undefined };

it("SQLite answers as the reference does, whatever is asked", async (context) => {
  const tally = emptyTally();
  const drawn = seeds(worlds);
  context.diagnostic(`seeds: ${drawn.join(" ")}`);
  for (const seed of drawn) await compareWith(seed, tally);
  context.diagnostic(JSON.stringify({ ...tally, kinds: tally.kinds.size }));
  assert.equal(tally.queries, drawn.length * extent.rounds * extent.queriesPerRound);
  assert(tally.found > tally.queries / 4, "a quarter of the queries should find something");
  assert(tally.found < tally.queries, "some queries should find nothing");
  assert(tally.done > tally.refused && tally.refused > 0, "some works should be refused");
  if (drawn.length < worldsForAllKinds) return;
  const isMissing = (kind: string) => !tally.kinds.has(kind);
  const missing = filterKinds.filter(isMissing);
  assert.deepEqual(missing, [], "every kind of filter should have let a part through");
  const unused = functionNames.filter(isMissing);
  assert(unused.length <= unusedFunctionsMax, `${unused.join()} let nothing through`);
});

/** Fewer may miss a kind by chance; of the many functions a few may be missed in any run. */
const worldsForAllKinds = 6;
const unusedFunctionsMax = 3;
const filterKinds = (
  "all any not compare loosely element in contains like isnull truthy visible search " +
  "property constant list test"
).split(" ");

async function compareWith(seed: number, tally: Tally): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "stoa-"));
  const reference = new MemoryEngine(options);
  let engine = await openEngine(folder, options);
  const reopen = async () => {
    await engine.close();
    engine = await openEngine(folder, options);
    return engine;
  };
  try {
    await compareEngines(new Random(seed), { reference, engine, reopen }, extent, tally);
  } finally {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  }
}
