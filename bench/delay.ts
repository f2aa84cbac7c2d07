/**
 * Works that are measured one at a time: how long a list of 10,000, a count, an export and a start
 * take, and how much memory they need.
 */
import { rmSync } from "node:fs";
import { type Api, apiOf, signIn } from "./api.ts";
import type { RawResult } from "./limit-sqlite.ts";
import type { Place } from "./place.ts";
import { anonymousMegabytes, type Server, startStoa } from "./process.ts";
import { bareUrl, median } from "./rate.ts";
import { logins, seededCopy } from "./seed.ts";

export interface LongList {
  readonly stoaMs: number;
  readonly firstByteMs: number;
  readonly bareMs: number;
  readonly rawMs: number;
  /** Stoa's time by the sum of the others. */
  readonly ratio: number;
  /** Of the same list with one field of each. */
  readonly oneFieldMs: number;
  /** With three, one of which is nested. */
  readonly threeFieldsMs: number;
}

export async function measureLongList(place: Place, seconds: number): Promise<LongList> {
  const path = "bench?limit=10000";
  const sample = await place.whole.send("GET", path);
  const bare = apiOf(await bareUrl(place, sample), place.whole.token);
  const stoa: { firstByteMs: number; totalMs: number }[] = [];
  const oneField: number[] = [];
  const threeFields: number[] = [];
  const bareTimes: number[] = [];
  const rawTimes: number[] = [];
  for (let round = 0; round < 3; round++) {
    for (let turn = 0; turn < turns; turn++) {
      stoa.push(await place.whole.send("GET", path));
      oneField.push((await place.whole.send("GET", `${path}&only=kind`)).totalMs);
      threeFields.push((await place.whole.send("GET", `${path}&only=${threeNames}`)).totalMs);
      bareTimes.push((await bare.send("GET", path)).totalMs);
    }
    const task = { ...place.task, work: "list10k", seconds: Math.min(1, seconds) };
    rawTimes.push(1_000 / (await place.raw.ask<RawResult>(task, 30_000)).perSecond);
  }
  const stoaMs = median(stoa.map(({ totalMs }) => totalMs));
  const firstByteMs = median(stoa.map((one) => one.firstByteMs));
  const [bareMs, rawMs] = [median(bareTimes), median(rawTimes)];
  const ratio = stoaMs / (bareMs + rawMs);
  const [oneFieldMs, threeFieldsMs] = [median(oneField), median(threeFields)];
  return { stoaMs, firstByteMs, bareMs, rawMs, ratio, oneFieldMs, threeFieldsMs };
}

export interface Counts {
  readonly wholeMs: number;
  readonly middleMs: number;
}

export async function measureCounts({ whole, middle }: Place): Promise<Counts> {
  const times = async (api: Api) => {
    const all: number[] = [];
    for (let turn = 0; turn < 100; turn++) {
      all.push((await api.send("GET", "bench?meta=count")).totalMs);
    }
    return median(all);
  };
  return { wholeMs: await times(whole), middleMs: await times(middle) };
}

export interface Export {
  readonly seconds: number;
  readonly entitiesPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Private memory at most, less what it was before. */
  readonly addedMb: number;
}

export async function measureExport({ whole, server, seed }: Place): Promise<Export> {
  const before = anonymousMegabytes(server.pid);
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, anonymousMegabytes(server.pid));
  }, 20);
  const start = performance.now();
  const bytes = await whole.drain("bench?nolimit=true").finally(() => clearInterval(watch));
  const seconds = (performance.now() - start) / 1_000;
  return {
    seconds,
    entitiesPerSecond: seed.entities / seconds,
    megabytesPerSecond: bytes / 2 ** 20 / seconds,
    addedMb: peak - before,
  };
}

/** From the start of the process to the answer of a list, over a directory of its own. */
export async function measureStart(entities: number): Promise<number> {
  const { data } = await seededCopy(entities, "run-start");
  const first = await startStoa(data);
  const { token } = await signIn(first.url, logins.middle);
  const times: number[] = [];
  let server: Server = first;
  for (let round = 0; round < 5; round++) {
    await server.end();
    const start = performance.now();
    server = await startStoa(data);
    await apiOf(server.url, token).send("GET", "bench?limit=1");
    times.push(performance.now() - start);
  }
  await server.end();
  rmSync(data, { recursive: true, force: true });
  return median(times);
}

const turns = 7;
const threeNames = "name,place.lat,score";
