/**
 * `npm run bench:move`: the cities of the sample in a folder, searched, moved into PostgreSQL,
 * searched there, and moved back. Reads words and prints tables; docs/benchmarks.md says what is
 * measured.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Api, signIn } from "./api.ts";
import { writeSection } from "./document.ts";
import { benchFolder } from "./kept-folder.ts";
import { runLoad } from "./load.ts";
import { startPostgres } from "./peer-postgres.ts";
import { adminPassword, root, runToEnd, startStoa } from "./process.ts";
import { median } from "./rate.ts";
import { keepFigures, loadText, machineText, runText } from "./report.ts";
import { grouped, markdownOf, textOf } from "./table.ts";
import { wireRequest } from "./wire-request.ts";
import { commandOf, countOf, refuse } from "./words.ts";

const usage = "Usage: npm run bench:move -- [--seconds 2]\n";
const queries = {
  "one word of few": "delft",
  "one word of many": "san",
  "two words": "san pedro",
  "the beginning of a word": "delf*",
  "the beginning of many": "sa*",
} as const;
type QueryName = keyof typeof queries;
const rounds = 3;

const seconds = countOf("--seconds", readSeconds(), usage);
mkdirSync(benchFolder, { recursive: true });
process.stderr.write(`${machineText()}\n`);
const folder = mkdtempSync(join(tmpdir(), "stoa-bench-move-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const [first, back] = [join(folder, "first"), join(folder, "back")];
const postgres = await startPostgres();
const loadedMs = await filled(first);
const onSqlite = await searched(first);
const thereMs = await moved(first, postgres.url);
const onPostgres = await searched(postgres.url);
const backMs = await moved(postgres.url, back);
await postgres.end();

const command = commandOf("bench:move");
keepFigures(command, { loadedMs, thereMs, backMs, onSqlite, onPostgres }, "move.json");
const shown = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const times = [
  ["work", "time"],
  ["npm run sample -- cities, into the folder", shown(loadedMs)],
  ["npm run move, from the folder to PostgreSQL", shown(thereMs)],
  ["npm run move, from PostgreSQL to another folder", shown(backMs)],
];
const rates = [
  ["search", "found", "SQLite", "p99", "PostgreSQL", "p99"],
  ...(Object.keys(queries) as QueryName[]).map((name) => {
    const [a, b] = [onSqlite[name], onPostgres[name]] as [Searched, Searched];
    const cells = [a, b].flatMap(({ perSecond, p99Ms }) => [
      `${grouped(perSecond)}/s`,
      `${p99Ms.toFixed(1)} ms`,
    ]);
    return [`${name}: \`${queries[name]}\``, grouped(a.found), ...cells];
  }),
];
const isNumeric = (column: number) => column > 0;
process.stdout.write(`${textOf(times, isNumeric)}\n\n${textOf(rates, isNumeric)}\n`);
writeSection(
  "move",
  [
    `${runText(command)} ${loadText()}`,
    ...[times, rates].map((lines) => markdownOf(lines, isNumeric)),
  ].join("\n\n"),
);
process.exit(0);

function readSeconds(): string {
  try {
    return parseArgs({ options: { seconds: { type: "string", default: "2" } } }).values.seconds;
  } catch (cause) {
    return refuse((cause as Error).message, usage);
  }
}

/** How long it takes by `npm run sample`, whose store then declares what is searched. */
async function filled(data: string): Promise<number> {
  process.stderr.write("loading the cities\n");
  const server = await startStoa(data);
  const start = performance.now();
  const words = ["scripts/sample.ts", "cities", "--url", server.url, "--password", adminPassword];
  await runToEnd(process.execPath, words, 300_000, { cwd: root });
  const took = performance.now() - start;
  const admin = await signIn(server.url, "admin");
  const [store] = JSON.parse((await admin.send("GET", "stores?where.name=cities")).text) as {
    _id: string;
  }[];
  await admin.send("PATCH", `stores/${store?._id}`, { search: ["name"] });
  await server.end();
  return took;
}

async function moved(from: string, to: string): Promise<number> {
  process.stderr.write("moving\n");
  const start = performance.now();
  const words = ["scripts/move.ts", "--from", from, "--to", to];
  await runToEnd(process.execPath, words, 600_000, { cwd: root });
  return performance.now() - start;
}

interface Searched {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly found: number;
}

/** The first 100 of what is found, over 16 connections. */
async function searched(data: string): Promise<Partial<Record<QueryName, Searched>>> {
  const server = await startStoa(data);
  const admin = await signIn(server.url, "admin");
  const figures: Partial<Record<QueryName, Searched>> = {};
  for (const name of Object.keys(queries) as QueryName[]) {
    process.stderr.write(`searching ${name}\n`);
    figures[name] = await searchedFor(admin, queries[name]);
  }
  await server.end();
  return figures;
}

async function searchedFor(admin: Api, words: string): Promise<Searched> {
  const path = `cities?search=${encodeURIComponent(words)}`;
  const { total } = JSON.parse((await admin.send("GET", `${path}&meta=count`)).text) as {
    total: number;
  };
  const headers = { Authorization: `Bearer ${admin.token}` };
  const requests = [wireRequest({ method: "GET", path: `/api/v1/${path}&limit=100`, headers })];
  const load = { url: admin.url, requests, connections: 16, seconds };
  await runLoad({ ...load, seconds: 1 }, benchFolder);
  const results = [];
  while (results.length < rounds) results.push(await runLoad(load, benchFolder));
  return {
    found: total,
    perSecond: median(results.map(({ perSecond }) => perSecond)),
    p99Ms: median(results.map(({ p99Ms }) => p99Ms)),
  };
}
