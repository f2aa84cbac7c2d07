/**
 * What PostgreSQL and its driver say, in the words of Stoa: no error of the database leaves this
 * floor untranslated.
 */
import { StoaError } from "@stoa/domain";
import pg from "pg";

/**
 * The error itself unless the database or the way to it failed; then `unavailable`, `timeout` or
 * `internal`, with it as cause.
 */
export function translated(error: unknown, hint?: string): unknown {
  if (error instanceof StoaError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  if (code === statementTimeout) return tooLong(error, hint);
  const isOurs = !(error instanceof pg.DatabaseError) && !isOfConnection(error, code);
  if (isOurs) return error;
  if (isPassing(error)) return away(error);
  return new StoaError("internal", `the database failed: ${error.message}`, { cause: error });
}

/** The storage cannot be reached for the moment. */
export function away(cause: unknown): StoaError {
  // These words reach clients; what the database said is for the log.
  const message = "The storage is not available for the moment: try again.";
  return new StoaError("unavailable", message, { retryAfterS: 1, cause });
}

/** Whether it may pass by itself: the connection broke, or the server starts, stops or is full. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (!(error instanceof pg.DatabaseError)) return isOfConnection(error, code);
  return passingClasses.has(code.slice(0, 2)) || passingCodes.has(code);
}

/** Whether it may be there soon: not where another password, name or certificate is needed. */
export function mayComeBack(error: unknown): boolean {
  return isPassing(error) && !tlsCodes.test(codeOf(error as Error)) && !isWithoutTls(error);
}

/** Whether a server was asked for TLS that speaks none. */
export function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message === "The server does not support SSL connections";
}

/** Whether a table is not there that a statement names. */
export function isUndefinedTable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === "42P01";
}

/** The name of the unique index that a value broke: `e3_u_9f8e7d6c5b4a`, or undefined. */
export function brokenIndex(error: unknown): string | undefined {
  if (!(error instanceof pg.DatabaseError) || error.code !== "23505") return undefined;
  return error.constraint ?? "";
}

/** @param hint what would help a query; without one it was no query that took too long. */
function tooLong(cause: unknown, hint?: string): StoaError {
  const message =
    hint === undefined
      ? "the storage took too long to answer: try again"
      : `the query takes too long without an index: ${hint}`;
  return new StoaError("timeout", message, { cause });
}

/** `"ECONNREFUSED"`, `"57P03"`, or nothing. */
export function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "";
}

/** Of the system (ECONNREFUSED, ENOENT of a socket, ...), of TLS, or of the driver by words. */
function isOfConnection(error: Error, code: string): boolean {
  return (
    systemCodes.has(code) ||
    tlsCodes.test(code) ||
    isWithoutTls(error) ||
    /^(Connection terminated|Client (was closed|has enc)|timeout exp)/.test(error.message)
  );
}

const statementTimeout = "57014";
/** Connection, resources, operator's intervention, system: https://www.postgresql.org/docs/15. */
const passingClasses: ReadonlySet<string> = new Set(["08", "53", "57", "58"]);
/**
 * Lock not available, idle in transaction for too long, read-only (a standby), deadlock; and a
 * column of words that another node has just dropped with its definition.
 */
const passingCodes: ReadonlySet<string> = new Set([
  ...["55P03", "25P03", "25006", "40P01", "40001"],
  "42703",
]);
/** A certificate that is not the right one, or not of the right name; or no TLS at all. */
const tlsCodes = /CERT|^UNABLE_TO_|^ERR_(TLS|SSL)_|^EPROTO$/;
const systemCodes: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ENOENT", "ETIMEDOUT"],
  ...["EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"],
]);
