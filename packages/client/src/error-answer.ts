/**
 * Refusals of the server as errors: the bodies of both APIs, and answers of what may stand between
 * (proxies). The only file with status numbers.
 */
import {
  type ErrorCode,
  type ErrorOptions,
  isJsonObject,
  type Json,
  type JsonObject,
  ownValue,
  StoaError,
  type Violation,
} from "@stoa/domain";

export interface Refusal {
  readonly status: number;
  /** The body, where it is JSON. */
  readonly body: Json | undefined;
  /** `Retry-After` and `Allow` as they were sent. */
  readonly retryAfter?: string | null;
  readonly allow?: string | null;
}

/** The error with the code that the body names; by the status alone where it names none. */
export function errorOf({ status, body, retryAfter, allow }: Refusal): StoaError {
  const fields = isJsonObject(body) ? body : {};
  const tags = textsOf(ownValue(fields, "tags"));
  const number = ownValue(fields, "error_code");
  const code =
    codeOfTag(tags[0]) ??
    (typeof number === "number" ? codeOfNumber(number, status) : undefined) ??
    codeOfStatus(status);
  const store = code === "not_found" ? /^error_(.+)$/.exec(tags[1] ?? "")?.[1] : undefined;
  const seconds = secondsOf(retryAfter);
  const details = detailsOf(fields);
  const options: ErrorOptions = {
    ...(details && { details }),
    ...(store !== undefined && { store }),
    ...(seconds !== undefined && { retryAfterS: seconds }),
    ...(code === "method" && { allow: verbsOf(allow) }),
  };
  return new StoaError(code, messageOf(fields) ?? `The server answered ${status}.`, options);
}

/** The server could not be reached, or went away. */
export function unreachable(cause: unknown): StoaError {
  return new StoaError("unavailable", "The server cannot be reached.", { cause });
}

/** The reference API's answer to a LOOKUP that finds nothing. */
export const lookupFailed = "Lookup failed";

const codes: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["error_unauthorized", "unauthorized"],
  ["error_credentials", "forbidden"],
  ["error_forbidden", "forbidden"],
  ["error_not_found", "not_found"],
  ["error_validation", "validation"],
  ["error_conflict", "conflict"],
  ["error_precondition", "precondition"],
  ["error_too_large", "too_large"],
  ["error_media_type", "media_type"],
  ["error_method", "method"],
  ["error_rate_limit", "rate_limit"],
  ["error_timeout", "timeout"],
  ["error_unavailable", "unavailable"],
  ["error_internal", "internal"],
]);

function codeOfTag(tag: string | undefined): ErrorCode | undefined {
  return tag === undefined ? undefined : codes.get(tag);
}

/** Numbers of the reference API (docs/errors.md); three of them have two meanings. */
function codeOfNumber(number: number, status: number): ErrorCode | undefined {
  switch (number) {
    case 1401:
      return "forbidden";
    case 1402:
      return "conflict";
    case 1403:
      return "method";
    case 1404:
      return "not_found";
    case 1405:
      return status === 415 ? "media_type" : "validation";
    case 1406:
      return status === 412 ? "precondition" : "conflict";
    case 1407:
      return "unauthorized";
    case 1408:
      return "unavailable";
    case 1410:
      return status === 429 ? "rate_limit" : "too_large";
    case 1413:
      return "validation";
    case 1414:
      return "timeout";
    case 1501:
      return "internal";
    default:
      return undefined;
  }
}

function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 405:
    case 501:
      return "method";
    case 408:
    case 504:
      return "timeout";
    case 409:
      return "conflict";
    case 412:
      return "precondition";
    case 413:
    case 431:
      return "too_large";
    case 415:
      return "media_type";
    case 429:
      return "rate_limit";
    case 502:
    case 503:
      return "unavailable";
    default:
      return status < 500 ? "validation" : "internal";
  }
}

function messageOf(fields: JsonObject): string | undefined {
  const helper = ownValue(fields, "helper");
  const words = isJsonObject(helper)
    ? ownValue(helper, "message")
    : (ownValue(fields, "error_message") ?? ownValue(fields, "message"));
  return typeof words === "string" ? words : undefined;
}

function detailsOf(fields: JsonObject): Violation[] | undefined {
  const details = ownValue(fields, "details");
  if (Array.isArray(details)) return details as Violation[];
  const first = ownValue(fields, "error_details");
  if (!isJsonObject(first) || ownValue(first, "rule") === undefined) return undefined;
  const all = ownValue(first, "violations") ?? ownValue(fields, "violations");
  const named = Array.isArray(all) ? (all as readonly JsonObject[]) : [first];
  return named.map((one) => ({
    path: String(ownValue(one, "field") ?? ownValue(one, "path") ?? ""),
    rule: String(ownValue(one, "rule") ?? ""),
    message: String(ownValue(one, "message") ?? ""),
  }));
}

/** HEAD and OPTIONS come with the others. */
function verbsOf(allow: string | null | undefined): readonly string[] {
  const verbs = (allow ?? "").split(",").map((verb) => verb.trim());
  return verbs.filter((verb) => verb !== "" && verb !== "HEAD" && verb !== "OPTIONS");
}

/** Whole seconds of a `Retry-After`, which may also be a date (RFC 9110, 10.2.3). */
function secondsOf(header: string | null | undefined): number | undefined {
  if (header === null || header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const ms = Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms / 1_000)) : undefined;
}

function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
