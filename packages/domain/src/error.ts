/**
 * The one error of Stoa: a code out of a closed list, words for a person, and nothing about HTTP.
 * Which status a code becomes is decided by the transport (`transport/problem.ts`).
 */

/** All codes on one screen. Each has one meaning on every door. */
export type ErrorCode =
  | "unauthorized" // nobody, or somebody whose credential is bad or over
  | "forbidden" // somebody, but role or scopes do not allow the verb on this route
  | "not_found" // no such store, or no such entity, or not one that the caller may see
  | "validation" // the request or its content breaks a rule; `details` lists every violation
  | "conflict" // a unique value, an id in use, a thing that is still referred to
  | "precondition" // If-Match names a revision that is not the present one
  | "too_large" // a body or a value over its limit
  | "media_type" // a body that is not JSON
  | "method" // a verb that this route does not have; `allow` lists those it has
  | "rate_limit" // too often; `retryAfterS` says when again
  | "timeout" // the query takes longer than its limit
  | "unavailable" // starting, draining, or the store is away
  | "internal"; // a mistake of ours; the cause goes to the log, never to the client

/** One violated rule, e.g. `{path: "lat", rule: "type", message: "must be number"}`. */
export interface Violation {
  /** Dotted path in the body, or the name of a parameter: `"address.city"`, `"limit"`. */
  readonly path: string;
  /** Machine-readable name of the rule: `"type"`, `"required"`, `"unique"`. */
  readonly rule: string;
  readonly message: string;
}

export interface ErrorOptions {
  readonly details?: readonly Violation[];
  /** The store that the error is about, where one is known: `"cities"`. */
  readonly store?: string;
  /** Verbs of the route, for `method`: `["GET", "POST"]`. */
  readonly allow?: readonly string[];
  /** Whole seconds until a retry makes sense, for `rate_limit` and `unavailable`. */
  readonly retryAfterS?: number;
  readonly cause?: unknown;
}

export class StoaError extends Error {
  override readonly name = "StoaError";
  readonly code: ErrorCode;
  readonly details: readonly Violation[] | undefined;
  readonly store: string | undefined;
  readonly allow: readonly string[] | undefined;
  readonly retryAfterS: number | undefined;

  /** @param message what is wrong and what to do, for a person; never holds a secret. */
  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.store = options.store;
    this.allow = options.allow;
    this.retryAfterS = options.retryAfterS;
  }
}

/** Whether it is no mistake but something that cannot be reached, or is full, for the moment. */
export function isUnavailable(cause: unknown): cause is StoaError {
  return cause instanceof StoaError && cause.code === "unavailable";
}

/** The storage, or a filter, takes longer than it may. */
export function isTimeout(cause: unknown): cause is StoaError {
  return cause instanceof StoaError && cause.code === "timeout";
}

/** A `validation` error about one path, the most frequent kind. */
export function violation(path: string, rule: string, message: string): StoaError {
  return new StoaError("validation", `${path}: ${message}`, { details: [{ path, rule, message }] });
}
