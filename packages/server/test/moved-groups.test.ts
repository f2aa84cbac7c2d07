/**
 * A group that is moved, with entities below it: followers are told of each that comes or goes,
 * while others write, when they resume in the middle of it, and after the server was started anew.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Caller, everything, limit, parseFilter } from "@stoa/domain";
import type { FeedChange } from "../src/service/feed-event.ts";
import type { Services } from "../src/service/services.ts";
import { listOf, seenBy, withHouse } from "./moving-house.ts";

test("what a moved group brings comes as enter and goes as leave, once and in order", async () => {
  await withHouse(1_000, async (house) => {
    const all = await house.follow("ada");
    const some = await house.follow("ada", parseFilter('["<", ["property", "n"], 10]'));
    const bob = await house.follow("bob");
    await Promise.all([all.begun, some.begun, bob.begun]);
    await house.move("north");
    await house.services.feed.settle();
    assert.deepEqual([all.changes.length, some.changes.length], [1_000, 10]);
    for (const { op, entity } of all.changes) {
      assert.ok(op === "enter" && JSON.parse(entity?.text ?? "{}").branch);
    }
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
    assert.deepEqual(follow.known, await seenBy(house, ada));
    assert.ok(follow.known.length > 50, "what was granted is seen still");
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
