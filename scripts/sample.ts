/**
 * `npm run sample -- cities`: fills a running server with real data through its HTTP API. Reads
 * words and environment, shows how far it has come; the work itself is in `sample-load.ts`.
 */
import { parseArgs } from "node:util";
import { citiesTotal } from "./sample-cities.ts";
import { SampleConnection, SampleError } from "./sample-connection.ts";
import { loadCities } from "./sample-load.ts";
import { Progress, whole } from "./sample-progress.ts";

const usage = `Usage: npm run sample -- cities [options]

  cities                 ${whole(citiesTotal)} cities of the world, into the store "cities"

  --url <address>        the server                     http://127.0.0.1:8080
  --login <login>        who signs in                   admin
  --password <password>  else STOA_ADMIN_PASSWORD
  --token <token>        instead of login and password
  --limit <number>       only the first so many

Stop it when you like and run it again: it goes on where it stopped and makes nothing twice.
`;

/** 130 = stopped by SIGINT, as shells count. */
const exitCodes = { failed: 1, usage: 2, stopped: 130 } as const;

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (cause) {
  if (!(cause instanceof SampleError)) throw cause;
  process.stderr.write(`${cause.message}\n`);
  process.exitCode = exitCodes.failed;
}

async function run(words: readonly string[]): Promise<number> {
  const { values, positionals, mistake } = read(words);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const limit = values.limit === undefined ? citiesTotal : Number(values.limit);
  const isLimit = Number.isSafeInteger(limit) && limit >= 1;
  const wrong = mistake ?? (isLimit ? undefined : `--limit ${values.limit} is no whole number`);
  if (wrong !== undefined || positionals.length !== 1 || positionals[0] !== "cities") {
    process.stderr.write(`${wrong ?? "Name the sample to load: cities"}\n\n${usage}`);
    return exitCodes.usage;
  }
  const connection = new SampleConnection(values.url ?? "http://127.0.0.1:8080");
  await connection.signIn({
    login: values.login ?? "admin",
    password: values.password ?? process.env["STOA_ADMIN_PASSWORD"],
    token: values.token,
  });
  return load(connection, limit);
}

interface Words {
  readonly values: Partial<Record<"url" | "login" | "password" | "token" | "limit", string>> & {
    readonly help?: boolean;
  };
  readonly positionals: readonly string[];
  readonly mistake: string | undefined;
}

function read(words: readonly string[]): Words {
  const text = { type: "string" } as const;
  const options = {
    url: text,
    login: text,
    password: text,
    token: text,
    limit: text,
    help: { type: "boolean" },
  } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
    });
    return { values, positionals, mistake: undefined };
  } catch (cause) {
    return { values: {}, positionals: [], mistake: (cause as Error).message };
  }
}

async function load(connection: SampleConnection, limit: number): Promise<number> {
  const stop = new AbortController();
  // Once: a second signal ends the program at once, which loses nothing either.
  process.once("SIGINT", () => stop.abort());
  let progress: Progress | undefined;
  let there = 0;
  let all = 0;
  const begin = ({ present, total }: { present: number; total: number }) => {
    there = present;
    all = total;
    progress = new Progress({ total, done: present, output: process.stderr });
  };
  const loaded = (count: number) => progress?.add(count);
  try {
    const created = await loadCities(connection, { limit, signal: stop.signal, begin, loaded });
    progress?.end();
    const seconds = progress?.seconds ?? 0;
    const rate = whole(created / Math.max(seconds, 0.001));
    const before = there > 0 ? ` (${whole(there)} were there)` : "";
    const sum = `${whole(created)} cities in ${seconds.toFixed(1)} s, ${rate} per second${before}`;
    process.stdout.write(`${sum}\n`);
    if (there + created === all) return 0;
    const so = `${whole(there + created)} of ${whole(all)} are there`;
    process.stderr.write(`Stopped: ${so}; run it again to go on\n`);
    return exitCodes.stopped;
  } catch (cause) {
    progress?.end();
    if (!(cause instanceof SampleError) || progress === undefined) throw cause;
    throw new SampleError(`${cause.message}. Run it again to go on: nothing is made twice`);
  }
}
