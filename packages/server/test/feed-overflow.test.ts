/**
 * What is left to be told to a follower that reads nothing for so long that its queue is full, and
 * what one that asks for all of the past many times leaves to others.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { everything, limit } from "@stoa/domain";
import type { FeedEvent } from "../src/service/feed-event.ts";
import { withHouse } from "./moving-house.ts";

test("who has missed changes is told of those, and of a subscription that has ended", async () => {
  await withHouse(0, async (house) => {
    const { services } = house;
    const admin = await house.entitiesOf("admin");
    const { text } = await admin.create("stores", { name: "towns" });
    const told: FeedEvent[] = [];
    let reads = false;
    const follower = services.feed.attach(await house.callerOf("admin"), {
      isReady: () => reads,
      send: (event) => told.push(event),
      end: () => {},
    });
    const follow = async (store: string) => {
      const wish = { store, filter: everything, only: null };
      const { start, subscription } = await follower.subscribe(wish);
      start();
      return subscription;
    };
    const [cities, towns] = [await follow("cities"), await follow("towns")];
    await admin.remove("stores", JSON.parse(text)._id, { parameters: { confirm: "towns" } });
    await services.feed.settle();
    assert.equal(follower.subscriptions.size, 1, "one has ended");
    const large = "x".repeat(limit.queuedBytesMax / 10);
    for (let n = 0; n < 12; n++) await admin.create("cities", { n, large });
    await services.feed.settle();
    reads = true;
    follower.pump();
    await admin.create("cities", { n: "after" });
    await services.feed.settle();
    assert.deepEqual(
      told.map(({ kind, subscription }) => [kind, subscription]),
      [
        ["end", towns],
        ["gap", cities],
        ["change", cities],
      ],
    );
  });
});

test("who resumes fifty subscriptions does not keep one waiting who resumes one", async () => {
  await withHouse(600, async (house) => {
    const { services } = house;
    await services.feed.settle();
    const caller = await house.callerOf("admin");
    const heard = { many: 0, one: 0 };
    const follow = async (who: "many" | "one", count: number, done = () => {}) => {
      const receiver = { isReady: () => true, end: () => {} };
      const send = ({ kind }: FeedEvent) => {
        if (kind === "change") heard[who]++;
        done();
      };
      const follower = services.feed.attach(caller, { ...receiver, send });
      const wish = { store: "cities", filter: everything, only: null, since: 0 };
      const wishes = Array.from({ length: count }, () => follower.subscribe(wish));
      return Promise.all(wishes);
    };
    const many = await follow("many", 50);
    let before = Number.NaN;
    const [one] = await follow("one", 1, () => {
      if (heard.one === 600) before = heard.many;
    });
    for (const { start } of many) start();
    one?.start();
    await services.feed.settle();
    assert.deepEqual([heard.one, heard.many], [600, 30_000]);
    assert.ok(before < 15_000, `${before} of 30,000 were told before the one had all`);
  });
});
