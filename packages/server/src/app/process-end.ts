/**
 * How a process of Stoa ends: exit codes, signals, the time it has, and the words for a start that
 * waits or failed. Starts nothing.
 */

/** Exit codes: a wrong flag or value; a start that failed. */
export const exitCodes = { usage: 2, failed: 1 } as const;

/** The first signal drains and stops; a second one stops at once. */
export function listenForSignals(stop: () => void): void {
  let seen = false;
  for (const signal of signals) {
    process.on(signal, () => {
      if (seen) process.exit(0);
      seen = true;
      stop();
    });
  }
}

/** For a process that another one tells when to end: a signal to both must not count twice. */
export function ignoreSignals(): void {
  for (const signal of signals) process.on(signal, () => {});
}

/** From now on everything ends within 10 s, answered or not. */
export function endInTime(): void {
  setTimeout(() => process.exit(0), stopMsMax).unref();
}

/** Why a start failed, in one line: `"port 8080 is taken: ..."`. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code, port } = cause as NodeJS.ErrnoException & { port?: number };
  if (code === "EADDRINUSE") return `port ${port} is taken: choose another by --port, 0 for any`;
  return cause.message;
}

export function showReady({ url, password, login }: ReadyLines): void {
  if (password !== null) {
    process.stdout.write(`first start: sign in as ${login} with the password ${password}\n`);
  }
  process.stdout.write(`stoa ready on ${url}\n`);
}

interface ReadyLines {
  readonly url: string;
  readonly login: string;
  /** Null where there is none to be shown. */
  readonly password: string | null;
}

export function showFailure(reason: string): void {
  process.stderr.write(`stoa did not start: ${reason}\n`);
}

/** Why it is not there yet: it begins by itself once it can. */
export function showWaiting(reason: string): void {
  process.stderr.write(`stoa waits: ${reason}\n`);
}

const signals = ["SIGTERM", "SIGINT"] as const;

/** After a signal everything ends within this time, answered or not. */
const stopMsMax = 9_500;
