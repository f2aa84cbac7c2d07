/**
 * Processes of the bench: started, listened to and ended here, each with a limit of time. Ends none
 * that it has not started.
 */
import { type ChildProcess, fork, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");
export const adminPassword = "bench password";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

function kept<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Errors: after `ms` the work counts as hanging. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1_000} s`)), ms);
  });
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}

/** Where and as whom a program runs; as this one where nothing is said. */
export type Setting = Pick<SpawnOptions, "cwd" | "env" | "uid" | "gid">;

/** What a program printed. Errors: another exit code than 0, too long. */
export async function runToEnd(
  program: string,
  words: string[],
  ms: number,
  setting: Setting = {},
): Promise<string> {
  const child = kept(spawn(program, words, { ...setting, stdio: ["ignore", "pipe", "inherit"] }));
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = await within(ms, program, once(child, "close"));
  if (code !== 0) throw new Error(`${program} ended with ${code}:\n${output}`);
  return output;
}

/**
 * The work beside a process that keeps one core busy, as the load generator does while a server is
 * measured: where two cores share one unit, everything runs at about half its speed then.
 */
export async function besideBusyCore<T>(work: () => Promise<T>): Promise<T> {
  const child = kept(spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }));
  try {
    return await work();
  } finally {
    child.kill("SIGKILL");
  }
}

export interface Server {
  readonly url: string;
  readonly pid: number;
  /** Lets it drain. */
  end(): Promise<void>;
}

/** Stoa itself over that data directory, with a password that everybody may know. */
export async function startStoa(data: string): Promise<Server> {
  const main = join(root, "packages/server/src/app/main.ts");
  const words = [...flags, ...profiling, main, "--port", "0", "--data", data, "--log", "error"];
  const env = { ...process.env, STOA_ADMIN_PASSWORD: adminPassword };
  const { child, ready } = await startProgram(process.execPath, words, /ready on (\S+)/, { env });
  child.stderr.pipe(process.stderr);
  return { url: ready, pid: child.pid as number, end: () => end(child) };
}

/** A program that says when it is ready: what the pattern caught, on either of its streams. */
export async function startProgram(
  program: string,
  words: readonly string[],
  pattern: RegExp,
  setting: Setting = {},
) {
  const child = kept(spawn(program, words, { ...setting, stdio: ["ignore", "pipe", "pipe"] }));
  let output = "";
  let isReady = false;
  const said = new Promise<string>((resolve, reject) => {
    const listen = (text: string) => {
      if (isReady) return;
      output += text;
      const found = pattern.exec(output);
      if (found) resolve(found[1] ?? found[0]);
    };
    child.stdout.setEncoding("utf8").on("data", listen);
    child.stderr.setEncoding("utf8").on("data", listen);
    child.once("exit", () => reject(new Error(`${program} did not start:\n${output}`)));
  });
  const ready = await within(60_000, "start", said);
  isReady = true;
  return { child, ready, end: () => end(child) };
}

export interface Partner {
  readonly pid: number;
  /** Sends a task and awaits its answer; one at a time. Errors: those of the partner. */
  ask<T>(task: object, ms: number): Promise<T>;
  end(): Promise<void>;
}

/** Another file of this folder in a process of its own, which answers each message by one. */
export function startPartner(file: string, words: readonly string[] = []): Partner {
  const child = kept(fork(join(import.meta.dirname, file), [...words]));
  const died = new Promise<never>((_, reject) => {
    child.once("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  died.catch(() => undefined);
  return {
    pid: child.pid as number,
    async ask<T>(task: object, ms: number): Promise<T> {
      const answer = once(child, "message");
      child.send(task);
      const [value] = await within(ms, file, Promise.race([answer, died]));
      return value as T;
    },
    end: () => end(child),
  };
}

/** Private memory of a process that is in use, in MB; NaN where /proc does not tell. */
export function anonymousMegabytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) / 1_024;
  } catch {
    return Number.NaN;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await within(15_000, "stop", exited);
}

/** `STOA_BENCH_PROFILE=folder` writes a CPU profile of each server there. */
const folder = process.env["STOA_BENCH_PROFILE"];
/** Those of `npm start`: `["--max-semi-space-size=16"]`, which a server may raise for itself. */
const manifest = readFileSync(join(root, "package.json"), "utf8");
const flags = [...manifest.matchAll(/"start": .*/g)].flatMap(
  ([line]) => line.match(/--max-\S+/g) ?? [],
);
const profiling = folder ? ["--cpu-prof", `--cpu-prof-dir=${folder}`] : [];
