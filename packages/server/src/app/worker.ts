/**
 * One of several processes over one port and one folder: a whole server, which tells the primary of
 * its commits and follows those of the others. Ends when the primary says so, or with it.
 */
import cluster from "node:cluster";
import { limit } from "@stoa/domain";
import type { Observe } from "../service/observation.ts";
import type { Config } from "./config.ts";
import { addedLoad } from "./load-window.ts";
import { addedUp, observer, type ProcessReport } from "./observe.ts";
import { endInTime, exitCodes, ignoreSignals, reasonOf } from "./process-end.ts";
import { type Stoa, type StoaOptions, startStoa } from "./wire.ts";
import type { ToPrimary, ToWorker } from "./worker-message.ts";

export async function serveWorker(
  config: Config,
  program: Pick<StoaOptions, "version" | "consoleFiles">,
): Promise<void> {
  const observing = observer({ level: config.logLevel });
  const stopping = Promise.withResolvers<void>();
  const gathering = new Gathering();
  let stoa: Stoa | undefined;
  ignoreSignals();
  // The primary has gone while something was on its way to it: this process ends with it.
  cluster.worker?.on("error", () => process.exit(exitCodes.failed));
  process.on("message", (message: ToWorker) => {
    switch (message.kind) {
      case "follow":
        if (stoa) follow(stoa, observing.observe);
        break;
      case "report":
        observing.report().then((report) => tell({ ...message, report }), fail);
        break;
      case "gathered":
        gathering.take(message.question, message.reports);
        break;
      case "stop":
        stopping.resolve();
        break;
      default:
        message satisfies never;
    }
  });
  const peers = { announce: announcer(), lapse: () => process.exit(exitCodes.failed) };
  const metrics = async () => addedUp(await gathering.ask());
  const load = async () => addedLoad((await gathering.ask()).map((report) => report.load));
  try {
    stoa = await startStoa({ ...config, ...observing, metrics, load, ...program, peers });
  } catch (cause) {
    fail(cause);
    return;
  }
  tell({ kind: "ready", url: stoa.url, firstPassword: stoa.firstPassword });
  await stopping.promise;
  endInTime();
  await stoa.close();
  process.exit(0);
}

/** Where it fails the next request, or the next commit of another process, tries again. */
function follow({ engine }: Stoa, observe: Observe): void {
  engine.follow()?.catch((cause: unknown) => {
    observe({ kind: "fault", incident: "follow", cause });
  });
}

/** The primary hears why before this process ends. */
function fail(cause: unknown): void {
  const message: ToPrimary = { kind: "failed", reason: reasonOf(cause) };
  process.send?.(message, () => process.exit(exitCodes.failed));
}

/** The channel may have just closed: then this process is about to end. */
function tell(message: ToPrimary): void {
  process.send?.(message, () => {});
}

/** Tells of a commit at once, and of those that follow closely together. */
function announcer(): () => void {
  let isPausing = false;
  let hasMore = false;
  const announce = () => {
    if (isPausing) {
      hasMore = true;
      return;
    }
    tell({ kind: "committed" });
    isPausing = true;
    setTimeout(() => {
      isPausing = false;
      if (hasMore) announce();
      hasMore = false;
    }, limit.announceMsMin).unref();
  };
  return announce;
}

/** Questions to the primary about what all have counted. */
class Gathering {
  readonly #waiting = new Map<number, (reports: readonly ProcessReport[]) => void>();
  #last = 0;

  ask(): Promise<readonly ProcessReport[]> {
    this.#last++;
    const question = this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(question, resolve);
      tell({ kind: "gather", question });
    });
  }

  take(question: number, reports: readonly ProcessReport[]): void {
    this.#waiting.get(question)?.(reports);
    this.#waiting.delete(question);
  }
}
