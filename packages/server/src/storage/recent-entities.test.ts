/**
 * What is kept of entities that were changed lately, and what is let go.
 */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { Change, StoredEntity } from "@stoa/domain";
import { RecentEntities } from "./recent-entities.ts";

const numberOf = (store: string) => (store === "notes" ? 1 : undefined);

function changed(id: string, op: Change["op"], body = "{}", store = "notes"): Change {
  const head = { owner: "o", group: "g", access: [], time: 1, at: 2, revision: 3 };
  const entity: StoredEntity = { id, ...head, body };
  const after = op === "remove" ? null : entity;
  return { sequence: 3, op, store, id, time: 2, by: "o", before: entity, after };
}

it("keeps what was changed, as it is now, and nothing that is gone", () => {
  const recent = new RecentEntities();
  recent.takeIn([changed("a", "update"), changed("b", "insert")], numberOf);
  recent.takeIn([changed("a", "update", '{"n":1}'), changed("c", "update")], numberOf);
  assert.equal(recent.get(1, "a")?.body, '{"n":1}');
  assert.equal(recent.get(1, "b"), undefined);
  assert.equal(recent.get(2, "a"), undefined);
  recent.takeIn([changed("a", "remove"), changed("d", "update", "{}", "gone")], numberOf);
  assert.equal(recent.get(1, "a"), undefined);
  assert.ok(recent.get(1, "c"));
});

it("never takes an entity for the one with its id in another store", () => {
  const recent = new RecentEntities();
  const numberOfTwo = (store: string) => (store === "notes" ? 1 : 2);
  const other = changed("a", "update", '{"n":2}', "tasks");
  recent.takeIn([changed("a", "update", '{"n":1}'), other], numberOfTwo);
  assert.equal(recent.get(2, "a")?.body, '{"n":2}');
  assert.equal(recent.get(1, "a"), undefined);
  recent.takeIn([changed("a", "remove")], numberOfTwo);
  assert.equal(recent.get(1, "a"), undefined);
});

it("lets go of what was changed longest ago, and keeps nothing large", () => {
  const recent = new RecentEntities();
  const body = JSON.stringify("x".repeat(9_000));
  for (let n = 0; n < 1_000; n++) recent.takeIn([changed(`n${n}`, "update", body)], numberOf);
  assert.equal(recent.get(1, "n0"), undefined);
  assert.ok(recent.get(1, "n999"));
  const kept = Array.from({ length: 1_000 }, (_, n) => recent.get(1, `n${n}`)).filter(Boolean);
  assert.ok(kept.length > 400 && kept.length < 450, `${kept.length}`);
  recent.takeIn([changed("n999", "update", "x".repeat(20_000))], numberOf);
  assert.equal(recent.get(1, "n999"), undefined);
});
