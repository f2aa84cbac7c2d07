/**
 * PostgreSQL gives the same answers as the reference, in random worlds, and in worlds where little
 * is read at once, so that few entities take every way. `STOA_SEED=1234` repeats one,
 * `STOA_WORLDS=200` runs more of them.
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import { MemoryEngine } from "../src/storage/memory-engine.ts";
import { openPostgres } from "../src/storage/postgres-engine.ts";
import { compareEngines, type Extent, emptyTally, type Tally } from "./engine-compare.ts";
import { newSchema } from "./postgres-schemas.ts";
import { Random, seeds } from "./random-world.ts";

const options = { now: Date.now, onCommit: () => undefined };
const ways = [
  {
    name: "whatever is asked",
    worlds: 3,
    extent: { entities: 120, rounds: 8, queriesPerRound: 40 },
    options,
  },
  {
    name: "in small windows",
    worlds: 1,
    extent: { entities: 80, rounds: 6, queriesPerRound: 25 },
    options: {
      ...options,
      bounds: { windowEntitiesMax: 5, windowCharactersMax: 300, scannedMax: 7, sortedMax: 11 },
    },
  },
] as const;

for (const { name, worlds, extent, options } of ways) {
  it(`PostgreSQL answers as the reference does, ${name}`, async (context) => {
    const tally = emptyTally();
    const drawn = seeds(Number(process.env["STOA_WORLDS"] ?? worlds));
    context.diagnostic(`seeds: ${drawn.join(" ")}`);
    for (const seed of drawn) await compareWith(seed, extent, options, tally);
    context.diagnostic(JSON.stringify({ ...tally, kinds: tally.kinds.size }));
    assert.equal(tally.queries, drawn.length * extent.rounds * extent.queriesPerRound);
    assert(tally.found > tally.queries / 4, "a quarter of the queries should find something");
    assert(tally.found < tally.queries, "some queries should find nothing");
    assert(tally.done > tally.refused, "most works should be done");
    assert(tally.refused > 0 || drawn.length < 3, "some works should be refused");
  });
}

async function compareWith(
  seed: number,
  extent: Extent,
  options: (typeof ways)[number]["options"],
  tally: Tally,
): Promise<void> {
  const schema = await newSchema();
  const reference = new MemoryEngine(options);
  let engine = await openPostgres(schema.url, options);
  const reopen = async () => {
    await engine.close();
    engine = await openPostgres(schema.url, options);
    return engine;
  };
  try {
    await compareEngines(new Random(seed), { reference, engine, reopen }, extent, tally);
  } finally {
    await engine.close();
    await schema.remove();
  }
}
