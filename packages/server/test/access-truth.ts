/**
 * Who may see and do what, said a second time and naively: plain maps, climbing parents, patterns
 * as regular expressions, containment by trying every act. The oracle holds the services to it,
 * so it uses none of the domain's own access, credential and tree.
 */
import type { Change, JsonObject } from "@stoa/domain";

/** An entity as plainly as can be; people, groups, roles, tokens and stores are entities too. */
export interface Thing {
  readonly id: string;
  readonly owner: string;
  readonly group: string;
  readonly access: readonly string[];
  readonly time: number;
  readonly at: number | null;
  readonly fields: JsonObject;
}

export interface Secret {
  readonly way: "session" | "token";
  readonly secret: string;
  /** Of the session or token. */
  readonly id: string;
}

/** Everything that is so. */
export interface Truth {
  /** Unix milliseconds. */
  readonly now: number;
  readonly tables: ReadonlyMap<string, Map<string, Thing>>;
  readonly secrets: readonly Secret[];
  /** Every change so far, as the engine keeps it: what happened, not who may see it. */
  readonly log: readonly Change[];
}

/** Somebody who asks, as of now. */
export interface Asker {
  readonly user: string;
  readonly groups: readonly string[];
  readonly credentials: readonly string[];
  readonly scopes: readonly string[] | null;
  readonly way: "session" | "sign-in" | "token";
}

export const systemNames = ["users", "groups", "roles", "tokens", "sessions", "stores"];
const guarded = [...systemNames, "webhooks", "backups", "metrics", "statistics"].join("|");

