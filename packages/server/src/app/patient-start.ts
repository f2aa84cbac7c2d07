/**
 * A start that waits for a database which is not there yet, as after a machine has begun anew.
 * Knows no database.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isUnavailable } from "@stoa/domain";

export interface Patience {
  /** Hears why it waits: at once, then now and then. */
  readonly tell: (why: string) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/**
 * Tries again while what is opened may still come. Errors: those of `open` that only somebody else
 * can mend, such as a wrong password; the signal's reason.
 */
export async function openInTime<T>(
  open: () => Promise<T>,
  { tell, signal }: Patience,
): Promise<T> {
  for (let toldAt = Number.NEGATIVE_INFINITY; ; ) {
    signal.throwIfAborted();
    try {
      return await open();
    } catch (cause) {
      if (!isUnavailable(cause) || cause.retryAfterS === undefined) throw cause;
      const now = performance.now();
      if (now - toldAt >= tellEveryMs) {
        tell(cause.message);
        toldAt = now;
      }
    }
    await sleep(againMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

const againMs = 500;
const tellEveryMs = 5_000;
