/**
 * When a request is sent again: what the server was too busy for, or never got, and only where
 * twice is once. Knows errors and time; no route.
 */
import { StoaError } from "@stoa/domain";
import { type Answer, isRepeatable, type Request, type Transport } from "./transport.ts";

export interface RetryPolicy {
  /** How often it is sent at most: 1 never repeats. */
  readonly attemptsMax: number;
  /** The first pause is up to so long, each further one up to twice the one before. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
  /** A longer `Retry-After` is not waited for. */
  readonly retryAfterSMax: number;
}

export const defaultRetry: RetryPolicy = {
  attemptsMax: 5,
  pauseMs: 200,
  pauseMsMax: 10_000,
  retryAfterSMax: 30,
};

/** A transport that repeats what may be repeated. */
export function retrying(transport: Transport, policy: RetryPolicy): Transport {
  return {
    send: (request) => repeat(policy, request, () => transport.send(request)),
  };
}

/** Does it until it succeeds, is refused for good, or has been tried often enough. */
async function repeat<T = Answer>(
  policy: RetryPolicy,
  request: Request,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (cause) {
      const isLast = attempt >= policy.attemptsMax || !isRepeatable(request);
      if (isLast || !isPassing(policy, cause)) throw cause;
      await pause(pauseOf(policy, attempt, cause as StoaError), request.signal);
    }
  }
}

/** Resolves after a while. Rejects with the signal's reason. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/**
 * Random up to a bound that doubles, so that clients that were refused together do not come back
 * together; and never before the server said.
 */
function pauseOf(policy: RetryPolicy, attempt: number, cause: StoaError): number {
  const bound = Math.min(policy.pauseMsMax, policy.pauseMs * 2 ** (attempt - 1));
  return (cause.retryAfterS ?? 0) * 1_000 + Math.random() * bound;
}

function isPassing({ retryAfterSMax }: RetryPolicy, cause: unknown): boolean {
  if (!(cause instanceof StoaError)) return false;
  if (cause.code !== "unavailable" && cause.code !== "rate_limit") return false;
  return (cause.retryAfterS ?? 0) <= retryAfterSMax;
}
