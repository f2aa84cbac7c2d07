/**
 * The window of changes, held to a plain list of all that ever came.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change, StoredEntity } from "@stoa/domain";
import fc from "fast-check";
import { ChangeWindow } from "./change-window.ts";

const stores = ["boats", "ports"];
const bounds = { changesMax: 8, bytesMax: 4_000 };

const step = fc.array(
  fc.record({
    store: fc.constantFrom(...stores),
    id: fc.constantFrom("1", "2", "3"),
    size: fc.integer({ min: 0, max: 1_500 }),
  }),
  { maxLength: 12 },
);

test("the window tells of the latest changes what a list of all of them would", () => {
  let told = 0;
  const asked = fc.array(fc.tuple(step, fc.boolean()), { maxLength: 12 });
  const property = fc.property(asked, (steps) => {
    const window = new ChangeWindow(bounds);
    const all: Change[] = [];
    window.begin(0);
    for (const [made, isAsked] of steps) {
      const changes = made.map((one, at) => changeOf(all.length + at + 1, one));
      all.push(...changes);
      window.add(changes);
      if (isAsked) told += compare(window, all);
    }
    told += compare(window, all);
  });
  fc.assert(property, { seed: 7, numRuns: 1_000 });
  assert.ok(told > 10_000, `${told} answers`);
});

test("the window keeps no more than its bounds, and what they allow", () => {
  const window = new ChangeWindow(bounds);
  window.begin(0);
  const many = Array.from({ length: 20 }, (_, n) =>
    changeOf(n + 1, { store: "boats", id: `${n}` }),
  );
  window.add(many);
  assert.deepEqual(window.after(12, 100), many.slice(12));
  assert.deepEqual(window.after(12, 3), many.slice(12, 15));
  assert.equal(window.after(11, 100), undefined);
  window.add([changeOf(21, { store: "boats", id: "x", size: 5_000 })]);
  assert.deepEqual(window.after(21, 100), []);
  assert.equal(window.after(20, 100), undefined);
});

test("the last change of an entity is known also to those who ask long after nobody did", () => {
  const window = new ChangeWindow(bounds);
  window.begin(0);
  const first = changeOf(1, { store: "boats", id: "a" });
  window.add([first]);
  assert.equal(window.isLatest(first), true);
  for (let n = 2; n < 40; n++) window.add([changeOf(n, { store: "boats", id: `${n % 3}` })]);
  assert.equal(window.isLatest(changeOf(39, { store: "boats", id: "0" })), true);
  assert.equal(window.isLatest(changeOf(36, { store: "boats", id: "0" })), false);
  assert.equal(window.isSameSince(38, "boats", "1"), true);
  assert.equal(window.isSameSince(36, "boats", "1"), false);
  assert.equal(window.isLatest(first), undefined);
});

/** What is told is what the list says; how often it was told at all. */
function compare(window: ChangeWindow, all: readonly Change[]): number {
  let told = 0;
  for (let since = 0; since <= all.length; since++) {
    const later = window.after(since, 5);
    if (!later) continue;
    told++;
    assert.deepEqual(later, all.slice(since, since + 5));
    for (const store of stores) {
      const last = all.findLast((one) => one.store === store && one.id === "1")?.sequence ?? 0;
      assert.equal(window.isSameSince(since, store, "1"), last <= since);
    }
    const [next] = later;
    if (!next) continue;
    const last = all.findLast(({ store, id }) => store === next.store && id === next.id);
    assert.equal(window.isLatest(next), last === next);
  }
  return told;
}

function changeOf(
  sequence: number,
  { store, id, size = 0 }: { store: string; id: string; size?: number },
): Change {
  const after = { id, body: "x".repeat(size) } as StoredEntity;
  return { sequence, op: "insert", store, id, time: 0, by: "me", before: null, after };
}
