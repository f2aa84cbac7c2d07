/**
 * Design 10, rules 11 and 13 and "Removal": the tree of groups, and what becomes of what is in it.
 */
import assert from "node:assert/strict";
import {
  bodyOf,
  idOf,
  idsOf,
  merge,
  password,
  type RulesHouse,
  refused,
  rule,
  ruleOnEach,
  unknownId,
} from "./rules-house.ts";

async function tenants(house: RulesHouse) {
  await house.store("cities");
  const a = await house.group("a");
  const b = await house.group("b");
  const left = await house.group("left", a);
  const right = await house.group("right", a);
  await house.role("gardener", "* *", "* groups/*", "* users/*");
  const gardener = await house.user("gardener", a, "gardener");
  return { a, b, left, right, gardener };
}

ruleOnEach("rule 11: groups are made and moved within reach", async (house) => {
  const { a, b, left, right, gardener } = await tenants(house);
  const entities = await house.as(gardener);
  const made = bodyOf(await entities.create("groups", { name: "new", parent: left }));
  assert.deepEqual(made["branch"], [made["_id"], left, a, house.root]);
  assert.equal(made["group"], made["_id"]);
  const moved = bodyOf(
    await entities.update("groups", String(made["_id"]), merge({ parent: right })),
  );
  assert.deepEqual(moved["branch"], [made["_id"], right, a, house.root]);
  for (const parent of [b, house.root, unknownId]) {
    await refused("validation", entities.create("groups", { name: "x", parent }));
    await refused("validation", entities.update("groups", left, merge({ parent })));
  }
  await refused("forbidden", entities.update("groups", a, merge({ parent: left })));
  await refused("not_found", entities.update("groups", b, merge({ name: "x" })));
  await refused("validation", entities.create("groups", { name: "no parent" }));
});

rule(
  "rule 11: one's own top group cannot be moved or removed, as its parent is out of reach",
  async (house) => {
    const { a, left, gardener } = await tenants(house);
    const user = await house.user("two", a, "gardener", { groups: [] });
    const second = await house.group("second");
    await (await house.as(house.admin)).update("users", user, merge({ groups: [second] }));
    const entities = await house.as(user);
    await refused("forbidden", entities.update("groups", a, merge({ parent: second })));
    await refused("forbidden", entities.remove("groups", second));
    await entities.update("groups", left, merge({ parent: second }));
    await entities.update("groups", a, merge({ name: "renamed" }));
    await refused("forbidden", (await house.as(gardener)).remove("groups", a));
  },
);

rule("rule 11: the root cannot be moved or removed", async (house) => {
  const { a } = await tenants(house);
  const root = await house.as(house.admin);
  await refused("conflict", root.update("groups", house.root, merge({ parent: a })));
  await refused("conflict", root.remove("groups", house.root));
  await refused("conflict", root.remove("groups", house.root, { parameters: { into: a } }));
  await refused("validation", root.update("groups", a, merge({ parent: null })));
  await root.update("groups", house.root, merge({ name: "Everybody" }));
});

rule("rule 11: a cycle is refused", async (house) => {
  const { a, left } = await tenants(house);
  const root = await house.as(house.admin);
  await refused("validation", root.update("groups", a, merge({ parent: left })));
  await refused("validation", root.update("groups", a, merge({ parent: a })));
});

rule("rule 11: the tree is at most 32 deep", async (house) => {
  let deepest = house.root;
  for (let depth = 2; depth <= 32; depth++) deepest = await house.group(`g${depth}`, deepest);
  const root = await house.as(house.admin);
  await refused("validation", root.create("groups", { name: "g33", parent: deepest }));
  const top = await house.group("top");
  await house.group("leaf", top);
  const parent = String(bodyOf(await root.read("groups", deepest))["parent"]);
  await refused("validation", root.update("groups", top, merge({ parent })));
});

rule("rule 11: a user has at most 64 groups", async (house) => {
  const groups: string[] = [];
  for (let number = 0; number < 64; number++) groups.push(await house.group(`g${number}`));
  const ada = await house.user("ada", house.root, "member", { groups: groups.slice(0, 63) });
  const root = await house.as(house.admin);
  await refused("validation", root.update("users", ada, merge({ groups })));
});

rule("rule 11: moving a group moves who sees what is in it at once", async (house) => {
  const { b, left } = await tenants(house);
  const ada = await house.user("ada", left, "member");
  const chief = await house.user("chief", b, "member");
  const city = idOf(await (await house.as(ada)).create("cities", {}));
  assert.deepEqual(await idsOf(await house.as(chief), "cities"), []);
  await (await house.as(house.admin)).update("groups", left, merge({ parent: b }));
  const seen = await (await house.as(chief)).read("cities", city);
  assert.deepEqual(bodyOf(seen)["branch"], [left, b, house.root]);
});

