/**
 * What writing must do to ordinary entities, tokens and sessions, or the refusal: said naively,
 * on a copy of the truth. People, groups and roles stand in `access-truth-people.ts`.
 */
import type { Json, JsonObject } from "@stoa/domain";
import { change, type Draft, endWays, put, sameJson } from "./access-draft.ts";
import type { Request } from "./access-request.ts";
import {
  type Asker,
  controls,
  coversUser,
  directoryOf,
  holdsAll,
  mayUse,
  reaches,
  reachesRoot,
  systemNames,
  type Thing,
  thingAt,
  wholeOf,
} from "./access-truth.ts";
import { changesOf, openHistory, seesVersion, thingOf, versionAt } from "./access-truth-history.ts";
import * as people from "./access-truth-people.ts";
import type { Writing } from "./access-truth-reading.ts";
import { refuse, visibleThing } from "./access-truth-refusal.ts";

/** @param answered what the door gave, for the ids and secrets that only the house knows. */
export function writingAnswer(
  draft: Draft,
  asker: Asker,
  request: Writing,
  answered: Json | undefined,
): Json {
  switch (request.kind) {
    case "create":
      return created(draft, asker, request, answered);
    case "update":
      return updated(draft, asker, request);
    case "remove":
      return removed(draft, asker, request);
    case "restore":
      return restored(draft, asker, request);
    case "grant":
    case "revoke":
    case "transfer":
      return shared(draft, asker, request);
    default:
      return request satisfies never;
  }
}

function open(draft: Draft, asker: Asker, method: string, path: readonly string[], id?: string) {
  const [store = ""] = path;
  if (!mayUse(asker, method, path, id)) refuse("forbidden");
  if (!draft.tables.has(store)) refuse("not_found");
  if (store === "sessions" && (method === "POST" || method === "PATCH")) refuse("method");
}

function created(
  draft: Draft,
  asker: Asker,
  { store, bodies }: Extract<Request, { kind: "create" }>,
  answered: Json | undefined,
): Json {
  open(draft, asker, "POST", [store]);
  const given = (answered ?? []) as readonly JsonObject[];
  return bodies.map((body, index) => {
    const id = String(given[index]?.["_id"] ?? `unknown-${index}`);
    if (thingAt(draft, store, id)) throw new Error(`the id ${id} was given twice`);
    const group = asker.groups[0] as string;
    const bare = { id, owner: asker.user, group, access: [], time: draft.now, at: null };
    const thing = { ...bare, fields: withoutProtected(body) };
    const { made, reveal = {} } = createdThing(draft, asker, store, thing, body, given[index]);
    put(draft, store, made);
    return { ...wholeOf(draft, made), ...reveal };
  });
}

function createdThing(
  draft: Draft,
  asker: Asker,
  store: string,
  thing: Thing,
  body: JsonObject,
  given: JsonObject | undefined,
): { made: Thing; reveal?: JsonObject } {
  switch (store) {
    case "users":
      return { made: people.createdUser(draft, asker, thing, body) };
    case "groups":
      return { made: people.createdGroup(draft, asker, thing) };
    case "roles":
      return { made: people.createdRole(draft, asker, thing) };
    case "tokens":
      return createdToken(draft, asker, thing, given);
    default: {
      const group = body["group"] ?? null;
      if (group === null) return { made: thing };
      if (typeof group !== "string" || !reaches(draft, asker, group)) refuse("validation");
      return { made: { ...thing, group } };
    }
  }
}

/** Rule 5. */
function createdToken(draft: Draft, asker: Asker, thing: Thing, given?: JsonObject) {
  if (asker.way === "token") refuse("forbidden");
  const { scopes, name } = thing.fields;
  if (scopes && !holdsAll(asker, scopes as readonly string[])) refuse("forbidden");
  const fields = {
    ...{ name: name ?? null, type: "access", scopes: scopes ?? asker.scopes },
    ...{ issuedAt: draft.now, expiresAt: null, lastUsedAt: null },
  };
  const secret = String(given?.["token"]);
  if (given && !/^stoa_.{40,}$/.test(secret)) throw new Error("a token was not told");
  draft.secrets.push({ way: "token", secret, id: thing.id });
  return { made: { ...thing, fields }, reveal: { token: secret } };
}

function updated(
  draft: Draft,
  asker: Asker,
  { store, id, patch }: Extract<Request, { kind: "update" }>,
): Json {
  open(draft, asker, "PATCH", [store, ":id"], id);
  const before = visibleThing(draft, asker, store, "PATCH", id);
  const fields = { ...before.fields };
  const asked = withoutProtected(patch);
  for (const [name, value] of Object.entries(asked)) {
    if (value === null) delete fields[name];
    else Object.assign(fields, { [name]: value });
  }
  return changedTo(draft, asker, store, before, fields);
}

function changedTo(
  draft: Draft,
  asker: Asker,
  store: string,
  before: Thing,
  fields: JsonObject,
): Json {
  const after = { ...before, fields };
  const isSame = sameJson(before.fields, fields);
  if (store === "users") people.checkUser(draft, asker, before, after);
  if (store === "groups") people.checkGroup(draft, asker, before, after);
  if (store === "roles") people.checkRole(draft, asker, before, after);
  const isNamed = sameJson({ ...before.fields, name: "" }, { ...fields, name: "" });
  if (store === "tokens" && !isNamed && !isSame) refuse("validation");
  if (isSame) return wholeOf(draft, before);
  const kept = change(draft, store, before, { fields });
  if (store === "users") people.afterUser(draft, before, kept);
  if (store === "roles") people.requireAdministrator(draft);
  return wholeOf(draft, kept);
}

