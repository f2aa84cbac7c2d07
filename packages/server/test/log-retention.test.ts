/**
 * How much of the log of changes is kept, by age and by size, and what those are told who come back
 * after it.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { everything } from "@stoa/domain";
import { openServices } from "../src/service/open-services.ts";
import type { Services } from "../src/service/services.ts";
import type { Engine, LogRetention } from "../src/storage/engine.ts";
import { openEngine } from "../src/storage/open-engine.ts";

const day = 24 * 60 * 60 * 1_000;
const plenty = { ageMsMax: 7 * day, bytesMax: 1_000_000_000 };

class KeptHouse {
  now = 1_478_724_243_000;
  readonly #data: string;
  #engine: Engine | undefined;
  services: Services | undefined;

  constructor(data: string) {
    this.#data = data;
  }

  async open(log: LogRetention): Promise<void> {
    const opened = await openServices({
      openEngine: (options) => openEngine(this.#data, { ...options, log }),
      administrator: { login: "admin", password: "correct horse" },
      now: () => this.now,
    });
    this.#engine = opened.engine;
    this.services = opened.services;
  }

  get engine(): Engine {
    assert(this.#engine);
    return this.#engine;
  }

  async close(): Promise<void> {
    this.services?.feed.close();
    await this.engine.close();
  }

  async caller() {
    assert(this.services);
    const attempt = { login: "admin", password: "correct horse", address: "::1", agent: "" };
    const { secret } = await this.services.sessions.signIn({ ...attempt, way: "token" });
    return this.services.sessions.authenticate("token", secret);
  }
}

async function withHouse(work: (house: KeptHouse) => Promise<void>): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), "stoa-log-"));
  const house = new KeptHouse(data);
  try {
    await work(house);
  } finally {
    await house.close();
    await rm(data, { recursive: true });
  }
}

test("changes older than their time go at the next sweep, younger ones stay", async () => {
  await withHouse(async (house) => {
    await house.open(plenty);
    const caller = await house.caller();
    const entities = house.services?.entitiesOf(caller);
    await entities?.create("stores", { name: "cities" });
    const [last] = (await house.engine.changes(0, 1_000)).slice(-1);
    house.now += 6 * day;
    await house.close();
    await house.open(plenty);
    await house.caller();
    assert.equal(house.engine.keptSince, 0, "six days are kept");
    house.now += 2 * day;
    await house.close();
    await house.open(plenty);
    await house.caller();
    assert.equal(house.engine.keptSince, last?.sequence);
    const kept = await house.engine.changes(0, 1_000);
    assert.ok(kept.length > 0 && kept.every(({ sequence }) => sequence > (last?.sequence ?? 0)));
  });
});

test("of a log over its size the oldest changes go", async () => {
  await withHouse(async (house) => {
    await house.open(plenty);
    const entities = house.services?.entitiesOf(await house.caller());
    await entities?.create("stores", { name: "cities" });
    const bodies = Array.from({ length: 1_000 }, (_, n) => ({ n, text: "x".repeat(880) }));
    await entities?.createAll("cities", bodies);
    await house.close();
    await house.open({ ...plenty, bytesMax: 500_000 });
    await house.caller();
    const kept = await house.engine.changes(0, 10_000);
    assert.ok(kept.length > 400 && kept.length < 600, `${kept.length} are kept`);
  });
});

test("who comes back too late gets a gap, and then what follows", async () => {
  await withHouse(async (house) => {
    await house.open(plenty);
    await house.services?.entitiesOf(await house.caller()).create("stores", { name: "cities" });
    house.now += 8 * day;
    await house.close();
    await house.open(plenty);
    const caller = await house.caller();
    await house.services?.feed.settle();
    const seqs: number[] = [];
    const follower = house.services?.feed.attach(caller, {
      isReady: () => true,
      send: (event) => event.kind === "change" && seqs.push(event.seq),
      end: () => {},
    });
    const wish = { store: "cities", filter: everything, only: null };
    const late = await follower?.subscribe({ ...wish, since: 1 });
    assert.equal(late?.gap, true);
    late?.start();
    await house.services?.entitiesOf(caller).create("cities", { name: "delft" });
    await house.services?.feed.settle();
    assert.equal(seqs.length, 1);
    const page = await house.services?.feed.changes(caller, {
      store: "cities",
      since: 1,
      limit: 9,
    });
    assert.deepEqual([page?.gap, page?.changes.length], [true, 0]);
  });
});

test("history says where the log no longer holds what was before", async () => {
  await withHouse(async (house) => {
    await house.open(plenty);
    const caller = await house.caller();
    const services = house.services as Services;
    const entities = services.entitiesOf(caller);
    await entities.create("stores", { name: "cities" });
    const { text } = await entities.create("cities", { n: 0 });
    const { _id: id } = JSON.parse(text) as { _id: string };
    // The newest one stays.
    await entities.create("cities", { n: 0 });
    const asked = { store: "cities", id, before: Number.POSITIVE_INFINITY, limit: 10 };
    assert.equal((await services.history.read(caller, asked)).gap, false);
    house.now += 8 * day;
    await house.close();
    await house.open(plenty);
    const again = await house.caller();
    const later = (house.services as Services).entitiesOf(again);
    await later.update("cities", id, { kind: "merge", patch: { n: 1 } });
    const history = (house.services as Services).history;
    const page = await history.read(again, asked);
    assert.deepEqual(
      page.changes.map(({ op }) => op),
      ["update"],
    );
    assert.equal(page.gap, true);
    assert.equal(page.next, null);
    const swept = { store: "cities", id, sequence: house.engine.keptSince };
    await assert.rejects(history.restore(again, swept), { code: "validation" });
  });
});
