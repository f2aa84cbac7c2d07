/**
 * Leads several processes over one port and one folder: locks the folder, has a crew of workers
 * started, and stops all. Answers no request itself.
 */
import cluster from "node:cluster";
import { lockData } from "../storage/open-engine.ts";
import { isPostgres } from "../storage/postgres-address.ts";
import { type Config, isBalanced } from "./config.ts";
import { Crew } from "./crew.ts";
import { observer } from "./observe.ts";
import {
  endInTime,
  exitCodes,
  listenForSignals,
  reasonOf,
  showFailure,
  showReady,
} from "./process-end.ts";

export async function servePrimary(config: Config): Promise<void> {
  const { observe } = observer({ level: config.logLevel });
  const stopping = Promise.withResolvers<void>();
  listenForSignals(stopping.resolve);
  try {
    // Nodes of one database share it by design.
    const lock = isPostgres(config.data) ? undefined : await lockData(config.data);
    // Else a connection on its way to a worker that dies would be lost in here, and hang.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    const crew = new Crew({
      observe,
      size: config.workers,
      isBalanced: isBalanced(config),
    });
    const first = await crew.start();
    showReady({ url: first.url, login: config.adminLogin, password: first.firstPassword });
    await stopping.promise;
    endInTime();
    await crew.stop();
    lock?.close();
    observe({ kind: "stopped" });
    process.exit(0);
  } catch (cause) {
    showFailure(reasonOf(cause));
    // Workers end with this process.
    process.exit(exitCodes.failed);
  }
}
