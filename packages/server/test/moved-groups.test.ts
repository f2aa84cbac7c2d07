/**
 * A group that is moved, with entities below it: followers are told of each that comes or goes,
 * while others write, when they resume in the middle of it, and after the server was started anew.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Caller, everything, type Filter, limit, parseFilter } from "@stoa/domain";
import type { FeedChange, FeedEvent } from "../src/service/feed-event.ts";
import { openServices } from "../src/service/open-services.ts";
import type { Services } from "../src/service/services.ts";
import type { Engine } from "../src/storage/engine.ts";
import { openEngine } from "../src/storage/open-engine.ts";

const password = "correct horse";

/** Two tenants; Ada is of the first. `district` stands in the second at first. */
class MovingHouse {
  readonly ids: Record<string, string> = {};
  readonly #data: string;
  #engine: Engine | undefined;
  #services: Services | undefined;

  constructor(data: string) {
    this.#data = data;
  }

  async open(): Promise<void> {
    const opened = await openServices({
      openEngine: (options) => openEngine(this.#data, options),
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

class Follow {
  readonly changes: FeedChange[] = [];
  readonly begun: Promise<unknown>;
  gaps = 0;
  readonly #follower;

  constructor(services: Services, caller: Caller, { filter, since, stopAfter }: FollowOptions) {
    this.#follower = services.feed.attach(caller, {
      isReady: () => this.changes.length !== stopAfter,
      send: (event: FeedEvent) => {
        if (event.kind === "change") this.changes.push(event);
        if (event.kind === "gap") this.gaps++;
      },
      end: () => {},
    });
    const wish = { store: "cities", filter, only: null, since };
    this.begun = this.#follower.subscribe(wish).then(({ start, gap }) => {
      if (gap) this.gaps++;
      start();
    });
  }

  close(): void {
    this.#follower.close();
  }
}

async function withHouse(count: number, work: (house: MovingHouse) => Promise<void>) {
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

const listOf = (filter: Filter) => ({
  filter,
  order: [],
  offset: 0,
  limit: Number.POSITIVE_INFINITY,
  after: null,
  only: null,
});

test("what a moved group brings comes as enter and goes as leave, once and in order", async () => {
  await withHouse(1_000, async (house) => {
    const all = await house.follow("ada");
    const some = await house.follow("ada", parseFilter('["<", ["property", "n"], 10]'));
    const bob = await house.follow("bob");
    await Promise.all([all.begun, some.begun, bob.begun]);
    await house.move("north");
    await house.services.feed.settle();
    assert.deepEqual([all.changes.length, some.changes.length], [1_000, 10]);
    assert.ok(all.changes.every(({ op, entity }) => op === "enter" && entity?.value["branch"]));
    await house.move("south");
    await house.services.feed.settle();
    assert.deepEqual([all.changes.length, some.changes.length], [2_000, 20]);
    assert.ok(all.changes.slice(1_000).every(({ op, entity }) => op === "leave" && !entity));
    const numbers = all.changes.map(({ seq }) => seq);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].sort((a, b) => a - b),
    );
    assert.deepEqual([all.gaps, some.gaps, bob.gaps], [0, 0, 0]);
    assert.equal(bob.changes.length, 0, "who saw them before and sees them still hears nothing");
  });
});

