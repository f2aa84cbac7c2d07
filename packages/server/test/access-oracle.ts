/**
 * The oracle of access: asks a random world through its doors and holds every answer, every refusal
 * and everything that is kept to what brute force says. The same seed asks the same.
 */
import { everything, type Json, type JsonObject } from "@stoa/domain";
import type { Services } from "../src/service/services.ts";
import type { Engine, EngineOptions } from "../src/storage/engine.ts";
import { draftOf, sameJson } from "./access-draft.ts";
import { randomReading, randomWriting } from "./access-random-request.ts";
import { type Door, type Outcome, type Request, serviceDoor } from "./access-request.ts";
import { askerOf, type Secret, systemNames, thingsOf, wholeOf } from "./access-truth.ts";
import { isReading, readingAnswer } from "./access-truth-reading.ts";
import { Refusal } from "./access-truth-refusal.ts";
import { writingAnswer } from "./access-truth-writing.ts";
import { describeTruth, type MutableTruth, openTruth, randomTruth } from "./access-world.ts";
import { Random } from "./random-world.ts";

export interface OracleWorld {
  /** From 0 to 4294967295: all of the world and of what is asked comes out of it. */
  readonly seed: number;
  /** An empty engine, which the oracle closes. */
  readonly openEngine: (options: EngineOptions) => Promise<Engine>;
  /** The ways in, the services in process if nothing else is said. */
  readonly openDoors?: (services: Services) => Promise<readonly Door[]>;
  readonly requests: number;
  readonly tally: Tally;
}

/** How often each kind of request to ordinary or system stores was allowed or refused. */
export class Tally {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** Questions that were asked and compared. */
  get total(): number {
    return this.#total;
  }

  add(request: Request, outcome: Outcome): void {
    const store = "store" in request ? request.store : "";
    const where = systemNames.includes(store) ? store : store === "" ? "house" : "ordinary";
    const what = outcome.kind === "done" ? "allowed" : outcome.code;
    const keys = [`${request.kind} ${where} ${what}`, `${request.kind} ${outcome.kind}`];
    if ("options" in request && request.options.search) keys.push(`search ${outcome.kind}`);
    for (const key of keys) {
      this.#counts.set(key, this.count(key) + 1);
    }
    this.#total++;
  }

  /** @param key `"grant done"`, `"grant refused"`, `"remove users forbidden"` */
  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }
}

