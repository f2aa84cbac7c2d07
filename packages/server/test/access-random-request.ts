/**
 * Random requests about a world: to every store and verb, mostly about what is there, by any of its
 * people. Knows no rule.
 */
import {
  cursorOf,
  type Filter,
  type FindOptions,
  type Json,
  type JsonObject,
  type OrderKey,
  type Query,
  type SearchWord,
} from "@stoa/domain";
import type { Request } from "./access-request.ts";
import { systemNames as systemStores, type Truth, thingsOf, wholeOf } from "./access-truth.ts";
import { patterns, randomFields } from "./access-world.ts";
import { randomFilter } from "./random-query.ts";
import { hexId, type Random } from "./random-world.ts";

export function randomReading(random: Random, truth: Truth): Request {
  const store = randomStore(random, 0.35);
  const kind = random.pick([
    ...(["find", "find", "count", "meta", "read", "read", "explain"] as const),
    ...(["unwind", "unwindOne", "directory", "shown", "history", "history", "impact"] as const),
  ]);
  switch (kind) {
    case "find":
    case "count":
    case "meta":
      return { kind, ...randomListing(random, truth, store) };
    case "unwind":
      return { kind, ...randomListing(random, truth, random.chance(0.9) ? "notes" : "cities") };
    case "unwindOne": {
      const from = random.chance(0.9) ? "notes" : "cities";
      return { kind, store: from, id: randomId(random, truth, from) };
    }
    case "read":
      return { kind, store, id: randomId(random, truth, store) };
    case "history":
      return randomHistory(random, truth);
    case "impact": {
      const group = randomId(random, truth, "groups");
      return { kind, group, parent: randomId(random, truth, "groups") };
    }
    case "explain": {
      const ordinary = randomStore(random, 0);
      const user = random.chance(0.6) ? randomId(random, truth, "users") : undefined;
      return { kind, store: ordinary, id: randomId(random, truth, ordinary), user };
    }
    case "directory":
      return { kind, question: randomQuestion(random, truth) };
    case "shown":
      return { kind };
    default:
      return kind satisfies never;
  }
}

export function randomWriting(random: Random, truth: Truth): Request {
  const store = randomStore(random, 0.55);
  const id = randomId(random, truth, store);
  const kind = random.pick([
    ...(["create", "create", "update", "update", "update", "remove"] as const),
    ...(["grant", "grant", "revoke", "transfer", "transfer", "restore", "restore"] as const),
  ]);
  switch (kind) {
    case "create": {
      const count = systemStores.includes(store) ? 1 : random.pick([1, 1, 2, 3]);
      const bodies = Array.from({ length: count }, () => randomBody(random, truth, store));
      return { kind, store: store === "stores" ? "cities" : store, bodies };
    }
    case "update": {
      if (store === "stores") return { kind, store: "nowhere", id, patch: {} };
      return { kind, store, id, patch: randomPatch(random, truth, store) };
    }
    case "remove":
      return { kind, store, id, parameters: randomParameters(random, truth, store) };
    case "restore": {
      const { store: kept, id: changed, sequence } = randomChange(random, truth);
      if (kept === "stores") return { kind, store: "cities", id: changed, sequence };
      const other = random.chance(0.1) ? randomChange(random, truth).sequence : sequence;
      return { kind, store: kept, id: changed, sequence: other };
    }
    case "grant": {
      const shared = shareStore(random);
      const principals = random.many(1, 3, () => randomPrincipal(random, truth));
      return { kind, store: shared, id: randomId(random, truth, shared), principals };
    }
    case "revoke":
      return randomRevoke(random, truth);
    case "transfer": {
      const shared = random.chance(0.3) ? "users" : shareStore(random);
      const owner = { owner: randomId(random, truth, random.chance(0.9) ? "users" : "groups") };
      const group = { group: randomId(random, truth, "groups") };
      const mixed = random.pick([owner, group, { ...owner, ...group }]);
      const to = shared === "users" && random.chance(0.9) ? group : mixed;
      return { kind, store: shared, id: randomId(random, truth, shared), to };
    }
    default:
      return kind satisfies never;
  }
}

