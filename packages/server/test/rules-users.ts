/** Design 10, rules 2, 3, 12 and 16: users, oneself, and the last administrator. */
import assert from "node:assert/strict";
import {
  bodyOf,
  found,
  idOf,
  idsOf,
  merge,
  password,
  type RulesHouse,
  refused,
  rule,
  ruleOnEach,
  unknownId,
  values,
} from "./rules-house.ts";

/** Two tenants; in the first a keeper of people, and below it a team. */
async function tenants(house: RulesHouse) {
  const a = await house.group("a");
  const b = await house.group("b");
  const team = await house.group("team", a);
  await house.role("keeper", "* *", "* users/*");
  const keeper = await house.user("keeper", a, "keeper");
  return { a, b, team, keeper, member: await house.roleId("member") };
}

ruleOnEach("rule 2: creating a user needs coverage", async (house) => {
  const { a, b, team, keeper, member } = await tenants(house);
  const entities = await house.as(keeper);
  const create = (body: object) =>
    entities.create("users", { login: "new", role: member, ...body });
  idOf(await create({ group: team, login: "in reach" }));
  await refused("forbidden", create({ group: b }));
  await refused("forbidden", create({ group: house.root }));
  await refused("forbidden", create({ group: unknownId }));
  await refused("forbidden", create({ group: a, groups: [b] }));
  const administrator = await house.roleId("administrator");
  await refused("forbidden", create({ group: a, role: administrator }));
  assert.equal((await values(house.engine, "users")).length, 3);
});

rule("rule 2: role and group are required", async (house) => {
  const { a, keeper, member } = await tenants(house);
  const entities = await house.as(keeper);
  await refused("validation", entities.create("users", { login: "x", group: a }));
  await refused("validation", entities.create("users", { login: "x", role: member }));
  await refused("validation", entities.create("users", { login: "x", group: a, role: unknownId }));
});

rule("rule 2: changing a user needs coverage before and after", async (house) => {
  const { a, b, team, keeper, member } = await tenants(house);
  const entities = await house.as(keeper);
  const user = await house.user("ada", team, "member");
  const mighty = await house.user("mighty", team, "administrator");
  const guest = await house.user("guest", a, "member", { groups: [b] });
  const other = await house.user("other", b, "member");
  await entities.update("users", user, merge({ disabled: true, password: "a new password" }));
  for (const patch of [{ name: "M" }, { disabled: true }, { password: "a new password" }]) {
    await refused("forbidden", entities.update("users", mighty, merge(patch)));
    await refused("forbidden", entities.update("users", guest, merge(patch)));
    await refused("not_found", entities.update("users", other, merge(patch)));
  }
  const administrator = await house.roleId("administrator");
  await refused("forbidden", entities.update("users", user, merge({ role: administrator })));
  await refused("forbidden", entities.update("users", mighty, merge({ role: member })));
  await refused("forbidden", entities.update("users", user, merge({ groups: [b] })));
  await refused("forbidden", entities.update("users", guest, merge({ groups: [] })));
});

rule("rule 2: transferring and removing a user need coverage before and after", async (house) => {
  const { a, b, team, keeper } = await tenants(house);
  const entities = await house.as(keeper);
  const user = await house.user("ada", team, "member");
  const mighty = await house.user("mighty", team, "administrator");
  const moved = bodyOf(await entities.transfer("users", user, { group: a }));
  assert.deepEqual([moved["group"], moved["branch"]], [a, [a, house.root]]);
  await refused("forbidden", entities.transfer("users", user, { group: b }));
  await refused("forbidden", entities.transfer("users", mighty, { group: a }));
  await refused("forbidden", entities.remove("users", mighty));
  await entities.remove("users", user);
});

rule("rule 2: scopes narrow coverage", async (house) => {
  const { team, keeper, member } = await tenants(house);
  const narrow = await house.as(keeper, { scopes: ["* users/*"] });
  const wide = await house.as(keeper, { scopes: ["* users/*", "* *"] });
  const body = { login: "x", group: team, role: member };
  await refused("forbidden", narrow.create("users", body));
  await wide.create("users", body);
});

rule("rule 3: everybody reads itself and changes name, email and locale", async (house) => {
  const ada = await house.user("ada", await house.group("a"), "reader");
  for (const way of ["session", "sign-in"] as const) {
    const entities = await house.as(ada, { way });
    assert.equal(idOf(await entities.read("users", ada)), ada);
    const patch = { name: way, email: "ada@example.org", locale: "nl" };
    assert.equal(bodyOf(await entities.update("users", ada, merge(patch)))["name"], way);
  }
});

rule(
  "rule 3: of oneself, unchanged fields are ignored and changed ones fall under rule 2",
  async (house) => {
    const a = await house.group("a");
    const ada = await house.user("ada", a, "reader");
    const entities = await house.as(ada);
    const whole = bodyOf(await entities.read("users", ada));
    await entities.update("users", ada, merge({ ...whole, name: "Ada" }));
    for (const patch of [
      { login: "x" },
      { disabled: true },
      { groups: [] },
      { email: "e", login: "x" },
    ]) {
      await refused("forbidden", entities.update("users", ada, merge(patch)));
    }
    await refused(
      "forbidden",
      entities.update("users", ada, merge({ role: await house.roleId("member") })),
    );
  },
);

rule("rule 3: an issued token has no rights over its own user", async (house) => {
  const ada = await house.user("ada", await house.group("a"), "member");
  const entities = await house.as(ada, { way: "token" });
  await refused("forbidden", entities.read("users", ada));
  await refused("forbidden", entities.update("users", ada, merge({ name: "x" })));
});

