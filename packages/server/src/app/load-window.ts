/**
 * The load of the last hour in rings of fixed size, out of what the server reports
 * (`service/observation.ts`); for the small plots of a page about its health. Knows one process;
 * reports of several are added up.
 */
import { limit } from "@stoa/domain";
import type { Observation } from "../service/observation.ts";

/** One stretch of time: `[7, 2]` of `times` says that two requests fell into the 8th class. */
export interface LoadPoint {
  /** Its beginning, Unix milliseconds. */
  readonly time: number;
  readonly requests: number;
  /** Answers from 400 on, and from 500 on. */
  readonly refusals: number;
  readonly failures: number;
  readonly times: readonly (readonly [classIndex: number, count: number])[];
  /** As of its end; 0 where nothing was reported. */
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly followers: number;
  readonly subscriptions: number;
  readonly lagMs: number;
  readonly databaseBytes: number;
}

/** What one process has to say, or several have; plain values. */
export interface LoadReport {
  /** How many are at it: 0 where they have ended. */
  readonly processes: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  /** Since then. */
  readonly totals: LoadTotals;
  /** Oldest first; stretches in which nothing was reported are absent. */
  readonly points: readonly LoadPoint[];
}

export interface LoadTotals {
  readonly requests: number;
  readonly refusals: number;
  readonly failures: number;
  readonly faults: number;
  readonly refusedSignIns: number;
  readonly events: number;
  readonly gaps: number;
  readonly drops: number;
}

/** A point with what people read of times: that of half, of 95 and of 99 of a hundred requests. */
export interface ShownPoint extends Omit<LoadPoint, "times"> {
  /** Milliseconds; null without requests. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

/** The load of all processes together. */
export interface Load {
  readonly startedAt: number;
  readonly processes: number;
  /** Milliseconds from one point to the next. */
  readonly everyMs: number;
  readonly totals: LoadTotals;
  readonly points: readonly ShownPoint[];
}

export class LoadWindow {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #ring: Stretch[] = [];
  readonly #totals = { ...noTotals };

  /** @param now Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  observe(observation: Observation): void {
    const totals = this.#totals;
    switch (observation.kind) {
      case "request": {
        const stretch = this.#stretch();
        const { status, ms } = observation;
        stretch.requests++;
        totals.requests++;
        const at = classOf(ms);
        stretch.times[at] = (stretch.times[at] ?? 0) + 1;
        if (status >= refusalMin) {
          stretch.refusals++;
          totals.refusals++;
        }
        if (status >= failureMin) {
          stretch.failures++;
          totals.failures++;
        }
        break;
      }
      case "feed": {
        const { followers, subscriptions, lagMs, events, gaps, drops } = observation;
        Object.assign(this.#stretch(), { followers, subscriptions, lagMs });
        Object.assign(totals, { events, gaps, drops });
        break;
      }
      case "memory": {
        const { rssBytes, heapBytes } = observation;
        Object.assign(this.#stretch(), { rssBytes, heapBytes });
        break;
      }
      case "database":
        this.#stretch().databaseBytes = observation.bytes;
        break;
      case "fault":
        totals.faults++;
        break;
      case "signIn":
        if (observation.outcome !== "accepted") totals.refusedSignIns++;
        break;
      default:
    }
  }

  report(): LoadReport {
    const oldest = this.#begin() - (limit.loadPointsMax - 1) * limit.loadPointMs;
    const points = this.#ring
      .filter(({ time }) => time >= oldest)
      .sort((a, b) => a.time - b.time)
      .map(({ times, ...rest }) => ({ ...rest, times: sparse(times) }));
    return { processes: 1, startedAt: this.#startedAt, totals: { ...this.#totals }, points };
  }

  #begin(): number {
    return Math.floor(this.#now() / limit.loadPointMs) * limit.loadPointMs;
  }

  /** The one of now, in the place of the one of an hour ago. */
  #stretch(): Stretch {
    const time = this.#begin();
    const place = (time / limit.loadPointMs) % limit.loadPointsMax;
    const known = this.#ring[place];
    if (known?.time === time) return known;
    const before = this.#ring[(place + limit.loadPointsMax - 1) % limit.loadPointsMax];
    const fresh = newStretch(time, before?.time === time - limit.loadPointMs ? before : undefined);
    this.#ring[place] = fresh;
    return fresh;
  }
}