function randomStore(random: Random, systemShare: number): string {
  if (random.chance(0.02)) return "nowhere";
  return random.pick(random.chance(systemShare) ? systemStores : ["cities", "cities", "notes"]);
}

function shareStore(random: Random): string {
  return random.chance(0.1) ? random.pick(systemStores) : random.pick(["cities", "notes"]);
}

function randomId(random: Random, truth: Truth, store: string): string {
  const things = thingsOf(truth, store);
  if (store === "users" && things[0] && random.chance(0.1)) return things[0].id;
  return things.length === 0 || random.chance(0.04) ? hexId(0xdead) : random.pick(things).id;
}

/** What happens to tokens by themselves is noted at any time, so none of theirs. */
function randomChange(random: Random, { log }: Truth) {
  const told = log.filter(({ store }) => store !== "tokens");
  const late = random.chance(0.5) ? told.filter(({ op }) => op !== "insert") : told;
  const gone = random.chance(0.3) ? told.filter(({ op }) => op === "remove") : [];
  const { store, id } = random.pick([gone, late, told].find((some) => some.length > 0) ?? []);
  const { sequence } = random.pick(told.filter((one) => one.id === id && one.store === store));
  return { store, id, sequence };
}

function randomHistory(random: Random, truth: Truth): Request {
  const { store, id, sequence } = randomChange(random, truth);
  const before = random.chance(0.3) ? sequence : null;
  const limit = random.chance(0.3) ? 1 : random.between(2, 9);
  return { kind: "history", store, id: random.chance(0.04) ? hexId(0xdead) : id, before, limit };
}

function randomPrincipal(random: Random, truth: Truth): string {
  return randomId(random, truth, random.chance(0.6) ? "users" : "groups");
}

function randomRevoke(random: Random, truth: Truth): Request {
  const store = shareStore(random);
  const granted = thingsOf(truth, store).filter(({ access }) => access.length > 0);
  if (granted.length === 0 || random.chance(0.1)) {
    const principal = randomPrincipal(random, truth);
    return { kind: "revoke", store, id: randomId(random, truth, store), principal };
  }
  const { id, access } = random.pick(granted);
  return { kind: "revoke", store, id, principal: random.pick(access) };
}

function randomListing(random: Random, truth: Truth, store: string) {
  const values = thingsOf(truth, store).map((thing) => wholeOf(truth, thing));
  const order = random.many(0, 2, () => randomKey(random));
  const query: Query = {
    filter: random.chance(0.3) ? { kind: "all", of: [] } : filterAbout(random, truth, values),
    order,
    offset: random.chance(0.2) ? random.between(0, 4) : 0,
    limit: random.chance(0.4) ? random.between(1, 6) : Number.POSITIVE_INFINITY,
    after: random.chance(0.25) && values.length > 0 ? cursorOf(order, random.pick(values)) : null,
    only: null,
  };
  return { store, query, options: randomOptions(random, store) };
}

function randomOptions(random: Random, store: string): FindOptions {
  const isSearched = random.chance(store === "cities" ? 0.25 : 0.03);
  return {
    ...(random.chance(0.1) && { withChildGroups: false }),
    ...(isSearched && { search: random.many(1, 2, () => randomWord(random)) }),
  };
}

function randomWord(random: Random): SearchWord {
  return random.pick([
    { word: "a", isPrefix: true },
    { word: random.pick(["a", "b", "ab", "e", "z"]), isPrefix: false },
  ]);
}

function randomKey(random: Random): OrderKey {
  const path = [random.pick(["n", "s", "owner", "group", "time", "name", "login"])];
  return { path, descending: random.chance(0.5) };
}

