/**
 * How long processes have computed, as /proc tells it: for figures that do not depend on who else
 * uses the machine. Linux only; elsewhere it is not a number.
 */
import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds of a process so far, in both modes. */
export function cpuMsOf(pid: number): number {
  const fields = statOf(pid);
  return fields ? (Number(fields[11]) + Number(fields[12])) * tickMs : Number.NaN;
}

/** The same of a process with its children, also of those that have ended. */
export function familyCpuMsOf(pid: number): number {
  const own = statOf(pid);
  if (!own) return Number.NaN;
  const ended = (Number(own[13]) + Number(own[14])) * tickMs;
  return cpuMsOf(pid) + ended + childrenOf(pid).reduce((sum, child) => sum + cpuMsOf(child), 0);
}

export function parentOf(pid: number): number {
  return Number(statOf(pid)?.[1]);
}

function childrenOf(pid: number): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((one) => parentOf(one) === pid);
}

/** From the state on: the name before it may hold anything. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Of USER_HZ, which is 100 wherever Node runs. */
const tickMs = 10;
