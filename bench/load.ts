/**
 * Load from a process of its own: wrk where it is installed, else `load-node.ts`. Knows raw
 * requests and rates, not what they mean.
 */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "./process.ts";

export interface Load {
  /** `"http://127.0.0.1:8080"` */
  readonly url: string;
  /** Whole requests as on the wire; `########` becomes an ever other number of eight digits. */
  readonly requests: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Also where wrk is installed: it refuses methods that it does not know, such as LOOKUP. */
  readonly byNode?: boolean;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const wrk = "wrk";
const hasWrk = spawnSync(wrk, ["-v"], { stdio: "ignore" }).error === undefined;
export const generator = hasWrk ? "wrk, 1 thread" : "raw sockets of Node, 1 process";

/** Between the requests of a file. */
export const separator = "\x1e";
/** Numbers never come twice within a run, so that no PATCH writes what is there already. */
let nextNumber = 10_000_000;

/** Errors: any request that fails, or is answered by 400 or more, spoils the figure. */
export async function runLoad(
  { url, requests, connections, seconds, byNode = false }: Load,
  folder: string,
): Promise<LoadResult> {
  const file = join(folder, `requests-${process.pid}-${nextNumber}.txt`);
  writeFileSync(file, requests.map((text) => text + separator).join(""));
  const number = String(nextNumber);
  nextNumber += 200_000 * Math.ceil(seconds);
  const byWrk = hasWrk && !byNode;
  const words = byWrk
    ? ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s"]
    : [join(import.meta.dirname, "load-node.ts"), String(connections), String(seconds)];
  const script = ["-s", join(import.meta.dirname, "load.lua"), url, "--", file, number];
  const program = byWrk ? wrk : process.execPath;
  const rest = byWrk ? script : [url, file, number];
  const running = runToEnd(program, [...words, ...rest], seconds * 1_000 + graceMs);
  const output = await running.finally(() => rmSync(file, { force: true }));
  const line = /^result (.*)$/m.exec(output)?.[1];
  if (line === undefined) throw new Error(`no result from ${program}:\n${output}`);
  const result = JSON.parse(line) as Record<
    "requests" | "us" | "failed" | "p50us" | "p99us",
    number
  >;
  if (result.failed > 0) throw new Error(`${result.failed} requests failed at ${url}`);
  return {
    perSecond: result.requests / (result.us / 1e6),
    p50Ms: result.p50us / 1_000,
    p99Ms: result.p99us / 1_000,
  };
}

const graceMs = 20_000;
