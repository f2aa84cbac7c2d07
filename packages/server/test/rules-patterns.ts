/** Design 10, rules 1 and 18, and the default roles: what a role and scopes open. */
import assert from "node:assert/strict";
import type { EntityService } from "@stoa/domain";
import { all, found, idOf, idsOf, merge, type RulesHouse, refused, rule } from "./rules-house.ts";

async function inTeam(house: RulesHouse, login: string, ...credentials: string[]) {
  const team = await house.group(`team of ${login}`);
  await house.role(`role of ${login}`, ...credentials);
  return house.user(login, team, `role of ${login}`);
}

async function mayFind(entities: EntityService, store: string): Promise<boolean> {
  return entities.count(store, all()).then(
    () => true,
    () => false,
  );
}

rule("rule 1: a final star covers the list and what is below it", async (house) => {
  await house.store("cities");
  const ada = await house.as(await inTeam(house, "ada", "GET cities/*", "POST cities"));
  const id = idOf(await ada.create("cities", {}));
  assert.equal(await mayFind(ada, "cities"), true);
  assert.equal(idOf(await ada.read("cities", id)), id);
  assert.equal((await ada.explain("cities", id)).verbs.GET.allowed, true);
  await refused("forbidden", ada.update("cities", id, merge({ n: 1 })));
});

rule("rule 1: a path without a star is that path alone", async (house) => {
  await house.store("cities");
  const ada = await house.as(await inTeam(house, "ada", "GET cities", "POST cities"));
  const id = idOf(await ada.create("cities", {}));
  assert.equal(await mayFind(ada, "cities"), true);
  await refused("forbidden", ada.read("cities", id));
});

rule("rule 1: a wildcard first segment never opens a system store", async (house) => {
  await house.store("cities");
  const ada = await house.as(await inTeam(house, "ada", "* *", "* */*", "GET */:id", "GET :x"));
  assert.equal(await mayFind(ada, "cities"), true);
  for (const store of ["users", "groups", "roles"]) {
    await refused("forbidden", ada.find(store, all()));
    await refused("forbidden", ada.create(store, { name: "x" }));
  }
});

rule("rule 1: its own name or the lone star opens a system store", async (house) => {
  const ada = await house.as(await inTeam(house, "ada", "GET roles"));
  const bob = await house.as(await inTeam(house, "bob", "*"));
  assert.equal(await mayFind(ada, "roles"), true);
  assert.equal(await mayFind(ada, "groups"), false);
  assert.equal(await mayFind(bob, "roles"), true);
  assert.equal(await mayFind(bob, "groups"), true);
});

rule("rule 1: what counts is the intersection of role and scopes", async (house) => {
  await house.store("cities");
  await house.store("notes");
  const user = await inTeam(house, "ada", "* cities/*", "GET notes");
  const token = await house.as(user, { scopes: ["GET *", "POST notes"] });
  assert.equal(await mayFind(token, "cities"), true);
  assert.equal(await mayFind(token, "notes"), true);
  await refused("forbidden", token.create("cities", {}));
  await refused("forbidden", token.create("notes", {}));
});

rule("rule 18: stores are shown to whoever holds their GET", async (house) => {
  await house.store("cities");
  await house.store("notes");
  const user = await inTeam(house, "ada", "GET cities", "POST notes");
  const { services } = house;
  const shown = async (how = {}) =>
    services.stores.shownTo(await house.caller(user, how)).map(({ name }) => name);
  assert.deepEqual(await shown(), ["cities"]);
  assert.deepEqual(await shown({ scopes: ["GET cities"] }), ["cities"]);
  assert.deepEqual(await shown({ scopes: ["GET notes"] }), []);
  const ada = await house.as(user);
  assert.equal((await idsOf(ada, "stores")).length, 1);
  const [cities, notes] = await Promise.all([house.storeId("cities"), house.storeId("notes")]);
  assert.equal(idOf(await ada.read("stores", cities)), cities);
  await refused("not_found", ada.read("stores", notes));
});

rule("rule 8: system stores are absent from the list of stores", async (house) => {
  await house.store("cities");
  const shown = house.services.stores.shownTo(await house.caller(house.admin));
  const listed = await found(await house.as(house.admin), "stores");
  for (const all of [shown, listed]) {
    const names = all.map(({ name }) => String(name));
    assert(names.includes("cities"));
    assert(!names.some((name) => /^(users|groups|roles|tokens|sessions|stores)$/.test(name)));
  }
});

rule("defaults: a member has every ordinary store and no system store", async (house) => {
  await house.store("cities");
  const member = await house.as(await house.user("ada", await house.group("a"), "member"));
  const id = idOf(await member.create("cities", {}));
  await member.update("cities", id, merge({ n: 1 }));
  await member.remove("cities", id);
  for (const store of ["users", "groups", "roles"])
    await refused("forbidden", member.find(store, all()));
  await refused("forbidden", member.create("stores", { name: "notes" }));
});

rule("defaults: a reader reads and changes nothing", async (house) => {
  await house.store("cities");
  const reader = await house.as(await house.user("ada", await house.group("a"), "reader"));
  assert.equal(await mayFind(reader, "cities"), true);
  await refused("forbidden", reader.create("cities", {}));
});

rule(
  "defaults: everybody has own tokens and sessions, by a token without scopes too",
  async (house) => {
    const user = await inTeam(house, "ada");
    const session = await house.as(user);
    const token = idOf(await session.create("tokens", { name: "mine" }));
    const unscoped = await house.as(user, { way: "token" });
    for (const entities of [session, unscoped]) {
      assert((await idsOf(entities, "tokens")).includes(token));
      assert.equal((await idsOf(entities, "sessions")).length, 1);
    }
    await unscoped.remove("tokens", token);
  },
);

rule("defaults: a scoped token has only the list of stores", async (house) => {
  await house.store("cities");
  const user = await inTeam(house, "ada", "GET cities");
  const scoped = await house.as(user, { scopes: ["GET cities"] });
  assert.equal((await idsOf(scoped, "stores")).length, 1);
  for (const store of ["tokens", "sessions"]) await refused("forbidden", scoped.find(store, all()));
  await refused("forbidden", scoped.read("users", user));
  await refused("forbidden", scoped.create("tokens", { name: "x" }));
});

rule("defaults: the star in a tenant is that tenant's administrator only", async (house) => {
  await house.store("cities");
  const a = await house.group("a");
  const b = await house.group("b");
  const boss = await house.as(await house.user("boss", a, "administrator"));
  const member = await house.roleId("member");
  await boss.create("users", { login: "own", group: a, role: member });
  await refused("forbidden", boss.create("users", { login: "other", group: b, role: member }));
  await refused("forbidden", boss.create("stores", { name: "notes" }));
  assert.deepEqual(await idsOf(boss, "groups"), [a]);
});