/** Errors: one that tells the seed and shows the world, for the first difference. */
export async function askWorld(world: OracleWorld): Promise<void> {
  const random = new Random(world.seed);
  const truth = randomTruth(random);
  const { services, engine } = await openTruth(truth, world.openEngine);
  await learnStores(truth, engine);
  try {
    const doors = (await world.openDoors?.(services)) ?? [serviceDoor(services)];
    const asked = new Questioning(world, random, truth, doors, engine);
    for (let step = 0; step < world.requests; step++) await asked.step();
    await asked.compareEverything();
  } finally {
    services.feed.close();
    await engine.close();
    // In memory nothing waits for the system: lets what the house has put off see that it is over.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Takes in what the house has made of itself at its start. */
async function learnStores(truth: MutableTruth, engine: Engine): Promise<void> {
  for (const value of await valuesOf(engine, "stores")) {
    const { _id, owner, group, access, branch: _, time, ...fields } = value;
    const id = String(_id);
    if (truth.tables.get("stores")?.has(id)) continue;
    const head = { id, owner: String(owner), group: String(group), access: access as string[] };
    truth.tables.get("stores")?.set(id, { ...head, time: Number(time), at: null, fields });
    truth.tables.set(String(fields["name"]), new Map());
  }
}

async function valuesOf(engine: Engine, store: string): Promise<JsonObject[]> {
  const all = { order: [], offset: 0, limit: Number.POSITIVE_INFINITY, after: null, only: null };
  const pages = await Array.fromAsync(engine.find(store, { ...all, filter: everything }));
  return pages.flatMap(({ texts }) => texts.map((text) => JSON.parse(text) as JsonObject));
}

class Questioning {
  readonly #world: OracleWorld;
  readonly #random: Random;
  readonly #truth: MutableTruth;
  readonly #doors: readonly Door[];
  readonly #engine: Engine;
  /** Those that are over, too. */
  readonly #secretsEver: Set<Secret>;

  constructor(
    world: OracleWorld,
    random: Random,
    truth: MutableTruth,
    doors: readonly Door[],
    engine: Engine,
  ) {
    this.#world = world;
    this.#random = random;
    this.#truth = truth;
    this.#doors = doors;
    this.#engine = engine;
    this.#secretsEver = new Set(truth.secrets);
  }

  /** A read, or a write and then what others see of it at once. */
  async step(): Promise<void> {
    this.#truth.now += 1_000;
    await this.#learnLog();
    if (this.#random.chance(0.5)) {
      await this.#ask(this.#secret(), randomReading(this.#random, this.#truth));
      return;
    }
    const request = randomWriting(this.#random, this.#truth);
    const outcome = await this.#ask(this.#secret(), request);
    if (outcome.kind !== "done" || !("store" in request)) return;
    const stores = new Set([request.store, this.#random.pick(["cities", "notes"])]);
    for (const store of stores) {
      const query = { filter: everything, order: [], offset: 0, after: null, only: null };
      const listing = { store, query: { ...query, limit: Number.POSITIVE_INFINITY }, options: {} };
      for (const kind of ["find", "count"] as const) {
        await this.#ask(this.#secret(), { kind, ...listing });
      }
    }
  }

  /** Nothing else has changed: every store, and every secret that ever was. */
  async compareEverything(): Promise<void> {
    for (const store of this.#truth.tables.keys()) {
      const actual = await valuesOf(this.#engine, store);
      const expected = thingsOf(this.#truth, store).map((thing) => wholeOf(this.#truth, thing));
      const request: Request = { kind: "shown" };
      this.#compare(`all of ${store}`, request, done(expected), done(actual), null);
    }
    for (const secret of this.#secretsEver) await this.#ask(secret, { kind: "shown" });
  }

  #secret(): Secret {
    const all = [...this.#secretsEver];
    const isMighty = ({ id }: Secret) => id === all[0]?.id;
    return this.#random.chance(0.3) ? (all.find(isMighty) as Secret) : this.#random.pick(all);
  }

  /** Reads come through every door; a write through one. */
  async #ask(secret: Secret, request: Request): Promise<Outcome> {
    await this.#learnLog();
    const doors = isReading(request) ? this.#doors : [this.#random.pick(this.#doors)];
    let expected: Outcome | undefined;
    for (const door of doors) {
      const actual = await door.ask(secret, request);
      const before = describeTruth(this.#truth);
      expected = this.#predict(secret, request, actual);
      this.#compare(door.name, request, expected, actual, { secret, before });
    }
    if (!expected) throw new Error("a house needs a door");
    this.#world.tally.add(request, expected);
    return expected;
  }

  async #learnLog(): Promise<void> {
    const { log } = this.#truth;
    const since = log.at(-1)?.sequence ?? 0;
    const later = await this.#engine.changes(since, Number.POSITIVE_INFINITY);
    if (later.length > 0) this.#truth.log = [...log, ...later];
  }

  /** Changes the truth as the request must. */
  #predict(secret: Secret, request: Request, actual: Outcome): Outcome {
    const asker = askerOf(this.#truth, secret);
    if (!asker) return { kind: "refused", code: "unauthorized" };
    try {
      if (isReading(request)) return done(readingAnswer(this.#truth, asker, request));
      const draft = draftOf(this.#truth);
      const given = actual.kind === "done" ? actual.value : undefined;
      const value = writingAnswer(draft, asker, request, given);
      this.#truth.tables = draft.tables;
      this.#truth.secrets = draft.secrets;
      for (const one of draft.secrets) this.#secretsEver.add(one);
      return done(value);
    } catch (cause) {
      if (cause instanceof Refusal) return { kind: "refused", code: cause.code };
      throw cause;
    }
  }

  #compare(
    door: string,
    request: Request,
    expected: Outcome,
    actual: Outcome,
    context: { readonly secret: Secret; readonly before: string } | null,
  ): void {
    if (sameJson(settled(expected), settled(actual))) return;
    const { seed } = this.#world;
    const lines = [
      `access differs at the door "${door}"; run again with STOA_SEED=${seed}`,
      `asked: ${textOf(request)}`,
      ...(context ? [`by: ${textOf([context.secret, askerOf(this.#truth, context.secret)])}`] : []),
      `expected: ${textOf(settled(expected))}`,
      `actual:   ${textOf(settled(actual))}`,
      context?.before ?? describeTruth(this.#truth),
    ];
    throw new Error(lines.join("\n"));
  }
}

function done(value: Json): Outcome {
  return { kind: "done", value };
}

/** Without what depends on when a token's last use was noted. */
function settled(outcome: Outcome): Json {
  if (outcome.kind === "refused") return { refused: outcome.code };
  return { done: withoutUse(outcome.value) };
}

function withoutUse(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutUse);
  if (typeof value !== "object" || value === null) return value;
  const object = value as JsonObject;
  if (!("lastUsedAt" in object)) {
    if (!("first" in object)) return object;
    const entries = Object.entries(object).map(([key, one]) => [key, withoutUse(one)] as const);
    return Object.fromEntries(entries);
  }
  const { lastUsedAt: _, _at, ...rest } = object;
  return rest;
}

function textOf(value: unknown): string {
  const plain = (_: string, one: unknown) => (one instanceof Set ? [...one] : one);
  return JSON.stringify(value, plain)
    .replaceAll(/"0{8,}/g, '"')
    .slice(0, 6_000);
}
