/**
 * What the rules of the service suite stand on: a house with its first start, short words for
 * groups, roles, people and entities, and the outcome of what must be refused. Knows no rule.
 */
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import {
  type Caller,
  type EntityService,
  type ErrorCode,
  everything,
  type Found,
  type Json,
  type JsonObject,
  type Patch,
  type Query,
  StoaError,
} from "@stoa/domain";
import { type OpenedServices, openServices } from "../src/service/open-services.ts";
import type { Services } from "../src/service/services.ts";
import type { Engine } from "../src/storage/engine.ts";
import { type EngineName, newEngine } from "./access-engines.ts";

export const password = "correct horse";
export const unknownId = "0123456789abcdef01234567";

/** How somebody comes in. `scopes` make it an issued token. */
export interface Way {
  readonly way?: "session" | "sign-in" | "token";
  readonly scopes?: readonly string[];
}

/** A rule to be shown, of the service suite. */
export interface Rule {
  readonly name: string;
  readonly run: (house: RulesHouse) => Promise<void>;
  /** Whether what it holds differs from engine to engine. */
  readonly onEachEngine: boolean;
  /** Whether it holds behind every door, or is about what only the process sees. */
  readonly behindEachDoor: boolean;
}

/** All that have been told so far, in order. */
export const rules: Rule[] = [];

/** Tells a rule, which is run in a house of its own. */
export function rule(name: string, run: Rule["run"]): void {
  rules.push({ name, run, onEachEngine: false, behindEachDoor: true });
}

/** The same on every engine. */
export function ruleOnEach(name: string, run: Rule["run"]): void {
  rules.push({ name, run, onEachEngine: true, behindEachDoor: true });
}

/** A rule about something that no client gets hold of, such as a read that has begun. */
export function ruleInside(name: string, run: Rule["run"]): void {
  rules.push({ name, run, onEachEngine: false, behindEachDoor: false });
}

/** By what somebody comes in. */
export interface Secret {
  readonly way: "session" | "token";
  readonly secret: string;
}

/** How the entities of a house are reached: in process, or by a client over the wire. */
export interface EntitiesDoor {
  entitiesOf(secret: Secret): Promise<EntityService>;
  /** What is created is created once under the key. */
  makingOnce(secret: Secret, key: string): Promise<Making>;
  close(): Promise<void>;
}

export type Making = Pick<EntityService, "create" | "createAll">;
export type OpenDoor = (services: Services) => Promise<EntitiesDoor>;

/** The contract as the server itself implements it. */
export const inProcess: OpenDoor = async (services) => {
  const callerOf = ({ way, secret }: Secret) => services.sessions.authenticate(way, secret);
  return {
    entitiesOf: async (secret) => services.entitiesOf(await callerOf(secret)),
    makingOnce: async (secret, key) => {
      const caller = await callerOf(secret);
      const under = (store: string, body: Json) => {
        const keyed = { route: `POST ${store}`, key, body: JSON.stringify(body) };
        return services.entitiesOf(caller, { keyed });
      };
      return {
        create: (store, body) => under(store, body).create(store, body),
        createAll: (store, bodies) => under(store, bodies).createAll(store, bodies),
      };
    },
    close: async () => {},
  };
};

export class RulesHouse {
  readonly services: Services;
  readonly engine: Engine;
  readonly clock: { now: number };
  readonly root: string;
  /** Id of the first administrator, who has `password`. */
  readonly admin: string;
  readonly #door: EntitiesDoor;

  private constructor(
    { services, engine }: OpenedServices,
    clock: { now: number },
    admin: string,
    door: EntitiesDoor,
  ) {
    this.services = services;
    this.engine = engine;
    this.clock = clock;
    this.root = engine.tree.root ?? "";
    this.admin = admin;
    this.#door = door;
  }

  static async open(name: EngineName, openDoor: OpenDoor): Promise<RulesHouse> {
    const clock = { now: 1_478_724_243_000 };
    const opened = await openServices({
      openEngine: (options) => newEngine(name, options),
      administrator: { login: "admin", password },
      now: () => clock.now,
    });
    const [admin] = await values(opened.engine, "users");
    return new RulesHouse(opened, clock, idOf(admin), await openDoor(opened.services));
  }

  async close(): Promise<void> {
    await this.#door.close();
    await this.engine.close();
  }

  /** Entities as a user has them who comes in by a session, or as is said. */
  async as(user: string, how: Way = {}): Promise<EntityService> {
    return this.asSecret(await this.secretOf(user, how));
  }

  asSecret(secret: Secret): Promise<EntityService> {
    return this.#door.entitiesOf(secret);
  }

  async makingOnceAs(user: string, key: string, how: Way = {}): Promise<Making> {
    return this.#door.makingOnce(await this.secretOf(user, how), key);
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
