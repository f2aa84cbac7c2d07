/**
 * PostgreSQL for a peer: a cluster of its own in a folder of its own, on a free port of this
 * machine, durable, ended and removed with the bench.
 */
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PeerMissing } from "./peer-install.ts";
import { runToEnd, type Setting, startProgram } from "./process.ts";

export interface Postgres {
  /** `"postgres://bench@127.0.0.1:41234/bench"` */
  readonly url: string;
  readonly settings: string;
  end(): Promise<void>;
}

const options = {
  fsync: "on",
  synchronous_commit: "on",
  shared_buffers: "512MB",
  max_connections: "60",
  max_wal_size: "2GB",
} as const;

/** Errors: PeerMissing. */
export async function startPostgres(): Promise<Postgres> {
  const programs = await installed();
  const setting = asOrdinaryUser();
  const folder = mkdtempSync(join(tmpdir(), "stoa-postgres-"));
  if (setting.uid !== undefined && setting.gid !== undefined) {
    chownSync(folder, setting.uid, setting.gid);
  }
  const port = await freePort();
  const data = join(folder, "data");
  const made = ["-D", data, "-U", "bench", "--auth=trust", "-E", "UTF8", "--locale=C"];
  await runToEnd(join(programs, "initdb"), made, 60_000, { ...setting, cwd: folder });
  const given = Object.entries(options).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const place = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder];
  const ready = /database system is ready to accept connections/;
  const server = await startProgram(join(programs, "postgres"), [...place, ...given], ready, {
    ...setting,
    cwd: folder,
  });
  const at = ["-h", "127.0.0.1", "-p", String(port), "-U", "bench"];
  await runToEnd(join(programs, "createdb"), [...at, "bench"], 30_000, { cwd: folder });
  const said = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return {
    url: `postgres://bench@127.0.0.1:${port}/bench`,
    settings: `PostgreSQL 15: ${said.join(", ")}; the rest as it comes`,
    end: async () => {
      await server.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The folder of its programs; on Debian, where root runs the bench, it is installed. */
async function installed(): Promise<string> {
  const debian = "/usr/lib/postgresql/15/bin";
  if (existsSync(debian)) return debian;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const words = ["install", "-y", "-q", "postgresql-15"];
    await runToEnd("apt-get", words, 300_000).catch((cause: Error) => {
      throw new PeerMissing(`apt-get install postgresql-15 ended: ${cause.message}`);
    });
    if (existsSync(debian)) return debian;
  }
  throw new PeerMissing(`PostgreSQL 15 is not installed (no ${debian})`);
}

/** PostgreSQL refuses to run as root. */
function asOrdinaryUser(): Setting {
  if (process.getuid?.() !== 0) return {};
  const number = (option: string) =>
    Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));
  try {
    return { uid: number("-u"), gid: number("-g") };
  } catch {
    throw new PeerMissing("there is no user postgres for PostgreSQL to run as");
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}
