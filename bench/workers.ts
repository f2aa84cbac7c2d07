/**
 * One process against two over the same folder: `npm run bench:workers -- --seconds 3 --rounds 3`.
 * Interleaved, medians; the load is a process of its own, which takes its share of the machine. Run
 * for two it writes its table into docs/benchmarks.md.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Api, signIn } from "./api.ts";
import { writeSection } from "./document.ts";
import { runLoad } from "./load.ts";
import { besideBusyCore, type Server, startStoa } from "./process.ts";
import { median } from "./rate.ts";
import { loadText, runText } from "./report.ts";
import { grouped, markdownOf, textOf } from "./table.ts";
import { wireRequest } from "./wire-request.ts";
import { commandOf } from "./words.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "64" },
    workers: { type: "string", default: "2" },
  },
});
const counts = ["1", values.workers];
const entityCount = 10_000;
const warmUpS = 4;
const folder = mkdtempSync(join(tmpdir(), "stoa-bench-workers-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const kinds = [
  "GET by id",
  "list of 100",
  "insert",
  "1 insert, 9 GETs",
  "1 insert, 4 lists, 5 GETs",
] as const;
type Kind = (typeof kinds)[number];
const rates = new Map<string, number[]>();

for (let round = 0; round < Number(values.rounds); round++) {
  for (const workers of counts) {
    process.env["STOA_WORKERS"] = workers;
    const server = await startStoa(join(folder, `${workers}-${round}`));
    await measure(server, workers);
    await server.end();
  }
}
const [one = "1", many = "2"] = counts;
const lines = kinds.map((kind) => {
  const [alone, together] = [medianOf(one, kind), medianOf(many, kind)];
  return [kind, `${grouped(alone)}/s`, `${grouped(together)}/s`, (together / alone).toFixed(2)];
});
const heads = ["work", "1 process", `${many} processes`, "ratio"];
process.stdout.write(`${textOf([heads, ...lines], (column) => column > 0)}\n`);
const [quietMs, besideMs] = [loopMs(), await besideBusyCore(async () => loopMs())];
const about =
  `${values.connections} connections. A pure loop takes ${quietMs.toFixed(0)} ms, beside another ` +
  `process ${besideMs.toFixed(0)} ms.`;
process.stdout.write(`${about}\n`);
if (many === "2") {
  const table = markdownOf([heads, ...lines], (column) => column > 0);
  const head = `${runText(commandOf("bench:workers"))} ${loadText()} ${about}`;
  writeSection("workers", `${head}\n\n${table}`);
}

async function measure(server: Server, workers: string): Promise<void> {
  const api = await signIn(server.url, "admin");
  const ids = await seed(api);
  for (const kind of kinds) {
    const requests = requestsOf(api, kind, ids);
    const [connections, seconds] = [Number(values.connections), Number(values.seconds)];
    // Until as many processes stand as this load wants, and have compiled what it needs.
    await runLoad({ url: server.url, requests, connections, seconds: warmUpS }, folder);
    const { perSecond } = await runLoad(
      { url: server.url, requests, connections, seconds },
      folder,
    );
    const key = `${workers} ${kind}`;
    rates.set(key, [...(rates.get(key) ?? []), perSecond]);
  }
}

async function seed(api: Api): Promise<readonly string[]> {
  await api.send("POST", "stores", { name: "bench", indexes: [["size"]] });
  const ids: string[] = [];
  for (let at = 0; at < entityCount; at += 1_000) {
    const bodies = Array.from({ length: 1_000 }, (_, n) => bodyOf(at + n));
    const { text } = await api.send("POST", "bench", bodies);
    for (const { _id } of JSON.parse(text) as { _id: string }[]) ids.push(_id);
  }
  return ids;
}

function requestsOf({ token }: Api, kind: Kind, ids: readonly string[]): string[] {
  const headers = { authorization: `Bearer ${token}` };
  const read = (at: number) => {
    const path = `/api/v1/bench/${ids[(at * 7_919) % ids.length]}`;
    return wireRequest({ method: "GET", path, headers });
  };
  const body = JSON.stringify({ ...bodyOf(0), number: "########" });
  const insert = wireRequest({ method: "POST", path: "/api/v1/bench", headers, body });
  const list = wireRequest({ method: "GET", path: "/api/v1/bench?limit=100", headers });
  switch (kind) {
    case "GET by id":
      return ids.map((_, at) => read(at));
    case "list of 100":
      return [list];
    case "insert":
      return [insert];
    case "1 insert, 9 GETs":
      return ids.map((_, at) => (at % 10 === 0 ? insert : read(at)));
    case "1 insert, 4 lists, 5 GETs":
      return ids.map((_, at) => [insert, list, list, list, list][at % 10] ?? read(at));
    default:
      return kind satisfies never;
  }
}

function bodyOf(n: number) {
  return { name: `entity ${n}`, size: n % 100, text: "x".repeat(150) };
}

/** What a second core is worth here: where two share one unit, each loop takes twice as long. */
function loopMs(): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (let n = 0, sum = 0; n < 200_000_000; n++) sum = (sum + n) | 0;
    return performance.now() - start;
  });
  return median(times);
}

function medianOf(workers: string, kind: Kind): number {
  return median(rates.get(`${workers} ${kind}`) ?? []);
}
