/**
 * Random followers of random worlds, in process. `STOA_SEED=7` runs one world.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type Caller, type JsonObject, parseFilter, StoaError } from "@stoa/domain";
import type { FeedEvent } from "../src/service/feed-event.ts";
import type { Services } from "../src/service/services.ts";
import { type EngineName, newEngine } from "./access-engines.ts";
import type { Secret } from "./access-truth.ts";
import { type FeedTally, followWorld, newTally, type Watch, type Watcher } from "./feed-oracle.ts";
import { seeds } from "./random-world.ts";

const worlds: Readonly<Record<EngineName, number>> = {
  memory: 60,
  sqlite: 8,
  postgres: 5,
};

for (const [name, count] of Object.entries(worlds) as [EngineName, number][]) {
  const tally: FeedTally = newTally();

  test(`on ${name}, what a follower knows by events is what it may see`, async () => {
    for (const seed of seeds(count)) {
      const openEngine = newEngine.bind(null, name);
      await followWorld({ seed, openEngine, openDoor, changes: 40, watchers: 12, tally });
    }
    if (process.env.STOA_SEED) return;
    assert(tally.entities > tally.compared, "most followers know something");
    assert(tally.ended > count, "some come to an end");
    assert(tally.moved > count, "moved groups bring and take entities");
  });

  after(() => console.log(`# ${name}: ${JSON.stringify(tally)}`));
}

async function openDoor(services: Services) {
  const watch = (secret: Secret, asked: Watch) => serviceWatcher(services, secret, asked);
  return { door: { name: "service", watch }, close: async () => {} };
}

async function serviceWatcher(services: Services, secret: Secret, { store, filter }: Watch) {
  try {
    const caller = await services.sessions.authenticate(secret.way, secret.secret);
    const watcher = new ServiceWatcher(services, caller, { store, filter }, secret);
    await watcher.begin();
    return watcher;
  } catch (cause) {
    if (cause instanceof StoaError && cause.code !== "internal") return null;
    throw cause;
  }
}

class ServiceWatcher implements Watcher {
  known = new Map<string, JsonObject>();
  ended: string | null = null;
  gaps = 0;
  moved = 0;
  readonly #services: Services;
  readonly #watch: Watch;
  readonly #secret: Secret;
  #follower: ReturnType<Services["feed"]["attach"]>;
  #pending: Promise<void> = Promise.resolve();
  #last = 0;

  constructor(services: Services, caller: Caller, watch: Watch, secret: Secret) {
    this.#services = services;
    this.#watch = watch;
    this.#secret = secret;
    this.#follower = this.#attach(caller);
  }

  async begin(): Promise<void> {
    const { start, seq } = await this.#follower.subscribe(this.#wish);
    this.#last = seq;
    start();
    await this.#fetch();
  }

  cut(): void {
    this.#follower.close();
  }

  async resume(): Promise<void> {
    await this.#pending;
    try {
      const { way, secret } = this.#secret;
      this.#follower = this.#attach(await this.#services.sessions.authenticate(way, secret));
      const asked = { ...this.#wish, since: this.#last };
      const { start, gap, seq } = await this.#follower.subscribe(asked);
      if (gap) {
        this.#last = seq;
        this.gaps++;
        await this.#fetch();
      }
      start();
    } catch (cause) {
      if (!(cause instanceof StoaError) || cause.code === "internal") throw cause;
      this.ended = cause.code;
    }
  }

  settle(): Promise<void> {
    return this.#pending;
  }

  close(): void {
    this.#follower.close();
  }

  get #wish() {
    const { store, filter } = this.#watch;
    return { store, filter: parseFilter(filter), only: null };
  }

  #attach(caller: Caller) {
    const follower = this.#services.feed.attach(caller, {
      isReady: () => true,
      send: (event) => {
        this.#pending = this.#pending.then(() => this.#take(event));
      },
      end: (why) => {
        if (this.#follower === follower) this.ended = why;
      },
    });
    return follower;
  }

  async #take(event: FeedEvent): Promise<void> {
    if (event.kind === "end") this.ended = event.error.code;
    if (event.kind === "gap") {
      this.gaps++;
      this.#last = event.seq;
      await this.#fetch();
    }
    if (event.kind !== "change") return;
    assert(event.seq > this.#last, "in order and once");
    this.#last = event.seq;
    if (!Number.isInteger(event.seq)) this.moved++;
    if (event.entity) this.known.set(event.id, JSON.parse(event.entity.text));
    else this.known.delete(event.id);
  }

  async #fetch(): Promise<void> {
    const { store, filter } = this.#watch;
    const all = { order: [], offset: 0, limit: Number.POSITIVE_INFINITY, after: null, only: null };
    try {
      const { way, secret } = this.#secret;
      const caller = await this.#services.sessions.authenticate(way, secret);
      const entities = this.#services.entitiesOf(caller);
      const pages = await Array.fromAsync(
        await entities.find(store, { ...all, filter: parseFilter(filter) }),
      );
      const values = pages.flatMap(({ texts }) => texts.map((text) => JSON.parse(text)));
      this.known = new Map(values.map((value) => [value._id, value]));
    } catch (cause) {
      if (!(cause instanceof StoaError)) throw cause;
    }
  }
}
