/**
 * What the tests of the rules (design 10) stand on: a house with its first start, short words for
 * groups, roles, people and entities, and the outcome of what must be refused. Knows no rule.
 */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import {
  type Caller,
  type EntityService,
  type ErrorCode,
  everything,
  type Found,
  type JsonObject,
  type Patch,
  type Query,
  StoaError,
} from "@stoa/domain";
import { openServices } from "../src/service/open-services.ts";
import type { Services } from "../src/service/services.ts";
import type { Engine } from "../src/storage/engine.ts";
import { type EngineName, engineNames, newEngine } from "./access-engines.ts";

export const password = "correct horse";
export const unknownId = "0123456789abcdef01234567";

/** How somebody comes in. `scopes` make it an issued token. */
export interface Way {
  readonly way?: "session" | "sign-in" | "token";
  readonly scopes?: readonly string[];
}

/** Runs a test of a rule in a house of its own, on the engines named. */
export function rule(
  name: string,
  run: (house: RulesHouse) => Promise<void>,
  engines: readonly EngineName[] = ["memory"],
): void {
  for (const engine of engines) {
    test(engines.length > 1 ? `${name} (${engine})` : name, async () => {
      const house = await RulesHouse.open(engine);
      try {
        await run(house);
      } finally {
        await house.engine.close();
      }
    });
  }
}

/** The same on every engine. */
export function ruleOnEach(name: string, run: (house: RulesHouse) => Promise<void>): void {
  rule(name, run, engineNames);
}

export class RulesHouse {
  readonly services: Services;
  readonly engine: Engine;
  readonly clock: { now: number };
  readonly root: string;
  /** Id of the first administrator, who has `password`. */
  readonly admin: string;

  private constructor(services: Services, engine: Engine, clock: { now: number }, admin: string) {
    this.services = services;
    this.engine = engine;
    this.clock = clock;
    this.root = engine.tree.root ?? "";
    this.admin = admin;
  }

  static async open(name: EngineName): Promise<RulesHouse> {
    const clock = { now: 1_478_724_243_000 };
    const { services, engine } = await openServices({
      openEngine: (options) => newEngine(name, options),
      administrator: { login: "admin", password },
      now: () => clock.now,
    });
    const [admin] = await values(engine, "users");
    return new RulesHouse(services, engine, clock, idOf(admin));
  }

  /** Entities as a user has them who comes in by a session, or as is said. */
  async as(user: string, how: Way = {}): Promise<EntityService> {
    return this.services.entitiesOf(await this.caller(user, how));
  }

  async caller(user: string, how: Way = {}): Promise<Caller> {
    const { way, secret } = await this.secretOf(user, how);
    return this.services.sessions.authenticate(way, secret);
  }

  /** A session or token, written straight into the engine, so that no password is needed. */
  async secretOf(user: string, { scopes, way = scopes ? "token" : "session" }: Way) {
    const store = way === "session" ? "sessions" : "tokens";
    const secret = randomUUID();
    const id = createHash("sha256").update(secret).digest("hex");
    const entityId = id.slice(0, 24);
    const times = { issuedAt: this.clock.now, expiresAt: this.clock.now + 3_600_000 };
    const type = way === "sign-in" ? "sign-in" : "access";
    const token = { name: "token", type, scopes: scopes ?? null, ...times, lastUsedAt: null };
    const fields = way === "session" ? { ...times, address: "::1", agent: "" } : token;
    await this.engine.transact(async (tx) => {
      const owner = await tx.read("users", user);
      assert(owner, "the user should be there");
      const head = { id: entityId, owner: user, group: owner.group, access: [] };
      const draft = { ...head, time: this.clock.now, body: JSON.stringify(fields) };
      await tx.insert(store, draft, { by: user, time: this.clock.now });
      const space = way === "session" ? "session" : "token";
      await tx.keep(space, id, { subject: entityId, value: "", expiresAt: null });
    });
    return {
      way: way === "session" ? ("session" as const) : ("token" as const),
      secret,
      id: entityId,
    };
  }

  async make(store: string, body: JsonObject): Promise<string> {
    return idOf(await (await this.as(this.admin)).create(store, body));
  }

  group(name: string, parent = this.root): Promise<string> {
    return this.make("groups", { name, parent });
  }

  role(name: string, ...credentials: string[]): Promise<string> {
    return this.make("roles", { name, credentials });
  }

  /** Of one of the first roles, or of one that was made. */
  async user(login: string, group: string, role: string, more: JsonObject = {}): Promise<string> {
    return this.make("users", { login, group, role: await this.roleId(role), ...more });
  }

  async roleId(name: string): Promise<string> {
    const role = (await values(this.engine, "roles")).find((one) => one["name"] === name);
    assert(role, `there should be a role ${name}`);
    return idOf(role);
  }

  /** Id of a store's definition. */
  async storeId(name: string): Promise<string> {
    return idOf((await values(this.engine, "stores")).find((one) => one["name"] === name));
  }

  /** A store that takes anything. */
  async store(name: string, more: JsonObject = {}): Promise<void> {
    await this.make("stores", { name, ...more });
  }
}

/** All entities of a store, below all rules. */
export async function values(engine: Engine, store: string): Promise<JsonObject[]> {
  return parsed(engine.find(store, all()));
}

/** What a caller finds. */
export async function found(entities: EntityService, store: string, query: Partial<Query> = {}) {
  return parsed(await entities.find(store, all(query)));
}

export async function idsOf(entities: EntityService, store: string): Promise<string[]> {
  return (await found(entities, store)).map(idOf);
}

export function all(query: Partial<Query> = {}): Query {
  const page = { order: [], offset: 0, limit: Number.POSITIVE_INFINITY, after: null, only: null };
  return { filter: everything, ...page, ...query };
}

async function parsed(pages: AsyncIterable<{ texts: readonly string[] }>): Promise<JsonObject[]> {
  const texts = (await Array.fromAsync(pages)).flatMap((page) => page.texts);
  return texts.map((text) => JSON.parse(text) as JsonObject);
}

export function bodyOf(found: Found): JsonObject {
  return JSON.parse(found.text) as JsonObject;
}

export function idOf(found: Found | JsonObject | undefined): string {
  assert(found, "there should be an entity");
  const { _id } =
    typeof found["text"] === "string" ? bodyOf(found as Found) : (found as JsonObject);
  return String(_id);
}

export function merge(patch: JsonObject): Patch {
  return { kind: "merge", patch };
}

/** The error that a work must end with. */
export async function refused(code: ErrorCode, work: unknown): Promise<StoaError> {
  const outcome = await Promise.resolve(work).then(
    (value) => assert.fail(`should be refused as ${code}, but gave ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  assert(outcome instanceof StoaError, String(outcome));
  assert.equal(outcome.code, code, outcome.message);
  return outcome;
}
