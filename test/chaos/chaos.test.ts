/**
 * Nodes over one database under reads, writes and sockets, while one of them after the other is
 * killed and PostgreSQL crashes twice.
 * `STOA_CHAOS_SECONDS=120 STOA_CHAOS_NODES=3` makes it the long run.
 */
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Cluster,
  createDatabase,
  startCluster,
} from "../../packages/server/test/postgres-cluster.ts";
import { run } from "./course.ts";
import { Crew } from "./crew.ts";

const seconds = Number(process.env["STOA_CHAOS_SECONDS"] ?? 5);
const nodeCount = Number(process.env["STOA_CHAOS_NODES"] ?? 2);
const killEveryMs = Math.min(5_000, (seconds * 1_000) / 3);
const crashes = 2;

test(`${nodeCount} nodes that are killed lose nothing and tell nothing twice`, async (context) => {
  const cluster = await startCluster({ durable: true });
  const crew = await Crew.start((await createDatabase(cluster)).url, nodeCount);
  try {
    const found = await run({
      crew,
      seconds,
      moveEveryMs: killEveryMs / 2,
      harm: async (isLate) => {
        await Promise.all([crew.killNow(killEveryMs, isLate), takeAway(cluster)]);
      },
    });
    const harm = `${seconds} s, ${crew.kills} kills, ${crashes} crashes of the database`;
    context.diagnostic(`${harm}; ${found}`);
  } finally {
    await crew.end();
    await cluster.end();
  }
});

/** The database, while the nodes go on. */
async function takeAway(cluster: Cluster): Promise<void> {
  for (let count = 0; count < crashes; count++) {
    await sleep((seconds * 1_000) / (crashes + 1));
    await cluster.stop("immediate");
    await sleep(Math.random() * 1_000);
    await cluster.start();
  }
}
