/**
 * The program: reads flags and environment, starts the server, says where it stands, and stops it
 * on a signal. Everything else is wired in `wire.ts`; several processes are led by `primary.ts`.
 */
import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isPostgres } from "../storage/postgres-address.ts";
import { type Config, ConfigError, helpText, parseConfig, readAction } from "./config.ts";
import { observer } from "./observe.ts";
import {
  endInTime,
  exitCodes,
  listenForSignals,
  reasonOf,
  showFailure,
  showReady,
  showWaiting,
} from "./process-end.ts";
import { withYoungGeneration } from "./young-generation.ts";

const packageFile = new URL("../../package.json", import.meta.url);
/** Built by `npm start`; where it is not there, the server serves its APIs alone. */
const consoleFiles = fileURLToPath(new URL("../../../console/dist", import.meta.url));
/** Rather quick than small: see decision 12. */
const postgresYoungMb = 32;
const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };

switch (readAction(process.argv.slice(2))) {
  case "help":
    process.stdout.write(helpText);
    break;
  case "version":
    process.stdout.write(`${version}\n`);
    break;
  case "serve":
    await serve(readConfig());
}

function readConfig(): Config {
  try {
    return parseConfig(process.argv.slice(2), process.env);
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    for (const mistake of cause.mistakes) process.stderr.write(`${mistake}\n`);
    process.exit(exitCodes.usage);
  }
}

/** Each way loads only what it needs: the primary of several has no server of its own. */
async function serve(config: Config): Promise<void> {
  if (isPostgres(config.data)) withYoungGeneration(postgresYoungMb);
  if (config.workers === 1) return serveAlone(config);
  if (cluster.isPrimary) return (await import("./primary.ts")).servePrimary(config);
  return (await import("./worker.ts")).serveWorker(config, { version, consoleFiles });
}

/** What others did is in no log any more: a process that begins anew knows it. */
function endLapsed(): void {
  showFailure("the log of changes no longer holds what other nodes did: start again");
  process.exit(exitCodes.failed);
}

async function serveAlone(config: Config): Promise<void> {
  const { startStoa } = await import("./wire.ts");
  const observing = observer({ level: config.logLevel });
  const stopping = Promise.withResolvers<void>();
  listenForSignals(stopping.resolve);
  const peers = isPostgres(config.data) && {
    peers: { announce: () => undefined, lapse: endLapsed },
  };
  const leaving = new AbortController();
  void stopping.promise.then(() => leaving.abort());
  const patience = { tell: showWaiting, signal: leaving.signal };
  try {
    const options = { ...config, ...observing, ...peers, patience, version, consoleFiles };
    const stoa = await startStoa(options);
    showReady({ url: stoa.url, login: config.adminLogin, password: stoa.firstPassword });
    await stopping.promise;
    endInTime();
    await stoa.close();
    observing.observe({ kind: "stopped" });
  } catch (cause) {
    if (leaving.signal.aborted && cause === leaving.signal.reason) process.exit(0);
    showFailure(reasonOf(cause));
    process.exit(exitCodes.failed);
  }
}
