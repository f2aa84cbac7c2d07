/**
 * Which flavour an error is told in: that of the path, also where no route was reached. Knows the
 * forms of both; nothing of what went wrong.
 */
import { type Problem, problemOf, protocolProblem } from "./problem.ts";
import { referenceProblemOf, referenceProtocolProblem } from "./reference-api/reference-problem.ts";
import { isBelow, referencePrefix } from "./route.ts";

/** @param url as it was sent, `/rest/v1/reference/extobjs?limit=2`, where it is known. */
export function problemAt(
  url: string | undefined,
  error: unknown,
  fault: (cause: unknown) => string,
): Problem {
  return isReference(url) ? referenceProblemOf(error, fault) : problemOf(error, fault);
}

export function protocolProblemAt(url: string | undefined, code: string | undefined): Problem {
  return isReference(url) ? referenceProtocolProblem(code) : protocolProblem(code);
}

function isReference(url: string | undefined): boolean {
  return url !== undefined && isBelow(referencePrefix, url);
}
