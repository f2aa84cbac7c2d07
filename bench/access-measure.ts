/**
 * Times of what callers ask for, in four situations: alone, beside a writer, each through the
 * engine and through HTTP, and out of a cold file. Knows no tables.
 */
import { rmSync, writeFileSync } from "node:fs";
import { and } from "@stoa/domain";
import type { Engine } from "../packages/server/src/storage/engine.ts";
import { accessData, accessStore } from "./access-data.ts";
import { type AccessWork, accessWorks, askEngine, callerOf, teamOf } from "./access-work.ts";
import { type Api, signIn } from "./api.ts";
import { openBenchEngine } from "./engine-fill.ts";
import { entityOf, pick, randomOf } from "./entity-source.ts";
import { benchFolder, copied } from "./kept-folder.ts";
import { runLoad } from "./load.ts";
import { runToEnd, startStoa } from "./process.ts";
import { median, rawRequest } from "./rate.ts";
import { signInAs, type World, type WorldCaller } from "./world.ts";

export interface Situation {
  /** `"alone"` */
  readonly name: string;
  readonly engine: Times;
  /** Undefined where it was not measured. */
  readonly http?: Times;
}

export interface CallerTimes {
  readonly caller: string;
  /** Entities that it sees. */
  readonly visible: number;
  /** Medians in ms, in the order of the works; Infinity for those that were given up. */
  readonly ms: readonly number[];
}

export type Times = readonly CallerTimes[];

export interface AccessFigures {
  readonly entities: number;
  readonly situations: readonly Situation[];
  /** Why the cold file is not among them; undefined where it is. */
  readonly notCold?: string;
}

export async function measureAccess(entities: number): Promise<AccessFigures> {
  const { data, about: world } = await accessData(entities);
  const copy = copied(data, "access");
  const within = async (isWriting: boolean): Promise<Times> => {
    const engine = await openBenchEngine(copy);
    const stop = isWriting ? await writeToEngine(engine, world) : undefined;
    const times = await timesOf(world, engine, engineAsker(engine));
    await stop?.();
    await engine.close();
    return times;
  };
  tell(entities, "through the engine");
  const [alone, besideWriter] = [await within(false), await within(true)];
  tell(entities, "out of a cold file");
  const cold = await measureCold(copy, world);
  tell(entities, "through HTTP");
  const http = await measureHttp(copy, world);
  rmSync(copy, { recursive: true, force: true });
  const situations: Situation[] = [
    { name: "alone", engine: alone, http: http.alone },
    { name: "beside a writer", engine: besideWriter, http: http.besideWriter },
  ];
  if (typeof cold === "string") return { entities, situations, notCold: cold };
  return { entities, situations: [...situations, { name: "cold file", engine: cold }] };
}

type Ask = (caller: WorldCaller, work: AccessWork) => Promise<number>;

function engineAsker(engine: Engine): Ask {
  return async (caller, work) => {
    const asking = callerOf(caller);
    const start = performance.now();
    await askEngine(engine, asking, work);
    return performance.now() - start;
  };
}

async function timesOf(world: World, engine: Engine, ask: Ask): Promise<Times> {
  const times: CallerTimes[] = [];
  for (const caller of world.callers) {
    const works = accessWorks(teamOf(world, caller));
    const ms: number[] = [];
    for (const work of works) ms.push(await medianOf(() => ask(caller, work)));
    times.push({ caller: caller.name, visible: await visibleTo(engine, world, caller), ms });
  }
  return times;
}

async function visibleTo(engine: Engine, world: World, caller: WorldCaller): Promise<number> {
  const all = accessWorks(teamOf(world, caller)).find(({ title }) => title === "count all");
  return askEngine(engine, callerOf(caller), all as AccessWork);
}

/** Of up to 15 turns after two that do not count, fewer where they take long. */
async function medianOf(turn: () => Promise<number>): Promise<number> {
  const all: number[] = [];
  const begun = performance.now();
  for (let count = 0; count < turnsMax + warmTurns; count++) {
    const ms = await turn().catch(givenUp);
    if (count >= warmTurns || ms > slowMs) all.push(ms);
    if (performance.now() - begun > patienceMs) break;
  }
  return median(all);
}

