/**
 * What a replica must have, and how far it is behind, by a clock that the test moves.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change, StoredEntity } from "@stoa/domain";
import { ReplicaLag } from "./replica-lag.ts";

const seen = { id: "1", owner: "ada", group: "north", access: ["bob"], time: 0, at: null };
const version = (more: Partial<StoredEntity>): StoredEntity => {
  return { ...seen, revision: 1, body: "{}", ...more };
};

function change(sequence: number, more: Partial<Change>): Change {
  const versions = { before: version({}), after: version({ body: '{"a":1}' }) };
  return {
    sequence,
    op: "update",
    store: "cities",
    id: "1",
    time: 0,
    by: "ada",
    ...versions,
    ...more,
  };
}

test("what hides an entity from somebody must be there, in its store alone", () => {
  const lag = new ReplicaLag(10);
  assert.equal(lag.neededFor("cities"), 10);
  const rows: readonly [Partial<Change>, boolean][] = [
    [{}, false],
    [{ op: "insert", before: null }, false],
    [{ after: version({ group: "south" }) }, true],
    [{ after: version({ owner: "eve" }) }, true],
    [{ after: version({ access: [] }) }, true],
    [{ after: version({ access: ["eve"] }) }, true],
    [{ op: "remove", after: null }, true],
  ];
  let sequence = 10;
  for (const [more, isHiding] of rows) {
    const before = lag.neededFor("cities");
    sequence++;
    lag.follow({ sequence, changes: [change(sequence, more)] });
    assert.equal(lag.neededFor("cities"), isHiding ? sequence : before, JSON.stringify(more));
    assert.equal(lag.neededFor("notes"), 10);
  }
  lag.lapse(100);
  assert.equal(lag.neededFor("notes"), 100);
  assert.equal(lag.sequence, 100);
});

test("it is behind since the first thing that it lacks was committed", () => {
  let now = 1_000;
  const lag = new ReplicaLag(10, () => now);
  assert.equal(lag.msBehind(10), 0);
  const commit = (sequence: number) => lag.follow({ sequence, changes: [change(sequence, {})] });
  commit(11);
  now += 10;
  commit(12);
  now += 1_000;
  commit(13);
  now += 500;
  assert.deepEqual(
    [10, 11, 12, 13].map((known) => lag.msBehind(known)),
    [1_510, 1_510, 500, 0],
  );
  lag.replayed(12);
  assert.equal(lag.msBehind(12), 500);
  lag.replayed(13);
  assert.equal(lag.msBehind(13), 0);
});

test("it takes little memory however long nothing comes through", () => {
  let now = 0;
  const lag = new ReplicaLag(0, () => now);
  for (let sequence = 1; sequence <= 5_000; sequence++) {
    now += 100;
    lag.follow({ sequence, changes: [] });
  }
  assert.equal(lag.msBehind(0), 500_000 - 100);
  assert.equal(lag.msBehind(999), 500_000 - 100_000);
  // What is told apart no more counts as the older.
  assert.equal(lag.msBehind(4_999), 500_000 - 100_000);
  assert.equal(lag.msBehind(5_000), 0);
});
