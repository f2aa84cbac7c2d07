/**
 * PostgreSQL for tests and benches: clusters of their own in temporary folders, which end with the
 * process that started them however that ends. Knows nothing of Stoa.
 *
 * A test file that needs a database takes one of the cluster that `npm test` runs for all files; a
 * file run alone gets a cluster of its own without doing anything else:
 *
 *     const database = await createDatabase();   // database.url, an empty database
 *     after(() => database.remove());
 *
 * One that stops, crashes or tunes PostgreSQL starts its own: `startCluster({ durable: true })`.
 * `STOA_TEST_POSTGRES=postgres://stoa@127.0.0.1:5432/postgres` names a cluster that is there, for
 * all but those; its user must be allowed to create databases.
 */

import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { findPostgres } from "./system-program.ts";

/** A database of its own for a file of tests. */
export interface TestDatabase {
  /** `"postgres://stoa@127.0.0.1:41234/stoa_5f0c11"` */
  readonly url: string;
  /** Whoever is still connected is cut off. */
  remove(): Promise<void>;
}

/** An empty database, UTF8 and of locale C, in the shared cluster unless another is named. */
export async function createDatabase(cluster?: Pick<Cluster, "url">): Promise<TestDatabase> {
  const { url } = cluster ?? (await sharedCluster());
  const name = `stoa_${randomBytes(6).toString("hex")}`;
  await query(url, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING UTF8 LOCALE 'C'`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const remove = async () => {
    await query(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  return { url: own.href, remove };
}

export interface ClusterOptions {
  /** With `fsync` and all that makes a commit last; else quick and lost with the machine. */
  readonly durable?: boolean;
  /** Speaks TLS with those who want to, by this key and certificate in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Further settings: `{"shared_buffers": "512MB"}`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL. */
export interface Cluster {
  /** Of a superuser and the database `postgres`: `"postgres://stoa@127.0.0.1:41234/postgres"`. */
  readonly url: string;
  /** The same by a Unix socket: `"postgres:///postgres?host=%2Ftmp%2Fx&port=41234&user=stoa"`. */
  readonly socketUrl: string;
  readonly settings: Readonly<Record<string, string>>;
  /** `fast` cuts its clients off; `immediate` is a crash, which the next start mends. */
  stop(mode: "fast" | "immediate"): Promise<void>;
  /** After `stop`, on the same port with the same data. */
  start(): Promise<void>;
  /** Stops it and removes its folder. */
  end(): Promise<void>;
}

const user = "stoa";
const quick = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };
const lasting = { fsync: "on", synchronous_commit: "on", full_page_writes: "on" };
const ordinary = { max_connections: "200", shared_buffers: "64MB", max_wal_size: "512MB" };
const startsMax = 5;

/** Errors: PostgreSQL is not installed; what its programs said. */
export function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return startMade(options, (call, data) => {
    const made = ["-D", data, "-U", user, "--auth=trust", "-E", "UTF8", "--locale=C"];
    return call("initdb", options.durable ? made : [...made, "--no-sync", "--no-instructions"]);
  });
}

/**
 * A copy of a running cluster that follows it as a hot standby, by `pg_basebackup`. It goes on
 * following after `stop` and `start`. Same errors.
 */
export function startStandby(primary: Cluster): Promise<Cluster> {
  const { hostname, port } = new URL(primary.url);
  const from = ["-h", hostname, "-p", port, "-U", user];
  // As many connections as the primary, else it would not follow.
  return startMade({ settings: primary.settings }, (call, data) =>
    call("pg_basebackup", [...from, "-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync"]),
  );
}

type Call = (program: string, words: readonly string[]) => Promise<void>;

/** @param make fills the folder of the data. */
async function startMade(
  options: ClusterOptions,
  make: (call: Call, data: string) => Promise<void>,
): Promise<Cluster> {
  const programs = findPostgres();
  if (programs === undefined) throw new Error("PostgreSQL is not installed");
  const identity = ordinaryUser();
  const folder = mkdtempSync(join(tmpdir(), "stoa-postgres-"));
  if (identity) chownSync(folder, identity.uid, identity.gid);
  const data = join(folder, "data");
  const setting = { ...identity, cwd: folder };
  const call: Call = (program, words) => runProgram(join(programs, program), words, setting);
  const keeper = startKeeper(join(programs, "pg_ctl"), folder, setting);
  const end = () => endByKeeper(keeper);
  const speed = options.durable ? lasting : quick;
  try {
    await make(call, data);
    const secured = options.tls && keepTls(folder, options.tls, identity);
    const settings = { ...ordinary, ...speed, ...secured, ...options.settings };
    const startAt = (port: number) =>
      call("pg_ctl", startWords(data, folder, join(folder, "log"), port, settings));
    const port = await startOnFreePort(startAt);
    const socket = new URLSearchParams({ host: folder, port: String(port), user });
    return {
      url: `postgres://${user}@127.0.0.1:${port}/postgres`,
      socketUrl: `postgres:///postgres?${socket}`,
      settings,
      stop: (mode) => call("pg_ctl", ["stop", "-D", data, "-m", mode, "-w", "-s"]),
      start: () => startAt(port),
      end,
    };
  } catch (cause) {
    await end();
    throw cause;
  }
}

