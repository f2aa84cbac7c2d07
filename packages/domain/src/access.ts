/**
 * Who may see and do what: the visibility that is ANDed into every query, the decision about one
 * entity, and its explanation. All three come from the same rules; nothing else decides access.
 */
import type { Act, Credential, Method } from "./credential.ts";
import { permits } from "./credential.ts";
import type { EntityHead } from "./entity.ts";
import { everything, type Filter, type Visibility } from "./filter.ts";
import type { GroupTree } from "./group-tree.ts";
import { type Caller, hasRootReach, reachOf } from "./principal.ts";

/** Ordinary stores share by owner, access and branch; people by reach alone (rule 16). */
export type VisibilityKind = "shared" | "reach" | "everything";

/** The filter that narrows any query of the caller to what it may see. */
export function visibleTo(caller: Caller, kind: VisibilityKind, tree: GroupTree): Filter {
  if (kind === "everything") return everything;
  if (hasRootReach(caller, tree)) return everything;
  return visibilityOf(caller, kind, tree);
}

/**
 * Whether a caller that is shown to own it, or reach its group, decides over its sharing (rule 9).
 */
export function controls(caller: Caller, entity: EntityHead, tree: GroupTree): boolean {
  return entity.owner === caller.user || reachOf(caller, tree).has(entity.group);
}

/**
 * One reason for or against: `{rule: "branch", id: "<group>"}`, `{rule: "role", credential: "*"}`.
 */
export interface Reason {
  readonly rule: "owner" | "access" | "branch" | "self" | "role" | "scope" | "control";
  readonly id?: string;
  readonly credential?: string;
}

export interface Decision {
  readonly allowed: boolean;
  /**
   * Why, if allowed: every rule that gave it. If not: the rules that were needed and are missing.
   */
  readonly because: readonly Reason[];
}

/** The verbs that can be done to one entity, as routes below the API prefix. */
const verbs = {
  GET: ["GET", ":id"],
  PATCH: ["PATCH", ":id"],
  DELETE: ["DELETE", ":id"],
  grant: ["POST", ":id", "access"],
  revoke: ["DELETE", ":id", "access", ":principal"],
  transfer: ["POST", ":id", "transfer"],
} as const satisfies Record<string, readonly [Method, ...string[]]>;

export type EntityVerb = keyof typeof verbs;

export interface Question {
  readonly caller: Caller;
  readonly store: string;
  readonly kind: VisibilityKind;
  readonly entity: EntityHead;
  readonly tree: GroupTree;
}

/** Whether the caller may do this to the entity, and by which rules. */
export function decide(question: Question, verb: EntityVerb): Decision {
  const [method, ...path] = verbs[verb];
  const steps = [
    sight(question),
    ...right(question.caller, { method, path: [question.store, ...path] }),
  ];
  if (["grant", "revoke", "transfer"].includes(verb)) steps.push(control(question));
  const missing = steps.filter((step) => !step.allowed);
  const because = (missing.length > 0 ? missing : steps).flatMap((step) => step.because);
  return { allowed: missing.length === 0, because };
}

/** The decision for each verb: `{GET: {allowed: true, because: [..]}, PATCH: ..}`. */
export function explain(question: Question): Record<EntityVerb, Decision> {
  const entries = Object.keys(verbs).map((verb) => [verb, decide(question, verb as EntityVerb)]);
  return Object.fromEntries(entries) as Record<EntityVerb, Decision>;
}

function sight({ caller, kind, entity, tree }: Question): Decision {
  if (kind === "everything") return { allowed: true, because: [] };
  const seen = visibilityOf(caller, kind, tree);
  const because: Reason[] = [];
  if (seen.owner === entity.owner) because.push({ rule: "owner", id: entity.owner });
  if (seen.self === entity.id) because.push({ rule: "self", id: entity.id });
  for (const id of entity.access) if (seen.principals.has(id)) because.push({ rule: "access", id });
  if (seen.reach.has(entity.group)) {
    const id = tree.branchOf(entity.group).find((group) => caller.groups.includes(group));
    because.push({ rule: "branch", id: id ?? entity.group });
  }
  if (because.length > 0) return { allowed: true, because };
  const rules =
    kind === "shared" ? (["owner", "access", "branch"] as const) : (["branch"] as const);
  return { allowed: false, because: rules.map((rule) => ({ rule })) };
}

function right(caller: Caller, act: Act): Decision[] {
  const given = (rule: "role" | "scope", credentials: readonly Credential[]): Decision => {
    const found = credentials.find((credential) => permits(credential, act));
    return { allowed: !!found, because: [found ? { rule, credential: found.text } : { rule }] };
  };
  const role = given("role", caller.credentials);
  return caller.scopes ? [role, given("scope", caller.scopes)] : [role];
}

function control({ caller, entity, tree }: Question): Decision {
  return { allowed: controls(caller, entity, tree), because: [{ rule: "control" }] };
}

function visibilityOf(caller: Caller, kind: "shared" | "reach", tree: GroupTree): Visibility {
  const reach = reachOf(caller, tree);
  if (kind === "reach") {
    return { kind: "visible", owner: null, principals: new Set(), reach, self: caller.user };
  }
  const principals = new Set([caller.user, ...caller.groups]);
  return { kind: "visible", owner: caller.user, principals, reach, self: null };
}
