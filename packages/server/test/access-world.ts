/**
 * Random worlds of people and entities, as a truth and in an engine: groups up to five deep,
 * users of several groups, roles and scopes of random patterns. All comes out of the seed.
 */
import { createHash } from "node:crypto";
import { type JsonObject, type StoreFields, storeDefinition, systemStore } from "@stoa/domain";
import { type OpenedServices, openServices } from "../src/service/open-services.ts";
import type { Engine, EngineOptions } from "../src/storage/engine.ts";
import { branchOf, type Secret, systemNames, type Thing, type Truth } from "./access-truth.ts";
import { hexId, type Random } from "./random-world.ts";

export const startTime = 1_478_724_243_000;
/** Ids of the world are below it; those that the house makes are above. */
const firstNewId = 0x10_000;

type EngineOpening = (options: EngineOptions) => Promise<Engine>;

export interface MutableTruth extends Truth {
  now: number;
  tables: Map<string, Map<string, Thing>>;
  secrets: Secret[];
  log: Truth["log"];
}

/** Patterns that roles and scopes are made of. */
export const patterns: readonly string[] = [
  ...["*", "* *", "GET *", "LOOKUP *", "GET cities", "GET cities/*", "GET cities/:id", "* cities"],
  ...["* cities/*", "POST cities", "POST *", "PATCH cities/:id", "PATCH */:id", "DELETE cities/*"],
  ...["POST cities/:id/access", "POST */*/access", "DELETE cities/:id/access/:principal"],
  ...["POST */:id/transfer", "GET notes/*", "* notes/*", "* notes", "GET */:id/access"],
  ...[
    "GET users/*",
    "* users/*",
    "PATCH users/*",
    "PATCH users/:id",
    "POST users",
    "POST users/:id/transfer",
  ],
  ...["GET groups/*", "* groups/*", "* roles/*", "GET roles/*", "* tokens/*", "GET tokens"],
  ...["GET cities/:id/history", "* */:id/restore", "GET */*/history", "GET users/:id/history"],
  ...["* sessions/*", "DELETE sessions/:id", "PATCH groups/*", "DELETE users/*", "* */*"],
];

export function randomTruth(random: Random): MutableTruth {
  let last = 0xff;
  const truth: MutableTruth = {
    now: startTime,
    tables: new Map([...systemNames, "cities", "notes"].map((name) => [name, new Map()])),
    secrets: [],
    log: [],
  };
  const add = (store: string, fields: JsonObject, head: Partial<Thing> = {}): Thing => {
    const id = head.id ?? hexId(++last);
    const bare = {
      owner: hexId(0x102),
      group: hexId(0x100),
      access: [],
      time: startTime,
      at: null,
    };
    const thing: Thing = { id, ...bare, ...head, fields };
    truth.tables.get(store)?.set(id, thing);
    return thing;
  };
  addGroups(random, truth, add);
  const roles = addRoles(random, add);
  addUsers(random, truth, roles, add);
  addStores(add);
  addEntities(random, truth, add);
  return truth;
}

const peoplePatterns = patterns.filter((one) => /(users|groups|tokens|roles)/.test(one));

type Add = (store: string, fields: JsonObject, head?: Partial<Thing>) => Thing;

function addGroups(random: Random, truth: Truth, add: Add): void {
  const root = hexId(0x100);
  const groups = [add("groups", { name: "root", parent: null }, { id: root, group: root })];
  for (let count = random.between(2, 9); count > 0; count--) {
    const parent = random.pick(random.chance(0.5) ? groups.slice(-2) : groups);
    if (branchOf(truth, parent.id).length > 4) continue;
    const id = hexId(0x110 + groups.length);
    const name = `g${groups.length}`;
    groups.push(add("groups", { name, parent: parent.id }, { id, group: id }));
  }
}

function addRoles(random: Random, add: Add): Thing[] {
  const given = (name: string, ...credentials: string[]) => {
    return add("roles", { name, credentials }, { id: hexId(0x130 + names++) });
  };
  let names = 0;
  return [
    given("administrator", "*"),
    given("member", "* *"),
    given("reader", "GET *", "LOOKUP *"),
    given("one", ...random.some(patterns.slice(1), 6)),
    given("two", ...random.some(patterns.slice(1), 12)),
    given("chief", "*", "GET cities"),
    given("keeper", "* *", "* users/*", "* groups/*", "* tokens/*", "* sessions/*", "GET roles/*"),
  ];
}

function addUsers(random: Random, truth: MutableTruth, roles: readonly Thing[], add: Add): void {
  const groups = [...(truth.tables.get("groups")?.keys() ?? [])];
  const [chief, keeper] = roles.slice(-2) as [Thing, Thing];
  const likely = [...roles, keeper, keeper, keeper];
  for (let number = 0, count = random.between(3, 6); number < count; number++) {
    const isFirst = number === 0;
    const id = hexId(0x102 + number);
    const group = isFirst
      ? hexId(0x100)
      : random.pick(random.chance(0.9) ? groups.slice(1) : groups);
    const role = isFirst ? random.pick([...roles.slice(0, 1), chief]) : random.pick(likely);
    const further = isFirst ? [] : random.some(groups, random.pick([0, 0, 1, 3]));
    const fields = {
      login: `u${number}`,
      role: (role as Thing).id,
      ...(further.length > 0 && { groups: further.filter((one) => one !== group) }),
      ...(random.chance(0.3) && { name: `${random.pick(["Ada", "Bob", "cleo"])} ${number}` }),
      ...(!isFirst && random.chance(0.07) && { disabled: true }),
    };
    add("users", fields, { id, group });
    addWays(random, truth, id, group, add);
  }
}