test("one resumes in the middle of a move, also when the server was started anew", async () => {
  await withHouse(300, async (house) => {
    const whole = await house.follow("ada", everything);
    const cut = await house.follow("ada", everything, undefined, 100);
    await Promise.all([whole.begun, cut.begun]);
    await house.move("north");
    await house.services.feed.settle();
    assert.deepEqual([whole.changes.length, cut.changes.length], [300, 100]);
    const last = cut.changes.at(-1)?.seq as number;
    const bob = await house.entitiesOf("bob");
    const later = whole.changes.slice(200).map(({ id }) => id);
    for (const id of later.slice(0, 10)) await bob.remove("cities", id);
    await house.move("south");
    await house.move("north");
    for (let round = 0; round < 2; round++) {
      const ada = await house.callerOf("ada");
      await house.services.feed.settle();
      const known = new Set(cut.changes.map(({ id }) => id));
      const again = await house.follow("ada", everything, last);
      await again.begun;
      await house.services.feed.settle();
      assert.equal(again.gaps, 0);
      assert.equal(again.changes[0]?.seq, whole.changes[100]?.seq, "where it was cut");
      for (const { op, id } of again.changes) {
        if (op === "leave" || op === "remove") known.delete(id);
        else known.add(id);
      }
      assert.deepEqual([...known].sort(), await seenBy(house, ada));
      const pages = await pagesOf(house.services, ada, last);
      assert.deepEqual(
        pages.map(({ seq, op, id }) => [seq, op, id]),
        again.changes.map(({ seq, op, id }) => [seq, op, id]),
        "pages of changes tell the same",
      );
      await house.close();
      await house.open();
    }
  });
});

test("what changes at the same time as the move is told as it was, and then as it is", async () => {
  await withHouse(600, async (house) => {
    const ada = await house.callerOf("ada");
    const follow = await house.follow("ada");
    await follow.begun;
    const bob = await house.entitiesOf("bob");
    const admin = await house.entitiesOf("admin");
    const pages = await Array.fromAsync(await bob.find("cities", listOf(everything)));
    const ids = pages.flatMap(({ texts }) => texts.map((text) => JSON.parse(text)._id as string));
    const writing = ids.map((id, at) => async () => {
      if (at % 3 === 0) await bob.remove("cities", id);
      if (at % 3 === 1) await bob.update("cities", id, { kind: "merge", patch: { n: -at } });
      if (at % 6 === 2) await admin.grant("cities", id, [ada.user]);
    });
    await Promise.all([
      ...writing.slice(0, 200).map((write) => write()),
      house.move("north"),
      ...writing.slice(200).map((write) => write()),
    ]);
    await house.move("south");
    await house.services.feed.settle();
    const known = new Set<string>();
    for (const { op, id } of follow.changes) {
      if (op === "leave" || op === "remove") known.delete(id);
      else known.add(id);
    }
    assert.deepEqual([...known].sort(), await seenBy(house, ada));
    assert.ok(known.size > 50, "what was granted is seen still");
    assert.equal(follow.gaps, 0);
  });
});

test("of more entities than a move tells of there is one gap", async () => {
  await withHouse(0, async (house) => {
    const bob = await house.entitiesOf("bob");
    for (const count of [limit.movedEntitiesMax, 1]) {
      await bob.createAll(
        "cities",
        Array.from({ length: count }, () => ({})),
      );
    }
    const follow = await house.follow("ada");
    await follow.begun;
    await house.move("north");
    await house.services.feed.settle();
    assert.deepEqual([follow.gaps, follow.changes.length], [1, 0]);
    await bob.create("cities", { name: "after" });
    await house.services.feed.settle();
    assert.deepEqual([follow.gaps, follow.changes.length], [1, 1]);
  });
});

async function seenBy({ services }: MovingHouse, caller: Caller): Promise<string[]> {
  const pages = await services.entitiesOf(caller).find("cities", listOf(everything));
  const texts = (await Array.fromAsync(pages)).flatMap((page) => page.texts);
  return texts.map((text) => JSON.parse(text)._id as string).sort();
}

async function pagesOf({ feed }: Services, caller: Caller, from: number): Promise<FeedChange[]> {
  const found: FeedChange[] = [];
  for (let since = from; ; ) {
    const { changes, next, gap } = await feed.changes(caller, {
      store: "cities",
      since,
      limit: 70,
    });
    assert.equal(gap, false);
    found.push(...changes);
    if (next === since) return found;
    since = next;
  }
}
