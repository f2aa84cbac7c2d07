/**
 * The server as a process of its own, to be killed. Ends only what it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../src/app/main.ts", import.meta.url));
const readyMsMax = 120_000;

export class ServerProcess {
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #output = "";

  /** @param args as on the command line: `["--port", "0", "--data", "/srv/stoa"]`. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(STOA_|NODE_)/.test(name));
    const options = { env: { ...Object.fromEntries(inherited), ...env } };
    this.#process = spawn(process.execPath, [program, ...args], options);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (data: Buffer) => {
        this.#output += data.toString();
      });
    }
    this.#ended = new Promise((resolve) => this.#process.once("close", () => resolve()));
  }

  /** Gives its address: `http://127.0.0.1:8080`. */
  async ready(): Promise<string> {
    const until = performance.now() + readyMsMax;
    while (performance.now() < until && this.#process.exitCode === null) {
      const [, url] = /^stoa ready on (\S+)$/m.exec(this.#output) ?? [];
      if (url) return url;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#process.kill("SIGKILL");
    throw new Error(`not ready: ${this.#output}`);
  }

  /** Resolves when it has printed a line like that. */
  async said(pattern: RegExp): Promise<void> {
    const until = performance.now() + readyMsMax;
    while (!pattern.test(this.#output) && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (!pattern.test(this.#output)) throw new Error(`not said: ${this.#output}`);
  }

  /** All that it printed, and its exit code, once it has ended. */
  async end(): Promise<{ readonly output: string; readonly code: number | null }> {
    await this.#ended;
    return { output: this.#output, code: this.#process.exitCode };
  }

  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    this.#process.kill(signal);
    return this.#ended;
  }
}
