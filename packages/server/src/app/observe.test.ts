/** Tests of the log and the metrics. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoaError } from "@stoa/domain";
import type { Observation } from "../service/observation.ts";
import { observer } from "./observe.ts";

const request = (more: Partial<Extract<Observation, { kind: "request" }>> = {}): Observation => ({
  kind: "request",
  method: "GET",
  route: "/api/v1/:store",
  status: 200,
  ms: 3,
  ...more,
});

/** What is written for these observations, a value for each line. */
function linesAt(level: string, ...observations: readonly Observation[]) {
  const text: string[] = [];
  const { observe } = observer({ level, write: (line) => void text.push(line) });
  for (const observation of observations) observe(observation);
  return text
    .join("")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

test("requests are told at debug only, slow and failed ones always", () => {
  assert.deepEqual(linesAt("info", request()), []);
  const levels = linesAt("debug", request(), request({ ms: 1_500 }), request({ status: 503 })).map(
    ({ level }) => level,
  );
  assert.deepEqual(levels, ["debug", "warn", "error"]);
  assert.equal(linesAt("info", request({ ms: 1_500 }), request({ status: 500 })).length, 2);
});

test("a line has time, level, words and the fields of what it tells", () => {
  const [line] = linesAt("debug", request());
  assert.match(line.time, /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(
    { ...line, time: "" },
    {
      level: "debug",
      time: "",
      method: "GET",
      route: "/api/v1/:store",
      status: 200,
      ms: 3,
      msg: "request",
    },
  );
});

test("a fault tells its incident and its cause with the way to it", () => {
  const [line] = linesAt("error", {
    kind: "fault",
    incident: "i-1",
    cause: new Error("torn page"),
  });
  assert.equal(line.incident, "i-1");
  assert.equal(line.err.message, "torn page");
  assert.match(line.err.stack, /observe\.test/);
});

test("every kind of observation has a line, and causes that are no errors too", () => {
  const kinds: Observation[] = [
    { kind: "started", version: "1", ms: 1 },
    { kind: "listening", url: "http://127.0.0.1:1" },
    request({ status: 500 }),
    { kind: "listBroken", route: "/api/v1/:store", cause: "away" },
    { kind: "fault", incident: "i", cause: undefined },
    { kind: "signIn", way: "session", outcome: "refused" },
    { kind: "storage", isUp: false, cause: "away" },
    { kind: "storage", isUp: true },
    { kind: "draining" },
    { kind: "stopped" },
  ];
  assert.equal(linesAt("info", ...kinds).length, kinds.length);
  assert.equal(linesAt("silent", ...kinds).length, 0);
});

test("while the database is away it is told once, and what was refused is counted", async () => {
  let now = 1_000;
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const { observe, metrics } = observer({ level: "info", write, now: () => now });
  const cause = new StoaError("unavailable", "try again", { cause: new Error("ECONNREFUSED") });
  const refuse = () => {
    observe({ kind: "fault", incident: "i-1", cause });
    observe(request({ status: 503 }));
  };
  observe({ kind: "storage", isUp: false, cause: new Error("connect ECONNREFUSED") });
  for (let times = 0; times < 100; times++) refuse();
  now += 3_000;
  observe({ kind: "storage", isUp: true });
  const told = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    told.map(({ level, msg, why, ms, refused }) => ({ level, msg, why, ms, refused })),
    [
      {
        ...{ level: "error", msg: "database away: requests are refused" },
        ...{ why: "connect ECONNREFUSED", ms: undefined, refused: undefined },
      },
      { level: "info", msg: "database back", why: undefined, ms: 3_000, refused: 100 },
    ],
  );
  const text = await metrics();
  assert.match(text, /\nstoa_refusals_total 100\n/);
  assert.match(text, /\nstoa_faults_total 0\n/);
});

test("what is refused while the database is there is told now and then", () => {
  let now = 1_000;
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const { observe } = observer({ level: "info", write, now: () => now });
  const cause = new StoaError("unavailable", "try again", { cause: new Error("too many wait") });
  for (let times = 0; times < 5; times++) observe({ kind: "fault", incident: "i-1", cause });
  now += 10_000;
  observe({ kind: "fault", incident: "i-2", cause });
  const told = lines.map((line) => JSON.parse(line)).map(({ refused, why }) => [refused, why]);
  assert.deepEqual(told, [
    [1, "too many wait"],
    [5, "too many wait"],
  ]);
});

test("metrics count requests by pattern and class, and unknown verbs under one name", async () => {
  const { observe, metrics } = observer({ level: "silent", write: assert.fail });
  observe(request());
  observe(request({ status: 204, ms: 2_000 }));
  observe(request({ method: "PROPFIND", route: "none", status: 405 }));
  observe({ kind: "signIn", way: "token", outcome: "accepted" });
  observe({ kind: "fault", incident: "i", cause: 1 });
  const text = await metrics();
  for (const line of [
    'stoa_requests_total{method="GET",route="/api/v1/:store",status="2xx"} 2',
    'stoa_requests_total{method="other",route="none",status="4xx"} 1',
    'stoa_request_seconds_count{method="GET",route="/api/v1/:store",status="2xx"} 2',
    'stoa_request_seconds_bucket{le="1",method="GET",route="/api/v1/:store",status="2xx"} 1',
    'stoa_request_seconds_bucket{le="2.5",method="GET",route="/api/v1/:store",status="2xx"} 2',
    'stoa_request_seconds_bucket{le="+Inf",method="GET",route="/api/v1/:store",status="2xx"} 2',
    'stoa_sign_ins_total{way="token",outcome="accepted"} 1',
    "stoa_faults_total 1",
  ]) {
    assert.ok(text.includes(`\n${line}\n`), line);
  }
  assert.match(text, /\nprocess_resident_memory_bytes \d+/);
});

test("a replica is logged when it comes and goes, and measured all the time", async () => {
  const lines: string[] = [];
  const { observe, metrics } = observer({ level: "info", write: (line) => lines.push(line) });
  assert.doesNotMatch(await metrics(), /stoa_replica/);
  const kind = "replica";
  observe({ kind, isUp: true, lagMs: 0, reads: 0, fallbacks: 0, hasTurned: true });
  observe({ kind, isUp: true, lagMs: 12, reads: 417, fallbacks: 3, hasTurned: false });
  const text = await metrics();
  for (const line of ["up 1", "lag_milliseconds 12", "reads_total 417", "fallbacks_total 3"]) {
    assert.ok(text.includes(`stoa_replica_${line}\n`), line);
  }
  const cause = new Error("refused");
  observe({ kind, isUp: false, lagMs: null, reads: 417, fallbacks: 4, hasTurned: true, cause });
  assert.match(await metrics(), /stoa_replica_up 0\n/);
  assert.match(await metrics(), /stoa_replica_lag_milliseconds Nan\n/i);
  const told = lines.map((line) => JSON.parse(line)).map(({ level, msg }) => `${level}: ${msg}`);
  assert.deepEqual(told, [
    "info: replica in use",
    "warn: replica away: the primary answers instead",
  ]);
});

test("metrics show how the feed of changes stands", async () => {
  const { observe, metrics } = observer({ level: "silent", write: () => {} });
  const counts = {
    followers: 3,
    subscriptions: 4,
    events: 5,
    gaps: 6,
    drops: 7,
    tests: 9,
    lagMs: 8,
  };
  observe({ kind: "feed", ...counts });
  const text = await metrics();
  for (const [name, value] of [
    ["followers", 3],
    ["subscriptions", 4],
    ["events_total", 5],
    ["gaps_total", 6],
    ["drops_total", 7],
    ["tests_total", 9],
    ["lag_milliseconds", 8],
  ]) {
    assert.ok(text.includes(`stoa_feed_${name} ${value}\n`), `${name} ${value}`);
  }
});

test("two observers share nothing", async () => {
  const first = observer({ level: "silent", write: assert.fail });
  const second = observer({ level: "silent", write: assert.fail });
  first.observe(request());
  assert.doesNotMatch(await second.metrics(), /stoa_requests_total\{/);
});
