/**
 * Makes the tree ready and prints the Node that shall run Stoa: its path is all that stdout gets.
 * Runs before any package is installed, so it knows nothing but Node 20 and `npm`.
 *
 *     NODE=$(node scripts/setup.mjs) && exec "$NODE" packages/server/src/app/main.ts
 */

import { spawn, spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const nodeMajorMin = 24;
const lockBeatMs = 1_000;
const lockStaleMs = 10_000;

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const lockFile = join(root, "package-lock.json");
/** Written last, and only by an install that ended well: `{"tree": <hash>, "node": <path>}`. */
const stamp = join(modules, ".stoa-setup.json");
/** A directory, because making one is atomic; outside `node_modules`, which npm may remove. */
const lock = join(root, ".stoa", "setup.lock");

const network =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/;

try {
  const ready = readReadyNode();
  process.stdout.write(`${ready ?? (await installAlone())}\n`);
} catch (error) {
  console.error(`stoa: ${error.message}`);
  process.exitCode = 1;
}

/** The Node of an install that is complete and fits the present manifests, else undefined. */
function readReadyNode() {
  const { tree, node } = readStamp();
  const usable = node === process.execPath || (typeof node === "string" && existsSync(node));
  return usable && tree === hashManifests() ? node : undefined;
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stamp, "utf8")) ?? {};
  } catch {
    return {}; // no install yet, or one that was interrupted
  }
}

/** One hash over everything that decides what is installed, the platform included. */
function hashManifests() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const packages = readdirSync(join(root, "packages")).sort();
  const manifests = packages.map((name) => join(root, "packages", name, "package.json"));
  for (const file of [lockFile, join(root, "package.json"), ...manifests]) {
    if (existsSync(file)) hash.update(`\n${file.slice(root.length)}\n`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** Installs unless another process does, which is then waited for. */
async function installAlone() {
  mkdirSync(dirname(lock), { recursive: true });
  let told = false;
  while (!takeLock()) {
    if (!told) console.error("stoa: another process installs the packages; waiting for it");
    told = true;
    await sleep(200);
  }
  const beat = setInterval(() => utimesSync(lock, new Date(), new Date()), lockBeatMs);
  try {
    return readReadyNode() ?? (await install());
  } finally {
    clearInterval(beat);
    rmSync(lock, { recursive: true, force: true });
  }
}

function takeLock() {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    removeStaleLock();
    return false;
  }
}

/** A holder that was killed beats no more. Renaming first lets only one waiter remove the lock. */
function removeStaleLock() {
  try {
    if (Date.now() - statSync(lock).mtimeMs < lockStaleMs) return;
    const grave = `${lock}.${randomUUID()}`;
    renameSync(lock, grave);
    rmSync(grave, { recursive: true, force: true });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

async function install() {
  console.error("stoa: installing packages, once, about half a minute");
  // A complete tree is brought up to date in place; anything else may hold halves of packages.
  const strict = existsSync(lockFile) && !existsSync(stamp);
  rmSync(stamp, { force: true });
  let outcome = await runNpm(strict ? "ci" : "install");
  if (outcome.status !== 0 && /\bEUSAGE\b/.test(outcome.said)) {
    console.error("stoa: package-lock.json lacks something that package.json asks for; adding it");
    outcome = await runNpm("install");
  }
  if (outcome.status !== 0) throw new Error(explainFailure(outcome));
  const node = findNode();
  const next = `${stamp}.${randomUUID()}`;
  writeFileSync(next, JSON.stringify({ tree: hashManifests(), node }));
  renameSync(next, stamp);
  return node;
}

/** Runs npm on the machine's own Node: ours lies in the directory that npm is about to replace. */
async function runNpm(command) {
  const path = (process.env.PATH ?? "").split(delimiter);
  const kept = path.filter((folder) => !folder.endsWith(join("node_modules", ".bin")));
  const words = [command, "--include=dev", "--include=optional", "--prefer-offline"];
  const npm = spawn("npm", [...words, "--no-save", "--loglevel=error"], {
    cwd: root,
    env: { ...process.env, PATH: kept.join(delimiter) },
    stdio: ["ignore", 2, "pipe"],
  });
  let said = "";
  npm.stderr.setEncoding("utf8").on("data", (text) => {
    said = (said + text).slice(-20_000);
  });
  const status = await new Promise((resolve, reject) => {
    npm.on("error", () => reject(new Error("npm is missing; it comes with Node (nodejs.org)")));
    npm.on("close", (code, signal) => resolve(code ?? signal));
  });
  return { command, status, said };
}

/** One line where the cause is known, else what npm said itself. */
function explainFailure({ command, status, said }) {
  const reason = network.exec(said)?.[1];
  if (reason === undefined) return `npm ${command} ended with ${status}\n${said.trim()}`;
  return `npm cannot reach its package registry (${reason}); see to the network, a proxy or npm's \
registry setting and start again`;
}

/** The installed Node where it runs, else the present one if it is new enough. */
function findNode() {
  const installed = join(modules, ".bin", "node");
  const answer = spawnSync(installed, ["--version"], { encoding: "utf8" });
  if (answer.status === 0 && isNewEnough(answer.stdout)) return installed;
  if (isNewEnough(process.version) && existsSync(process.execPath)) return process.execPath;
  throw new Error(
    `Node ${nodeMajorMin} or newer is missing: this is ${process.version}, and npm has no build \
for ${process.platform}-${process.arch} here; install one from nodejs.org`,
  );
}

function isNewEnough(version) {
  return Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) >= nodeMajorMin;
}
