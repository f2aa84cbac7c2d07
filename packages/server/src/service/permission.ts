/**
 * Whether a caller may use a route at all: role and scopes, and what everybody has (design,
 * "Default roles and the directory"). Looks at no entity.
 */
import { type Act, type Caller, holds, isSystemStore, StoaError } from "@stoa/domain";

/** Values of the route's parameters that matter for what everybody may do. */
export interface RouteValues {
  /** People may always read their own user. */
  readonly id?: string;
  /** Anyone may drop a grant made to itself (rule 9). */
  readonly principal?: string;
}

/** Errors: `forbidden`. */
export function requireAct(caller: Caller, act: Act, values: RouteValues = {}): void {
  if (holds(caller, act) || everybodyMay(caller, act, values)) return;
  const needed = `${act.method} ${act.path.join("/")}`;
  throw new StoaError("forbidden", `Needs "${needed}" in the role and in the scopes of the token.`);
}

/** Whether an ordinary store is shown to the caller at all (rule 18). */
export function mayGet(caller: Caller, store: string): boolean {
  return !isSystemStore(store) && holds(caller, { method: "GET", path: [store] });
}

function everybodyMay(caller: Caller, { method, path }: Act, values: RouteValues): boolean {
  const [room, ...rest] = path;
  if (method === "DELETE" && path.at(-1) === ":principal") {
    return caller.scopes === null && values.principal === caller.user;
  }
  if (rest.length > 1) return false;
  if (room === "stores") return method === "GET";
  if (caller.scopes !== null) return false;
  switch (room) {
    case "tokens":
      return ["GET", "POST", "DELETE"].includes(method);
    case "sessions":
      return ["GET", "DELETE"].includes(method);
    case "principals":
      return method === "GET";
    case "users":
      return isOwnUser(caller, values.id) && ["GET", "PATCH"].includes(method);
    default:
      return false;
  }
}

/** Rule 3: by a session or a sign-in token, never by an issued one. */
export function isOwnUser(caller: Caller, id: string | undefined): boolean {
  return caller.way !== "token" && id === caller.user;
}
