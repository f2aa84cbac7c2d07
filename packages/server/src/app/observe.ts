/**
 * Log and metrics: both read what the server reports (`service/observation.ts`) and nothing else.
 * The log goes to the standard error as lines of JSON; the standard output carries the ready line.
 */
import { isUnavailable } from "@stoa/domain";
import { type Logger, pino } from "pino";
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  type MetricObject,
  Registry,
} from "prom-client";
import type {
  Answered,
  FeedReport,
  Observation,
  Observe,
  ReplicaReport,
} from "../service/observation.ts";
import { addedLoad, joinedLoad, type Load, type LoadReport, LoadWindow } from "./load-window.ts";
import { OutageLog } from "./outage-log.ts";
import { requestMeter } from "./request-meter.ts";

export interface ObserverOptions {
  /** `"info"`; requests are told at `"debug"`, slow ones and failures at any. */
  readonly level: string;
  /** Takes one line; by default the standard error does. */
  readonly write?: (line: string) => void;
  /** Unix milliseconds. */
  readonly now?: () => number;
}

export interface Observer {
  readonly observe: Observe;
  /** The metrics as text in Prometheus' format. */
  readonly metrics: () => Promise<string>;
  /** The load of the last hour. */
  readonly load: () => Promise<Load>;
  /** Both as plain values, to be added up with those of other processes. */
  readonly report: () => Promise<ProcessReport>;
}

export interface ProcessReport {
  /** What one process counted, in the form of prom-client. */
  readonly metrics: readonly MetricObject[];
  readonly load: LoadReport;
}

/** The metrics of several processes as one text: counts added up, the latest of times. */
export function addedUp(reports: readonly ProcessReport[]): Promise<string> {
  return joinedMetrics(reports).metrics();
}

/**
 * What is left of the reports of processes that have ended: counts, which must not fall, and not
 * what they held.
 */
export async function pastOf(reports: readonly ProcessReport[]): Promise<ProcessReport> {
  const joined = await joinedMetrics(reports).getMetricsAsJSON();
  const load = joinedLoad(reports.map((report) => report.load));
  return { metrics: joined.filter(isCount), load: { ...load, processes: 0 } };
}

function joinedMetrics(reports: readonly ProcessReport[]): Registry {
  // Its type says one list; it is given one for each process.
  const metrics = reports.map((report) => report.metrics) as unknown as MetricObject[];
  return AggregatorRegistry.aggregate(metrics);
}

/** Those of the feed are gauges, since they are told as sums. */
function isCount({ name, type }: MetricObject): boolean {
  return String(type) !== "gauge" || (name.startsWith("stoa_") && name.endsWith("_total"));
}

/** One log and one set of metrics, which knows of nothing else in the process. */
export function observer({
  level,
  write = writeToStandardError,
  now = Date.now,
}: ObserverOptions): Observer {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const log: Log = pino(options, { write });
  const registry = new Registry();
  const outage = new OutageLog(log, now);
  const meter = createMeter(registry);
  const window = new LoadWindow(now);
  return {
    observe: (observation) => {
      meter(observation);
      window.observe(observation);
      report(log, outage, observation);
    },
    metrics: () => registry.metrics(),
    load: async () => addedLoad([window.report()]),
    report: async () => ({ metrics: await registry.getMetricsAsJSON(), load: window.report() }),
  };
}

/** Requests that are slower than this are told at `warn`. */
const slowRequestMs = 1_000;

type Log = Logger<never, boolean>;
type Fault = Extract<Observation, { kind: "fault" }>;

function report(log: Log, outage: OutageLog, observation: Observation): void {
  switch (observation.kind) {
    case "request":
      reportRequest(log, outage, observation);
      break;
    case "fault":
      reportFault(log, outage, observation);
      break;
    case "storage":
      outage.turn(observation.isUp, observation.cause);
      break;
    case "listBroken":
      log.warn({ route: observation.route, err: asError(observation.cause) }, "list broken off");
      break;
    case "signIn":
      log.info({ way: observation.way, outcome: observation.outcome }, "sign-in");
      break;
    case "started":
      log.info({ version: observation.version, ms: Math.round(observation.ms) }, "started");
      break;
    case "listening":
      log.info({ url: observation.url }, "listening");
      break;
    case "workerEnded":
      log.error({ id: observation.id, why: observation.why }, "worker ended");
      break;
    case "company":
      log.info({ company: observation.company }, "serving");
      break;
    case "replica":
      reportReplica(log, observation);
      break;
    case "feed":
    case "memory":
    case "database":
      break;
    case "draining":
    case "stopped":
      log.info(observation.kind);
      break;
    default:
      observation satisfies never;
  }
}

