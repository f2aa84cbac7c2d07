/**
 * The tree of groups as it is drawn, and where a group may go.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type GroupNode, groupLines, groupTree, isWithin, keyOf } from "./group-tree.ts";

const groups = [
  { _id: "r", name: "root", parent: null },
  { _id: "b", name: "Berlin", parent: "r" },
  { _id: "a", name: "Aachen", parent: "r" },
  { _id: "x", name: "Dom", parent: "a" },
  { _id: "o", name: "Elsewhere", parent: "hidden" },
];

test("children stand below their group, by name; without a parent in sight, at the top", () => {
  const words = (nodes: readonly GroupNode[]): string =>
    nodes.map(({ group, children }) => `${group.name}(${words(children)})`).join(" ");
  assert.equal(words(groupTree(groups)), "Elsewhere() root(Aachen(Dom()) Berlin())");
});

test("a group cannot go below itself", () => {
  assert.equal(isWithin(groups, "x", "a"), true);
  assert.equal(isWithin(groups, "a", "a"), true);
  assert.equal(isWithin(groups, "a", "x"), false);
});

test("the tree is drawn line by line, without what stands below a group that is shut", () => {
  const drawn = (shut: readonly string[]) =>
    groupLines(groupTree(groups), (id) => shut.includes(id)).map(
      ({ group, level, place, siblings }) => `${group.name} ${level} ${place}/${siblings}`,
    );
  const top = ["Elsewhere 1 1/2", "root 1 2/2"];
  assert.deepEqual(drawn([]), [...top, "Aachen 2 1/2", "Dom 3 1/1", "Berlin 2 2/2"]);
  assert.deepEqual(drawn(["a"]), [...top, "Aachen 2 1/2", "Berlin 2 2/2"]);
  assert.deepEqual(drawn(["r"]), top);
});

test("keys lead through the tree, open it and shut it", () => {
  const lines = groupLines(groupTree(groups), () => false);
  const shut = groupLines(groupTree(groups), (id) => id === "a");
  assert.deepEqual(keyOf("ArrowDown", lines, "a"), { to: "x" });
  assert.deepEqual(keyOf("ArrowUp", lines, "x"), { to: "a" });
  assert.equal(keyOf("ArrowUp", lines, "o"), null);
  assert.deepEqual(keyOf("Home", lines, "x"), { to: "o" });
  assert.deepEqual(keyOf("End", lines, "x"), { to: "b" });
  assert.deepEqual(keyOf("ArrowRight", lines, "a"), { to: "x" });
  assert.deepEqual(keyOf("ArrowRight", shut, "a"), { toggle: "a" });
  assert.equal(keyOf("ArrowRight", lines, "x"), null);
  assert.deepEqual(keyOf("ArrowLeft", lines, "a"), { toggle: "a" });
  assert.deepEqual(keyOf("ArrowLeft", shut, "a"), { to: "r" });
  assert.equal(keyOf("a", lines, "x"), null);
});
