/**
 * Nodes over the same data, each on a port of its own and of one or several processes, started
 * again whenever they end, as whoever keeps services running does it. Knows nothing of what they
 * are asked.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../packages/server/test/free-port.ts";
import { Program } from "../program.ts";

export const password = "correct horse";

export class Crew {
  readonly urls: readonly string[];
  /** How often a node was killed, and how often one ended since the database was away. */
  kills = 0;
  failedStarts = 0;
  #said = "";
  readonly #data: string;
  readonly #args: readonly string[];
  readonly #members: (Program | undefined)[];
  readonly #keeping: Promise<void>[];
  #isEnding = false;

  private constructor(data: string, ports: readonly number[], args: readonly string[]) {
    this.#data = data;
    this.#args = args;
    this.urls = ports.map((port) => `http://127.0.0.1:${port}`);
    this.#members = ports.map(() => undefined);
    this.#keeping = ports.map((port, at) => this.#keep(at, port));
  }

  /** @param args of each of them: `["--workers", "2"]`. */
  static async start(data: string, count: number, args: readonly string[] = []): Promise<Crew> {
    const ports: number[] = [];
    while (ports.length < count) ports.push(await freePort());
    const crew = new Crew(data, ports, args);
    await crew.ready();
    return crew;
  }

  /** When all of them answer. */
  async ready(): Promise<void> {
    const until = performance.now() + 180_000;
    for (const url of this.urls) {
      while (!(await answers(url))) {
        assert(performance.now() < until, `${url} should be ready: ${this.faults().join("\n")}`);
        await sleep(20);
      }
    }
  }

  /** One after the other without a word of warning, until it is late; one at least. */
  async killNow(everyMs: number, isLate: () => boolean): Promise<void> {
    for (;;) {
      await sleep(everyMs);
      // One that is slow to start is not killed before it has done anything.
      await this.ready();
      if (isLate() && this.kills > 0) return;
      this.#kill(pick(this.#members));
    }
  }

  /** What they reported but that the database was away, or that a process was killed. */
  faults(): string[] {
    const lines = this.#said.split("\n").filter((line) => line !== "");
    return lines.filter((line) => {
      if (!line.startsWith("{")) return !whileHarmed.test(line);
      const { msg, err, why } = JSON.parse(line) as Reported;
      return !msgsOfHarm.has(msg) && err?.code !== "unavailable" && why !== "SIGKILL";
    });
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#members.map((member) => member?.stop("SIGTERM")));
    await Promise.all(this.#keeping);
  }

  /** One of its processes, where it has several; the first time, and now and then, all of them. */
  #kill(member: Program | undefined): void {
    if (!member) return;
    this.kills++;
    const worker = this.kills % 3 !== 1 && pick(member.children());
    if (worker) process.kill(worker, "SIGKILL");
    else void member.stop("SIGKILL");
  }

  async #keep(at: number, port: number): Promise<void> {
    while (!this.#isEnding) {
      const member = Program.node(["--port", String(port), ...this.#args], {
        STOA_DATA: this.#data,
        STOA_ADMIN_PASSWORD: password,
        STOA_LOG: "error",
      });
      this.#members[at] = member;
      const code = await member.exit();
      this.#members[at] = undefined;
      // A line on which it was killed is half of one.
      this.#said += member.output.replace(/[^\n]*$/, "") + member.errors.replace(/[^\n]*$/, "");
      if (code !== null && !this.#isEnding) {
        this.failedStarts++;
        await sleep(100);
      }
    }
  }
}

interface Reported {
  readonly msg: string;
  readonly err?: { readonly code: string };
  /** Of a worker that ended. */
  readonly why?: string;
}

/** A request that was refused, or all of them. */
const msgsOfHarm: ReadonlySet<string> = new Set([
  ...["request", "database away: requests are refused", "refused for the moment"],
]);

/** The database was gone before the start, or went in the middle of it, as did a process. */
const whileHarmed = new RegExp(
  [
    "^stoa ready|cannot open the database",
    "^stoa (did not start|waits): (The storage is not available|a worker ended: SIGKILL)",
  ].join("|"),
);

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).status === 200;
  } catch {
    return false;
  }
}

function pick<T>(items: readonly T[]): T | undefined {
  return items[Math.floor(Math.random() * items.length)];
}