ruleOnEach(
  "rule 13: of two moves at once that would make a cycle, one is refused",
  async (house) => {
    const { left, right } = await tenants(house);
    const root = await house.as(house.admin);
    const outcomes = await Promise.allSettled([
      root.update("groups", left, merge({ parent: right })),
      root.update("groups", right, merge({ parent: left })),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  },
);

ruleOnEach("rule 13: of two administrators that leave at once, one stays", async (house) => {
  const second = await house.user("second", house.root, "administrator");
  const [one, two] = await Promise.all([house.as(house.admin), house.as(second)]);
  const outcomes = await Promise.allSettled([
    one.update("users", second, merge({ disabled: true })),
    two.update("users", house.admin, merge({ disabled: true })),
  ]);
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
});

ruleOnEach(
  "rule 13: a caller that was let in before it lost its rights writes nothing",
  async (house) => {
    const { a, b, left, right } = await tenants(house);
    const ada = await house.user("ada", a, "member");
    const entities = await house.as(ada);
    const city = idOf(await entities.create("cities", { group: left }));
    const root = await house.as(house.admin);
    await root.transfer("cities", city, { owner: house.admin });
    await root.transfer("users", ada, { group: right });
    await refused("not_found", entities.update("cities", city, merge({ n: 1 })));
    await refused("not_found", entities.grant("cities", city, [b]));
    await refused("validation", entities.create("cities", { group: left }));
    await root.update("users", ada, merge({ role: await house.roleId("reader") }));
    await refused("forbidden", entities.create("cities", {}));
    await root.update("users", ada, merge({ disabled: true }));
    await refused("unauthorized", entities.create("cities", {}));
  },
);

ruleOnEach(
  "removal: a group with children, members or entities stays, and says how many",
  async (house) => {
    const { a, left, right, gardener } = await tenants(house);
    const root = await house.as(house.admin);
    const ada = await house.user("ada", left, "member", { groups: [right] });
    const city = idOf(await (await house.as(gardener)).create("cities", { group: left }));
    const counts = async (group: string) =>
      (await refused("conflict", root.remove("groups", group))).details?.map(
        ({ path, message }) => `${path} ${message}`,
      );
    assert.deepEqual(await counts(a), ["children 2", "members 1"]);
    assert.deepEqual(await counts(left), ["members 1", "entities 1"]);
    assert.deepEqual(await counts(right), ["members 1"]);
    const into = (group: string) => ({ parameters: { into: group } });
    await refused("validation", root.remove("groups", a, into(left)));
    await refused("validation", root.remove("groups", a, into(unknownId)));
    await root.remove("groups", left, into(right));
    assert.equal(bodyOf(await root.read("cities", city))["group"], right);
    const user = bodyOf(await root.read("users", ada));
    assert.deepEqual([user["group"], user["groups"]], [right, []]);
    await refused("not_found", root.read("groups", left));
  },
);

rule("removal: moving members into another group needs covering them", async (house) => {
  const { left, right, gardener } = await tenants(house);
  await house.user("mighty", left, "administrator");
  const entities = await house.as(gardener);
  const parameters = { into: right };
  await refused("forbidden", entities.remove("groups", left, { parameters }));
  await (await house.as(house.admin)).remove("groups", left, { parameters });
});

rule("removal: a user's tokens and sessions end with it, and its entities stay", async (house) => {
  const { a, gardener } = await tenants(house);
  const ada = await house.user("ada", a, "member", { password });
  const bob = await house.user("bob", a, "member");
  const mine = await house.secretOf(ada, {});
  const token = await house.secretOf(ada, { way: "token" });
  const city = idOf(await (await house.as(ada)).create("cities", {}));
  const entities = await house.as(gardener);
  await entities.remove("users", ada);
  for (const { way, secret } of [mine, token]) {
    await refused("unauthorized", house.services.sessions.authenticate(way, secret));
  }
  assert.equal(bodyOf(await entities.read("cities", city))["owner"], ada);
  assert.equal(await house.engine.recall("password", ada), undefined);
  const second = idOf(await (await house.as(bob)).create("cities", {}));
  await refused("validation", entities.remove("users", bob, { parameters: { owner: bob } }));
  await entities.remove("users", bob, { parameters: { owner: gardener } });
  assert.equal(bodyOf(await entities.read("cities", second))["owner"], gardener);
});

rule("removal: a role in use stays", async (house) => {
  const { gardener } = await tenants(house);
  const root = await house.as(house.admin);
  const role = await house.roleId("gardener");
  const error = await refused("conflict", root.remove("roles", role));
  assert.deepEqual(error.details, [{ path: "users", rule: "in_use", message: "1" }]);
  await root.remove("users", gardener);
  await root.remove("roles", role);
});

rule("removal: dead grants stay without effect", async (house) => {
  const { a, left, right } = await tenants(house);
  const ada = await house.user("ada", right, "member");
  const root = await house.as(house.admin);
  const city = idOf(await root.create("cities", { group: a }));
  await root.grant("cities", city, [left, ada]);
  await root.remove("groups", left);
  await root.remove("users", ada);
  assert.deepEqual(bodyOf(await root.read("cities", city))["access"], [left, ada].sort());
  await root.revoke("cities", city, left);
});