/** Things of a store, in the order of their ids; of an unknown store, none. */
export function thingsOf(truth: Truth, store: string): Thing[] {
  const table = truth.tables.get(store);
  return [...(table?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function thingAt(truth: Truth, store: string, id: string): Thing | undefined {
  return truth.tables.get(store)?.get(id);
}

/** Who the secret stands for, or null: unknown, over, revoked or disabled. */
export function askerOf(truth: Truth, { way, secret }: Pick<Secret, "way" | "secret">) {
  const known = truth.secrets.find((one) => one.way === way && one.secret === secret);
  const via = known && thingAt(truth, way === "session" ? "sessions" : "tokens", known.id);
  const user = via && thingAt(truth, "users", via.owner);
  if (!via || !user || user.fields["disabled"] === true) return null;
  const { expiresAt, scopes, type } = via.fields;
  if (typeof expiresAt === "number" && expiresAt <= truth.now) return null;
  const asker: Asker = {
    user: user.id,
    groups: membershipOf(user),
    credentials: patternsOf(truth, user),
    scopes: (scopes ?? null) as readonly string[] | null,
    way: way === "session" ? "session" : type === "sign-in" ? "sign-in" : "token",
  };
  return asker;
}

/** `group` and `groups` of a user. */
export function membershipOf(user: Pick<Thing, "group" | "fields">): string[] {
  const further = (user.fields["groups"] ?? []) as readonly string[];
  return [user.group, ...further.filter((group) => group !== user.group)];
}

/** The credentials of a user's role. */
export function patternsOf(truth: Truth, user: Pick<Thing, "fields">): readonly string[] {
  const role = thingAt(truth, "roles", String(user.fields["role"]));
  return (role?.fields["credentials"] ?? []) as readonly string[];
}

export function parentOf(truth: Truth, group: string): string | null {
  return (thingAt(truth, "groups", group)?.fields["parent"] ?? null) as string | null;
}

/** The group and its ancestors, by climbing. */
export function branchOf(truth: Truth, group: string): string[] {
  const parent = parentOf(truth, group);
  return parent === null ? [group] : [group, ...branchOf(truth, parent)];
}

export function rootOf(truth: Truth): string {
  return thingsOf(truth, "groups").find(({ id }) => parentOf(truth, id) === null)?.id ?? "";
}

/** Whether a group that is there is one of the caller's or below one. */
export function reaches(truth: Truth, asker: Pick<Asker, "groups">, group: string): boolean {
  if (!thingAt(truth, "groups", group)) return false;
  return branchOf(truth, group).some((one) => asker.groups.includes(one));
}

export function reachesRoot(truth: Truth, asker: Asker): boolean {
  return asker.groups.includes(rootOf(truth));
}

const expressions = new Map<string, RegExp>();

/** Rule 1, as a regular expression over the joined path. */
export function permits(pattern: string, method: string, path: readonly string[]): boolean {
  if (pattern === "*") return true;
  const [verb = "", route = ""] = pattern.split(" ");
  if (verb !== "*" && verb !== method) return false;
  let expression = expressions.get(route);
  if (!expression) {
    const parts = route.split("/");
    const text = parts.map((part, index) => segmentText(part, index, parts.length)).join("");
    expression = new RegExp(`^${text}$`);
    expressions.set(route, expression);
  }
  return expression.test(path.join("/"));
}

function segmentText(part: string, index: number, count: number): string {
  const slash = index === 0 ? "" : "/";
  const unguarded = index === 0 ? `(?!(?:${guarded})(?:/|$))` : "";
  if (part === "*" && index === count - 1) return `${unguarded}(?:${slash}[^/]+)*(?:/[^/]+)*`;
  if (part === "*" || part.startsWith(":")) return `${slash}${unguarded}[^/]+`;
  return slash + part.replaceAll(".", "\\.");
}

/** Every act that tells patterns of these worlds apart. */
const methods = ["GET", "POST", "PATCH", "DELETE", "LOOKUP"];
const acts = methods.flatMap((method) => [{ method, path: [] as string[] }, ...routesOf(method)]);

function routesOf(method: string) {
  const others = [":id", "access", "transfer", "history", "restore", "x"];
  const thirds = others.flatMap((third) => [[third], [third, ":principal"], [third, "x", "y"]]);
  const rests = [
    [],
    ...others.flatMap((second) => [[second], ...thirds.map((t) => [second, ...t])]),
  ];
  return ["cities", "notes", "other", ...systemNames, "webhooks"].flatMap((first) =>
    rests.map((rest) => ({ method, path: [first, ...rest] })),
  );
}

const permitted = new Map<string, readonly boolean[]>();

function permittedBy(pattern: string): readonly boolean[] {
  const known = permitted.get(pattern);
  if (known) return known;
  const all = acts.map(({ method, path }) => permits(pattern, method, path));
  permitted.set(pattern, all);
  return all;
}

/** Whether every act that `inner` permits is permitted by `outer`. */
export function contains(outer: string, inner: string): boolean {
  if (inner === "*") return outer === "*";
  const wide = permittedBy(outer);
  return permittedBy(inner).every((isPermitted, index) => !isPermitted || wide[index] === true);
}

/** Role and scopes both permit the act. */
export function may(asker: Asker, method: string, path: readonly string[]): boolean {
  const by = (patterns: readonly string[]) => patterns.some((one) => permits(one, method, path));
  return by(asker.credentials) && (asker.scopes === null || by(asker.scopes));
}

/** Role and scopes both contain each of the patterns. */
export function holdsAll(asker: Asker, patterns: readonly string[]): boolean {
  const by = (own: readonly string[], pattern: string) => own.some((one) => contains(one, pattern));
  return patterns.every(
    (pattern) =>
      by(asker.credentials, pattern) && (asker.scopes === null || by(asker.scopes, pattern)),
  );
}

/** What everybody has beside role and scopes ("Default roles and the directory"). */
export function mayUse(asker: Asker, method: string, path: readonly string[], id?: string) {
  if (may(asker, method, path)) return true;
  const [store = "", ...rest] = path;
  if (rest.length > 1) return false;
  if (store === "stores") return method === "GET";
  if (asker.scopes !== null) return false;
  if (store === "tokens") return ["GET", "POST", "DELETE"].includes(method);
  if (store === "sessions") return ["GET", "DELETE"].includes(method);
  const isSelf = id === asker.user && asker.way !== "token";
  return store === "users" && isSelf && ["GET", "PATCH"].includes(method);
}

/** Whether the asker decides over a user with this membership and these patterns. */
export function covers(
  truth: Truth,
  asker: Asker,
  groups: readonly string[],
  patterns: readonly string[],
): boolean {
  return groups.every((group) => reaches(truth, asker, group)) && holdsAll(asker, patterns);
}

export function coversUser(truth: Truth, asker: Asker, user: Pick<Thing, "group" | "fields">) {
  return covers(truth, asker, membershipOf(user), patternsOf(truth, user));
}

export function controls(truth: Truth, asker: Asker, thing: Thing): boolean {
  return thing.owner === asker.user || reaches(truth, asker, thing.group);
}

/** Design 2 for ordinary stores, rules 16 and 18 for the others. `LIST` is a GET of the store. */
export function sees(truth: Truth, asker: Asker, store: string, method: string, thing: Thing) {
  switch (store) {
    case "users":
    case "groups":
      return thing.id === asker.user || reaches(truth, asker, thing.group);
    case "roles":
      return true;
    case "stores":
      return may(asker, "GET", [String(thing.fields["name"])]);
    case "tokens":
    case "sessions": {
      if (thing.owner === asker.user) return true;
      if (!["LIST", "GET", "DELETE"].includes(method)) return false;
      const path = method === "LIST" ? [store] : [store, ":id"];
      const owner = thingAt(truth, "users", thing.owner);
      return (
        may(asker, method === "LIST" ? "GET" : method, path) &&
        !!owner &&
        coversUser(truth, asker, owner)
      );
    }
    default:
      if (thing.owner === asker.user) return true;
      if ([asker.user, ...asker.groups].some((id) => thing.access.includes(id))) return true;
      return branchOf(truth, thing.group).some((group) => asker.groups.includes(group));
  }
}

/** Ids of the users and groups that the asker knows of: everybody of its tenants. */
export function directoryOf(truth: Truth, asker: Asker): Set<string> {
  const root = rootOf(truth);
  const tenantOf = (group: string) => branchOf(truth, group).at(-2) ?? root;
  const tenants = asker.groups.map(tenantOf);
  const isNear = (group: string) =>
    reachesRoot(truth, asker) || (group !== root && tenants.includes(tenantOf(group)));
  const groups = thingsOf(truth, "groups").filter(({ id }) => isNear(id));
  const users = thingsOf(truth, "users").filter((user) => membershipOf(user).some(isNear));
  return new Set([...groups, ...users].map(({ id }) => id));
}

/** The whole entity as it is served. */
export function wholeOf(truth: Truth, thing: Thing): JsonObject {
  return {
    _id: thing.id,
    owner: thing.owner,
    group: thing.group,
    access: thing.access,
    branch: branchOf(truth, thing.group),
    time: thing.time,
    ...(thing.at === null ? {} : { _at: thing.at }),
    ...thing.fields,
  };
}
