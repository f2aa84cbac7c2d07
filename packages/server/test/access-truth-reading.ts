/**
 * What reading must answer, by brute force over every entity: all that is visible, then the
 * filter by
 * `matches`, then a plain sort. Knows no engine.
 */
import {
  compareJson,
  type Json,
  type JsonObject,
  matches,
  type OrderKey,
  readPath,
  type SearchWord,
} from "@stoa/domain";
import type { Listing, Request } from "./access-request.ts";
import {
  type Asker,
  controls,
  coversUser,
  directoryOf,
  may,
  mayUse,
  membershipOf,
  parentOf,
  patternsOf,
  sees,
  systemNames,
  type Thing,
  type Truth,
  thingAt,
  thingsOf,
  wholeOf,
} from "./access-truth.ts";
import { historyAnswer } from "./access-truth-history.ts";
import { impactAnswer } from "./access-truth-impact.ts";
import { refuse, visibleThing } from "./access-truth-refusal.ts";

const writings = ["create", "update", "remove", "grant", "revoke", "transfer", "restore"] as const;
export type Writing = Extract<Request, { kind: (typeof writings)[number] }>;
export type Reading = Exclude<Request, Writing>;

export function isReading(request: Request): request is Reading {
  return !(writings as readonly string[]).includes(request.kind);
}

export function readingAnswer(truth: Truth, asker: Asker, request: Reading): Json {
  switch (request.kind) {
    case "find":
      return page(listed(truth, asker, request), request);
    case "unwind": {
      const all = listed(truth, asker, request);
      const unwound = unwinder(truth, asker, request.store);
      return page(all, request).map(unwound);
    }
    case "count":
      return listed(truth, asker, request).length;
    case "meta": {
      const all = listed(truth, asker, request);
      return { total: all.length, first: all[0] ?? null, last: all.at(-1) ?? null };
    }
    case "read":
      return wholeOf(truth, readable(truth, asker, request.store, request.id));
    case "unwindOne": {
      const thing = readable(truth, asker, request.store, request.id);
      return unwinder(truth, asker, request.store)(wholeOf(truth, thing));
    }
    case "history":
      return historyAnswer(truth, asker, request);
    case "impact":
      return impactAnswer(truth, asker, request);
    case "explain":
      return explained(truth, asker, request);
    case "directory":
      return directory(truth, asker, request.question);
    case "shown":
      return storeNamesShown(truth, asker);
    default:
      return request satisfies never;
  }
}

/** Everything that is listed, in order, before the page is cut. */
function listed(truth: Truth, asker: Asker, { store, query, options }: Listing): JsonObject[] {
  if (!mayUse(asker, "GET", [store])) refuse("forbidden");
  if (!truth.tables.has(store)) refuse("not_found");
  if (options.search && store !== "cities") refuse("validation");
  const own = options.withChildGroups === false;
  const found = thingsOf(truth, store)
    .filter((thing) => sees(truth, asker, store, "LIST", thing))
    .filter(({ group }) => !own || group === asker.groups[0])
    .map((thing) => wholeOf(truth, thing))
    .filter((value) => matches(query.filter, value))
    .filter((value) => isFound(value["s"], options.search ?? []));
  const keys = withId(query.order);
  return found.sort((a, b) => comparedBy(keys, a, b));
}

/** What is searched holds one word of plain letters, or nothing. */
function isFound(value: Json | undefined, words: readonly SearchWord[]): boolean {
  const only = String(value ?? "").replace("é", "e");
  return words.every(({ word, isPrefix }) => only === word || (isPrefix && only.startsWith(word)));
}

function page(all: JsonObject[], { query }: Listing): JsonObject[] {
  const keys = withId(query.order);
  const { after, offset, limit } = query;
  const isLater = (value: JsonObject) => {
    for (const [index, { path, descending }] of keys.entries()) {
      const sign = compareJson(readPath(value, path), (after as readonly Json[])[index]);
      if (sign !== 0) return descending ? sign < 0 : sign > 0;
    }
    return false;
  };
  return (after === null ? all : all.filter(isLater)).slice(offset, offset + limit);
}

function withId(order: readonly OrderKey[]): OrderKey[] {
  const descending = order.at(-1)?.descending ?? false;
  return [...order, { path: ["_id"], descending }];
}

