/**
 * `npm run bench:growth`: how rates change from 10,000 to 10,000,000 entities. Reads words, prints
 * a table and slopes, and draws docs/growth.svg; docs/benchmarks.md says what is measured and how.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSection } from "./document.ts";
import { plotSvg } from "./growth-plot.ts";
import { type GrowthFigures, type GrowthWork, growthWorks, measureGrowth } from "./growth-work.ts";
import { benchFolder } from "./kept-folder.ts";
import { root } from "./process.ts";
import { keepFigures, loadText, machineText, runText } from "./report.ts";
import { grouped, markdownOf, textOf } from "./table.ts";
import { commandOf, countOf, sizesOf, wordsOf } from "./words.ts";

const usage = `Usage: npm run bench:growth -- [--entities 10000,100000] [--seconds 3] [--only get]
  works: ${Object.keys(growthWorks).join(" ")}
`;
const values = wordsOf(["entities", "seconds", "only"], usage);
const sizes = sizesOf(values.entities ?? "10000,100000,1000000,10000000", usage);
const seconds = countOf("--seconds", values.seconds ?? "3", usage);
const chosen = new Set(values.only?.split(",") ?? Object.keys(growthWorks));
/** A slope needs three sizes; what is left out would be missed in the document. */
const isWhole = sizes.length >= 3 && values.only === undefined;
mkdirSync(benchFolder, { recursive: true });
process.stderr.write(`${machineText()}\n`);
const figures: GrowthFigures[] = [];
for (const size of sizes) figures.push(await measureGrowth(size, seconds, chosen));
const command = commandOf("bench:growth");
keepFigures(command, figures, "growth.json");
const works = (Object.keys(growthWorks) as GrowthWork[]).filter((work) =>
  figures.some(({ rates }) => rates[work] !== undefined),
);
process.stdout.write(`${textOf(lines(), (column) => column > 0)}\n${slopes().join("\n")}\n`);
if (figures.length > 1) {
  const file = join(isWhole ? join(root, "docs") : benchFolder, "growth.svg");
  writeFileSync(file, plot());
  process.stdout.write(`drawn: ${file}\n`);
}
if (isWhole) writeSection("growth", documentText());
process.exit(0);

function lines(): string[][] {
  const heads = ["per second", ...figures.map(({ entities }) => grouped(entities))];
  const rows = works.map((work) => [
    growthWorks[work].title,
    ...figures.map(({ rates }) => (rates[work] === undefined ? "" : grouped(rates[work]))),
  ]);
  return [heads, ...rows];
}

function pointsOf(work: GrowthWork) {
  return figures.flatMap(({ entities, rates }) =>
    rates[work] === undefined ? [] : [{ entities, perSecond: rates[work] }],
  );
}

/** How much longer each work takes where there are ten times as many entities. */
function slopes(): string[] {
  return works.flatMap((work) => {
    const points = pointsOf(work);
    if (points.length < 2) return [];
    const factor = timeForTenfold(points);
    return [`${growthWorks[work].title}: x ${factor.toFixed(2)} the time, ${wordFor(factor)}`];
  });
}

/** By least squares through the logarithms. */
function timeForTenfold(points: ReturnType<typeof pointsOf>): number {
  const x = points.map(({ entities }) => Math.log10(entities));
  const y = points.map(({ perSecond }) => -Math.log10(perSecond));
  const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
  const [mx, my] = [mean(x), mean(y)];
  const over = x.reduce((sum, one, at) => sum + (one - mx) * ((y[at] as number) - my), 0);
  const under = x.reduce((sum, one) => sum + (one - mx) ** 2, 0);
  return 10 ** (over / under);
}

function wordFor(factor: number): string {
  if (factor < 0.9) return "it falls";
  if (factor <= 1.1) return "level";
  if (factor <= 1.5) return "it rises slowly";
  return factor < 5 ? "it rises" : "it grows with the store";
}

function plot(): string {
  const named = works.map((work) => ({ name: growthWorks[work].title, points: pointsOf(work) }));
  const note = "64 connections over HTTP; changes one after the other through the engine";
  return plotSvg(named, { title: "Rates as the store grows (small entities)", note });
}

function documentText(): string {
  const list = slopes().map((line) => `- ${line}`);
  return [
    `${runText(command)} ${loadText()}`,
    "![Rates by the number of entities, both axes logarithmic](growth.svg)",
    markdownOf(lines(), (column) => column > 0),
    "Where there are ten times as many entities, each takes:",
    list.join("\n"),
  ].join("\n\n");
}
