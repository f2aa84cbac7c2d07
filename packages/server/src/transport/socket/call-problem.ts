/**
 * Errors as sockets tell them: ours, with the name and the number by which the FeathersJS client
 * knows them (design 5, "Settled"). Knows no call.
 */
import type { JsonObject } from "@stoa/domain";
import { problemOf } from "../problem.ts";

/**
 * `{success: false, name: "NotFound", code: 404, className: "not-found", message: ..}`, and what
 * HTTP says in headers: `allow: "GET"`, `retryAfter: "1"`.
 * @param fault as for `problemOf`.
 */
export function callProblem(error: unknown, fault: (cause: unknown) => string): JsonObject {
  const { text, status, headers } = problemOf(error, fault);
  const ours = JSON.parse(text) as JsonObject;
  const name = names.get(status) ?? (status >= serverErrorMin ? "GeneralError" : "BadRequest");
  const className = name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
  const { details } = ours;
  const { allow, "retry-after": retryAfter } = headers;
  return {
    ...ours,
    name,
    code: status,
    className,
    ...(details && { errors: details }),
    ...(allow !== undefined && { allow }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

const names: ReadonlyMap<number, string> = new Map([
  [400, "BadRequest"],
  [401, "NotAuthenticated"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [405, "MethodNotAllowed"],
  [409, "Conflict"],
  [412, "Conflict"],
  [429, "TooManyRequests"],
  [503, "Unavailable"],
]);
const serverErrorMin = 500;
