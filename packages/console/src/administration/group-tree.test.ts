/**
 * The tree of groups as it is drawn, and where a group may go.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type GroupNode, groupTree, isWithin } from "./group-tree.ts";

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
