/**
 * Programs of the machine that the tests need beside Node: PostgreSQL's and a Chromium. Finds them,
 * and installs what is missing where root runs on Debian; elsewhere says what is missing.
 */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

export type SystemProgram = "postgresql" | "chromium";

/** What decides what is found and what may be done; the tests hand in a small machine. */
export interface Machine {
  /** `"/usr/local/bin:/usr/bin"` */
  readonly path: string;
  /** `"/"`: below it lie `usr/lib/postgresql` and `etc`. */
  readonly root: string;
  readonly isAdministrator: boolean;
}

export const thisMachine: Machine = {
  path: process.env["PATH"] ?? "",
  root: "/",
  isAdministrator: process.getuid?.() === 0,
};

/** PostgreSQL before this lacks what the server asks of it. */
const postgresMajorMin = 15;
const installMsMax = 600_000;

/**
 * The folder of initdb, pg_ctl and psql: `"/usr/lib/postgresql/15/bin"`; the newest where there are
 * several. Undefined: there is none that is new enough.
 */
export function findPostgres(machine = thisMachine): string | undefined {
  const debian = join(machine.root, "usr/lib/postgresql");
  const majors = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  const ofDebian = majors
    .filter((major) => major >= postgresMajorMin)
    .sort((a, b) => b - a)
    .map((major) => join(debian, String(major), "bin"));
  const folders = [...ofDebian, ...machine.path.split(delimiter)];
  return folders.find((folder) => ["initdb", "pg_ctl", "psql"].every(isIn(folder)));
}

/** `"/usr/bin/chromium"`, or a Chrome, which is one. Undefined: there is none. */
export function findChromium(machine = thisMachine): string | undefined {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const ofMac = join(machine.root, "Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
  const files = machine.path
    .split(delimiter)
    .flatMap((dir) => names.map((name) => join(dir, name)));
  return [...files, ofMac].find((file) => existsSync(file));
}

const finders = { postgresql: findPostgres, chromium: findChromium } as const;
const purposes = {
  postgresql: `PostgreSQL ${postgresMajorMin} or newer with its server`,
  chromium: "Chromium",
} as const;

/**
 * Sees to it that these are there: by one run of apt-get where root runs on Debian.
 * Errors, each in one line: what is missing, and how it is installed.
 */
export async function installMissing(
  wanted: readonly SystemProgram[],
  machine = thisMachine,
): Promise<void> {
  const missing = wanted.filter((name) => finders[name](machine) === undefined);
  if (missing.length === 0) return;
  const installer = machine.path.split(delimiter).find((folder) => isIn(folder)("apt-get"));
  const command = `apt-get install ${missing.join(" ")}`;
  const lacking = missing.map((name) => purposes[name]).join(" and ");
  if (!machine.isAdministrator || installer === undefined) {
    throw new Error(`${lacking} missing for the tests; on Debian, as root: ${command}`);
  }
  console.error(`stoa: installing ${missing.join(" and ")} for the tests, once`);
  await installOnDebian(join(installer, "apt-get"), missing, machine);
  const still = missing.filter((name) => finders[name](machine) === undefined);
  if (still.length > 0) {
    throw new Error(
      `${still.map((name) => purposes[name]).join(" and ")} missing after ${command}`,
    );
  }
}

/** Without a cluster that Debian would start beside those of the tests. */
async function installOnDebian(
  installer: string,
  missing: readonly SystemProgram[],
  machine: Machine,
): Promise<void> {
  const setting = join(machine.root, "etc/postgresql-common/createcluster.d/stoa-tests.conf");
  mkdirSync(dirname(setting), { recursive: true });
  writeFileSync(setting, "create_main_cluster = false\n");
  try {
    await run(installer, ["update", "-q"]);
    await run(installer, ["install", "-y", "-q", "--no-install-recommends", ...missing]);
  } finally {
    rmSync(setting, { force: true });
  }
}

/** Quiet but for the last line of one that fails. */
async function run(installer: string, words: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const child = spawn(installer, words, {
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: installMsMax,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-20_000);
    });
  }
  const status = await new Promise<unknown>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  if (status === 0) return;
  throw new Error(`apt-get ${words[0]} ended with ${status}: ${said.trim().split("\n").at(-1)}`);
}

function isIn(folder: string): (name: string) => boolean {
  return (name) => folder !== "" && existsSync(join(folder, name));
}