/** A write like any other, with another body; or a creation, by those who decided over it. */
function restored(
  draft: Draft,
  asker: Asker,
  request: Extract<Request, { kind: "restore" }>,
): Json {
  const { store, id } = request;
  openHistory(draft, asker, store, ["POST", "restore"]);
  if (thingAt(draft, store, id)) {
    const before = visibleThing(draft, asker, store, "GET", id);
    open(draft, asker, "PATCH", [store, ":id"], id);
    people.requireControl(draft, asker, store, before);
    const { fields } = versionAt(draft, asker, request);
    return changedTo(draft, asker, store, before, fields);
  }
  const [last] = changesOf(draft, store, id);
  const gone = last?.op === "remove" && last.before ? thingOf(last.before) : undefined;
  if (!gone || !seesVersion(draft, asker, store, gone)) return refuse("not_found");
  if (systemNames.includes(store)) refuse("method");
  if (!mayUse(asker, "POST", [store])) refuse("forbidden");
  if (!reaches(draft, asker, gone.group)) refuse("forbidden");
  const { fields } = versionAt(draft, asker, request);
  const owner = thingAt(draft, "users", gone.owner);
  const isKept = owner && coversUser(draft, asker, owner);
  const known = directoryOf(draft, asker);
  const access = gone.access.filter((principal) => known.has(principal));
  const made = { ...gone, owner: isKept ? gone.owner : asker.user, access, fields, at: null };
  put(draft, store, made);
  return wholeOf(draft, made);
}

function removed(
  draft: Draft,
  asker: Asker,
  { store, id, parameters }: Extract<Request, { kind: "remove" }>,
): Json {
  open(draft, asker, "DELETE", [store, ":id"], id);
  const before = visibleThing(draft, asker, store, "DELETE", id);
  const value = wholeOf(draft, before);
  if (store === "users") people.removeUser(draft, asker, before, parameters["owner"]);
  if (store === "groups") people.removeGroup(draft, asker, before, parameters["into"]);
  if (store === "roles") people.checkRoleRemoval(draft, asker, before);
  if (store === "stores") {
    if (!reachesRoot(draft, asker)) refuse("forbidden");
    if (parameters["confirm"] !== before.fields["name"]) refuse("validation");
    draft.tables.delete(String(before.fields["name"]));
  }
  draft.tables.get(store)?.delete(id);
  if (store === "users") {
    people.requireAdministrator(draft);
    endWays(draft, (_store, way) => way.owner === id);
  }
  if (store === "tokens" || store === "sessions") {
    draft.secrets = draft.secrets.filter((secret) => secret.id !== id);
  }
  return value;
}

/** Rules 6 and 9. */
function shared(
  draft: Draft,
  asker: Asker,
  request: Extract<Request, { kind: "grant" | "revoke" | "transfer" }>,
): Json {
  const { store, id, kind } = request;
  const dropsOwn = kind === "revoke" && request.principal === asker.user && asker.scopes === null;
  if (dropsOwn) {
    if (!draft.tables.has(store)) refuse("not_found");
  } else if (kind === "revoke")
    open(draft, asker, "DELETE", [store, ":id", "access", ":principal"]);
  else open(draft, asker, "POST", [store, ":id", kind === "grant" ? "access" : "transfer"]);
  if (systemNames.includes(store) && !(store === "users" && kind === "transfer")) refuse("method");
  const before = visibleThing(draft, asker, store, "POST", id);
  if (store === "users" && kind === "transfer") {
    const after = people.transferredUser(draft, asker, before, request.to);
    return wholeOf(draft, after);
  }
  const isOwnGrant = kind === "revoke" && request.principal === asker.user;
  if (!isOwnGrant && !controls(draft, asker, before)) refuse("forbidden");
  const after = { ...before, ...newShare(draft, asker, before, request) };
  const isSame = sameJson(
    [before.owner, before.group, before.access],
    [after.owner, after.group, after.access],
  );
  return wholeOf(draft, isSame ? before : change(draft, store, after, {}));
}

function newShare(
  draft: Draft,
  asker: Asker,
  before: Thing,
  request: Extract<Request, { kind: "grant" | "revoke" | "transfer" }>,
): Partial<Thing> {
  const known = directoryOf(draft, asker);
  switch (request.kind) {
    case "grant": {
      const added = request.principals.filter((one) => !before.access.includes(one));
      if (!added.every((one) => known.has(one))) refuse("validation");
      return { access: [...new Set([...before.access, ...added])].sort() };
    }
    case "revoke":
      if (!before.access.includes(request.principal)) refuse("not_found");
      return { access: before.access.filter((one) => one !== request.principal) };
    case "transfer": {
      const { owner = before.owner, group = before.group } = request.to;
      const isUser = thingAt(draft, "users", owner) && known.has(owner);
      if (owner !== before.owner && !isUser) refuse("validation");
      if (group !== before.group && !reaches(draft, asker, group)) refuse("validation");
      return { owner, group };
    }
    default:
      return request satisfies never;
  }
}

function withoutProtected(body: JsonObject): JsonObject {
  const { _id, owner, group, access, branch, time, _at, ...own } = body;
  return own;
}