/** What several processes have to say, for people. */
export function addedLoad(reports: readonly LoadReport[]): Load {
  const { processes, startedAt, totals, points } = joinedLoad(reports);
  const everyMs = limit.loadPointMs;
  return { startedAt, processes, everyMs, totals, points: points.map(shown) };
}

/** Reports of several processes as one: counts added up, the longest delay, their one database. */
export function joinedLoad(reports: readonly LoadReport[]): LoadReport {
  const stretches = new Map<number, Stretch>();
  for (const { points } of reports) {
    for (const point of points) {
      const sum = stretches.get(point.time) ?? newStretch(point.time);
      stretches.set(point.time, sum);
      addTo(sum, point);
    }
  }
  const totals = { ...noTotals };
  for (const report of reports) {
    for (const name of Object.keys(noTotals) as (keyof LoadTotals)[]) {
      totals[name] += report.totals[name];
    }
  }
  // Of those who have ended there may be older ones.
  const oldest = Math.max(...stretches.keys()) - (limit.loadPointsMax - 1) * limit.loadPointMs;
  const points = [...stretches.values()]
    .filter(({ time }) => time >= oldest)
    .sort((a, b) => a.time - b.time);
  return {
    startedAt: Math.min(...reports.map(({ startedAt }) => startedAt)),
    processes: reports.reduce((sum, { processes }) => sum + processes, 0),
    totals,
    points: points.map(({ times, ...rest }) => ({ ...rest, times: sparse(times) })),
  };
}

type Stretch = { -readonly [K in keyof LoadPoint]: K extends "times" ? number[] : LoadPoint[K] };

const noTotals: { -readonly [K in keyof LoadTotals]: number } = {
  requests: 0,
  refusals: 0,
  failures: 0,
  faults: 0,
  refusedSignIns: 0,
  events: 0,
  gaps: 0,
  drops: 0,
};

/** @param before what was so then is so now, until something else is reported. */
function newStretch(time: number, before?: Stretch): Stretch {
  return {
    time,
    requests: 0,
    refusals: 0,
    failures: 0,
    times: [],
    rssBytes: before?.rssBytes ?? 0,
    heapBytes: before?.heapBytes ?? 0,
    followers: before?.followers ?? 0,
    subscriptions: before?.subscriptions ?? 0,
    lagMs: 0,
    databaseBytes: before?.databaseBytes ?? 0,
  };
}

function addTo(sum: Stretch, point: LoadPoint): void {
  for (const name of added) sum[name] += point[name];
  sum.lagMs = Math.max(sum.lagMs, point.lagMs);
  // All of them share one database.
  sum.databaseBytes = Math.max(sum.databaseBytes, point.databaseBytes);
  for (const [at, count] of point.times) sum.times[at] = (sum.times[at] ?? 0) + count;
}

const added = [
  "requests",
  "refusals",
  "failures",
  "rssBytes",
  "heapBytes",
  "followers",
  "subscriptions",
] as const;

function sparse(times: readonly number[]): [number, number][] {
  return [...times.entries()].filter(([, count]) => count > 0);
}

function shown({ times, ...rest }: LoadPoint): ShownPoint {
  const within = (share: number) => percentile(times, rest.requests, share);
  return { ...rest, p50Ms: within(0.5), p95Ms: within(0.95), p99Ms: within(0.99) };
}

/** The end of the class in which the share of all requests is reached. */
function percentile(times: LoadPoint["times"], count: number, share: number): number | null {
  if (count === 0) return null;
  let left = Math.ceil(count * share);
  for (const [at, some] of times) {
    left -= some;
    if (left <= 0) return endOf(at);
  }
  return endOf(classesMax - 1);
}

/** Four classes to each doubling, from 0.05 ms to 13 s. */
function classOf(ms: number): number {
  const at = Math.ceil(classesPerDoubling * Math.log2(Math.max(ms, shortestMs) / shortestMs));
  return Math.min(at, classesMax - 1);
}

function endOf(at: number): number {
  return Number((shortestMs * 2 ** (at / classesPerDoubling)).toPrecision(3));
}

const shortestMs = 0.05;
const classesPerDoubling = 4;
const classesMax = 73;
const refusalMin = 400;
const failureMin = 500;
