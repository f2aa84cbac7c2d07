/**
 * Works that are measured by how many of them are done in a second: Stoa, the bare server and the
 * raw loop in turn, three times, and the medians of each.
 */
import type { OutgoingHttpHeaders } from "node:http";
import type { Api, Reply } from "./api.ts";
import { entityOf, pick, randomOf } from "./entity-source.ts";
import { benchFolder } from "./kept-folder.ts";
import type { RawResult, RawTask } from "./limit-sqlite.ts";
import { type LoadResult, runLoad } from "./load.ts";
import type { Place } from "./place.ts";
import { anonymousMegabytes, besideBusyCore, type Partner } from "./process.ts";
import { wireRequest } from "./wire-request.ts";

export type RateWork = "get" | "list" | "insert" | "patch";

export interface Rates {
  readonly stoa: readonly LoadResult[];
  readonly bare: readonly LoadResult[];
  readonly raw: readonly RawResult[];
  /** Medians, per second, and the serial limit 1 / (1 / bare + 1 / raw). */
  readonly median: { readonly stoa: number; readonly limit: number };
  readonly ratio: number;
  /** Of the server, right after its last round. */
  readonly memoryMb: number;
}

export interface RateTask {
  readonly work: RateWork;
  readonly seconds: number;
  /** Whether one client alone waits for each answer; else 64 do. */
  readonly isAlone?: boolean;
}

export async function measureRate(
  place: Place,
  { work, seconds, isAlone = false }: RateTask,
): Promise<Rates> {
  const { requests, sample, cursors } = await requestsOf(place, work);
  const url = await bareUrl(place, sample);
  const perCommit = isAlone ? 1 : 100;
  const task: RawTask = { ...place.task, work, seconds, perCommit, ids: cursors ?? place.ids };
  const stoa: LoadResult[] = [];
  const bare: LoadResult[] = [];
  const raw: RawResult[] = [];
  const load = { requests, connections: isAlone ? 1 : 64, seconds };
  let memoryMb = 0;
  // Caches and compiled code first, as the raw loop does for itself.
  for (const each of [place.server.url, url]) {
    await runLoad({ ...load, url: each, seconds: 1 }, benchFolder);
  }
  for (let round = 0; round < rounds; round++) {
    stoa.push(await runLoad({ ...load, url: place.server.url }, benchFolder));
    memoryMb = anonymousMegabytes(place.server.pid);
    bare.push(await runLoad({ ...load, url }, benchFolder));
    const ask = () => place.raw.ask<RawResult>(task, seconds * 1_000 + 30_000);
    raw.push(await besideBusyCore(ask));
  }
  const rate = (results: readonly RawResult[]) => median(results.map((one) => one.perSecond));
  const limit = 1 / (1 / rate(bare) + 1 / rate(raw));
  const reached = rate(stoa);
  return { stoa, bare, raw, median: { stoa: reached, limit }, ratio: reached / limit, memoryMb };
}

/** Tells the bare server to answer as Stoa did. */
export function bareUrl({ bare }: Place, reply: Reply): Promise<string> {
  return bareUrlOf(bare, reply);
}

export async function bareUrlOf(bare: Partner, { headers, text }: Reply): Promise<string> {
  const own = ["date", "connection", "keep-alive", "transfer-encoding"];
  const copied = Object.entries(headers).filter(([name]) => !own.includes(name));
  const sent: OutgoingHttpHeaders = Object.fromEntries(copied);
  sent["content-length"] = Buffer.byteLength(text);
  return (await bare.ask<{ url: string }>({ text, headers: sent }, 10_000)).url;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export interface Requests {
  readonly requests: readonly string[];
  readonly sample: Reply;
  /** Ids that lists begin after, where the work is a list. */
  readonly cursors?: readonly string[];
}

/** What requests are made of. */
export type RequestPlace = Pick<Place, "middle" | "ids" | "seed">;

export async function requestsOf(
  { middle, ids, seed }: RequestPlace,
  work: RateWork,
): Promise<Requests> {
  const random = randomOf(3);
  const some = Array.from({ length: requestsTotal }, () => pick(ids, random));
  const raw = (method: string, path: string, body?: string) =>
    rawRequest(middle, method, path, body);
  switch (work) {
    case "get": {
      const sample = await middle.send("GET", `bench/${ids[0]}`);
      return { requests: some.map((id) => raw("GET", `bench/${id}`)), sample };
    }
    case "list":
      return listRequests(middle);
    case "insert": {
      const bodies = some.map(() => ({ group: pick(seed.reach, random), ...entityOf(random) }));
      const sample = await middle.send("POST", "bench", bodies[0]);
      return { requests: bodies.map((body) => raw("POST", "bench", JSON.stringify(body))), sample };
    }
    case "patch": {
      const sample = await middle.send("PATCH", `bench/${ids[0]}`, { score: 1 });
      const patch = '{"score":########}';
      return { requests: some.map((id) => raw("PATCH", `bench/${id}`, patch)), sample };
    }
    default:
      return work satisfies never;
  }
}

/** Pages of 100 all over the store, by the cursors that the server gives. */
async function listRequests(middle: Api): Promise<Requests> {
  const paths: string[] = [];
  const cursors: string[] = [];
  let path = "bench?limit=100";
  let sample = await middle.send("GET", path);
  while (paths.length < pagesMax) {
    const reply = await middle.send("GET", path);
    const texts = JSON.parse(reply.text) as { _id: string }[];
    if (texts.length < 100) break;
    sample = reply;
    paths.push(path);
    cursors.push(texts.at(-1)?._id ?? "");
    const next = /<([^>]+)>; *rel="next"/.exec(String(reply.headers["link"]))?.[1];
    if (next === undefined) break;
    path = new URL(next, middle.url).href.split("/api/v1/")[1] ?? path;
  }
  // The last cursor begins a page that was not asked for.
  const begins = ["", ...cursors.slice(0, -1)];
  return {
    requests: paths.map((each) => rawRequest(middle, "GET", each)),
    sample,
    cursors: begins,
  };
}

export function rawRequest({ token }: Api, method: string, path: string, body?: string): string {
  const headers = { Authorization: `Bearer ${token}` };
  return wireRequest({ method, path: `/api/v1/${path}`, headers, body });
}

const rounds = 3;
const requestsTotal = 10_000;
const pagesMax = 200;
