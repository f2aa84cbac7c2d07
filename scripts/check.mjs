/**
 * Checks everything that needs no run of Stoa: types, lint, dead code and floors. Run by Node 24 or
 * newer; alone by `npm run check`, and by `scripts/test.mjs` before the tests.
 */

import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

const tool = (...path) => join(root, "node_modules", ...path);

const compiler = tool("typescript", "bin", "tsc");
const pretty = ["--pretty", String(!!process.stdout.isTTY)];

/** Each is a program of Node's: its name, and what Node is given. */
const checks = [
  { name: "types", words: [compiler, "-p", ".", ...pretty] },
  { name: "page types", words: [compiler, "-p", join("packages", "console"), ...pretty] },
  {
    name: "lint",
    words: [tool("@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings", "."],
  },
  { name: "dead code", words: [tool("knip", "bin", "knip.js"), "--no-config-hints"] },
];
/** Left out by `npm test`, which runs this file among all the others. */
const floors = { name: "floors", words: ["--test", join("test", "tidy.test.ts")] };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failed = await check([...checks, floors]);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

/**
 * Runs the checks at the same time, prints what the failing ones said and one line for each.
 * @returns the names of those that failed: `["types", "lint"]`.
 */
export async function check(selected = checks) {
  const results = await Promise.all(selected.map(run));
  for (const { name, output, ok } of results) if (!ok) console.log(`\n--- ${name}\n${output}`);
  for (const { name, ok, seconds } of results) {
    console.log(`${ok ? "ok    " : "FAILED"} ${name.padEnd(10)} ${seconds.toFixed(1)} s`);
  }
  return results.filter(({ ok }) => !ok).map(({ name }) => name);
}

async function run({ name, words }) {
  const start = performance.now();
  const child = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const status = await new Promise((resolve) => child.on("close", resolve));
  return { name, output, ok: status === 0, seconds: (performance.now() - start) / 1_000 };
}