/** Where PostgreSQL finds its key, which nobody else may read. */
function keepTls(
  folder: string,
  tls: NonNullable<ClusterOptions["tls"]>,
  identity: Identity | undefined,
): Readonly<Record<string, string>> {
  const files = { ssl_key_file: join(folder, "key.pem"), ssl_cert_file: join(folder, "cert.pem") };
  writeFileSync(files.ssl_key_file, tls.key, { mode: 0o600 });
  writeFileSync(files.ssl_cert_file, tls.cert);
  if (identity) chownSync(files.ssl_key_file, identity.uid, identity.gid);
  return { ssl: "on", ...files };
}

/** What psql answers, a row a line and its columns parted by `|`. Errors: what psql said. */
export async function query(url: string, sql: string): Promise<string> {
  const psql = join(findPostgres() ?? "", "psql");
  const words = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, url];
  const { stdout } = await promisify(execFile)(psql, words, { timeout: 60_000 });
  return stdout.trim();
}

let shared: Promise<Pick<Cluster, "url">> | undefined;

function sharedCluster(): Promise<Pick<Cluster, "url">> {
  const url = process.env["STOA_TEST_POSTGRES"];
  shared ??= url ? Promise.resolve({ url }) : startCluster();
  return shared;
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

type Setting = Partial<Identity> & { readonly cwd: string };

/** PostgreSQL refuses to run as root, and as a user that has no name. */
function ordinaryUser(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (option: string) => Number(execFileSync("id", [option, name], { stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // there is no such user here
    }
  }
  throw new Error("there is neither a user postgres nor nobody for PostgreSQL to run as");
}

/**
 * A shell that waits for the end of this process, which closes its input even when it is killed,
 * and then clears up. In a session of its own, so that an interrupt of the tests spares it.
 */
function startKeeper(control: string, folder: string, setting: Setting): ChildProcess {
  const script = 'cat; "$1" stop -s -m immediate -D "$2/data" 2>&-; cd /; rm -rf "$2"';
  const keeper = spawn("sh", ["-c", script, "sh", control, folder], {
    ...setting,
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  keeper.unref();
  const { stdin } = keeper;
  if (stdin !== null && "unref" in stdin && typeof stdin.unref === "function") stdin.unref();
  return keeper;
}

async function endByKeeper(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null) return;
  keeper.ref();
  const exited = once(keeper, "exit");
  keeper.stdin?.end();
  await exited;
}

function startWords(
  data: string,
  socketFolder: string,
  log: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): string[] {
  const given = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const place = [`-p ${port}`, "-h 127.0.0.1", `-k '${socketFolder}'`];
  const words = [...place, ...given].join(" ");
  return ["start", "-D", data, "-l", log, "-w", "-s", "-t", "60", "-o", words];
}

/** Somebody else may take the port between its being found free and its use. */
async function startOnFreePort(startAt: (port: number) => Promise<void>): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    try {
      await startAt(port);
      return port;
    } catch (cause) {
      if (tries === startsMax) throw cause;
    }
  }
}

async function runProgram(program: string, words: readonly string[], setting: Setting) {
  const child = spawn(program, words, { ...setting, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said.trim()}`);
}
