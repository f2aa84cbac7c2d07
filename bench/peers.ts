/**
 * `npm run bench:peers`: Stoa beside Feathers on SQLite and Parse Server on PostgreSQL, with the
 * same entities and the same load in turn. Reads words and prints a table; docs/benchmarks.md says
 * what is measured and how.
 */
import { mkdirSync } from "node:fs";
import { writeSection } from "./document.ts";
import type { BenchEntity } from "./entity-source.ts";
import { benchFolder } from "./kept-folder.ts";
import { runLoad } from "./load.ts";
import {
  longListEntities,
  type Peer,
  type PeerWork,
  peerEntities,
  peerWorks,
  requestsFor,
} from "./peer.ts";
import { openFeathers } from "./peer-feathers.ts";
import { PeerMissing } from "./peer-install.ts";
import { openParse } from "./peer-parse.ts";
import { openStoa } from "./peer-stoa.ts";
import { median } from "./rate.ts";
import { keepFigures, loadText, machineText, runText } from "./report.ts";
import { grouped, markdownOf, textOf } from "./table.ts";
import { commandOf, countOf, wordsOf } from "./words.ts";

const usage = "Usage: npm run bench:peers -- [--seconds 5] [--only feathers,parse]\n";
/** How many times as fast as each of them Stoa has set itself to be. */
const peers = {
  feathers: { name: "Feathers on SQLite", open: openFeathers, least: 2 },
  parse: { name: "Parse Server on PostgreSQL", open: openParse, least: 8 },
} as const;
type PeerName = keyof typeof peers;
const names = Object.keys(peers) as PeerName[];
const rounds = 3;

const values = wordsOf(["seconds", "only"], usage);
const seconds = countOf("--seconds", values.seconds ?? "5", usage);
const chosen = names.filter((name) => values.only?.split(",").includes(name) ?? true);
mkdirSync(benchFolder, { recursive: true });
process.stderr.write(`${machineText()}\n`);
const entities = peerEntities(20_000, 1);
const missing = new Map<PeerName, string>();
const figures: PeerFigures[] = [];
const settings: string[] = [];
for (const name of chosen) await measure(name);
const command = commandOf("bench:peers");
keepFigures(command, { figures, missing: [...missing], settings }, "peers.json");
const lines = tableLines();
const absent = [...missing].map(([name, why]) => `${peers[name].name}: not measured: ${why}`);
const isNumeric = (column: number) => column >= 1 && column <= 3;
process.stdout.write(`${[...settings, ...absent, textOf(lines, isNumeric)].join("\n")}\n`);
if (values.only === undefined) writeSection("peers", documentText());
process.exit(0);

/** Medians of Stoa and of a peer, per second. */
interface PeerFigures {
  readonly peer: PeerName;
  readonly work: PeerWork;
  readonly stoa: number;
  readonly other: number;
}

async function measure(name: PeerName): Promise<void> {
  const other = await opened(name, entities);
  if (!other) return;
  const stoa = await openStoa(entities);
  try {
    for (const one of [stoa, other]) {
      const megabytes = ((await checkedList(one)) / 1e6).toFixed(1);
      const own = [...one.settings, `a list of 10,000 is ${megabytes} MB`];
      const text = `${one.name}: ${own.join("; ")}.`;
      if (!settings.includes(text)) settings.push(text);
    }
    for (const work of Object.keys(peerWorks) as PeerWork[]) {
      figures.push(await compare(name, work, [stoa, other]));
    }
  } finally {
    await other.end();
    await stoa.end();
  }
}

async function opened(name: PeerName, filling: readonly BenchEntity[]): Promise<Peer | undefined> {
  process.stderr.write(`opening ${peers[name].name}\n`);
  try {
    return await peers[name].open(filling);
  } catch (cause) {
    if (!(cause instanceof PeerMissing)) throw cause;
    missing.set(name, cause.message);
    return undefined;
  }
}

async function compare(peer: PeerName, work: PeerWork, both: [Peer, Peer]): Promise<PeerFigures> {
  process.stderr.write(`${work} beside ${peers[peer].name}\n`);
  const { connections } = peerWorks[work];
  const loads = both.map((one) => ({
    url: one.url,
    requests: requestsFor(one, work),
    connections,
  }));
  const found: number[][] = [[], []];
  for (const one of loads) await runLoad({ ...one, seconds: 1 }, benchFolder);
  for (let round = 0; round < rounds; round++) {
    for (const [at, one] of loads.entries()) {
      found[at]?.push((await runLoad({ ...one, seconds }, benchFolder)).perSecond);
    }
  }
  const [stoa = 0, other = 0] = found.map(median);
  return { peer, work, stoa, other };
}

/** How many bytes it has. Errors: a system that gives less than was asked for. */
async function checkedList({ url, paths, headers, name, ids }: Peer): Promise<number> {
  const response = await fetch(url + paths.list(longListEntities, 0), { headers });
  const text = await response.text();
  const last = ids[longListEntities - 1] as string;
  if (response.status === 200 && text.includes(last)) return Buffer.byteLength(text);
  throw new Error(`${name} gave another list: ${response.status} ${text.slice(0, 200)}`);
}

function tableLines(): string[][] {
  const heads = ["work", "Stoa", "peer", "ratio", "peer's name", "bar", "met?"];
  const rows = figures.map(({ peer, work, stoa, other }) => {
    const ratio = stoa / other;
    const { name, least } = peers[peer];
    const shown = (rate: number) =>
      work === "long" ? `${(1_000 / rate).toFixed(1)} ms` : `${grouped(rate)}/s`;
    const cells = [peerWorks[work].title, shown(stoa), shown(other), `x ${ratio.toFixed(1)}`];
    return [...cells, name, `>= x ${least}`, ratio >= least ? "yes" : "not yet"];
  });
  return [heads, ...rows];
}

function documentText(): string {
  const list = [...settings, ...absent].map((line) => `- ${line}`);
  return [
    `${runText(command)} ${loadText()}`,
    markdownOf(lines, isNumeric),
    "How each was set up:",
    list.join("\n"),
  ].join("\n\n");
}
