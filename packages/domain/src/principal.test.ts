/** What a caller holds, reaches and covers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Act, parseCredential, parseCredentials } from "./credential.ts";
import { GroupTree } from "./group-tree.ts";
import { type Caller, covers, hasRootReach, holds, holdsPattern, reachOf } from "./principal.ts";

function caller(credentials: string[], scopes: string[] | null = null, groups = ["a"]): Caller {
  return {
    user: "me",
    groups,
    role: { id: "role", name: "role" },
    credentials: parseCredentials(credentials),
    scopes: scopes && parseCredentials(scopes),
    way: scopes ? "token" : "session",
    wayId: "way",
    expiresAt: 0,
  };
}

const tree = new GroupTree([
  { id: "r", parent: null, revision: 0 },
  { id: "a", parent: "r", revision: 0 },
  { id: "b", parent: "r", revision: 0 },
  { id: "c", parent: "a", revision: 0 },
]);
const getCities: Act = { method: "GET", path: ["cities"] };

test("an act is held when role and scopes both permit it", () => {
  assert.equal(holds(caller(["GET cities"]), getCities), true);
  assert.equal(holds(caller(["GET notes", "* *"]), getCities), true);
  assert.equal(holds(caller([]), getCities), false);
  assert.equal(holds(caller(["*"], ["GET cities"]), getCities), true);
  assert.equal(holds(caller(["*"], ["GET notes"]), getCities), false);
  assert.equal(holds(caller(["GET notes"], ["*"]), getCities), false);
  assert.equal(holds(caller(["*"], []), getCities), false);
});

test("a pattern is held when role and scopes both contain the whole of it", () => {
  const pattern = parseCredential("GET cities/*");
  assert.equal(holdsPattern(caller(["GET *"]), pattern), true);
  assert.equal(holdsPattern(caller(["GET cities", "GET cities/:id"]), pattern), false);
  assert.equal(holdsPattern(caller(["*"], ["GET cities/*"]), pattern), true);
  assert.equal(holdsPattern(caller(["*"], ["GET cities"]), pattern), false);
});

test("root reach is being a member of the root itself", () => {
  assert.equal(hasRootReach(caller([], null, ["a", "r"]), tree), true);
  assert.equal(hasRootReach(caller([], null, ["a", "b"]), tree), false);
  assert.equal(hasRootReach(caller([], null, ["r"]), new GroupTree()), false);
  assert.deepEqual(reachOf(caller([]), tree), new Set(["a", "c"]));
});

test("covering needs all of a user's groups in reach and all of its patterns held", () => {
  const keeper = caller(["* *", "* users/*"]);
  const user = (groups: string[], ...patterns: string[]) => {
    return { groups, credentials: parseCredentials(patterns) };
  };
  assert.equal(covers(keeper, user(["a", "c"], "GET cities", "* *"), tree), true);
  assert.equal(covers(keeper, user(["c"]), tree), true);
  assert.equal(covers(keeper, user(["c", "b"]), tree), false);
  assert.equal(covers(keeper, user(["r"]), tree), false);
  assert.equal(covers(keeper, user(["unknown"]), tree), false);
  assert.equal(covers(keeper, user(["c"], "GET cities", "GET roles"), tree), false);
  assert.equal(covers(keeper, user(["c"], "*"), tree), false);
  assert.equal(covers(caller(["*"], ["* users/*"]), user(["c"], "GET cities"), tree), false);
});
