/** Who sees and controls what: the filter, the decision and the explanation say the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { controls, decide, explain, visibleTo } from "./access.ts";
import { parseCredentials } from "./credential.ts";
import { type EntityHead, entityValue } from "./entity.ts";
import { matches } from "./filter.ts";
import { GroupTree } from "./group-tree.ts";
import type { Caller } from "./principal.ts";

function callerOf(more: Partial<Caller> = {}): Caller {
  return {
    user: "me",
    groups: ["a"],
    role: { id: "role", name: "member" },
    credentials: parseCredentials(["* *"]),
    scopes: null,
    way: "session",
    wayId: "way",
    expiresAt: 0,
    ...more,
  };
}

function head(more: Partial<EntityHead> = {}): EntityHead {
  return { id: "e", owner: "you", group: "b", access: [], time: 0, at: null, ...more };
}

const tree = new GroupTree(
  [
    ["r", null],
    ["a", "r"],
    ["b", "r"],
    ["c", "a"],
  ].map(([id, parent]) => {
    return { id: id as string, parent: parent ?? null, revision: 0 };
  }),
);

function sees(caller: Caller, entity: EntityHead): boolean {
  const value = entityValue({ ...entity, body: "{}" }, tree.branchOf(entity.group));
  return matches(visibleTo(caller, "shared", tree), value);
}

test("owner, access and branch each show an entity", () => {
  assert.equal(sees(callerOf(), head()), false);
  assert.equal(sees(callerOf(), head({ owner: "me" })), true);
  assert.equal(sees(callerOf(), head({ access: ["me"] })), true);
  assert.equal(sees(callerOf(), head({ access: ["a"] })), true);
  assert.equal(sees(callerOf(), head({ access: ["c"] })), false);
  assert.equal(sees(callerOf(), head({ group: "c" })), true);
  assert.equal(sees(callerOf({ groups: ["c"] }), head({ group: "a" })), false);
  assert.equal(sees(callerOf({ groups: ["a", "b"] }), head()), true);
  assert.equal(sees(callerOf({ groups: ["r"] }), head()), true);
});

test("owner and reach control; a grant does not", () => {
  assert.equal(controls(callerOf(), head({ access: ["me", "a"] }), tree), false);
  assert.equal(controls(callerOf(), head({ owner: "me" }), tree), true);
  assert.equal(controls(callerOf(), head({ group: "c" }), tree), true);
});

test("people are visible by reach and oneself alone", () => {
  const filter = visibleTo(callerOf(), "reach", tree);
  const user = (id: string, group: string, owner = "you", access: string[] = []) =>
    matches(filter, { _id: id, owner, group, access });
  assert.equal(user("u", "c"), true);
  assert.equal(user("me", "b"), true);
  assert.equal(user("u", "b", "me", ["me", "a"]), false);
});

test("members of the root see everything, by the filter that lets everything through", () => {
  for (const kind of ["shared", "reach"] as const) {
    assert.deepEqual(visibleTo(callerOf({ groups: ["r"] }), kind, tree), { kind: "all", of: [] });
  }
  assert.deepEqual(visibleTo(callerOf(), "everything", tree), { kind: "all", of: [] });
  const filter = visibleTo(callerOf({ groups: [] }), "shared", new GroupTree());
  assert.equal(matches(filter, { _id: "e", owner: "you", group: "b", access: [] }), false);
});

test("a decision names the rules that gave it, or those that are missing", () => {
  const question = { caller: callerOf(), store: "cities", kind: "shared", tree } as const;
  assert.deepEqual(decide({ ...question, entity: head({ group: "c", access: ["me"] }) }, "GET"), {
    allowed: true,
    because: [
      { rule: "access", id: "me" },
      { rule: "branch", id: "a" },
      { rule: "role", credential: "* *" },
    ],
  });
  assert.deepEqual(decide({ ...question, entity: head() }, "PATCH"), {
    allowed: false,
    because: [{ rule: "owner" }, { rule: "access" }, { rule: "branch" }],
  });
  const scoped = callerOf({ scopes: parseCredentials(["GET cities/*"]) });
  const verbs = explain({ ...question, caller: scoped, entity: head({ access: ["me"] }) });
  assert.equal(verbs.GET.allowed, true);
  assert.deepEqual(verbs.DELETE, { allowed: false, because: [{ rule: "scope" }] });
  assert.deepEqual(verbs.grant.because, [{ rule: "scope" }, { rule: "control" }]);
  assert.deepEqual(decide({ ...question, entity: head(), store: "users" }, "GET").because.at(-1), {
    rule: "role",
  });
});

const ids = fc.constantFrom(...[..."01234567", "me", "you"]);
const worlds = fc.record({
  parents: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }),
  groups: fc.uniqueArray(ids, { maxLength: 3 }),
  owner: ids,
  group: ids,
  access: fc.uniqueArray(ids, { maxLength: 3 }),
});

test("on random trees the filter, the decision and the definition by branch agree", () => {
  const seen = { yes: 0, no: 0 };
  fc.assert(
    fc.property(worlds, ({ parents, groups, owner, group, access }) => {
      const nodes = parents.map((parent, index) => {
        return {
          id: String(index),
          parent: index === 0 ? null : String(parent % index),
          revision: 0,
        };
      });
      const random = new GroupTree(nodes);
      const caller = callerOf({ groups });
      const entity = head({ owner, group: String(Number(group) % parents.length || 0), access });
      const branch: string[] = [];
      for (let at: string | null = entity.group; at !== null; ) {
        branch.push(at);
        at = nodes.find(({ id }) => id === at)?.parent ?? null;
      }
      const expected =
        owner === "me" ||
        access.some((id) => id === "me" || groups.includes(id)) ||
        branch.some((id) => groups.includes(id));
      const value = entityValue({ ...entity, body: "{}" }, branch);
      const question = { caller, store: "cities", kind: "shared", entity, tree: random } as const;
      assert.equal(matches(visibleTo(caller, "shared", random), value), expected);
      assert.equal(decide(question, "GET").allowed, expected);
      const isInReach = branch.some((id) => groups.includes(id));
      assert.equal(controls(caller, entity, random), owner === "me" || isInReach);
      seen[expected ? "yes" : "no"]++;
    }),
    { numRuns: 2_000 },
  );
  assert(seen.yes > 200 && seen.no > 200, JSON.stringify(seen));
});
