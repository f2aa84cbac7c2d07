/**
 * What is measured of Stoa on PostgreSQL: beside the driver alone and a bare server, beside a peer,
 * and two nodes beside one. Everything in turn; gives medians.
 */
import { apiOf } from "./api.ts";
import { cpuMsOf, familyCpuMsOf } from "./cpu.ts";
import { Duty } from "./duty.ts";
import { benchFolder } from "./kept-folder.ts";
import type { DriverResult, DriverTask } from "./limit-postgres.ts";
import { type Load, runLoad } from "./load.ts";
import { type Peer, type PeerWork, peerWorks, requestsFor } from "./peer.ts";
import type { Postgres } from "./peer-postgres.ts";
import type { StoaPeer } from "./peer-stoa.ts";
import { besideBusyCore, type Partner, type Server } from "./process.ts";
import { bareUrlOf, median } from "./rate.ts";

export const rounds = 3;
export const connections = 64;

/** Per second, and microseconds of computing for each. */
export interface LimitFigures {
  readonly work: "get" | "insert" | "list";
  readonly stoa: number;
  readonly nodeUs: number;
  readonly databaseUs: number;
  /** The driver beside a process that keeps a core busy, as the load does beside Stoa. */
  readonly driver: number;
  /** The same with the machine to itself. */
  readonly driverAlone: number;
  /** Beside a busy core, as many together as it does otherwise not: see `togetherOf`. */
  readonly otherwise: number;
  readonly bare: number;
}

/**
 * Entities that the driver does by one statement or commit: for the limit, and for the other way.
 * Gathered reads go faster than any HTTP, and inserts one by one wait for the disk.
 */
const togetherOf = {
  get: { limit: 1, otherwise: connections / 2 },
  list: { limit: 1, otherwise: 1 },
  insert: { limit: connections, otherwise: 1 },
} as const;

export interface Place {
  readonly stoa: StoaPeer;
  readonly postgres: Postgres;
  readonly driver: Partner;
  readonly bare: Partner;
  readonly seconds: number;
}

export async function measureLimit(
  { stoa, postgres, driver, bare, seconds }: Place,
  work: LimitFigures["work"],
): Promise<LimitFigures> {
  const requests = requestsFor(stoa, work);
  const load = { url: stoa.url, requests, connections, seconds };
  const empty = { ...load, url: await bareUrlOf(bare, await sampleOf(stoa, work)) };
  const ask = (together: number) => {
    const task: DriverTask = { work, seconds, atOnce: connections, together, ids: stoa.ids };
    return driver.ask<DriverResult>(task, seconds * 1_000 + 30_000);
  };
  const beside = (together: number) => besideBusyCore(() => ask(together));
  const found = new Map<keyof LimitFigures, number[]>();
  const add = (name: keyof LimitFigures, value: number) => {
    found.set(name, [...(found.get(name) ?? []), value]);
  };
  for (const each of [load, empty]) await runLoad({ ...each, seconds: 1 }, benchFolder);
  for (let round = 0; round < rounds; round++) {
    const [node, database] = [cpuMsOf(stoa.pid), familyCpuMsOf(postgres.pid)];
    const { perSecond } = await runLoad(load, benchFolder);
    add("stoa", perSecond);
    add("nodeUs", ((cpuMsOf(stoa.pid) - node) * 1_000) / (perSecond * seconds));
    add("databaseUs", ((familyCpuMsOf(postgres.pid) - database) * 1_000) / (perSecond * seconds));
    add("bare", (await runLoad(empty, benchFolder)).perSecond);
    const { limit, otherwise } = togetherOf[work];
    add("driver", (await beside(limit)).perSecond);
    add("driverAlone", (await ask(limit)).perSecond);
    add("otherwise", (await beside(otherwise)).perSecond);
  }
  const middle = (name: keyof LimitFigures) => median(found.get(name) ?? []);
  return {
    work,
    stoa: middle("stoa"),
    nodeUs: middle("nodeUs"),
    databaseUs: middle("databaseUs"),
    driver: middle("driver"),
    driverAlone: middle("driverAlone"),
    otherwise: middle("otherwise"),
    bare: middle("bare"),
  };
}

function sampleOf({ url, token, paths, ids, bodyOf }: StoaPeer, work: LimitFigures["work"]) {
  const api = apiOf(url, token);
  const below = (path: string) => path.replace("/api/v1/", "");
  if (work === "get") return api.send("GET", below(paths.get(ids[0] as string)));
  if (work === "list") return api.send("GET", below(paths.list(100, 0)));
  const entity = { name: "one", kind: "route", country: "NL", score: 1 };
  return api.send("POST", below(paths.store), bodyOf(entity as Parameters<typeof bodyOf>[0]));
}

export interface PeerFigures {
  readonly work: PeerWork;
  readonly stoa: number;
  readonly other: number;
}

export async function measureBeside(
  both: readonly [Peer, Peer],
  work: PeerWork,
  seconds: number,
): Promise<PeerFigures> {
  const loads = both.map((peer) => ({
    url: peer.url,
    requests: requestsFor(peer, work),
    connections: peerWorks[work].connections,
  }));
  for (const load of loads) await runLoad({ ...load, seconds: 1 }, benchFolder);
  const found: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [at, load] of loads.entries()) {
      found[at]?.push((await runLoad({ ...load, seconds }, benchFolder)).perSecond);
    }
  }
  const [stoa = Number.NaN, other = Number.NaN] = found.map(median);
  return { work, stoa, other };
}

export interface NodesFigures {
  readonly work: PeerWork;
  /** The part of the time in which each node may compute. */
  readonly share: number;
  readonly one: number;
  readonly two: number;
}

/**
 * Half of the load to each of two nodes beside all of it to one. Nodes that may compute a part of
 * the time only stand for machines of their own, which one machine cannot be.
 */
export async function measureNodes(
  stoa: StoaPeer,
  second: Server,
  { work, share, seconds }: { work: PeerWork; share: number; seconds: number },
): Promise<NodesFigures> {
  const requests = requestsFor(stoa, work);
  const load = (url: string, count: number): Load => ({
    url,
    requests,
    connections: count,
    seconds,
  });
  const one = async () => (await runLoad(load(stoa.url, connections), benchFolder)).perSecond;
  const two = async () => {
    const halves = [load(stoa.url, connections / 2), load(second.url, connections / 2)];
    const rates = await Promise.all(halves.map((half) => runLoad(half, benchFolder)));
    return rates.reduce((sum, { perSecond }) => sum + perSecond, 0);
  };
  const duty = new Duty([stoa.pid, second.pid], share);
  const [ones, twos]: [number[], number[]] = [[], []];
  duty.begin();
  try {
    await two();
    for (let round = 0; round < rounds; round++) {
      ones.push(await one());
      twos.push(await two());
    }
  } finally {
    duty.end();
  }
  return { work, share, one: median(ones), two: median(twos) };
}
