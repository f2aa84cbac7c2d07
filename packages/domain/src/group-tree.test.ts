/** The tree of groups: branches, reach, places that are refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type GroupNode, GroupTree } from "./group-tree.ts";
import { groupDepthMax } from "./limit.ts";

const node = (id: string, parent: string | null, revision = 0): GroupNode => ({
  id,
  parent,
  revision,
});
const small = new GroupTree([
  node("r", null, 1),
  node("a", "r", 2),
  node("b", "r", 3),
  node("c", "a", 4),
]);

test("a branch is the group and its ancestors, root last", () => {
  assert.deepEqual(small.branchOf("c"), ["c", "a", "r"]);
  assert.deepEqual(small.branchOf("r"), ["r"]);
  assert.equal(small.branchText("c"), '["c","a","r"]');
  assert.deepEqual(small.branchOf("unknown"), ["unknown"]);
});

test("tenants are the children of the root", () => {
  const tenants = ["r", "a", "b", "c"].map((group) => small.tenantOf(group));
  assert.deepEqual(tenants, ["r", "a", "b", "a"]);
});

test("the revision of a branch is the newest of its groups", () => {
  assert.equal(small.branchRevision("c"), 4);
  assert.equal(small.with(node("a", "b", 9)).branchRevision("c"), 9);
  assert.equal(small.branchRevision("b"), 3);
});

test("a tree with a group moved is another tree", () => {
  const moved = small.with(node("a", "b"));
  assert.deepEqual(moved.branchOf("c"), ["c", "a", "b", "r"]);
  assert.deepEqual(small.branchOf("c"), ["c", "a", "r"]);
  assert.deepEqual(small.without("c").childrenOf("a"), []);
  assert.equal(small.without("c").size, 3);
});

test("a cycle, an unknown parent and a second root are refused", () => {
  const rules = (wrong: GroupNode) => {
    try {
      small.with(wrong);
    } catch (error) {
      return (error as { details: { rule: string }[] }).details[0]?.rule;
    }
    return "allowed";
  };
  assert.equal(rules(node("a", "c")), "cycle");
  assert.equal(rules(node("a", "a")), "cycle");
  assert.equal(rules(node("r", "c")), "cycle");
  assert.equal(rules(node("new", "nowhere")), "exists");
  assert.equal(rules(node("new", null)), "required");
  assert.equal(rules(node("a", null)), "required");
  assert.equal(rules(node("r", null)), "allowed");
  assert.equal(rules(node("c", "r")), "allowed");
});

test("a group stands at most 32 deep, with all that hangs on it", () => {
  let tree = new GroupTree([node("0", null)]);
  for (let depth = 1; depth < groupDepthMax; depth++) {
    tree = tree.with(node(String(depth), String(depth - 1)));
  }
  const last = String(groupDepthMax - 1);
  assert.equal(tree.branchOf(last).length, groupDepthMax);
  assert.throws(() => tree.with(node("more", last)), { code: "validation" });
  tree = tree.with(node("x", "0")).with(node("y", "x"));
  assert.throws(() => tree.with(node("x", String(groupDepthMax - 2))), { code: "validation" });
  assert.equal(tree.with(node("x", String(groupDepthMax - 3))).branchOf("y").length, groupDepthMax);
});

/** Each group below one that stands before it. */
const trees = fc
  .array(fc.nat(), { minLength: 1, maxLength: 25 })
  .map((parents) =>
    parents.map((parent, index) =>
      node(String(index), index === 0 ? null : String(parent % index), index),
    ),
  )
  .filter((nodes) => Math.max(...nodes.map(({ id }) => depthOf(nodes, id))) < groupDepthMax);

function depthOf(nodes: readonly GroupNode[], id: string): number {
  const parent = nodes.find((one) => one.id === id)?.parent ?? null;
  return parent === null ? 1 : 1 + depthOf(nodes, parent);
}

test("reach is every group with one of the groups in its branch", () => {
  fc.assert(
    fc.property(
      trees,
      fc.array(fc.nat({ max: 30 }).map(String), { maxLength: 4 }),
      (nodes, groups) => {
        const tree = new GroupTree(nodes);
        const below = nodes
          .map(({ id }) => id)
          .filter((id) => tree.branchOf(id).some((one) => groups.includes(one)));
        assert.deepEqual(new Set(tree.reachOf(groups)), new Set(below));
        assert.equal(tree.reachOf(groups), tree.reachOf([...groups]));
      },
    ),
  );
});

test("whatever move is allowed leaves one tree, and the others are refused", () => {
  fc.assert(
    fc.property(trees, fc.nat(), fc.nat(), (nodes, from, to) => {
      const [id, parent] = [String(from % nodes.length), String(to % nodes.length)];
      const tree = new GroupTree(nodes);
      const isCycle = tree.branchOf(parent).includes(id);
      if (isCycle) {
        assert.throws(() => tree.with(node(id, parent)), { code: "validation" });
        return;
      }
      const moved = tree.with(node(id, parent));
      assert.equal(moved.size, nodes.length);
      for (const one of nodes) assert.equal(moved.branchOf(one.id).at(-1), moved.root);
    }),
  );
});
