/**
 * Requests in the metrics: how many, and how long they took, by route and class of status. Counted
 * here, and put into the library's form when it is asked for: finding a series there by its labels
 * costs each request more than finding an entity does. Knows nothing of what was asked for.
 */
import type { Metric, MetricObjectWithValues, MetricValueWithName, Registry } from "prom-client";
import type { Answered } from "../service/observation.ts";

/** Adds both metrics to a registry; gives what is to be told of each request. */
export function requestMeter(registry: Registry): (answered: Answered) => void {
  const known = new Map<string, Map<string, Series[]>>();
  const all = () => [...known.values()].flatMap((ofRoute) => [...ofRoute.values()].flat());
  add(registry, {
    name: "stoa_request_seconds",
    help: "Time from a request to the end of its answer, by route and class of status.",
    type: "histogram",
    valuesOf: () => all().flatMap(timesOf),
  });
  add(registry, {
    name: "stoa_requests_total",
    help: "Requests answered, by route and class of status.",
    type: "counter",
    valuesOf: () => all().map(({ labels, count }) => ({ labels, value: count })),
  });
  return ({ method: sent, route, status: code, ms }) => {
    const method = knownMethods.has(sent) ? sent : "other";
    const status = statuses[Math.floor(code / 100)] ?? "other";
    const series = seriesOf(known, { method, route, status });
    const seconds = ms / 1_000;
    series.count++;
    series.sum += seconds;
    let at = 0;
    while (at < bounds.length && seconds > (bounds[at] as number)) at++;
    series.counts[at] = (series.counts[at] as number) + 1;
  };
}

interface Series {
  readonly labels: Labels;
  count: number;
  /** Seconds. */
  sum: number;
  /** By the first bound that they are not above; the last is above all. */
  readonly counts: number[];
}

type Labels = Readonly<Record<"method" | "route" | "status", string>>;

/** By one name after the other: to join them into one key costs as much as the rest of it. */
function seriesOf(known: Map<string, Map<string, Series[]>>, labels: Labels): Series {
  const { route, method, status } = labels;
  const ofRoute = known.get(route);
  const ofMethod = ofRoute?.get(method);
  const series = ofMethod?.find((one) => one.labels.status === status);
  if (series) return series;
  const fresh = newSeries(labels);
  if (ofMethod) ofMethod.push(fresh);
  else if (ofRoute) ofRoute.set(method, [fresh]);
  else known.set(route, new Map([[method, [fresh]]]));
  return fresh;
}

function newSeries(labels: Labels): Series {
  return { labels, count: 0, sum: 0, counts: Array<number>(bounds.length + 1).fill(0) };
}

/** As Prometheus has it: each bucket counts those below it too. */
function timesOf({ labels, count, sum, counts }: Series): MetricValueWithName<string>[] {
  let below = 0;
  const buckets = counts.map((own, at) => {
    below += own;
    const le = bounds[at] ?? "+Inf";
    return { labels: { le, ...labels }, value: below, metricName: "stoa_request_seconds_bucket" };
  });
  return [
    ...buckets,
    { labels, value: sum, metricName: "stoa_request_seconds_sum" },
    { labels, value: count, metricName: "stoa_request_seconds_count" },
  ];
}

interface Counted {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "histogram";
  readonly valuesOf: () => MetricObjectWithValues<MetricValueWithName<string>>["values"];
}

/** The registry asks a metric for nothing else. */
function add(registry: Registry, { name, help, type, valuesOf }: Counted): void {
  const get = async () => ({ name, help, type, aggregator: "sum", values: valuesOf() });
  registry.registerMetric({ name, get } as unknown as Metric);
}

/** Others share one label, so that nobody can make as many as there are names. */
const knownMethods: ReadonlySet<string> = new Set(
  "GET HEAD POST PUT PATCH DELETE OPTIONS SEARCH SOCKET".split(" "),
);
const statuses = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