/** Half of them ask for just what access is decided by. */
function filterAbout(random: Random, truth: Truth, values: readonly JsonObject[]): Filter {
  if (values.length === 0) return { kind: "any", of: [] };
  const isCarried = ({ _at, lastUsedAt }: JsonObject) => !_at && lastUsedAt === undefined;
  if (random.chance(0.5) && values.every(isCarried)) {
    const people = thingsOf(truth, "users").map(({ id }) => id);
    const groups = thingsOf(truth, "groups").map(({ id }) => ({ id, parent: null }));
    const source = {
      random,
      world: { users: people, groups },
      entities: values,
      searched: [["s"]],
    };
    return randomFilter(source, random.between(0, 2));
  }
  const path = [random.pick(["owner", "group", "access", "branch", "n", "s", "_id"])];
  const principal = randomPrincipal(random, truth);
  const value: Json = random.pick([principal, principal, random.between(0, 4), "a"]);
  const text = path[0] === "_id" || path[0] === "owner" || path[0] === "group";
  const leaf: Filter = {
    kind: "element",
    op: random.pick(["==", "==", "<", ">="]),
    path,
    value: text ? String(value) : value,
  };
  return random.pick<Filter>([
    leaf,
    { kind: "not", of: leaf },
    { kind: "any", of: [leaf, { kind: "all", of: [] }] },
  ]);
}

function randomQuestion(random: Random, truth: Truth) {
  const ids = random.many(0, 4, () => randomPrincipal(random, truth));
  return {
    ...(random.chance(0.4) && { ids }),
    ...(random.chance(0.3) && { prefix: random.pick(["a", "B", "g", "u1", "C"]) }),
    ...(random.chance(0.2) && { limit: random.between(1, 4) }),
  };
}

function randomBody(random: Random, truth: Truth, store: string): JsonObject {
  const groupId = () => randomId(random, truth, "groups");
  const more: JsonObject = random.chance(0.06) ? { nonsense: 1 } : {};
  const number = random.between(100, 1_000_000);
  const name = `x${number}`;
  switch (store) {
    case "users":
      return {
        login: random.chance(0.9) ? name : "u1",
        group: random.chance(0.03) ? null : groupId(),
        role: randomId(random, truth, "roles"),
        ...(random.chance(0.3) && { groups: [...new Set(random.many(1, 2, groupId))] }),
        ...more,
      };
    case "groups":
      return { name, ...(random.chance(0.95) && { parent: groupId() }), ...more };
    case "roles":
      return {
        name: random.chance(0.9) ? name : "member",
        credentials: random.some(patterns, 4),
        ...more,
      };
    case "tokens":
      return { name, ...(random.chance(0.6) && { scopes: random.some(patterns, 3) }) };
    default: {
      const group = random.chance(0.4) ? { group: groupId() } : {};
      const forged = { owner: randomId(random, truth, "users"), access: [hexId(0x103)] };
      return { ...randomFields(random, truth), ...group, ...(random.chance(0.2) && forged) };
    }
  }
}

function randomPatch(random: Random, truth: Truth, store: string): JsonObject {
  const groupId = () => randomId(random, truth, "groups");
  const forged = random.chance(0.2)
    ? { owner: randomId(random, truth, "users"), group: groupId(), access: [], _id: hexId(0x102) }
    : {};
  const name = random.pick(["Ada", "Bea", "Cas"]);
  switch (store) {
    case "users":
      return random.pick<JsonObject>([
        { name, ...forged },
        { email: "a@example.org" },
        { role: randomId(random, truth, "roles") },
        { groups: [...new Set(random.many(0, 2, groupId))] },
        { disabled: random.chance(0.7) },
        { login: random.pick(["u1", `y${random.between(0, 1_000_000)}`]) },
        { name, nonsense: 1 },
      ]);
    case "groups":
      return random.pick<JsonObject>([
        { name, ...forged },
        { parent: groupId() },
        { parent: groupId() },
        { nonsense: 1 },
      ]);
    case "roles":
      return random.pick<JsonObject>([
        { name: `${name}${random.between(0, 1_000_000)}`, ...forged },
        { credentials: random.some(patterns, 5) },
        { credentials: random.some(patterns, 5) },
      ]);
    case "tokens":
      return random.pick<JsonObject>([{ name }, { scopes: ["*"] }, { name, ...forged }]);
    case "sessions":
      return { agent: name };
    default:
      return { n: random.between(0, 5), s: random.pick(["a", null, "z"]), ...forged };
  }
}

function randomParameters(random: Random, truth: Truth, store: string): Record<string, string> {
  if (store === "users" && random.chance(0.5)) return { owner: randomPrincipal(random, truth) };
  if (store === "groups" && random.chance(0.7)) return { into: randomId(random, truth, "groups") };
  if (store === "stores" && random.chance(0.3)) return { confirm: "notes" };
  return {};
}
