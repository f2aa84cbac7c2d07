/**
 * `npm run move -- --from <data> --to <data>`: moves everything between databases that no server
 * has open. Reads words, shows how far it has come; the work itself is in the server's `move.ts`.
 */
import { parseArgs } from "node:util";
import { StoaError } from "@stoa/domain";
import { type MoveReport, type MoveWatcher, move } from "../packages/server/src/storage/move.ts";
import { openSource, openTarget } from "../packages/server/src/storage/open-transfer.ts";
import { Progress, whole } from "./sample-progress.ts";

const usage = `Usage: npm run move -- --from <data> --to <data> [options]

Moves every store with all that is in it, with ids, users, tokens and the log of changes.

  --from <data>  a folder, or postgres://user:password@host:5432/database
  --to <data>    the same; it must hold nothing
  --anew         throw away what an unfinished move has left there, and begin again

Stop the servers of both first. The source stays as it is. Kill it when you like and run it again:
it goes on where it stopped. At the end counts and checksums of both are compared.
`;

const names = { copy: "copying", build: "building indexes", compare: "comparing" } as const;

const exitCodes = { failed: 1, usage: 2 } as const;

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (cause) {
  if (!(cause instanceof StoaError)) throw cause;
  process.stderr.write(`${cause.message}\n`);
  process.exitCode = exitCodes.failed;
}

async function run(words: readonly string[]): Promise<number> {
  const { values, mistake } = read(words);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { from, to, anew = false } = values;
  if (mistake !== undefined || from === undefined || to === undefined) {
    process.stderr.write(`${mistake ?? "Name both --from and --to"}\n\n${usage}`);
    return exitCodes.usage;
  }
  const source = await openSource(from);
  try {
    const target = await openTarget(to, { anew });
    try {
      tell(await move(source, target, watcher()), target.address);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  return 0;
}

function tell({ rows, stores }: MoveReport, address: string): void {
  const what = `${whole(rows)} rows of ${whole(stores)} stores are in ${address}`;
  process.stdout.write(`${what}: counts and checksums are the same\n`);
}

function watcher(): MoveWatcher {
  let progress: Progress | undefined;
  return {
    begin: (step, total, done) => {
      progress?.end();
      process.stderr.write(`${names[step]}\n`);
      progress = total === 0 ? undefined : new Progress({ total, done, output: process.stderr });
    },
    done: (rows) => progress?.add(rows),
  };
}

interface Words {
  readonly values: {
    readonly from?: string;
    readonly to?: string;
    readonly anew?: boolean;
    readonly help?: boolean;
  };
  readonly mistake: string | undefined;
}

function read(words: readonly string[]): Words {
  const options = {
    from: { type: "string" },
    to: { type: "string" },
    anew: { type: "boolean" },
    help: { type: "boolean" },
  } as const;
  try {
    return { values: parseArgs({ args: [...words], options }).values, mistake: undefined };
  } catch (cause) {
    return { values: {}, mistake: (cause as Error).message };
  }
}
