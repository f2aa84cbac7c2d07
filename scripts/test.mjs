/**
 * `npm test`: every check, then every test, with one summary at the end. Run by Node 24 or newer,
 * once `scripts/setup.mjs` has made the tree ready. Words after it choose test files:
 * `npm test -- filter` runs those whose path holds "filter". Sees to it that PostgreSQL, Chromium
 * and the console are there, and lends all test files one PostgreSQL.
 */

import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { promisify } from "node:util";
import { startCluster } from "../packages/server/test/postgres-cluster.ts";
import { installMissing } from "../packages/server/test/system-program.ts";
import { check, root } from "./check.mjs";

const patterns = ["packages/*/{src,test}/**/*.test.ts", "test/**/*.test.ts"];
/** The machine that this must be quick on has two cores. */
const filesAtOnce = 2;
/**
 * A file of tests that hangs is a failure, not a night without an answer; the longest takes about
 * a minute where nothing else runs.
 */
const fileMsMax = 1_200_000;

const start = performance.now();
const ready = [check(), lendPostgres(), buildConsole()];
const [failedChecks, cluster] = await Promise.all(ready).catch(endWithReason);
const counts = await runTests(findTestFiles(process.argv.slice(2)));
const good = failedChecks.length === 0 && counts.tests > 0 && counts.success;

for (const name of ["tests", "suites", "passed", "failed", "cancelled", "skipped", "todo"]) {
  console.log(`# ${{ passed: "pass", failed: "fail" }[name] ?? name} ${counts[name]}`);
}
if (counts.tests === 0) console.log("# no test was found, which counts as a failure");
console.log(`# checks failed: ${failedChecks.join(", ") || "none"}`);
console.log(`# ${good ? "ok" : "FAILED"} in ${((performance.now() - start) / 1_000).toFixed(1)} s`);
process.exitCode = good ? 0 : 1;
await cluster?.end();

/** A cluster that the environment names is taken as it is. */
async function lendPostgres() {
  await installMissing(["postgresql", "chromium"]);
  if (process.env["STOA_TEST_POSTGRES"]) return undefined;
  const cluster = await startCluster();
  process.env["STOA_TEST_POSTGRES"] = cluster.url;
  return cluster;
}

/** Once for all test files that need it, of which two would begin it at the same time. */
function buildConsole() {
  return promisify(execFile)(process.execPath, [join(root, "scripts", "build-console.ts")]);
}

function endWithReason(error) {
  console.error(`stoa: ${error.message}`);
  process.exit(1);
}

function findTestFiles(words) {
  const files = globSync(patterns, { cwd: root }).sort();
  const chosen = files.filter((file) => words.length === 0 || words.some((w) => file.includes(w)));
  return chosen.map((file) => join(root, file));
}

/** Prints each test as it ends; resolves to the counts of the whole run. */
async function runTests(files) {
  const none = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 };
  if (files.length === 0) return { ...none, success: false };
  const events = run({ files, cwd: root, concurrency: filesAtOnce, timeout: fileMsMax });
  let result = { ...none, success: false };
  events.on("test:summary", ({ file, counts, success }) => {
    if (file === undefined) result = { ...counts, success };
  });
  for await (const text of events.compose(new spec())) process.stdout.write(text);
  return result;
}
