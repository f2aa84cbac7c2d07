/**
 * A bound on waiting for somebody who may have vanished without a word. Knows not whom.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { StoaError } from "@stoa/domain";

/**
 * What the task gives, within so many milliseconds; else `onSilence` is called, which ends what the
 * task waits for. Errors: those of the task; `unavailable` in their place when it came too late.
 */
export async function inTime<T>(
  task: Promise<T>,
  msMax: number,
  onSilence: () => void = () => {},
): Promise<T> {
  const timer = new AbortController();
  const late = sleep(msMax, undefined, { signal: timer.signal, ref: false }).then(() => {
    onSilence();
    throw new StoaError("unavailable", "it does not answer");
  });
  late.catch(() => {});
  task.catch(() => {});
  try {
    return await Promise.race([task, late]);
  } finally {
    timer.abort();
  }
}
