/**
 * One of several processes over one port and one folder: a whole server, which tells the primary of
 * its commits and of its load, and follows the commits of the others. Ends when the primary says
 * so, or with it.
 */
import cluster from "node:cluster";
import { setTimeout as sleep } from "node:timers/promises";
import { limit } from "@stoa/domain";
import type { Observation, Observe } from "../service/observation.ts";
import { type Config, isBalanced } from "./config.ts";
import { addedLoad } from "./load-window.ts";
import { addedUp, observer, type ProcessReport } from "./observe.ts";
import { endInTime, exitCodes, ignoreSignals, reasonOf } from "./process-end.ts";
import { type Stoa, type StoaOptions, startStoa } from "./wire.ts";
import { portVariable, type ToPrimary, type ToWorker } from "./worker-message.ts";

export async function serveWorker(
  config: Config,
  program: Pick<StoaOptions, "version" | "consoleFiles">,
): Promise<void> {
  const observing = observer({ level: config.logLevel });
  const stopping = Promise.withResolvers<void>();
  const gathering = new Gathering();
  const telling = new Telling();
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
      case "share":
        if (stoa) share(stoa, telling, message.isShared).catch(fail);
        break;
      case "shed":
        stoa?.shed(message.share);
        break;
      case "leave":
        if (stoa) leave(stoa, observing.report).then(stopping.resolve, fail);
        break;
      case "stop":
        stopping.resolve();
        break;
      default:
        message satisfies never;
    }
  });
  const observe = (observation: Observation) => {
    telling.observe(observation);
    observing.observe(observation);
  };
  const announce = (works: number) => telling.commit(works);
  const peers = { announce, lapse: () => process.exit(exitCodes.failed) };
  const metrics = async () => addedUp(await gathering.ask());
  const load = async () => addedLoad((await gathering.ask()).map((report) => report.load));
  try {
    const port = Number(process.env[portVariable] || config.port);
    stoa = await startStoa({ ...config, port, observe, metrics, load, ...program, peers });
  } catch (cause) {
    fail(cause);
    return;
  }
  tell({ kind: "ready", url: stoa.url, firstPassword: stoa.firstPassword });
  if (isBalanced(config)) telling.begin();
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

async function share({ engine }: Stoa, telling: Telling, isShared: boolean): Promise<void> {
  // Others may come as soon as it is told: from then on they are to hear of everything.
  telling.isHeard ||= isShared;
  await engine.share?.(isShared);
  telling.isHeard = isShared;
  if (isShared) tell({ kind: "shared" });
}

async function leave(stoa: Stoa, report: () => Promise<ProcessReport>): Promise<void> {
  // Whoever reads a list that slowly is cut as in any other stop.
  await Promise.race([stoa.leave(), sleep(limit.leaveMsMax, undefined, { ref: false })]);
  tell({ kind: "past", report: await report() });
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

/** Tells the primary of commits, and now and then how busy this process is. */
class Telling {
  /** Whether there are others to hear of commits. */
  isHeard = true;
  #isPausing = false;
  #hasMore = false;
  #works = 0;
  #followers = 0;
  #told = 0;
  #activeMs = activeMs();
  #computedMs = computedMs();
  #isIdle = true;

  begin(): void {
    setInterval(() => this.#tellLoad(), limit.balanceMs).unref();
  }

  observe(observation: Observation): void {
    if (observation.kind === "feed") this.#followers = observation.followers;
  }

  /** Of a commit at once, and of those that follow closely together. */
  commit(works: number): void {
    this.#works += works;
    if (this.isHeard) this.#announce();
  }

  #announce(): void {
    if (this.#isPausing) {
      this.#hasMore = true;
      return;
    }
    tell({ kind: "committed" });
    this.#isPausing = true;
    setTimeout(() => {
      this.#isPausing = false;
      if (this.#hasMore) this.#announce();
      this.#hasMore = false;
    }, limit.announceMsMin).unref();
  }

  #tellLoad(): void {
    const [active, computed] = [activeMs(), computedMs()];
    const [busyMs, computeMs] = [active - this.#activeMs, computed - this.#computedMs];
    [this.#activeMs, this.#computedMs] = [active, computed];
    const [works, followers] = [this.#works, this.#followers];
    this.#works = 0;
    // Of a process that stays idle nothing new can be told.
    const isIdle = busyMs < idleMsMax && works === 0 && followers === this.#told;
    if (!isIdle || !this.#isIdle) tell({ kind: "load", busyMs, computeMs, works, followers });
    this.#isIdle = isIdle;
    this.#told = followers;
  }
}

const idleMsMax = 2;

/** Since the start: how long the event loop was not idle, and how much of a processor it had. */
function activeMs(): number {
  return performance.eventLoopUtilization().active;
}

function computedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
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
