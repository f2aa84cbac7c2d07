/**
 * The oracle of access at the door of the reference API: random people of random worlds ask for
 * objects, and get what brute force over the rules and over `matches` says.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createReference, type Json, type JsonObject, matches, parseFilter } from "@stoa/domain";
import type { Engine } from "../src/storage/engine.ts";
import { type EngineName, newEngine } from "./access-engines.ts";
import { randomWriting } from "./access-random-request.ts";
import { serviceDoor } from "./access-request.ts";
import { askerOf, mayUse, type Secret, sees, type Thing, thingsOf } from "./access-truth.ts";
import { describeTruth, type MutableTruth, openTruth, randomTruth } from "./access-world.ts";
import { readTruth } from "./feed-oracle.ts";
import { Random, seeds } from "./random-world.ts";
import { type SocketServer, serveSockets } from "./socket-door.ts";

const worlds: Readonly<Record<EngineName, number>> = { memory: 20, sqlite: 6, postgres: 4 };
const store = "extobjs";
const types = ["a", "b", "7", "mytype"];

for (const [name, count] of Object.entries(worlds) as [EngineName, number][]) {
  test(`on ${name}, the reference API shows what brute force says`, async (context) => {
    const tally = new Map<string, number>();
    for (const seed of seeds(count)) await askReferences(seed, name, tally);
    context.diagnostic(JSON.stringify(Object.fromEntries(tally)));
    if (process.env.STOA_SEED) return;
    for (const kind of kinds) {
      assert.ok((tally.get(`${kind} 200`) ?? 0) > count, `${kind} is answered`);
      assert.ok((tally.get(`${kind} 403`) ?? 0) > 0, `${kind} is refused`);
      if (kind !== "read") assert.ok((tally.get(`${kind} found`) ?? 0) > count, `${kind} finds`);
    }
    assert.ok((tally.get("read 404") ?? 0) > 0, "some is not shown");
  });
}

const kinds = ["list", "byType", "lookup", "read", "count"] as const;
type Kind = (typeof kinds)[number];

async function askReferences(seed: number, name: EngineName, tally: Map<string, number>) {
  const random = new Random(seed);
  const truth = randomTruth(random);
  for (const role of thingsOf(truth, "roles")) {
    const more = random.some(rights, 3);
    const credentials = [...(role.fields["credentials"] as string[]), ...more];
    truth.tables.get("roles")?.set(role.id, { ...role, fields: { ...role.fields, credentials } });
  }
  const { services, engine } = await openTruth(truth, (options) => newEngine(name, options));
  const server = await serveSockets(services);
  try {
    await fillObjects(random, truth, engine);
    for (let step = 0; step < 40; step++) {
      if (step % 5 === 0) {
        const request = randomWriting(random, truth);
        await serviceDoor(services).ask(random.pick(truth.secrets), request);
        await readTruth(truth, engine);
      }
      const asked = new Question(random, truth, random.pick(kinds));
      await asked.compare(server, seed, tally);
    }
  } finally {
    await server.close();
    services.feed.close();
    await engine.close();
  }
}

const rights = [
  ...["GET reference/*", "LOOKUP reference/*", "GET reference/extobjs", "LOOKUP *"],
  ...["GET reference/extobjs/:id", "GET extobjs", "* reference/extobjs/*"],
];

async function fillObjects(random: Random, truth: MutableTruth, engine: Engine): Promise<void> {
  const people = thingsOf(truth, "users").map(({ id }) => id);
  const groups = thingsOf(truth, "groups").map(({ id }) => id);
  await engine.transact(async (tx) => {
    for (let n = 0; n < 25; n++) {
      const time = truth.now + n;
      const title = random.pick(["x", "y", "delft"]);
      const fields = { type: random.pick(types), value: n % 4, opts: { title, comment: `c${n}` } };
      const head = { owner: random.pick(people), group: random.pick(groups) };
      const access = random.chance(0.3) ? [random.pick([...people, ...groups])] : [];
      const body = JSON.stringify(createReference(fields, time));
      const draft = { id: uuidOf(n), ...head, access, time, body };
      await tx.insert(store, draft, { by: head.owner, time });
    }
  });
  await readTruth(truth, engine);
}

function uuidOf(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** One question by somebody, and what must come of it. */
class Question {
  readonly #truth: MutableTruth;
  readonly #kind: Kind;
  readonly #secret: Secret;
  readonly #filter: Json;
  readonly #type: string;
  readonly #id: string;
  readonly #page: { readonly offset: number; readonly limit: number };

