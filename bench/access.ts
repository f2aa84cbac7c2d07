/**
 * `npm run bench:access`: how long first pages and counts take for callers with 1, 20 and 500
 * groups who see all, 1 % and 0.01 % of a store. Reads words and prints tables; docs/benchmarks.md
 * says what is measured and how.
 */
import { parseArgs } from "node:util";
import { type AccessFigures, measureAccess, type Situation } from "./access-measure.ts";
import { planText } from "./access-plan.ts";
import { accessWorks } from "./access-work.ts";
import { writeSection } from "./document.ts";
import { keepFigures, loadText, machineText, runText } from "./report.ts";
import { grouped, markdownOf, textOf } from "./table.ts";
import { commandOf, refuse, sizesOf } from "./words.ts";

const usage = "Usage: npm run bench:access -- [--entities 10000,1000000] [--plans]\n";
const barMs = 5;
const { entities, plans } = readWords();
const sizes = sizesOf(entities ?? "10000,1000000", usage);
if (plans) {
  for (const size of sizes) process.stdout.write(`${await planText(size)}\n\n`);
  process.exit(0);
}
process.stderr.write(`${machineText()}\n`);
const figures: AccessFigures[] = [];
for (const size of sizes) figures.push(await measureAccess(size));
const command = commandOf("bench:access");
keepFigures(command, figures, "access.json");
for (const { title, lines } of tables()) {
  process.stdout.write(`${title}\n${textOf(lines, (column) => column > 0)}\n\n`);
}
process.stdout.write(`${verdicts().join("\n")}\n`);
if (entities === undefined) writeSection("access", documentText());
process.exit(0);

function readWords() {
  try {
    const options = { entities: { type: "string" }, plans: { type: "boolean" } } as const;
    return parseArgs({ options }).values;
  } catch (cause) {
    return refuse((cause as Error).message, usage);
  }
}

function tables() {
  return figures.flatMap(({ entities, situations }) =>
    situations.map((situation) => ({
      title: `${grouped(entities)} entities, ${situation.name}: ms, ${waysOf(situation)}`,
      lines: linesOf(situation, situations[0] as Situation),
    })),
  );
}

function waysOf({ http }: Situation): string {
  return http ? "through the engine / over HTTP" : "through the engine";
}

function linesOf({ engine, http }: Situation, first: Situation): string[][] {
  const heads = ["caller", "sees", ...accessWorks("").map(({ title }) => title)];
  const rows = engine.map(({ caller, ms }, row) => {
    const cells = ms.map((one, at) => {
      const other = http?.[row]?.ms[at];
      return other === undefined ? shown(one) : `${shown(one)} / ${shown(other)}`;
    });
    return [caller, grouped(first.engine[row]?.visible ?? Number.NaN), ...cells];
  });
  return [heads, ...rows];
}

function shown(ms: number): string {
  if (!Number.isFinite(ms)) return "given up";
  return ms < 10 ? ms.toFixed(2) : ms.toFixed(0);
}

/** One line for each situation: how many of its figures keep the bar, and which is the worst. */
function verdicts(): string[] {
  return figures.flatMap(({ entities, situations, notCold }) => {
    const lines = situations.map((situation) => `${grouped(entities)}, ${verdictOf(situation)}`);
    return notCold
      ? [...lines, `${grouped(entities)}, cold file: not measured, ${notCold}`]
      : lines;
  });
}

function verdictOf({ name, engine, http }: Situation): string {
  const titles = accessWorks("").map(({ title }) => title);
  const cells = [engine, http ?? []].flatMap((times, way) =>
    times.flatMap(({ caller, ms }) =>
      ms.map((one, at) => ({
        ms: one,
        text: `${caller}, ${titles[at]}, ${way === 0 ? "engine" : "HTTP"}`,
      })),
    ),
  );
  const kept = cells.filter(({ ms }) => ms <= barMs).length;
  const [worst] = cells.toSorted((a, b) => b.ms - a.ms);
  return (
    `${name}: ${kept} of ${cells.length} within ${barMs} ms; ` +
    `the worst is ${shown(worst?.ms ?? 0)} (${worst?.text})`
  );
}

function documentText(): string {
  const parts = tables().map(
    ({ title, lines }) => `${title}\n\n${markdownOf(lines, (column) => column > 0)}`,
  );
  const list = verdicts().map((line) => `- ${line}`);
  return [`${runText(command)} ${loadText()}`, list.join("\n"), ...parts].join("\n\n");
}
