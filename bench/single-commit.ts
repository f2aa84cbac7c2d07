/**
 * One write after the other through the engine, twice: as it commits (the log forced apart, in
 * groups), and as a single commit by itself, which SQLite forces. Knows no HTTP.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { storeDefinition } from "@stoa/domain";
import type { Engine } from "../packages/server/src/storage/engine.ts";
import { SqliteEngine } from "../packages/server/src/storage/sqlite-engine.ts";
import { benchFolder } from "./kept-folder.ts";
import { median } from "./rate.ts";

/** Medians, ms. */
export interface SingleCommit {
  readonly groupMs: number;
  readonly singleMs: number;
}

/** In turn, fifty at a time; the first rounds do not count. */
export async function measureSingleCommit(): Promise<SingleCommit> {
  mkdirSync(benchFolder, { recursive: true });
  const folder = mkdtempSync(join(benchFolder, "commit-"));
  const engines = [open(join(folder, "group.db"), false), open(join(folder, "single.db"), true)];
  const times: number[][] = [[], []];
  for (const engine of engines) await engine.transact((tx) => tx.define(things));
  for (let round = 0; round < rounds; round++) {
    for (const [at, engine] of engines.entries()) {
      for (let write = 0; write < writesPerRound; write++) {
        const ms = await timeOfOne(engine);
        if (round >= warmRounds) times[at]?.push(ms);
        await nextTurn();
      }
    }
  }
  for (const engine of engines) await engine.close();
  rmSync(folder, { recursive: true });
  const [groupMs = Number.NaN, singleMs = Number.NaN] = times.map(median);
  return { groupMs, singleMs };
}

/** Where other processes share the file, each commit is SQLite's own. */
function open(file: string, isSingle: boolean): Engine {
  const peers = { announce: () => undefined, lapse: () => undefined };
  const options = { now: Date.now, onCommit: () => undefined, ...(isSingle && { peers }) };
  return new SqliteEngine(file, options);
}

async function timeOfOne(engine: Engine): Promise<number> {
  const start = performance.now();
  const [by, time] = [owner, Date.now()];
  const draft = { id: newId(), owner, group, access: [], time, body };
  await engine.transact((tx) => tx.insert(things.name, draft, { by, time }));
  return performance.now() - start;
}

function newId(): string {
  return randomBytes(12).toString("hex");
}

const things = storeDefinition(newId(), { name: "things" });
const owner = newId();
const group = newId();
const body = JSON.stringify({ text: "x".repeat(200) });
const rounds = 40;
const warmRounds = 5;
const writesPerRound = 50;
