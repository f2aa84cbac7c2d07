/**
 * Lost windows of a moved group: what one node commits while another one, which has heard of the
 * move and of nothing later, looks up what stands below.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { everything } from "@stoa/domain";
import { openPostgres } from "../src/storage/postgres-engine.ts";
import { beforeReading, MovingHouse, seenBy } from "./moving-house.ts";
import { newSchema, run } from "./postgres-schemas.ts";

test("what another node removes while a move is told is not kept by who followed it", async () => {
  const schema = await newSchema();
  let meanwhile = async () => {};
  const one = new MovingHouse(schema.url);
  const two = new MovingHouse(schema.url, async (options) => {
    // Takes in what others have committed when it is asked to, and at no other time.
    const engine = await openPostgres(schema.url, { ...options, pollMs: 600_000 });
    return beforeReading(engine, async (what) => {
      if (what === "find") await meanwhile();
    });
  });
  try {
    await one.open();
    await one.populate(40);
    await one.move("north");
    await two.open();
    const ada = await two.callerOf("ada");
    const bob = await one.entitiesOf("bob");
    await deafen(schema.url);
    const ids = await seenBy(two, ada);
    const follow = await two.follow("ada", everything, 0);
    const cut = await two.follow("ada", everything, 0, 45);
    await Promise.all([follow.begun, cut.begun]);
    await two.services.feed.settle();
    assert.deepEqual(follow.known, ids);
    await one.move("south");
    let removed = 0;
    meanwhile = async () => {
      for (const id of ids.slice(removed, removed + 4)) await bob.remove("cities", id);
      for (const id of ids.slice(removed + 4, removed + 8)) {
        await bob.update("cities", id, { kind: "merge", patch: { n: -1 } });
      }
      removed += 8;
    };
    await two.engine.follow();
    await two.services.feed.settle();
    assert(removed > 0, "it was looked up");
    meanwhile = async () => {};
    await two.engine.follow();
    await two.services.feed.settle();
    assert.deepEqual(await seenBy(two, ada), []);
    assert.deepEqual([follow.known, follow.gaps], [[], 0]);
    // Whoever was cut off in the middle goes on at the place that it had come to.
    const last = cut.changes.at(-1);
    assert.deepEqual([cut.changes.length, last?.op], [45, "leave"]);
    const resumed = await one.follow("ada", everything, last?.seq);
    await resumed.begun;
    await one.services.feed.settle();
    assert.deepEqual(
      [...cut.changes, ...resumed.changes].map(({ seq, op, id }) => [seq, op, id]),
      follow.changes.map(({ seq, op, id }) => [seq, op, id]),
    );
  } finally {
    await Promise.all([one.close(), two.close()]);
    await schema.remove();
  }
});

/** No notification reaches anybody any more. */
function deafen(url: string): Promise<void> {
  return run(
    url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " +
      "WHERE application_name = 'stoa listener' AND datname = current_database()",
  );
}
