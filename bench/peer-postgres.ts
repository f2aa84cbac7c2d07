/**
 * PostgreSQL for a peer: a durable cluster of its own with the memory that it would be given, ended
 * and removed with the bench.
 */
import { createDatabase, query, startCluster } from "../packages/server/test/postgres-cluster.ts";
import { installMissing } from "../packages/server/test/system-program.ts";
import { parentOf } from "./cpu.ts";
import { PeerMissing } from "./peer-install.ts";

export interface Postgres {
  /** `"postgres://stoa@127.0.0.1:41234/stoa_5f0c11"` */
  readonly url: string;
  readonly settings: string;
  /** Another empty database of the same cluster. */
  another(): Promise<string>;
  /** Another one with the same in it; nobody may use the first one meanwhile. */
  copy(): Promise<string>;
  /** The process that all others of it come from. */
  readonly pid: number;
  end(): Promise<void>;
}

const settings = { shared_buffers: "512MB", max_connections: "60", max_wal_size: "2GB" };

/** Errors: PeerMissing. */
export async function startPostgres(): Promise<Postgres> {
  await installMissing(["postgresql"]).catch((cause: Error) => {
    throw new PeerMissing(cause.message);
  });
  const cluster = await startCluster({ durable: true, settings });
  const { url } = await createDatabase(cluster);
  const said = Object.entries(cluster.settings).map(([name, value]) => `${name}=${value}`);
  const [version] = (await query(url, "SHOW server_version")).split(" ");
  return {
    url,
    settings: `PostgreSQL ${version}: ${said.join(", ")}; the rest as it comes`,
    copy: async () => {
      const copied = new URL(url);
      copied.pathname += "_copy";
      const [from, to] = [new URL(url), copied].map(({ pathname }) => pathname.slice(1));
      await query(cluster.url, `CREATE DATABASE ${to} TEMPLATE ${from}`);
      return copied.href;
    },
    another: async () => (await createDatabase(cluster)).url,
    pid: await postmasterOf(cluster.url),
    end: () => cluster.end(),
  };
}

async function postmasterOf(url: string): Promise<number> {
  const sql = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'";
  return parentOf(Number(await query(url, sql)));
}