function comparedBy(keys: readonly OrderKey[], a: JsonObject, b: JsonObject): number {
  for (const { path, descending } of keys) {
    const sign = compareJson(readPath(a, path), readPath(b, path));
    if (sign !== 0) return descending ? -sign : sign;
  }
  return 0;
}

function readable(truth: Truth, asker: Asker, store: string, id: string): Thing {
  if (!mayUse(asker, "GET", [store, ":id"], id)) refuse("forbidden");
  if (!truth.tables.has(store)) refuse("not_found");
  return visibleThing(truth, asker, store, "GET", id);
}

/** `ref` replaced by what it refers to (rule 17). */
function unwinder(truth: Truth, asker: Asker, store: string): (value: JsonObject) => JsonObject {
  const target = referenceOf(truth, store);
  if (target === undefined || systemNames.includes(target)) return refuse("validation");
  if (!may(asker, "GET", [target, ":id"])) refuse("forbidden");
  const referred = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(referred);
    const thing = typeof value === "string" ? thingAt(truth, target, value) : undefined;
    return thing && sees(truth, asker, target, "GET", thing) ? wholeOf(truth, thing) : value;
  };
  return (value) => ("ref" in value ? { ...value, ref: referred(value["ref"] ?? null) } : value);
}

function referenceOf(truth: Truth, store: string): string | undefined {
  const definition = thingsOf(truth, "stores").find(({ fields }) => fields["name"] === store);
  const target = readPath(definition?.fields ?? {}, ["schema", "properties", "ref", "x-ref"]);
  return typeof target === "string" ? target : undefined;
}

/** Rule 20; what is explained about another is without scopes. */
function explained(
  truth: Truth,
  asker: Asker,
  { store, id, user = asker.user }: Extract<Request, { kind: "explain" }>,
): Json {
  if (!mayUse(asker, "GET", [store, ":id", "access"])) refuse("forbidden");
  if (!truth.tables.has(store)) refuse("not_found");
  if (systemNames.includes(store)) refuse("method");
  const thing = visibleThing(truth, asker, store, "GET", id);
  const about = user === asker.user ? asker : otherAsker(truth, asker, user);
  if (user !== asker.user && !controls(truth, asker, thing)) refuse("not_found");
  const isSeen = sees(truth, about, store, "GET", thing);
  const does = (method: string, ...rest: string[]) =>
    isSeen && may(about, method, [store, ...rest]);
  const isOver = controls(truth, about, thing);
  const verbs = {
    GET: does("GET", ":id"),
    PATCH: does("PATCH", ":id"),
    DELETE: does("DELETE", ":id"),
    grant: isOver && does("POST", ":id", "access"),
    revoke: isOver && does("DELETE", ":id", "access", ":principal"),
    transfer: isOver && does("POST", ":id", "transfer"),
  };
  return { user, visible: isSeen, verbs };
}

function otherAsker(truth: Truth, asker: Asker, id: string): Asker {
  const user = thingAt(truth, "users", id);
  if (!user || !coversUser(truth, asker, user)) return refuse("not_found");
  return {
    user: id,
    groups: membershipOf(user),
    credentials: patternsOf(truth, user),
    scopes: null,
    way: "session",
  };
}

function directory(
  truth: Truth,
  asker: Asker,
  { ids, prefix = "", limit = 1_000 }: Extract<Request, { kind: "directory" }>["question"],
): Json {
  const known = directoryOf(truth, asker);
  const groups = thingsOf(truth, "groups").map((group) => {
    const parent = parentOf(truth, group.id);
    const shown = parent !== null && known.has(parent) ? { parent } : {};
    return { _id: group.id, kind: "group", name: String(group.fields["name"]), ...shown };
  });
  const users = thingsOf(truth, "users").map(({ id, fields }) => {
    return { _id: id, kind: "user", name: String(fields["name"] ?? fields["login"]) };
  });
  return [...groups, ...users]
    .filter(({ _id }) => known.has(_id) && (ids === undefined || ids.includes(_id)))
    .filter(({ name }) => name.toLowerCase().startsWith(prefix.toLowerCase()))
    .sort((a, b) => compareJson(a.name, b.name) || compareJson(a._id, b._id))
    .slice(0, limit);
}

/** Rule 18. */
function storeNamesShown(truth: Truth, asker: Asker): Json {
  return thingsOf(truth, "stores")
    .map(({ fields }) => String(fields["name"]))
    .filter((name) => may(asker, "GET", [name]))
    .sort();
}
