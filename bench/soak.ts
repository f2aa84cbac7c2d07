/**
 * `npm run bench:soak`: full mixed load for minutes, and whether the server's memory ends where it
 * was after the first one. Reads words and prints a plot of text.
 */
import { mkdirSync } from "node:fs";
import { writeSection } from "./document.ts";
import { pick, randomOf } from "./entity-source.ts";
import { benchFolder } from "./kept-folder.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { openPlace } from "./place.ts";
import { anonymousMegabytes } from "./process.ts";
import { median, type RateWork, requestsOf } from "./rate.ts";
import { keepFigures, loadText, machineText, runText } from "./report.ts";
import { grouped } from "./table.ts";
import { commandOf, countOf, sizesOf, wordsOf } from "./words.ts";

const usage = "Usage: npm run bench:soak -- [--minutes 10] [--entities 1000000]\n";
/** Of a hundred requests. */
const shares: Record<RateWork, number> = { get: 60, list: 10, patch: 15, insert: 15 };
const growthMax = 1.1;
const sampleMs = 5_000;
const minuteMs = 60_000;
const requestsTotal = 10_000;
const plotRows = 12;
const plotColumns = 100;

interface Sample {
  readonly ms: number;
  readonly mb: number;
}

const values = wordsOf(["minutes", "entities"], usage);
const minutes = countOf("--minutes", values.minutes ?? "10", usage);
const [entities = 0] = sizesOf(values.entities ?? "1000000", usage);
mkdirSync(benchFolder, { recursive: true });
process.stderr.write(`${machineText()}\n`);
const { samples, result } = await soak();
const command = commandOf("bench:soak");
keepFigures(command, { entities, minutes, samples, result }, "soak.json");
const text = `${plotText()}\n\n${verdict()}`;
process.stdout.write(`${text}\n`);
const isWhole = values.minutes === undefined && values.entities === undefined;
if (isWhole) {
  writeSection(
    "soak",
    `${runText(command)} ${loadText()}\n\n\`\`\`\n${plotText()}\n\`\`\`\n\n${verdict()}`,
  );
}
process.exit(0);

async function soak(): Promise<{ samples: readonly Sample[]; result: LoadResult }> {
  const place = await openPlace(entities);
  const random = randomOf(9);
  const requests: string[] = [];
  for (const [work, share] of Object.entries(shares) as [RateWork, number][]) {
    const some = (await requestsOf(place, work)).requests;
    const count = (requestsTotal * share) / 100;
    for (let n = 0; n < count; n++) requests.push(pick(some, random));
  }
  const samples: Sample[] = [];
  const start = performance.now();
  const watch = setInterval(() => {
    const mb = anonymousMegabytes(place.server.pid);
    samples.push({ ms: performance.now() - start, mb });
    process.stderr.write(
      `${Math.round((performance.now() - start) / 1_000)} s: ${mb.toFixed(0)} MB\n`,
    );
  }, sampleMs);
  const { url } = place.server;
  const seconds = minutes * 60 + 1;
  const result = await runLoad({ url, requests, connections: 64, seconds }, benchFolder).finally(
    () => clearInterval(watch),
  );
  await place.end();
  return { samples, result };
}

/** What the first minute ended with, and the run: medians of three samples, as one alone jumps. */
function endsMb(): { after: number; end: number } {
  const at = samples.findIndex(({ ms }) => ms >= minuteMs - sampleMs / 2);
  const around = (from: number) => median(samples.slice(from, from + 3).map(({ mb }) => mb));
  return { after: around(Math.max(0, at - 1)), end: around(Math.max(0, samples.length - 3)) };
}

function verdict(): string {
  const { after, end } = endsMb();
  const share = end / after;
  const parts = Object.entries(shares).map(([work, part]) => `${part} % ${work}`);
  const isMet = share <= growthMax ? "met" : "not yet";
  return (
    `${grouped(result.perSecond)} requests per second (${parts.join(", ")}) for ${minutes} min ` +
    `over ${grouped(entities)} entities, p99 ${result.p99Ms.toFixed(1)} ms: ` +
    `${after.toFixed(0)} MB after the first minute, ${end.toFixed(0)} MB at the end, ` +
    `x ${share.toFixed(2)} (bar <= x ${growthMax.toFixed(2)}: ${isMet}).`
  );
}

/** Memory from 0 up, time to the right; at most one column for each sample. */
function plotText(): string {
  const columns = Math.min(plotColumns, samples.length);
  const picked = Array.from({ length: columns }, (_, at) => {
    return samples[Math.floor((at * samples.length) / columns)] as Sample;
  });
  const most = Math.max(...samples.map(({ mb }) => mb)) * 1.1;
  const lines = Array.from({ length: plotRows }, (_, at) => {
    const row = plotRows - at;
    const level = (mb: number) => Math.ceil((mb / most) * plotRows);
    const marks = picked.map(({ mb }) => (level(mb) === row ? "*" : " ")).join("");
    return `${((most * row) / plotRows).toFixed(0).padStart(5)} MB |${marks}`.trimEnd();
  });
  const axis = `${" ".repeat(9)}+${"-".repeat(columns)}`;
  const end = `${minutes} min`;
  const times = `${" ".repeat(10)}0${end.padStart(Math.max(columns - 1, end.length + 1))}`;
  return [...lines, axis, times].join("\n");
}
