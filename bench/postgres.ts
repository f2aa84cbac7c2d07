/**
 * `npm run bench:postgres`: Stoa on PostgreSQL beside the driver alone, beside Parse Server in the
 * same cluster, and two nodes beside one. Reads words and prints tables; docs/benchmarks.md says
 * what is measured and how.
 */
import { mkdirSync } from "node:fs";
import { writeSection } from "./document.ts";
import { benchFolder } from "./kept-folder.ts";
import { type PeerWork, peerEntities, peerWorks } from "./peer.ts";
import { PeerMissing } from "./peer-install.ts";
import { openParse } from "./peer-parse.ts";
import { type Postgres, startPostgres } from "./peer-postgres.ts";
import { openStoa, type StoaPeer } from "./peer-stoa.ts";
import {
  type LimitFigures,
  measureBeside,
  measureLimit,
  measureNodes,
  type NodesFigures,
  type PeerFigures,
} from "./postgres-work.ts";
import { startPartner, startStoa } from "./process.ts";
import { keepFigures, loadText, machineText, runText } from "./report.ts";
import { grouped, markdownOf, textOf } from "./table.ts";
import { commandOf, countOf, wordsOf } from "./words.ts";

const usage = "Usage: npm run bench:postgres -- [--seconds 3] [--only limit,parse,nodes]\n";
const parts = ["limit", "parse", "nodes"] as const;
const driverRatioMin = 0.6;
const parseRatioMin = 5;
/** Each node has so much of the time: alone on the machine, and where the database has the rest. */
const shares = [1, 0.2] as const;

const values = wordsOf(["seconds", "only"], usage);
const seconds = countOf("--seconds", values.seconds ?? "3", usage);
const chosen = new Set(values.only?.split(",") ?? parts);
mkdirSync(benchFolder, { recursive: true });
process.stderr.write(`${machineText()}\n`);
const entities = peerEntities(20_000, 1);
const postgres = await startPostgres();
const { stoa, copy } = await openFilled(postgres);
const limits: LimitFigures[] = [];
const besides: PeerFigures[] = [];
const nodes: NodesFigures[] = [];
let missing = "";
if (chosen.has("nodes")) await measureAllNodes();
if (chosen.has("limit")) await measureAllLimits();
if (chosen.has("parse")) await measureParse();
await stoa.end();
await postgres.end();
const command = commandOf("bench:postgres");
keepFigures(command, { limits, besides, nodes, missing }, "postgres.json");
const tables = [limitLines(), parseLines(), nodesLines()].filter((lines) => lines.length > 1);
const isNumeric = (column: number) => column > 0;
process.stdout.write(`${tables.map((lines) => textOf(lines, isNumeric)).join("\n\n")}\n${missing}`);
if (values.only === undefined) writeSection("postgres", documentText());
process.exit(0);

/** Stoa with its entities, and a copy of its database for the driver. */
async function openFilled(cluster: Postgres): Promise<{ stoa: StoaPeer; copy: string }> {
  process.stderr.write("filling Stoa\n");
  const filled = await openStoa(entities, cluster.url);
  await filled.end();
  const copied = await cluster.copy();
  const server = await startStoa(cluster.url);
  const again = { url: server.url, pid: server.pid, end: () => server.end() };
  return { stoa: { ...filled, ...again }, copy: copied };
}

async function measureAllLimits(): Promise<void> {
  const driver = startPartner("limit-postgres.ts", [copy]);
  const bare = startPartner("limit-http.ts");
  for (const work of ["get", "list", "insert"] as const) {
    process.stderr.write(`${work} beside the driver\n`);
    limits.push(await measureLimit({ stoa, postgres, driver, bare, seconds }, work));
  }
  await driver.end();
  await bare.end();
}

async function measureParse(): Promise<void> {
  try {
    process.stderr.write("opening Parse Server\n");
    const parse = await openParse(entities, postgres);
    for (const work of Object.keys(peerWorks) as PeerWork[]) {
      process.stderr.write(`${work} beside Parse Server\n`);
      besides.push(await measureBeside([stoa, parse], work, seconds));
    }
    await parse.end();
  } catch (cause) {
    if (!(cause instanceof PeerMissing)) throw cause;
    missing = `Parse Server was not measured: ${cause.message}\n`;
  }
}

async function measureAllNodes(): Promise<void> {
  const second = await startStoa(postgres.url);
  for (const share of shares) {
    for (const work of ["get", "list", "insert"] as const) {
      process.stderr.write(`${work} by two nodes, each ${share} of the time\n`);
      nodes.push(await measureNodes(stoa, second, { work, share, seconds }));
    }
  }
  await second.end();
}

function limitLines(): string[][] {
  const heads = ["work", "Stoa", "driver", "ratio", "bar", "met?", "driver, whole machine"];
  const more = ["driver otherwise", "bare HTTP", "CPU of the node", "of PostgreSQL"];
  const rows = limits.map((found) => {
    const ratio = found.stoa / found.driver;
    const rate = (value: number) => `${grouped(value)}/s`;
    const bar = found.work === "list" ? ["", ""] : barOf(ratio, driverRatioMin, "");
    const cells = [peerWorks[found.work].title, rate(found.stoa), rate(found.driver)];
    const limit = [rate(found.driverAlone), rate(found.otherwise), rate(found.bare)];
    const cpu = [`${Math.round(found.nodeUs)} us`, `${Math.round(found.databaseUs)} us`];
    return [...cells, ratio.toFixed(2), ...bar, ...limit, ...cpu];
  });
  return [[...heads, ...more], ...rows];
}

function parseLines(): string[][] {
  const heads = ["work", "Stoa on PostgreSQL", "Parse Server", "ratio", "bar", "met?"];
  const rows = besides.map(({ work, stoa: own, other }) => {
    const ratio = own / other;
    const shown = (rate: number) =>
      work === "long" ? `${(1_000 / rate).toFixed(1)} ms` : `${grouped(rate)}/s`;
    const bar = barOf(ratio, parseRatioMin, "x ");
    return [peerWorks[work].title, shown(own), shown(other), `x ${ratio.toFixed(1)}`, ...bar];
  });
  return [heads, ...rows];
}

function nodesLines(): string[][] {
  const heads = ["work", "each node may compute", "one node", "two nodes", "ratio"];
  const rows = nodes.map(({ work, share, one, two }) => {
    const part = share === 1 ? "as it can" : `${Math.round(share * 100)} % of the time`;
    const rates = [`${grouped(one)}/s`, `${grouped(two)}/s`, `x ${(two / one).toFixed(2)}`];
    return [peerWorks[work].title, part, ...rates];
  });
  return [heads, ...rows];
}

function barOf(ratio: number, least: number, sign: string): string[] {
  return [`>= ${sign}${least}`, ratio >= least ? "yes" : "not yet"];
}

function documentText(): string {
  return [
    `${runText(command)} ${loadText()}`,
    ...tables.map((lines) => markdownOf(lines, isNumeric)),
    `Of both: ${postgres.settings}. Parse Server as it is set up below.`,
  ].join("\n\n");
}
