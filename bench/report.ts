/**
 * Writes down what a run found: raw figures as JSON, and the table between the markers of
 * docs/benchmarks.md. Measures nothing.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Figures, rowsOf } from "./bars.ts";
import { writeSection } from "./document.ts";
import { benchFolder } from "./kept-folder.ts";
import { generator } from "./load.ts";
import { markdownTable } from "./table.ts";

/** `"2 cores (...), 24 GB, Node 26.10.0, SQLite 3.53.0; load by wrk, 1 thread"` */
export function machineText(): string {
  const database = new DatabaseSync(":memory:");
  const sqlite = database.prepare("SELECT sqlite_version() AS version").get()?.["version"];
  database.close();
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const versions = `Node ${process.versions.node}, SQLite ${sqlite}`;
  return `${cores}, ${memory}, ${versions}; load by ${generator}`;
}

const [loadBefore = Number.NaN] = loadavg();

/** `"Load of the machine: 0.35 as it began, 1.82 as it ended (1 minute each)."` */
export function loadText(): string {
  const [loadNow = Number.NaN] = loadavg();
  const both = `${loadBefore.toFixed(2)} as it began, ${loadNow.toFixed(2)} as it ended`;
  return `Load of the machine: ${both} (1 minute each).`;
}

export function keepFigures(command: string, figures: unknown, file = "latest.json"): void {
  const found = { command, date: new Date().toISOString(), machine: machineText(), figures };
  writeFileSync(join(benchFolder, file), `${JSON.stringify(found, null, 2)}\n`);
}

/** For whole runs only: a part would hide the rest. */
export function writeDocument(command: string, figures: readonly Figures[]): void {
  writeSection("bench", `${runText(command)}\n\n${markdownTable(rowsOf(figures))}`);
}

/** What was run, when and where: the first line of each section of docs/benchmarks.md. */
export function runText(command: string): string {
  return `\`${command}\`, ${new Date().toISOString().slice(0, 10)}: ${machineText()}.`;
}