rule("rule 3: one's own password is changed only with the old one", async (house) => {
  const more = { password };
  const ada = await house.user("ada", await house.group("a"), "reader", more);
  const entities = await house.as(ada);
  const change = (fields: object) => entities.update("users", ada, merge({ ...fields }));
  await refused("validation", change({ password: "another one" }));
  await refused("validation", change({ password: "another one", oldPassword: "wrong horse" }));
  const signIn = (given: string) =>
    house.services.sessions.signIn({
      login: "ada",
      password: given,
      way: "token",
      address: "1",
      agent: "",
    });
  await refused("unauthorized", signIn("another one"));
  await change({ password: "another one", oldPassword: password });
  await signIn("another one");
  await refused("unauthorized", signIn(password));
  const json = { op: "add", path: ["password"], value: "third one" } as const;
  await refused("validation", entities.update("users", ada, { kind: "json", patch: [json] }));
});

rule("rule 3: trying old passwords is throttled as a sign-in", async (house) => {
  const ada = await house.user("ada", await house.group("a"), "reader", { password });
  const entities = await house.as(ada);
  const guess = (oldPassword: string) =>
    entities.update("users", ada, merge({ password: "another one", oldPassword }));
  for (let number = 0; number < 5; number++) await refused("validation", guess(`guess ${number}`));
  await refused("rate_limit", guess(password));
});

ruleOnEach("rule 12: no write leaves the root without an enabled administrator", async (house) => {
  const { admin } = house;
  const entities = await house.as(admin);
  const a = await house.group("a");
  const tenant = await house.user("tenant", a, "administrator");
  await house.user("off", house.root, "administrator", { disabled: true });
  const member = await house.roleId("member");
  await refused("conflict", entities.update("users", admin, merge({ disabled: true })));
  await refused("conflict", entities.update("users", admin, merge({ role: member })));
  await refused("conflict", entities.transfer("users", admin, { group: a }));
  await refused("conflict", entities.remove("users", admin));
  await entities.update("users", tenant, merge({ groups: [house.root] }));
  await entities.update("users", admin, merge({ role: member }));
  await refused(
    "conflict",
    (await house.as(tenant)).update("users", tenant, merge({ groups: [] })),
  );
});

rule("rule 12: a role that makes the last administrator cannot lose its star", async (house) => {
  const chief = await house.role("chief", "*");
  const second = await house.user("second", house.root, "chief");
  const entities = await house.as(second);
  await entities.remove("users", house.admin);
  await refused("conflict", entities.update("roles", chief, merge({ credentials: ["* *"] })));
  await refused("conflict", entities.remove("roles", chief));
});

rule("rule 16: users and groups are visible in reach, and oneself", async (house) => {
  const { a, b, team, keeper } = await tenants(house);
  await house.role("looker", "GET users/*", "GET groups/*");
  const ada = await house.user("ada", team, "looker");
  const bob = await house.user("bob", b, "looker", { groups: [team] });
  const sees = async (user: string) => {
    const entities = await house.as(user);
    return [new Set(await idsOf(entities, "users")), new Set(await idsOf(entities, "groups"))];
  };
  assert.deepEqual(await sees(ada), [new Set([ada]), new Set([team])]);
  assert.deepEqual(await sees(bob), [new Set([ada, bob]), new Set([b, team])]);
  const entities = await house.as(ada);
  await refused("not_found", entities.read("users", keeper));
  await refused("not_found", entities.read("groups", a));
});

rule("rule 16: owning a user does not show it", async (house) => {
  const { a, team, keeper, member } = await tenants(house);
  const entities = await house.as(keeper);
  const made = idOf(await entities.create("users", { login: "made", group: a, role: member }));
  await (await house.as(house.admin)).transfer("users", keeper, { group: team });
  await refused("not_found", (await house.as(keeper)).read("users", made));
});

rule(
  "rule 16: tokens and sessions are one's own, or by credential those of covered users",
  async (house) => {
    const { a, team, keeper } = await tenants(house);
    await house.role("closer", "* *", "GET tokens/*", "DELETE tokens/*", "* sessions/*");
    const closer = await house.user("closer", a, "closer");
    const ada = await house.user("ada", team, "member");
    const mighty = await house.user("mighty", team, "administrator");
    for (const user of [ada, mighty, keeper]) await house.secretOf(user, { way: "token" });
    const owners = async (user: string) =>
      new Set(
        (await found(await house.as(user, { way: "token" }), "tokens")).map(({ owner }) => owner),
      );
    assert.deepEqual(await owners(ada), new Set([ada]));
    assert.deepEqual(await owners(closer), new Set([closer, ada]));
    const entities = await house.as(closer);
    const hers = await house.secretOf(mighty, {});
    await refused("not_found", entities.remove("sessions", hers.id));
    const his = await house.secretOf(ada, {});
    await entities.remove("sessions", his.id);
    await refused("unauthorized", house.services.sessions.authenticate(his.way, his.secret));
  },
);

rule(
  "rule 16: a list of tokens shows those of others, a single one needs a right of its own",
  async (house) => {
    const { a, team } = await tenants(house);
    await house.role("lister", "* *", "GET tokens", "GET sessions");
    await house.role("opener", "* *", "GET tokens/*", "GET sessions/*");
    const ada = await house.user("ada", team, "member");
    const hers = await house.secretOf(ada, { way: "token" });
    for (const [name, isShown] of [
      ["lister", false],
      ["opener", true],
    ] as const) {
      const entities = await house.as(await house.user(name, a, name), { way: "token" });
      assert.ok((await idsOf(entities, "tokens")).includes(hers.id), "the list shows it");
      if (isShown) assert.equal(idOf(await entities.read("tokens", hers.id)), hers.id);
      else await refused("not_found", entities.read("tokens", hers.id));
    }
  },
);
