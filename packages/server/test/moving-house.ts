/**
 * A house in which a group is moved about, and those who follow what stands in it. Knows no test.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Caller, everything, type Filter } from "@stoa/domain";
import type { FeedChange, FeedEvent } from "../src/service/feed-event.ts";
import { openServices } from "../src/service/open-services.ts";
import type { Services } from "../src/service/services.ts";
import type { Engine, EngineOptions } from "../src/storage/engine.ts";
import { openEngine } from "../src/storage/open-engine.ts";

const password = "correct horse";

/** Two tenants; Ada is of the first. `district` stands in the second at first. */
export class MovingHouse {
  readonly ids: Record<string, string> = {};
  readonly #openStorage: (options: EngineOptions) => Promise<Engine>;
  #engine: Engine | undefined;
  #services: Services | undefined;

  /** @param openStorage where it is not a folder that nobody else has open. */
  constructor(
    data: string,
    openStorage = (options: EngineOptions): Promise<Engine> => openEngine(data, options),
  ) {
    this.#openStorage = openStorage;
  }

  async open(): Promise<void> {
    const opened = await openServices({
      openEngine: this.#openStorage,
      administrator: { login: "admin", password },
    });
    this.#engine = opened.engine;
    this.#services = opened.services;
  }

  async close(): Promise<void> {
    this.#services?.feed.close();
    await this.#engine?.close();
  }

  get services(): Services {
    assert(this.#services);
    return this.#services;
  }

  get engine(): Engine {
    assert(this.#engine);
    return this.#engine;
  }

  async callerOf(login: string): Promise<Caller> {
    const attempt = { login, password, address: "::1", agent: "" };
    const { secret } = await this.services.sessions.signIn({ ...attempt, way: "token" });
    return this.services.sessions.authenticate("token", secret);
  }

  async entitiesOf(login: string) {
    return this.services.entitiesOf(await this.callerOf(login));
  }

  async populate(count: number): Promise<void> {
    const admin = await this.entitiesOf("admin");
    const make = async (store: string, body: Record<string, string>) => {
      const { text } = await admin.create(store, body);
      return (JSON.parse(text) as { _id: string })._id;
    };
    const { ids } = this;
    const root = (await this.callerOf("admin")).groups[0] as string;
    for (const name of ["north", "south"]) {
      ids[name] = await make("groups", { name, parent: root });
    }
    ids["district"] = await make("groups", { name: "district", parent: ids["south"] as string });
    const roles = await Array.fromAsync(await admin.find("roles", listOf(everything)));
    const texts = roles.flatMap((page) => page.texts).map((text) => JSON.parse(text));
    const role = texts.find(({ name }) => name === "member")._id;
    const person = { role, password, group: ids["north"] as string };
    await make("users", { ...person, login: "ada", name: "Ada" });
    await make("users", { ...person, login: "bob", name: "Bob", group: ids["district"] as string });
    await make("stores", { name: "cities" });
    const bob = await this.entitiesOf("bob");
    await bob.createAll(
      "cities",
      Array.from({ length: count }, (_, n) => ({ n })),
    );
  }

  async move(parent: "north" | "south"): Promise<void> {
    const admin = await this.entitiesOf("admin");
    const patch = { parent: this.ids[parent] as string };
    await admin.update("groups", this.ids["district"] as string, { kind: "merge", patch });
  }

  async follow(login: string, filter: Filter = everything, since?: number, stopAfter?: number) {
    return new Follow(this.services, await this.callerOf(login), { filter, since, stopAfter });
  }
}

interface FollowOptions {
  readonly filter: Filter;
  readonly since?: number | undefined;
  /** Hears nothing any more behind so many events. */
  readonly stopAfter?: number | undefined;
}

export class Follow {
  readonly changes: FeedChange[] = [];
  readonly begun: Promise<unknown>;
  gaps = 0;
  ends = 0;
  readonly #follower;

  constructor(services: Services, caller: Caller, { filter, since, stopAfter }: FollowOptions) {
    this.#follower = services.feed.attach(caller, {
      isReady: () => this.changes.length !== stopAfter,
      send: (event: FeedEvent) => {
        if (event.kind === "change") this.changes.push(event);
        if (event.kind === "gap") this.gaps++;
        if (event.kind === "end") this.ends++;
      },
      end: () => this.ends++,
    });
    const wish = { store: "cities", filter, only: null, since };
    this.begun = this.#follower.subscribe(wish).then(({ start, gap }) => {
      if (gap) this.gaps++;
      start();
    });
  }

  /** The ids of those that it must take for there, sorted. */
  get known(): string[] {
    const known = new Set<string>();
    for (const { op, id } of this.changes) {
      if (op === "leave" || op === "remove") known.delete(id);
      else known.add(id);
    }
    return [...known].sort();
  }

  close(): void {
    this.#follower.close();
  }
}

export async function withHouse(count: number, work: (house: MovingHouse) => Promise<void>) {
  const data = await mkdtemp(join(tmpdir(), "stoa-moved-"));
  const house = new MovingHouse(data);
  try {
    await house.open();
    await house.populate(count);
    await work(house);
  } finally {
    await house.close();
    await rm(data, { recursive: true });
  }
}

/** The same engine, for which something happens each time before it reads; that may fail. */
export function beforeReading(
  engine: Engine,
  happens: (what: "find" | "read", store: string) => Promise<void>,
): Engine {
  const find: Engine["find"] = async function* (store, query, asOf) {
    await happens("find", store);
    yield* engine.find(store, query, asOf);
  };
  const read: Engine["read"] = async (store, id, asOf) => {
    await happens("read", store);
    return engine.read(store, id, asOf);
  };
  return new Proxy(engine, {
    get: (_, name: keyof Engine) => {
      if (name === "find" || name === "read") return name === "find" ? find : read;
      const value = engine[name];
      return typeof value === "function" ? value.bind(engine) : value;
    },
  });
}

export const listOf = (filter: Filter) => ({
  filter,
  order: [],
  offset: 0,
  limit: Number.POSITIVE_INFINITY,
  after: null,
  only: null,
});

export async function seenBy({ services }: MovingHouse, caller: Caller): Promise<string[]> {
  const pages = await services.entitiesOf(caller).find("cities", listOf(everything));
  const texts = (await Array.fromAsync(pages)).flatMap((page) => page.texts);
  return texts.map((text) => JSON.parse(text)._id as string).sort();
}
