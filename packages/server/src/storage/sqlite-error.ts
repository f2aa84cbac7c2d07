/**
 * What SQLite says, in the words of Stoa: no error of the database leaves this floor untranslated.
 */
import { StoaError } from "@stoa/domain";

/** An error that `node:sqlite` throws. */
interface SqliteError extends Error {
  /** Extended result code, https://sqlite.org/rescode.html: 2067 = SQLITE_CONSTRAINT_UNIQUE. */
  readonly errcode: number;
}

/** The error itself unless SQLite threw it; then `unavailable` or `internal`, with it as cause. */
export function translated(error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  const primary = error.errcode & 0xff;
  if (!passingCodes.has(primary)) {
    return new StoaError("internal", `the database failed: ${error.message}`, { cause: error });
  }
  // These words reach clients; what SQLite said is for the log.
  const message = "The storage is not available for the moment: try again.";
  return new StoaError("unavailable", message, { retryAfterS: 1, cause: error });
}

/** Whether another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === 5;
}

/** Whether it may succeed later without harm: another one holds the lock, or the disk is full. */
export function isPassing(error: unknown): boolean {
  return isSqliteError(error) && [5, 6, 13].includes(error.errcode & 0xff);
}

/** Whether the file is no database at all, or one that is broken at its head. */
export function isNoDatabase(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === 26;
}

/** The name of the unique index that a value broke: `e3_u_9f8e7d6c5b4a`, or undefined. */
export function brokenIndex(error: unknown): string | undefined {
  if (!isSqliteError(error) || error.errcode !== 2067) return undefined;
  return /index '([^']+)'/.exec(error.message)?.[1] ?? "";
}

/** Whether a row got no id, which is how the insertion of an entity says that it is taken. */
export function isIdTaken(error: unknown): boolean {
  return isSqliteError(error) && error.errcode === 1299 && error.message.endsWith(".id");
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && (error as { code?: unknown }).code === "ERR_SQLITE_ERROR";
}

/** Busy, locked, out of memory, read-only, input/output, full, cannot open: it may pass. */
const passingCodes: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 13, 14]);
