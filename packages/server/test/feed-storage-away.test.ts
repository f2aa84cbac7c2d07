/**
 * The feed while the storage is away, as a database is that starts again: nothing is skipped and
 * nobody has to fetch anything anew, however long it takes.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { everything, StoaError } from "@stoa/domain";
import { faultsMax } from "../src/service/feed-turn.ts";
import { openEngine } from "../src/storage/open-engine.ts";
import { beforeReading, MovingHouse, seenBy } from "./moving-house.ts";
import { until } from "./socket-client.ts";

test("what changes while the storage is away is told when it is back", async () => {
  await withStorage(async (house, storage) => {
    const [admin, bob] = [await house.entitiesOf("admin"), await house.entitiesOf("bob")];
    const ada = await house.callerOf("ada");
    const follow = await house.follow("ada", everything, 0);
    await follow.begun;
    await house.services.feed.settle();
    const ids = follow.known;
    assert.equal(ids.length, 30);
    // Those who follow are looked at anew when somebody has changed.
    await admin.update("users", ada.user, { kind: "merge", patch: { name: "Ada Byron" } });
    await house.services.feed.settle();
    storage.isAway = true;
    const group = house.ids["south"] as string;
    const changes = ids
      .slice(0, 10)
      .flatMap((id, at) => [
        bob.update("cities", id, { kind: "merge", patch: { n: -at } }),
        admin.transfer("cities", id, { group }),
        admin.remove("cities", id),
      ]);
    await Promise.all(changes);
    await storage.isAskedInVain();
    assert.equal(follow.known.length, 30);
    storage.isAway = false;
    await house.services.feed.settle();
    assert.deepEqual(follow.known, await seenBy(house, ada));
    assert.deepEqual([follow.known.length, follow.gaps, follow.ends], [20, 0, 0]);
  });
});

test("who resumes while the storage is away is told everything when it is back", async () => {
  await withStorage(async (house, storage) => {
    const bob = await house.entitiesOf("bob");
    const ada = await house.callerOf("ada");
    const before = await house.follow("ada", everything, 0);
    await before.begun;
    await house.services.feed.settle();
    const last = before.changes.at(-1)?.seq;
    before.close();
    for (const id of before.known.slice(0, 5)) await bob.remove("cities", id);
    await house.move("south");
    await house.move("north");
    const resumed = await house.follow("ada", everything, last);
    await resumed.begun;
    storage.isAway = true;
    await storage.isAskedInVain();
    storage.isAway = false;
    await house.services.feed.settle();
    assert.deepEqual([resumed.gaps, resumed.ends], [0, 0]);
    const known = new Set(before.known);
    for (const { op, id } of resumed.changes) {
      if (op === "leave" || op === "remove") known.delete(id);
      else known.add(id);
    }
    assert.deepEqual([...known].sort(), await seenBy(house, ada));
    assert.equal(known.size, 25);
  });
});

test("who waits until all is told is let go when the feed ends, though it is away", async () => {
  await withStorage(async (house, storage) => {
    const bob = await house.entitiesOf("bob");
    const follow = await house.follow("ada", everything, 0);
    await follow.begun;
    await house.services.feed.settle();
    storage.isAway = true;
    const [id = ""] = follow.known;
    const changing = [1, 2].map((n) => bob.update("cities", id, { kind: "merge", patch: { n } }));
    await Promise.all(changing);
    const settling = house.services.feed.settle();
    await storage.isAskedInVain();
    house.services.feed.close();
    await settling;
  });
});

test("who resumes while the storage is slow is told everything, and of no gap", async () => {
  await withStorage(async (house, storage) => {
    const bob = await house.entitiesOf("bob");
    const before = await house.follow("ada", everything, 0);
    await before.begun;
    await house.services.feed.settle();
    const last = before.changes.at(-1)?.seq;
    before.close();
    const ids = before.known;
    // Those that have changed since are read anew, one by one.
    for (const n of [100, 200]) {
      for (const id of ids) await bob.update("cities", id, { kind: "merge", patch: { n } });
    }
    const resumed = await house.follow("ada", everything, last);
    await resumed.begun;
    storage.error = "timeout";
    storage.isAway = true;
    await storage.isRefused(faultsMax - 1);
    storage.isAway = false;
    await house.services.feed.settle();
    assert.deepEqual([resumed.changes.length, resumed.gaps, resumed.ends], [60, 0, 0]);
  });
});

test("what the storage always takes too long for is a gap, and then it goes on", async () => {
  await withStorage(async (house, storage) => {
    const bob = await house.entitiesOf("bob");
    const [id = ""] = await seenBy(house, await house.callerOf("bob"));
    const last = (await house.engine.changes(0, 10_000)).at(-1)?.sequence;
    for (const n of [1, 2]) await bob.update("cities", id, { kind: "merge", patch: { n } });
    storage.error = "timeout";
    const follow = await house.follow("ada", everything, last);
    await follow.begun;
    storage.isAway = true;
    await until(() => follow.gaps === 1, "the gap");
    storage.isAway = false;
    await house.services.feed.settle();
    await bob.update("cities", id, { kind: "merge", patch: { n: 3 } });
    await house.services.feed.settle();
    assert.deepEqual([follow.gaps, follow.ends], [1, 0]);
    assert.deepEqual(
      follow.changes.map(({ entity }) => JSON.parse(entity?.text ?? "{}").n),
      [3],
    );
  });
});

class Storage {
  isAway = false;
  /** What it refuses with while it is. */
  error: "unavailable" | "timeout" = "unavailable";
  /** Questions that were not answered. */
  refusals = 0;

  /** So often that a fault would have been taken for one of the change. */
  isAskedInVain(): Promise<void> {
    return until(() => this.refusals > faultsMax + 1, "it was asked");
  }

  isRefused(times: number): Promise<void> {
    const wanted = this.refusals + times;
    return until(() => this.refusals >= wanted, "it was asked");
  }
}

/** A house of which Ada sees thirty cities. */
async function withStorage(work: (house: MovingHouse, storage: Storage) => Promise<void>) {
  const data = await mkdtemp(join(tmpdir(), "stoa-away-"));
  const storage = new Storage();
  const house = new MovingHouse(data, async (options) => {
    return beforeReading(await openEngine(data, options), async () => {
      if (!storage.isAway) return;
      storage.refusals++;
      throw new StoaError(storage.error, "The storage is away, or slow.");
    });
  });
  try {
    await house.open();
    await house.populate(30);
    await house.move("north");
    await work(house, storage);
  } finally {
    storage.isAway = false;
    await house.close();
    await rm(data, { recursive: true });
  }
}
