/** Tests of the load of the last hour. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { limit } from "@stoa/domain";
import type { Observation } from "../service/observation.ts";
import { addedLoad, LoadWindow } from "./load-window.ts";

const start = 1_478_724_240_000;
const request = (ms: number, status = 200): Observation => {
  return { kind: "request", method: "GET", route: "/api/v1/:store", status, ms };
};

function loadOf(work: (window: LoadWindow, clock: { now: number }) => void) {
  const clock = { now: start };
  const window = new LoadWindow(() => clock.now);
  work(window, clock);
  return window.report();
}

test("a point counts requests, refusals and failures, and knows how long they took", () => {
  const report = loadOf((window) => {
    for (let ms = 1; ms <= 100; ms++) window.observe(request(ms, ms > 98 ? 503 : 200));
    window.observe(request(1, 404));
  });
  const { points, totals } = addedLoad([report]);
  assert.equal(points.length, 1);
  const [point] = points;
  assert.deepEqual([point?.requests, point?.refusals, point?.failures], [101, 3, 2]);
  const isNear = (ms: number | null | undefined, near: number) =>
    ms !== null && ms !== undefined && ms >= near && ms < near * 1.2;
  assert.ok(isNear(point?.p50Ms, 50), `p50 ${point?.p50Ms}`);
  assert.ok(isNear(point?.p95Ms, 95), `p95 ${point?.p95Ms}`);
  assert.deepEqual([totals.requests, totals.failures], [101, 2]);
});

test("times past every class, and none, have a place", () => {
  const report = loadOf((window) => {
    window.observe(request(0));
    window.observe(request(1e9));
  });
  const [point] = addedLoad([report]).points;
  assert.equal(point?.p50Ms, 0.05);
  assert.ok(Number(point?.p99Ms) > 10_000);
});

test("an hour is kept, and no more, however long it runs", () => {
  const report = loadOf((window, clock) => {
    for (let step = 0; step < 2 * limit.loadPointsMax; step++) {
      window.observe(request(1));
      clock.now += limit.loadPointMs;
    }
  });
  assert.equal(report.points.length, limit.loadPointsMax - 1);
  assert.equal(report.totals.requests, 2 * limit.loadPointsMax);
  const times = report.points.map(({ time }) => time);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.equal(times.at(-1), start + (2 * limit.loadPointsMax - 1) * limit.loadPointMs);
});

test("what is as it was stays in the next point, and is not invented after a silence", () => {
  const report = loadOf((window, clock) => {
    window.observe({ kind: "memory", rssBytes: 7, heapBytes: 5 });
    clock.now += limit.loadPointMs;
    window.observe(request(1));
    clock.now += 3 * limit.loadPointMs;
    window.observe(request(1));
  });
  assert.deepEqual(
    report.points.map(({ rssBytes }) => rssBytes),
    [7, 7, 0],
  );
});

test("processes are added up by the time of their points", () => {
  const one = loadOf((window) => {
    window.observe(request(1));
    window.observe({ kind: "memory", rssBytes: 100, heapBytes: 50 });
    window.observe({ kind: "database", bytes: 4_096 });
  });
  const feed = { kind: "feed", followers: 3, subscriptions: 4, lagMs: 9 } as const;
  const other = loadOf((window, clock) => {
    window.observe(request(100));
    window.observe({ kind: "database", bytes: 8_192 });
    window.observe({ ...feed, events: 5, gaps: 1, drops: 0, tests: 5 });
    clock.now += limit.loadPointMs;
    window.observe(request(1));
    window.observe({ kind: "fault", incident: "i", cause: 1 });
    window.observe({ kind: "signIn", way: "token", outcome: "refused" });
  });
  const load = addedLoad([one, other]);
  assert.equal(load.processes, 2);
  assert.deepEqual(
    load.points.map(({ requests }) => requests),
    [2, 1],
  );
  const [{ rssBytes, followers, lagMs } = { rssBytes: 0, followers: 0, lagMs: 0 }] = load.points;
  assert.deepEqual([rssBytes, followers, lagMs], [100, 3, 9]);
  assert.deepEqual(
    load.points.map(({ databaseBytes }) => databaseBytes),
    [8_192, 8_192],
  );
  const { requests, events, faults, refusedSignIns } = load.totals;
  assert.deepEqual([requests, events, faults, refusedSignIns], [3, 5, 1, 1]);
});

test("what one reported that has ended counts, and its points for an hour", () => {
  const one = loadOf((window) => window.observe(request(1)));
  const hourMs = limit.loadPointsMax * limit.loadPointMs;
  const ended = (ms: number) => ({
    ...one,
    processes: 0,
    points: one.points.map((point) => ({ ...point, time: point.time - ms })),
  });
  const load = addedLoad([one, ended(hourMs - limit.loadPointMs), ended(hourMs)]);
  assert.deepEqual([load.processes, load.totals.requests, load.points.length], [1, 3, 2]);
});
