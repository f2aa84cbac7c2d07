/**
 * Questions of one turn: when they are asked, and that one which fails harms no other.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { TurnBatch } from "./turn-batch.ts";

test("questions of one turn are asked together at its end, in their order", async () => {
  const batch = new TurnBatch();
  const seen: string[] = [];
  const answers = ["a", "b", "c"].map((name) =>
    batch.ask(() => {
      seen.push(name);
      return name.toUpperCase();
    }),
  );
  await Promise.resolve();
  assert.deepEqual(seen, []);
  assert.deepEqual(await Promise.all(answers), ["A", "B", "C"]);
  assert.deepEqual(seen, ["a", "b", "c"]);
});

test("a question that fails harms none of its neighbours", async () => {
  const batch = new TurnBatch();
  const failing = batch.ask(() => {
    throw new Error("broken");
  });
  const neighbour = batch.ask(() => 7);
  await assert.rejects(failing, /broken/);
  assert.equal(await neighbour, 7);
});

test("what is asked while answers are given is asked in the next turn", async () => {
  const batch = new TurnBatch();
  const seen: string[] = [];
  const first = batch.ask(() => seen.push("first"));
  const second = first.then(() => batch.ask(() => seen.push("third")));
  await batch.ask(() => seen.push("second"));
  await second;
  assert.deepEqual(seen, ["first", "second", "third"]);
});
