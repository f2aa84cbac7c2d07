/**
 * Leads several processes over one port and one folder: locks the folder, starts workers, replaces
 * those that die, passes on what they tell each other, and stops all. Answers no request itself.
 */
import cluster, { type Worker } from "node:cluster";
import { limit } from "@stoa/domain";
import type { Observe } from "../service/observation.ts";
import { lockData } from "../storage/open-engine.ts";
import { isPostgres } from "../storage/postgres-address.ts";
import type { Config } from "./config.ts";
import { observer, type ProcessReport } from "./observe.ts";
import {
  endInTime,
  exitCodes,
  listenForSignals,
  reasonOf,
  showFailure,
  showReady,
} from "./process-end.ts";
import type { Readiness, ToPrimary, ToWorker } from "./worker-message.ts";

export async function servePrimary(config: Config): Promise<void> {
  const { observe } = observer({ level: config.logLevel });
  const stopping = Promise.withResolvers<void>();
  listenForSignals(stopping.resolve);
  try {
    // Nodes of one database share it by design.
    const lock = isPostgres(config.data) ? undefined : await lockData(config.data);
    // Else a connection on its way to a worker that dies would be lost in here, and hang.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    const crew = new Crew(observe);
    // Alone, so that one makes the first start, or brings the file forward.
    const first = await crew.add();
    await Promise.all(Array.from({ length: config.workers - 1 }, () => crew.add()));
    showReady({ url: first.url, login: config.adminLogin, password: first.firstPassword });
    crew.keepUp();
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

/** The workers, as long as they live. */
class Crew {
  readonly #observe: Observe;
  readonly #living = new Set<Worker>();
  readonly #gatherings = new Map<number, Gathering>();
  readonly #gone = Promise.withResolvers<void>();
  #state: "starting" | "running" | "stopping" = "starting";
  /** Those that ended before any were replaced. */
  #missing = 0;
  /** Ends one after another, none of which had lived for long. */
  #failures = 0;
  #lastGathering = 0;

  constructor(observe: Observe) {
    this.#observe = observe;
  }

  /** One more worker. Rejects when it does not come to be ready. */
  add(): Promise<Readiness> {
    const worker = cluster.fork();
    const startedAt = performance.now();
    this.#living.add(worker);
    return new Promise((resolve, reject) => {
      worker.on("message", (message: ToPrimary) => {
        if (message.kind === "ready") resolve(message);
        else if (message.kind === "failed") reject(new Error(message.reason));
        else this.#take(worker, message);
      });
      // It may go while a message is on its way to it.
      worker.on("error", () => {});
      worker.on("exit", (code, signal) => {
        const why = signal ?? `exit code ${code}`;
        reject(new Error(`a worker ended: ${why}`));
        this.#miss(worker, why, performance.now() - startedAt);
      });
    });
  }

  /** From now on those that end are replaced. */
  keepUp(): void {
    this.#state = "running";
    for (; this.#missing > 0; this.#missing--) this.#replace();
  }

  /** Resolves when each has ended what it was at. */
  async stop(): Promise<void> {
    this.#state = "stopping";
    this.#tellAll({ kind: "stop" });
    if (this.#living.size > 0) await this.#gone.promise;
  }

  #miss(worker: Worker, why: string, livedMs: number): void {
    this.#living.delete(worker);
    for (const gathering of this.#gatherings.values()) gathering.leave(worker);
    if (this.#state === "stopping") {
      if (this.#living.size === 0) this.#gone.resolve();
      return;
    }
    this.#observe({ kind: "workerEnded", id: worker.id, why });
    // It may have had no time to tell of its last commit.
    this.#tellAll({ kind: "follow" });
    this.#failures = livedMs > settledMs ? 0 : this.#failures + 1;
    if (this.#state === "running") this.#replace();
    else this.#missing++;
  }

  #replace(): void {
    const pauseMs = Math.min(restartMsMin * 2 ** this.#failures, restartMsMax);
    setTimeout(() => {
      // When it fails it ends, and that is seen to like any other end.
      if (this.#state === "running") this.add().catch(() => {});
    }, pauseMs).unref();
  }

  #take(worker: Worker, message: ToPrimary): void {
    switch (message.kind) {
      case "committed":
        this.#tellAll({ kind: "follow" }, worker);
        break;
      case "gather":
        this.#gather(worker, message.question);
        break;
      case "report":
        this.#gatherings.get(message.gathering)?.add(worker, message.report);
        break;
      case "ready":
      case "failed":
        break;
      default:
        message satisfies never;
    }
  }

  #gather(asker: Worker, question: number): void {
    this.#lastGathering++;
    const number = this.#lastGathering;
    const gathering = new Gathering(this.#living, (reports) => {
      this.#gatherings.delete(number);
      send(asker, { kind: "gathered", question, reports });
    });
    this.#gatherings.set(number, gathering);
    this.#tellAll({ kind: "report", gathering: number });
  }

  #tellAll(message: ToWorker, except?: Worker): void {
    for (const worker of this.#living) if (worker !== except) send(worker, message);
  }
}

/** The reports of several workers; those that are silent for too long are left out. */
class Gathering {
  readonly #awaited: Set<Worker>;
  readonly #reports: ProcessReport[] = [];
  readonly #done: (reports: readonly ProcessReport[]) => void;
  readonly #timer: NodeJS.Timeout;

  constructor(workers: Iterable<Worker>, done: (reports: readonly ProcessReport[]) => void) {
    this.#awaited = new Set(workers);
    this.#done = done;
    this.#timer = setTimeout(() => this.#end(), limit.metricsWaitMsMax);
  }

  add(worker: Worker, report: ProcessReport): void {
    this.#reports.push(report);
    this.leave(worker);
  }

  leave(worker: Worker): void {
    this.#awaited.delete(worker);
    if (this.#awaited.size === 0) this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#done(this.#reports);
  }
}

/** To one that has just gone nothing can be said. */
function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {});
}

/** The pause before a worker is replaced: doubled each time that one has not lived for long. */
const restartMsMin = 50;
const restartMsMax = 5_000;
const settledMs = 10_000;
