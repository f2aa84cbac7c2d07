/**
 * Cases of the engine suite: how much of the log is kept, by age and by size. Knows only the port.
 */
import assert from "node:assert/strict";
import { limit } from "@stoa/domain";
import type { LogRetention } from "../src/storage/engine.ts";
import { type Case, draft, insert, mark, store, type World } from "./engine-world.ts";

export const logKept: LogRetention = { ageMsMax: 60 * 60 * 1_000, bytesMax: 50_000 };

export const logCases: readonly Case[] = [
  ["changes older than their time go, younger ones stay", byAge],
  ["of a log over its size the oldest changes go", bySize],
  ["of changes with much text a piece comes at a time, and nothing is left out", byPieces],
  ["the newest change stays, however old, and what was last is still known", newest],
];

async function byAge(world: World): Promise<void> {
  const { engine } = world;
  for (let number = 10; number < 15; number++) await insert(engine, "cities", draft(number));
  const [last] = (await engine.changes(0, 1_000)).slice(-1);
  world.now += logKept.ageMsMax - 1_000;
  await insertNow(world, 20);
  assert.equal(engine.keptSince, 0, "all are kept");
  world.now += limit.sweepEveryMs;
  await insertNow(world, 21);
  assert.equal(engine.keptSince, last?.sequence);
  const kept = await engine.changes(0, 1_000);
  assert.deepEqual(
    kept.map(({ sequence }) => sequence),
    [1, 2].map((n) => (last?.sequence ?? 0) + n),
  );
}

async function bySize(world: World): Promise<void> {
  const { engine } = world;
  const text = "x".repeat(860);
  await insert(engine, "cities", ...Array.from({ length: 200 }, (_, n) => draft(10 + n, { text })));
  world.now += limit.sweepEveryMs;
  await insertNow(world, 1_000);
  const kept = await engine.changes(0, 1_000);
  assert.ok(kept.length >= 40 && kept.length <= 60, `${kept.length} are kept`);
  assert.equal(kept[0]?.sequence, engine.keptSince + 1);
}

async function byPieces({ engine }: World): Promise<void> {
  const [last] = (await engine.changes(0, 1_000)).slice(-1);
  const text = "x".repeat(limit.logPieceBytesMax / 4);
  for (let number = 10; number < 20; number++)
    await insert(engine, "cities", draft(number, { text }));
  const pieces: number[][] = [];
  for (let since = last?.sequence ?? 0; ; ) {
    const piece = (await engine.changes(since, 1_000)).map(({ sequence }) => sequence);
    if (piece.length === 0) break;
    pieces.push(piece);
    since = piece.at(-1) as number;
  }
  assert.deepEqual(
    pieces.map(({ length }) => length),
    [4, 4, 2],
  );
  const first = (last?.sequence ?? 0) + 1;
  assert.deepEqual(
    pieces.flat(),
    Array.from({ length: 10 }, (_, at) => first + at),
  );
}

async function newest(world: World): Promise<void> {
  const { engine } = world;
  const [last] = (await engine.changes(0, 1_000)).slice(-1);
  world.now += 2 * logKept.ageMsMax;
  await engine.transact((tx) => tx.define(store("towns")));
  assert.deepEqual(await engine.changes(0, 1_000), [last]);
  assert.equal(await engine.transact(async (tx) => tx.lastChange(["groups"])), last?.sequence);
  await insertNow(world, 30);
  const [next] = (await engine.changes(0, 1_000)).slice(-1);
  assert.equal(next?.sequence, (last?.sequence ?? 0) + 1);
}

async function insertNow({ engine, now }: World, number: number): Promise<void> {
  await engine.transact((tx) => tx.insert("cities", draft(number), { ...mark, time: now }));
}
