/**
 * A program under test as a process of its own: what it prints, when it is ready, how it ends. Ends
 * only what it started.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const readyMsMax = 120_000;

export class Program {
  output = "";
  errors = "";
  #url = "";
  readonly #process: ChildProcess;
  readonly #ended: Promise<number | null>;
  #isOver = false;

  constructor(command: string, args: readonly string[], env: Record<string, string>) {
    const inherited = { ...process.env };
    for (const name of Object.keys(inherited)) {
      // What this test run was given must not be taken for what the program is given.
      if (/^(STOA_|npm_|NODE_TEST_CONTEXT)/.test(name)) delete inherited[name];
    }
    this.#process = spawn(command, args, { cwd: root, env: { ...inherited, ...env } });
    this.#process.stdout?.on("data", (data: Buffer) => {
      this.output += data.toString();
    });
    this.#process.stderr?.on("data", (data: Buffer) => {
      this.errors += data.toString();
    });
    this.#ended = new Promise((resolve) => this.#process.once("close", resolve));
    void this.#ended.then(() => {
      this.#isOver = true;
    });
  }

  /** The server itself, without npm before it. */
  static node(args: readonly string[], env: Record<string, string>): Program {
    return new Program(process.execPath, ["packages/server/src/app/main.ts", ...args], env);
  }

  get id(): number | undefined {
    return this.#process.pid;
  }

  /** Ids of the processes that it has started. */
  children(): number[] {
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).split("\n");
    const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
    return pairs.filter(([, parent]) => parent === this.id).map(([id]) => id as number);
  }

  /** The address of the ready line. */
  async ready(): Promise<string> {
    const until = performance.now() + readyMsMax;
    while (performance.now() < until && !this.#isOver) {
      const [, url] = /^stoa ready on (\S+)$/m.exec(this.output) ?? [];
      if (url) {
        this.#url = url;
        return url;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#process.kill("SIGKILL");
    throw new Error(`not ready: ${this.output} ${this.errors}`);
  }

  /** A sign-in token of the first administrator. */
  async signIn(password: string): Promise<string> {
    const body = JSON.stringify({ login: "admin", password });
    const headers = { "content-type": "application/json" };
    const address = `${this.#url}/api/v1/auth/token`;
    const answer = await fetch(address, { method: "POST", headers, body });
    return ((await answer.json()) as { token: string }).token;
  }

  stop(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number | null> {
    this.#process.kill(signal);
    return this.#ended;
  }

  exit(): Promise<number | null> {
    return this.#ended;
  }
}