/** As it comes and goes; how far it is behind is for the metrics. */
function reportReplica(log: Log, { isUp, hasTurned, cause }: ReplicaReport): void {
  if (!hasTurned) return;
  if (isUp) log.info("replica in use");
  else log.warn({ err: asError(cause) }, "replica away: the primary answers instead");
}

function reportFault(log: Log, outage: OutageLog, { incident, cause }: Fault): void {
  if (isUnavailable(cause)) outage.refuse(incident, cause);
  else log.error({ incident, err: asError(cause) }, "fault");
}

function reportRequest(log: Log, outage: OutageLog, answered: Answered): void {
  const { method, route, status, ms } = answered;
  const fields = { method, route, status, ms: Math.round(ms * 1000) / 1000 };
  const isExpected = status === unavailableStatus && outage.isAway;
  if (status >= serverErrorMin && !isExpected) log.error(fields, "request");
  else if (ms > slowRequestMs) log.warn(fields, "slow request");
  else if (log.isLevelEnabled("debug")) log.debug(fields, "request");
}

const serverErrorMin = 500;
const unavailableStatus = 503;

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}

/** Counts what is observed. */
function createMeter(registry: Registry): Observe {
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const countRequest = requestMeter(registry);
  const faults = new Counter({ name: "stoa_faults_total", help: "Mistakes of ours.", registers });
  const refusals = new Counter({
    name: "stoa_refusals_total",
    help: "Requests that were refused since the database was away, or too much waited for it.",
    registers,
  });
  const signIns = new Counter({
    name: "stoa_sign_ins_total",
    help: "Attempts to sign in.",
    labelNames: ["way", "outcome"],
    registers,
  });
  const measureFeed = createFeedMeter(registry);
  const measureReplica = createReplicaMeter(registry);
  return (observation) => {
    if (observation.kind === "request") countRequest(observation);
    else if (observation.kind === "feed") measureFeed(observation);
    else if (observation.kind === "replica") measureReplica(observation);
    else if (observation.kind === "fault")
      (isUnavailable(observation.cause) ? refusals : faults).inc();
    else if (observation.kind === "signIn") {
      signIns.inc({ way: observation.way, outcome: observation.outcome });
    }
  };
}

/** The report holds what there is so far, so each is a gauge; `rate()` makes a frequency of it. */
function createFeedMeter(registry: Registry): (report: FeedReport) => void {
  const gauge = (name: string, help: string, aggregator: "sum" | "max" = "sum") => {
    return new Gauge({ name: `stoa_feed_${name}`, help, aggregator, registers: [registry] });
  };
  const gauges = {
    followers: gauge("followers", "Sockets and streams that follow changes."),
    subscriptions: gauge("subscriptions", "Subscriptions of them."),
    events: gauge("events_total", "Events sent."),
    gaps: gauge("gaps_total", "Gaps told, after which a client fetches anew."),
    drops: gauge("drops_total", "Events thrown away for receivers that are slow."),
    tests: gauge("tests_total", "Subscriptions that changes were tested against."),
    lagMs: gauge("lag_milliseconds", "How long the feed has been behind the log.", "max"),
  };
  return (report) => {
    for (const [name, one] of Object.entries(gauges)) one.set(report[name as keyof typeof gauges]);
  };
}

/** Where there is no replica it is not told of. */
function createReplicaMeter(registry: Registry): (report: ReplicaReport) => void {
  const gauge = (name: string, help: string, aggregator: "sum" | "min" | "max") => {
    return new Gauge({ name: `stoa_replica_${name}`, help, aggregator, registers: [registry] });
  };
  const create = () => ({
    up: gauge("up", "1 while the replica can be read from, else 0.", "min"),
    lagMs: gauge("lag_milliseconds", "How long something has been missing in it.", "max"),
    reads: gauge("reads_total", "Questions that the replica answered.", "sum"),
    fallbacks: gauge("fallbacks_total", "Those that it might have, had it been fit.", "sum"),
  });
  let gauges: ReturnType<typeof create> | undefined;
  return ({ isUp, lagMs, reads, fallbacks }) => {
    gauges ??= create();
    gauges.up.set(isUp ? 1 : 0);
    gauges.lagMs.set(lagMs ?? Number.NaN);
    gauges.reads.set(reads);
    gauges.fallbacks.set(fallbacks);
  };
}

function writeToStandardError(line: string): void {
  process.stderr.write(line);
}
