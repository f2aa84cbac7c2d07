/**
 * The workers over one port and one folder, as long as they live: starts them, replaces those that
 * die, passes on what they tell each other, and has as many of them serve as `Balance` says.
 *
 * Whoever serves alone takes it that nobody else has the file open. So it is told only when all
 * others have ended, and none is started before it has said that it knows.
 */
import cluster, { type Worker } from "node:cluster";
import { limit } from "@stoa/domain";
import type { Observe } from "../service/observation.ts";
import { Balance, type Load } from "./balance.ts";
import { Gatherings } from "./gathering.ts";
import { portVariable, type Readiness, type ToPrimary, type ToWorker } from "./worker-message.ts";

export interface CrewOptions {
  readonly observe: Observe;
  /** How many serve when all do. */
  readonly size: number;
  /** Whether one may serve alone where that is better. */
  readonly isBalanced: boolean;
}

interface Member {
  readonly worker: Worker;
  readonly startedAt: number;
  isReady: boolean;
  isLeaving: boolean;
  load: Load;
}

export class Crew {
  readonly #options: CrewOptions;
  readonly #balance = new Balance();
  /** The one that has lived longest leads: the last to leave. */
  readonly #members = new Map<Worker, Member>();
  readonly #gatherings = new Gatherings();
  /** Where the first one stood, so that others come back there when none has kept the port. */
  #url: string | undefined;
  #port: string | undefined;
  readonly #gone = Promise.withResolvers<void>();
  #state: "starting" | "running" | "stopping" = "starting";
  /** What the leader takes for true; "ending" until it has said that it is not alone. */
  #isAlone: "yes" | "ending" | "no" = "no";
  /** Whether those that come find all connections with the one that was alone. */
  #owesConnections = false;
  /** Starts to come. */
  #due = 0;
  /** Ends one after another, none of which had lived for long. */
  #failures = 0;

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  /** Ends when all stand. @returns what the first has said. Errors: those of a worker. */
  async start(): Promise<Readiness> {
    // Alone, so that one makes the first start, or brings the file forward.
    const first = await this.#add();
    this.#url = first.url;
    await Promise.all(Array.from({ length: this.#options.size - 1 }, () => this.#add()));
    this.#state = "running";
    this.#settle();
    if (this.#options.isBalanced) setInterval(() => this.#weigh(), limit.balanceMs).unref();
    return first;
  }

  /** Resolves when each has ended what it was at. */
  async stop(): Promise<void> {
    this.#state = "stopping";
    this.#tellAll({ kind: "stop" });
    if (this.#members.size > 0) await this.#gone.promise;
  }

  /** One more worker. Rejects when it does not come to be ready. */
  #add(): Promise<Readiness> {
    // While one lives it keeps the port for those who ask for the same as it did.
    if (this.#members.size === 0) this.#port = this.#url && new URL(this.#url).port;
    const worker = cluster.fork(this.#port && { [portVariable]: this.#port });
    const startedAt = performance.now();
    const member = { worker, startedAt, isReady: false, isLeaving: false, load: idle };
    this.#members.set(worker, member);
    return new Promise((resolve, reject) => {
      worker.on("message", (message: ToPrimary) => {
        if (message.kind === "ready") resolve(message);
        else if (message.kind === "failed") reject(new Error(message.reason));
        this.#take(member, message);
      });
      // It may go while a message is on its way to it.
      worker.on("error", () => {});
      worker.on("exit", (code, signal) => {
        const why = signal ?? `exit code ${code}`;
        reject(new Error(`a worker ended: ${why}`));
        this.#miss(member, why);
      });
    });
  }

  #miss(member: Member, why: string): void {
    const isLeader = member === this.#leader;
    this.#members.delete(member.worker);
    this.#gatherings.leave(member.worker);
    if (this.#state === "stopping") {
      if (this.#members.size === 0) this.#gone.resolve();
      return;
    }
    if (!member.isLeaving) {
      const { observe } = this.#options;
      observe({ kind: "workerEnded", id: member.worker.id, why });
      // It may have had no time to tell of its last commit.
      this.#tellAll({ kind: "follow" });
      const livedMs = performance.now() - member.startedAt;
      this.#failures = livedMs > settledMs ? 0 : this.#failures + 1;
    }
    if (isLeader) {
      this.#isAlone = "no";
      this.#owesConnections = false;
      this.#balance.restart();
    }
    this.#settle();
  }

  /** Brings about what the balance wants, as far as that can be done now. */
  #settle(): void {
    if (this.#state !== "running") return;
    if (this.#balance.company === "alone") this.#dismiss();
    else if (this.#isAlone === "yes") this.#askToShare();
    else if (this.#isAlone === "no") this.#fillUp();
  }

  #dismiss(): void {
    const leader = this.#leader;
    if (!leader || this.#isAlone !== "no") return;
    for (const member of this.#staying) {
      if (member === leader) continue;
      member.isLeaving = true;
      send(member.worker, { kind: "leave" });
    }
    if (this.#members.size > 1) return;
    this.#isAlone = "yes";
    this.#owesConnections = true;
    send(leader.worker, { kind: "share", isShared: false });
  }

  #askToShare(): void {
    this.#isAlone = "ending";
    if (this.#leader) send(this.#leader.worker, { kind: "share", isShared: true });
  }

  #fillUp(): void {
    const staying = this.#staying;
    const missing = this.#options.size - staying.length - this.#due;
    for (let n = 0; n < missing; n++) this.#replace();
    if (missing > 0 || staying.some(({ isReady }) => !isReady)) return;
    const leader = this.#leader;
    if (!this.#owesConnections || !leader || staying.length < this.#options.size) return;
    this.#owesConnections = false;
    send(leader.worker, { kind: "shed", share: 1 - 1 / staying.length });
  }

  /** Not unreferenced: when none lives nothing else keeps this process. */
  #replace(): void {
    const pauseMs = Math.min(restartMsMin * 2 ** this.#failures, restartMsMax);
    this.#due++;
    setTimeout(() => {
      this.#due--;
      const isWanted = this.#balance.company === "together" && this.#isAlone === "no";
      // When it fails it ends, and that is seen to like any other end.
      if (this.#state === "running" && isWanted) this.#add().catch(() => {});
    }, pauseMs);
  }

  /** Lets the balance know what all did, unless something is under way. */
  #weigh(): void {
    const [leader, ...others] = this.#staying;
    const isAlone = this.#balance.company === "alone";
    const isDone = isAlone ? this.#isAlone === "yes" : others.length === this.#options.size - 1;
    const isReady = leader?.isReady && others.every((member) => member.isReady);
    if (!isDone || !isReady || this.#members.size !== others.length + 1) return;
    const company = this.#balance.take(
      leader.load,
      others.map(({ load }) => load),
    );
    if (isAlone === (company === "alone")) return;
    this.#options.observe({ kind: "company", company });
    this.#settle();
  }

  get #staying(): Member[] {
    return [...this.#members.values()].filter(({ isLeaving }) => !isLeaving);
  }

  get #leader(): Member | undefined {
    return this.#staying[0];
  }

  #take(member: Member, message: ToPrimary): void {
    switch (message.kind) {
      case "committed":
        this.#tellAll({ kind: "follow" }, member.worker);
        break;
      case "load":
        member.load = message;
        break;
      case "shared":
        if (this.#isAlone === "ending") this.#isAlone = "no";
        this.#settle();
        break;
      case "gather":
        this.#gather(member.worker, message.question);
        break;
      case "report":
        this.#gatherings.add(message.gathering, member.worker, message.report);
        break;
      case "past":
        this.#gatherings.keep(message.report);
        break;
      case "ready":
        member.isReady = true;
        this.#settle();
        break;
      case "failed":
        break;
      default:
        message satisfies never;
    }
  }

  #gather(asker: Worker, question: number): void {
    const gathering = this.#gatherings.begin(this.#members.keys(), (reports) => {
      send(asker, { kind: "gathered", question, reports });
    });
    this.#tellAll({ kind: "report", gathering });
  }

  #tellAll(message: ToWorker, except?: Worker): void {
    for (const worker of this.#members.keys()) if (worker !== except) send(worker, message);
  }
}

/** To one that has just gone nothing can be said. */
function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => {});
}

const idle: Load = { busyMs: 0, computeMs: 0, works: 0, followers: 0 };
/** The pause before a worker is replaced: doubled each time that one has not lived for long. */
const restartMsMin = 50;
const restartMsMax = 5_000;
const settledMs = 10_000;
