/**
 * The errors of the reference API: its own numbers, which do not follow HTTP's, and the one form of
 * their body (design 4, "Errors"). Knows no route and no service.
 */
import { type ErrorCode, StoaError, type Violation } from "@stoa/domain";
import { forms, headersOf, type Problem, protocolFault } from "../problem.ts";

/** `docs/errors.md` has a row for each. */
const errorCodes = {
  accessDenied: 1401,
  alreadyExists: 1402,
  notImplemented: 1403,
  notFound: 1404,
  invalidRequest: 1405,
  invalidOperation: 1406,
  unauthorized: 1407,
  unavailable: 1408,
  limited: 1410,
  invalidParameters: 1413,
  timeout: 1414,
  internal: 1501,
} as const;

/** LOOKUP that finds nothing, in the words of the seed. */
export const lookupFailed: Problem = {
  status: forms.not_found.status,
  headers: {},
  text: render(errorCodes.notFound, "Lookup failed"),
};

/** `fault` as for `problemOf`. */
export function referenceProblemOf(error: unknown, fault: (cause: unknown) => string): Problem {
  if (!(error instanceof StoaError) || error.code === "internal") {
    const incident = fault(error);
    const message = "This is our mistake; it is in the log.";
    const text = render(errorCodes.internal, message, { incident });
    return { status: forms.internal.status, headers: {}, text };
  }
  if (error.code === "unavailable" && error.cause !== undefined) fault(error);
  const details = error.details?.map(shown) ?? [];
  const message = error.message.replace(/^_id\b/, "id");
  const text = render(numberOf(error), message, detailsOf(details));
  return { status: statusOf(error.code), headers: headersOf(error), text };
}

/** Faults of the protocol, where the path of the request is known all the same. */
export function referenceProtocolProblem(code: string | undefined): Problem {
  const { status, tag, message, headers } = protocolFault(code);
  return { status, headers, text: render(protocolNumbers.get(tag) ?? 1405, message) };
}

const protocolNumbers: ReadonlyMap<string, number> = new Map([
  ["error_too_large", errorCodes.limited],
  ["error_timeout", errorCodes.timeout],
  ["error_method", errorCodes.notImplemented],
]);

/** `{"error_code":1413,"error_message":"...","error_details":{"field":"type",...}}` */
function render(number: number, message: string, details?: object): string {
  const body = { error_code: number, error_message: message };
  return JSON.stringify(details ? { ...body, error_details: details } : body);
}

/** A query that takes too long is the server's 504 here. */
function statusOf(code: ErrorCode): number {
  return code === "timeout" ? timeoutStatus : forms[code].status;
}

const timeoutStatus = 504;

function numberOf({ code, details = [] }: StoaError): number {
  switch (code) {
    case "unauthorized":
      return errorCodes.unauthorized;
    case "forbidden":
      return errorCodes.accessDenied;
    case "not_found":
      return errorCodes.notFound;
    case "validation":
      return details.some(isMalformed) ? errorCodes.invalidRequest : errorCodes.invalidParameters;
    case "conflict":
      return details.some(({ rule }) => rule === "unique")
        ? errorCodes.alreadyExists
        : errorCodes.invalidOperation;
    case "precondition":
      return errorCodes.invalidOperation;
    case "too_large":
    case "rate_limit":
      return errorCodes.limited;
    case "media_type":
      return errorCodes.invalidRequest;
    case "method":
      return errorCodes.notImplemented;
    case "timeout":
      return errorCodes.timeout;
    case "unavailable":
      return errorCodes.unavailable;
    case "internal":
      return errorCodes.internal;
    default:
      return code satisfies never;
  }
}

/** A request that cannot be read, whatever it asks for: bad JSON, bad UTF-8, a body broken off. */
function isMalformed({ path, rule }: Violation): boolean {
  if (rule === "encoding") return true;
  return path === "" && (rule === "syntax" || rule === "end" || rule === "empty");
}

/** The violation in the words of this API: `{"field":"type","rule":"required","message":"..."}`. */
function shown({ path, rule, message }: Violation) {
  return { field: path === "_id" ? "id" : path, rule, message };
}

/** The first violation, and all of them where there are more. */
function detailsOf(violations: readonly ReturnType<typeof shown>[]): object | undefined {
  const [first] = violations;
  return violations.length > 1 ? { ...first, violations } : first;
}
