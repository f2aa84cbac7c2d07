/**
 * PostgreSQL for a peer: a durable cluster of its own with the memory that it would be given, ended
 * and removed with the bench.
 */
import { createDatabase, query, startCluster } from "../packages/server/test/postgres-cluster.ts";
import { installMissing } from "../packages/server/test/system-program.ts";
import { PeerMissing } from "./peer-install.ts";

export interface Postgres {
  /** `"postgres://stoa@127.0.0.1:41234/stoa_5f0c11"` */
  readonly url: string;
  readonly settings: string;
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
    end: () => cluster.end(),
  };
}
