/**
 * Nodes over one database, each on a port of its own, started again whenever they end, as whoever
 * keeps services running does it. Knows nothing of what they are asked.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../packages/server/test/postgres-cluster.ts";
import { Program } from "../program.ts";

export const password = "correct horse";

export class Crew {
  readonly urls: readonly string[];
  /** How often a node was killed, and how often one ended since the database was away. */
  kills = 0;
  failedStarts = 0;
  #said = "";
  readonly #data: string;
  readonly #members: (Program | undefined)[];
  readonly #keeping: Promise<void>[];
  #isEnding = false;

  private constructor(data: string, ports: readonly number[]) {
    this.#data = data;
    this.urls = ports.map((port) => `http://127.0.0.1:${port}`);
    this.#members = ports.map(() => undefined);
    this.#keeping = ports.map((port, at) => this.#keep(at, port));
  }

  static async start(data: string, count: number): Promise<Crew> {
    const ports: number[] = [];
    while (ports.length < count) ports.push(await freePort());
    const crew = new Crew(data, ports);
    await crew.ready();
    return crew;
  }

  /** When all of them answer. */
  async ready(): Promise<void> {
    const until = performance.now() + 60_000;
    for (const url of this.urls) {
      while (!(await answers(url))) {
        assert(performance.now() < until, `${url} should be ready: ${this.faults().join("\n")}`);
        await sleep(20);
      }
    }
  }

  /** One that has started, without a word of warning. */
  kill(at: number): void {
    const member = this.#members[at];
    if (!member) return;
    this.kills++;
    void member.stop("SIGKILL");
  }

  /** What they reported but that the database was away. */
  faults(): string[] {
    const lines = this.#said.split("\n").filter((line) => line !== "");
    return lines.filter((line) => {
      if (!line.startsWith("{")) return !whileAway.test(line);
      const { msg, err } = JSON.parse(line) as { msg: string; err?: { code: string } };
      return msg !== "request" && err?.code !== "unavailable";
    });
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#members.map((member) => member?.stop("SIGTERM")));
    await Promise.all(this.#keeping);
  }

  async #keep(at: number, port: number): Promise<void> {
    while (!this.#isEnding) {
      const member = Program.node(["--port", String(port)], {
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

/** The database was gone before the start, or went in the middle of it. */
const whileAway =
  /^stoa ready|cannot open the database|^stoa did not start: The storage is not available/;

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).status === 200;
  } catch {
    return false;
  }
}