/** A query that takes too long is ended by the server. */
function givenUp(cause: unknown): number {
  const text = cause instanceof Error ? `${cause.message} ${"code" in cause && cause.code}` : "";
  if (/timeout/.test(text)) return Number.POSITIVE_INFINITY;
  throw cause;
}

/** Twenty updates to a transaction, one after the other, until it is stopped. */
async function writeToEngine(engine: Engine, { callers }: World): Promise<() => Promise<void>> {
  const random = randomOf(5);
  const by = callers[0]?.user ?? "";
  const query = { filter: and(), order: [], offset: 0, limit: 1_000, after: null, only: null };
  const ids: string[] = [];
  for await (const { texts } of engine.find(accessStore.name, query)) {
    for (const text of texts) ids.push((JSON.parse(text) as { _id: string })._id);
  }
  return untilStopped(async () => {
    await engine.transact(async (tx) => {
      for (let n = 0; n < 20; n++) {
        const before = await tx.read(accessStore.name, pick(ids, random));
        if (!before) throw new Error("an entity is gone");
        const { at: _, revision: __, ...head } = before;
        const after = { ...head, body: JSON.stringify(entityOf(random)) };
        await tx.update(accessStore.name, before, after, { by, time: Date.now() });
      }
    });
    await new Promise((resolve) => setImmediate(resolve));
  });
}

/** Begins at once; what it gives ends it after the turn that runs. */
function untilStopped(turn: () => Promise<void>): () => Promise<void> {
  let isRunning = true;
  const run = async () => {
    while (isRunning) await turn();
  };
  const done = run();
  return () => {
    isRunning = false;
    return done;
  };
}

async function measureHttp(data: string, world: World) {
  const server = await startStoa(data);
  const apis = new Map<WorldCaller, Api>();
  for (const caller of world.callers) apis.set(caller, await signInAs(server.url, caller));
  const ask: Ask = async (caller, { path }) =>
    ((await (apis.get(caller) as Api).send("GET", path)) as { totalMs: number }).totalMs;
  const times = async (): Promise<Times> => {
    const all: CallerTimes[] = [];
    for (const caller of world.callers) {
      const ms: number[] = [];
      for (const work of accessWorks(teamOf(world, caller))) {
        ms.push(await medianOf(() => ask(caller, work)));
      }
      all.push({ caller: caller.name, visible: Number.NaN, ms });
    }
    return all;
  };
  const alone = await times();
  const stop = await writeOverHttp(await signIn(server.url, "admin"));
  const besideWriter = await times();
  await stop();
  await server.end();
  return { alone, besideWriter };
}

/** PATCHes over eight connections, until it is stopped. */
async function writeOverHttp(admin: Api): Promise<() => Promise<void>> {
  const { text } = await admin.send("GET", `${accessStore.name}?only=_id&limit=1000`);
  const requests = (JSON.parse(text) as { _id: string }[]).map(({ _id }) =>
    rawRequest(admin, "PATCH", `${accessStore.name}/${_id}`, '{"score":########}'),
  );
  return untilStopped(async () => {
    await runLoad({ url: admin.url, requests, connections: 8, seconds: 1 }, benchFolder);
  });
}

/** One turn each, after a new start over a file of which the system holds nothing. */
async function measureCold(data: string, world: World): Promise<Times | string> {
  const times: CallerTimes[] = [];
  for (const caller of world.callers) {
    const ms: number[] = [];
    for (const work of accessWorks(teamOf(world, caller))) {
      const refusal = await dropPageCache();
      if (refusal !== undefined) return refusal;
      const engine = await openBenchEngine(data);
      ms.push(await engineAsker(engine)(caller, work).catch(givenUp));
      await engine.close();
    }
    times.push({ caller: caller.name, visible: Number.NaN, ms });
  }
  return times;
}

/** Why it could not be done, or undefined. */
async function dropPageCache(): Promise<string | undefined> {
  try {
    await runToEnd("sync", [], 60_000);
    writeFileSync("/proc/sys/vm/drop_caches", "3\n");
    return undefined;
  } catch (cause) {
    return `the page cache cannot be dropped here (${(cause as Error).message})`;
  }
}

function tell(entities: number, what: string): void {
  process.stderr.write(`access at ${entities} entities, ${what}\n`);
}

const turnsMax = 15;
const warmTurns = 2;
const slowMs = 500;
const patienceMs = 2_000;
