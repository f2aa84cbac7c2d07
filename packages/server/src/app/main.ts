/**
 * The program: reads flags and environment, starts the server, says where it stands, and stops it
 * on a signal. Everything else is wired in `wire.ts`.
 */
import { readFileSync } from "node:fs";
import { type Config, ConfigError, helpText, parseConfig, readAction } from "./config.ts";
import { observer } from "./observe.ts";
import { startStoa } from "./wire.ts";

/** Exit codes: a wrong flag or value; a start that failed. */
const exitCodes = { usage: 2, failed: 1 } as const;

/** After a signal everything ends within this time, answered or not. */
const stopMsMax = 9_500;

const packageFile = new URL("../../package.json", import.meta.url);
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

async function serve(config: Config): Promise<void> {
  const observing = observer({ level: config.logLevel });
  const stopping = Promise.withResolvers<void>();
  listenForSignals(stopping.resolve);
  try {
    const stoa = await startStoa({ ...config, ...observing, version });
    if (stoa.firstPassword !== null) showPassword(config.adminLogin, stoa.firstPassword);
    process.stdout.write(`stoa ready on ${stoa.url}\n`);
    await stopping.promise;
    setTimeout(() => process.exit(0), stopMsMax).unref();
    await stoa.close();
    observing.observe({ kind: "stopped" });
  } catch (cause) {
    process.stderr.write(`stoa did not start: ${reason(cause)}\n`);
    process.exit(exitCodes.failed);
  }
}

/** The first signal drains and stops; a second one stops at once. */
function listenForSignals(stop: () => void): void {
  let seen = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (seen) process.exit(0);
      seen = true;
      stop();
    });
  }
}

function showPassword(login: string, password: string): void {
  process.stdout.write(`first start: sign in as ${login} with the password ${password}\n`);
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code, port } = cause as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") return `port ${port} is taken: choose another by --port, 0 for any`;
  return cause.message;
}
