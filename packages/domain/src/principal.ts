/**
 * Who asks: a user with groups and a role, by way of a session or a token. What it holds follows
 * from role and scopes; what it reaches, from the group tree.
 */
import { type Act, type Credential, contains, permits } from "./credential.ts";
import type { GroupTree } from "./group-tree.ts";

/** How the caller signed in; `token` is one issued by a person, perhaps with scopes. */
export type Way = "session" | "sign-in" | "token";

export interface Caller {
  /** Id of the user. */
  readonly user: string;
  /** Its `group` first, then its `groups`. */
  readonly groups: readonly string[];
  readonly role: { readonly id: string; readonly name: string };
  readonly credentials: readonly Credential[];
  /** Scopes of the token; null where none limit it. */
  readonly scopes: readonly Credential[] | null;
  readonly way: Way;
  /** Id of the session or token entity. */
  readonly wayId: string;
  /** Unix milliseconds at which session or token ends. */
  readonly expiresAt: number;
}

/** Role and scopes both permit it. */
export function holds(caller: Caller, act: Act): boolean {
  return holdsBy(caller.credentials, act) && (!caller.scopes || holdsBy(caller.scopes, act));
}

/** Role and scopes both contain the whole pattern. */
export function holdsPattern(caller: Caller, pattern: Credential): boolean {
  const within = (credentials: readonly Credential[]) =>
    credentials.some((credential) => contains(credential, pattern));
  return within(caller.credentials) && (!caller.scopes || within(caller.scopes));
}

export function reachOf(caller: Caller, tree: GroupTree): ReadonlySet<string> {
  return tree.reachOf(caller.groups);
}

export function hasRootReach(caller: Caller, tree: GroupTree): boolean {
  return tree.root !== null && caller.groups.includes(tree.root);
}

/** What coverage looks at: somebody's groups and the patterns of its role. */
export interface Coverable {
  readonly groups: readonly string[];
  readonly credentials: readonly Credential[];
}

/**
 * Whether the caller may decide over that user (rules 2, 10, 16): it holds all, and reaches all.
 */
export function covers(caller: Caller, user: Coverable, tree: GroupTree): boolean {
  const reach = reachOf(caller, tree);
  return (
    user.groups.every((group) => reach.has(group)) &&
    user.credentials.every((pattern) => holdsPattern(caller, pattern))
  );
}

function holdsBy(credentials: readonly Credential[], act: Act): boolean {
  for (const credential of credentials) if (permits(credential, act)) return true;
  return false;
}