/** A session, a sign-in token or an issued token, the last perhaps with scopes or soon over. */
function addWays(random: Random, truth: MutableTruth, owner: string, group: string, add: Add) {
  for (const kind of ["session", ...random.some(["sign-in", "token", "scoped", "over"], 3)]) {
    const expiresAt =
      kind === "over" ? startTime + random.between(0, 30) * 1_000 : startTime + 86_400_000;
    const times = { issuedAt: startTime, expiresAt };
    const scopes =
      kind === "scoped" ? random.some(random.pick([patterns, peoplePatterns]), 6) : null;
    const type = kind === "sign-in" ? "sign-in" : "access";
    const isSession = kind === "session";
    const fields = isSession
      ? { ...times, address: "::1", agent: "" }
      : { name: kind, type, scopes, ...times, lastUsedAt: null };
    const { id } = add(isSession ? "sessions" : "tokens", fields, { owner, group });
    const way = isSession ? "session" : "token";
    truth.secrets.push({ way, secret: `${kind}-${owner.slice(-3)}-${id.slice(-4)}`, id });
  }
}

function addStores(add: Add): void {
  const referring = (properties: JsonObject) => ({ type: "object", properties });
  const schema = referring({ ref: { "x-ref": "cities" } });
  add("stores", {
    name: "cities",
    indexes: [["n"]],
    search: ["s"],
    schema: referring({ ref: { "x-ref": "users" } }),
  });
  add("stores", { name: "notes", indexes: [["n", "s"]], schema });
}

function addEntities(random: Random, truth: Truth, add: Add): void {
  for (let count = random.between(6, 20); count > 0; count--) {
    const head = randomHead(random, truth);
    add(random.pick(["cities", "cities", "notes"]), randomFields(random, truth), head);
  }
}

/** Drawn straight, so that there are entities whose owner cannot reach their group. */
function randomHead(random: Random, truth: Truth): Partial<Thing> {
  const users = [...(truth.tables.get("users")?.keys() ?? [])];
  const groups = [...(truth.tables.get("groups")?.keys() ?? [])];
  const access = random.chance(0.4) ? random.some([...users, ...groups], 3).sort() : [];
  return {
    owner: random.chance(0.9) ? random.pick(users) : hexId(0x1ff),
    group: random.pick(groups),
    access: random.chance(0.1) ? [...access, hexId(0x1fe)].sort() : access,
    time: startTime - random.between(0, 3) * 1_000,
  };
}

export function randomFields(random: Random, truth: Truth): JsonObject {
  const ids = [...(truth.tables.get("cities")?.keys() ?? []), hexId(0xdead)];
  return {
    ...(random.chance(0.8) && { n: random.between(0, 4) }),
    ...(random.chance(0.6) && { s: random.pick(["a", "b", "ab", "é"]) }),
    ...(random.chance(0.4) && { ref: random.pick([random.pick(ids), random.some(ids, 2), 7]) }),
  };
}

/** Services over an engine that holds the truth; their clock is that of the truth. */
export async function openTruth(truth: Truth, openEngine: EngineOpening): Promise<OpenedServices> {
  let lastId = firstNewId;
  return openServices({
    openEngine: async (options) => {
      const engine = await openEngine(options);
      await fillEngine(engine, truth);
      return engine;
    },
    administrator: { login: "admin", password: "never used" },
    now: () => truth.now,
    newId: () => hexId(++lastId),
  });
}

/** Writes the truth into an empty engine, below all rules. */
async function fillEngine(engine: Engine, truth: Truth): Promise<void> {
  await engine.transact(
    async (tx) => {
      for (const name of systemNames) await tx.define(systemStore(name as "users"));
      for (const { id, fields } of truth.tables.get("stores")?.values() ?? []) {
        await tx.define(storeDefinition(id, fields as unknown as StoreFields));
      }
      for (const [store, things] of truth.tables) {
        for (const { at: _, fields, ...head } of things.values()) {
          const draft = { ...head, body: JSON.stringify(fields) };
          await tx.insert(store, draft, { by: head.owner, time: head.time });
        }
      }
      for (const { way, secret, id } of truth.secrets) {
        const hash = createHash("sha256").update(secret).digest("hex");
        await tx.keep(way, hash, { subject: id, value: "", expiresAt: null });
      }
    },
    { alone: true },
  );
}

/** For the report of a difference: what a person needs to see. */
export function describeTruth(truth: Truth): string {
  const lines: string[] = [];
  for (const [store, things] of truth.tables) {
    if (store === "stores") continue;
    lines.push(`${store}:`);
    for (const { id, owner, group, access, fields } of things.values()) {
      const short = (text: string) => text.replace(/^0+/, "");
      const place = `owner ${short(owner)} group ${short(group)} access ${access.map(short)}`;
      const own = JSON.stringify(fields).replaceAll(/"0{8,}/g, '"');
      lines.push(`  ${short(id)} ${store === "groups" || store === "roles" ? "" : place} ${own}`);
    }
  }
  return lines.join("\n");
}
