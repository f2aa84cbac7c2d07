/**
 * `npm run bench`: what Stoa reaches, against what bare `node:http` and raw SQLite reach in the
 * same run, in turn. Reads words and prints the table; docs/benchmarks.md says what is measured
 * and how.
 */
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Figures, rowsOf } from "./bars.ts";
import { measureCounts, measureExport, measureLongList, measureStart } from "./delay.ts";
import { writeSection } from "./document.ts";
import { benchFolder } from "./kept-folder.ts";
import { openPlace, type Place } from "./place.ts";
import { anonymousMegabytes } from "./process.ts";
import { measureRate, type RateWork } from "./rate.ts";
import { keepFigures, loadText, machineText, runText, writeDocument } from "./report.ts";
import { measureSingleCommit } from "./single-commit.ts";
import { markdownOfSockets, textOfSockets } from "./socket-bars.ts";
import { measureSockets } from "./socket-work.ts";
import { textTable } from "./table.ts";

const usage = `Usage: npm run bench -- [--entities 10000,1000000] [--seconds 5] [--only get,list]
  works: start get list list10k count export patch insert alone memory sockets
`;
/** The export first, while the heap is small; reads before what makes the store larger. */
const works = "start export get list list10k count patch insert alone memory sockets".split(" ");
/** Of design and document: the bars hold for so many. */
const socketCount = 10_000;
const defaults = { entities: "10000,1000000", seconds: "5" };

const words = process.argv.slice(2);
const { sizes, seconds, chosen, isWhole } = readWords();
const command = ["npm run bench", ...(words.length > 0 ? ["--", ...words] : [])].join(" ");
mkdirSync(benchFolder, { recursive: true });
process.stderr.write(`${machineText()}\n`);
const isOfEntities = [...chosen].some((work) => work !== "sockets");
const figures: Figures[] = [];
if (isOfEntities) {
  for (const entities of sizes) figures.push(await measure(entities));
  keepFigures(command, figures);
  process.stdout.write(`${textTable(rowsOf(figures))}\n`);
}
if (isWhole) writeDocument(command, figures);
if (chosen.has("sockets")) {
  process.stderr.write(`sockets: ${socketCount}\n`);
  const found = await measureSockets(socketCount);
  keepFigures(command, found, "sockets.json");
  process.stdout.write(`${textOfSockets(found)}\n`);
  writeSection("sockets", `${runText(command)} ${loadText()}\n\n${markdownOfSockets(found)}`);
}
process.exit(0);

function readWords() {
  const text = { type: "string" } as const;
  try {
    const options = { entities: text, seconds: text, only: text };
    const { values } = parseArgs({ args: words, options });
    const list = (values.entities ?? defaults.entities).split(",").map(Number);
    const duration = Number(values.seconds ?? defaults.seconds);
    const only = values.only?.split(",") ?? works;
    if (!list.every((size) => Number.isSafeInteger(size) && size >= 10_000)) {
      throw new Error("--entities: whole numbers from 10000 on");
    }
    if (!(Number.isSafeInteger(duration) && duration >= 1)) throw new Error("--seconds: from 1 on");
    const strange = only.find((work) => !works.includes(work));
    if (strange !== undefined) throw new Error(`--only: no work "${strange}"`);
    const isWhole = values.only === undefined && values.entities === undefined;
    return { sizes: list, seconds: duration, chosen: new Set(only), isWhole };
  } catch (cause) {
    process.stderr.write(`${(cause as Error).message}\n${usage}`);
    process.exit(2);
  }
}

async function measure(entities: number): Promise<Figures> {
  const startMs = await when("start", entities, () => measureStart(entities));
  const place = await openPlace(entities);
  try {
    const exported = await when("export", entities, () => measureExport(place));
    const get = await rate(place, "get");
    const list = await rate(place, "list");
    const longList = await when("list10k", entities, () => measureLongList(place, seconds));
    const counts = await when("count", entities, () => measureCounts(place));
    const patch = await rate(place, "patch");
    const insert = await rate(place, "insert");
    const alone = await when("alone", entities, async () => ({
      rates: await measureRate(place, { work: "insert", seconds, isAlone: true }),
      commit: await measureSingleCommit(),
    }));
    const memoryMb = await when("memory", entities, () => anonymousMegabytes(place.server.pid));
    return {
      entities,
      rates: {
        ...(get && { get }),
        ...(list && { list }),
        ...(patch && { patch }),
        ...(insert && { insert }),
      },
      ...(startMs !== undefined && { startMs }),
      ...(alone && { alone }),
      ...(longList && { longList }),
      ...(counts && { counts }),
      ...(exported && { export: exported }),
      ...(memoryMb !== undefined && { memoryMb }),
    };
  } finally {
    await place.end();
  }
}

function rate(place: Place, work: RateWork) {
  return when(work, place.seed.entities, () => measureRate(place, { work, seconds }));
}

async function when<T>(
  work: string,
  entities: number,
  run: () => T | Promise<T>,
): Promise<T | undefined> {
  if (!chosen.has(work)) return undefined;
  process.stderr.write(`${work} at ${entities} entities\n`);
  return run();
}
