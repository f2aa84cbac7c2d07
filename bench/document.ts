/**
 * What benches write into docs/benchmarks.md: each between its own markers, nothing else.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./process.ts";

const document = join(root, "docs", "benchmarks.md");

/** Replaces what stands between `<!-- name:begin -->` and `<!-- name:end -->`. */
export function writeSection(name: string, text: string): void {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const whole = readFileSync(document, "utf8");
  const [from, to] = [whole.indexOf(begin), whole.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${document} has lost its markers of ${name}`);
  const section = `${begin}\n\n${text}\n\n`;
  writeFileSync(document, whole.slice(0, from) + section + whole.slice(to));
}