  constructor(random: Random, truth: MutableTruth, kind: Kind) {
    this.#truth = truth;
    this.#kind = kind;
    this.#secret = random.pick(truth.secrets);
    this.#type = random.pick(types);
    this.#id = uuidOf(random.between(0, 26));
    this.#page = { offset: random.between(0, 3), limit: random.between(1, 30) };
    const property = (name: string) => ["property", name];
    this.#filter = random.pick<Json>([
      {},
      { type: this.#type },
      { "opts.title": "delft" },
      ["==", property("id"), this.#id],
      [">", property("value"), random.between(0, 3)],
      ["!", ["==", property("type"), "a"]],
      ["||", ["==", property("value"), 1], ["contains", property("opts.title"), "e"]],
    ]);
  }

  async compare({ url }: SocketServer, seed: number, tally: Map<string, number>): Promise<void> {
    const { method, path, headers, body } = this.#request();
    const sent = { ...headers, ...credential(this.#secret) };
    const answer = await fetch(url + path, { method, headers: sent, ...(body && { body }) });
    const found = [
      answer.status,
      answer.status === 200 ? this.#shown((await answer.json()) as Json) : null,
    ];
    const expected = this.#expected();
    for (const key of [String(answer.status), ...(found[1]?.toString() ? ["found"] : [])]) {
      tally.set(`${this.#kind} ${key}`, (tally.get(`${this.#kind} ${key}`) ?? 0) + 1);
    }
    const asked = `${method} ${decodeURIComponent(path)} by ${JSON.stringify(this.#secret)}`;
    const where = `run again with STOA_SEED=${seed}: ${asked}`;
    assert.deepEqual(found, expected, `${where}\n${describeTruth(this.#truth)}`);
  }

  #request() {
    const list = `/rest/v1/reference/${store}`;
    const { offset, limit } = this.#page;
    const filter = encodeURIComponent(JSON.stringify(this.#filter));
    const query = `filter=${filter}&order=${encodeURIComponent('["id"]')}`;
    const page = `${query}&offset=${offset}&limit=${limit}`;
    const plain = { method: "GET", headers: {}, body: null };
    switch (this.#kind) {
      case "list":
        return { ...plain, path: `${list}?${page}` };
      case "byType":
        return { ...plain, path: `${list}_by_type/${this.#type}?${page}` };
      case "read":
        return { ...plain, path: `${list}/${this.#id}` };
      case "count":
        return { ...plain, path: `/api/v1/${store}?meta=count` };
      case "lookup": {
        const headers = { "content-type": "application/json", "x-http-method-override": "LOOKUP" };
        return { method: "POST", path: list, headers, body: JSON.stringify(this.#type) };
      }
      default:
        return this.#kind satisfies never;
    }
  }

  /** The ids in order, or the number of them. */
  #shown(value: Json): Json {
    if (this.#kind === "count") return (value as JsonObject)["total"] as Json;
    if (this.#kind === "lookup") return (value as string[]).toSorted();
    if (this.#kind === "read") return (value as JsonObject)["id"] as Json;
    return (value as { id: string }[]).map(({ id }) => id);
  }

  #expected(): readonly [status: number, shown: Json] {
    const asker = askerOf(this.#truth, this.#secret);
    if (!asker) return [401, null];
    const method = this.#kind === "lookup" ? "LOOKUP" : "GET";
    const room = this.#kind === "count" ? [store] : ["reference", store];
    const path = this.#kind === "read" ? [...room, ":id"] : room;
    if (!mayUse(asker, method, path)) return [403, null];
    const seen = thingsOf(this.#truth, store)
      .filter((thing) => sees(this.#truth, asker, store, "LIST", thing))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const typed = seen.filter(({ fields }) => fields["type"] === this.#type);
    switch (this.#kind) {
      case "list":
        return [200, this.#pageOf(seen)];
      case "byType":
        return [200, this.#pageOf(typed)];
      case "lookup":
        // What is not there and what is not shown are one.
        return typed.length > 0 ? [200, typed.map(({ id }) => id)] : [404, null];
      case "count":
        return [200, seen.length];
      case "read":
        return seen.some(({ id }) => id === this.#id) ? [200, this.#id] : [404, null];
      default:
        return this.#kind satisfies never;
    }
  }

  #pageOf(things: readonly Thing[]): string[] {
    const filter = parseFilter(JSON.stringify(this.#filter));
    const { offset, limit } = this.#page;
    return things
      .filter(({ id, fields }) => matches(filter, { id, ...fields }))
      .slice(offset, offset + limit)
      .map(({ id }) => id);
  }
}

function credential({ way, secret }: Secret): Record<string, string> {
  if (way === "token") return { authorization: `Bearer ${secret}` };
  return { cookie: `sid=${encodeURIComponent(secret)}` };
}
