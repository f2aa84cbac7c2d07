/** Design 10, rules 4 to 8: roles, tokens, system stores, sessions and store definitions. */
import assert from "node:assert/strict";
import {
  all,
  bodyOf,
  found,
  idOf,
  merge,
  password,
  type RulesHouse,
  refused,
  rule,
  values,
} from "./rules-house.ts";

/** A keeper of roles at the root that holds less than everything. */
async function keeper(house: RulesHouse, ...more: string[]): Promise<string> {
  await house.role("keeper", "* roles/*", "* cities/*", ...more);
  return house.user("keeper", house.root, "keeper");
}

rule("rule 4: writing a role needs root reach", async (house) => {
  await house.role("keeper", "* roles/*", "* cities/*");
  const below = await house.as(await house.user("below", await house.group("a"), "keeper"));
  const role = await house.role("small", "GET cities");
  await refused("forbidden", below.create("roles", { name: "x", credentials: [] }));
  await refused("forbidden", below.update("roles", role, merge({ name: "y" })));
  await refused("forbidden", below.remove("roles", role));
});

rule("rule 4: writing a role needs holding the old and the new credentials", async (house) => {
  const entities = await house.as(await keeper(house));
  const role = idOf(await entities.create("roles", { name: "x", credentials: ["GET cities/*"] }));
  await entities.update("roles", role, merge({ credentials: ["POST cities"] }));
  const more = { credentials: ["POST cities", "GET notes"] };
  await refused("forbidden", entities.create("roles", { name: "y", ...more }));
  await refused("forbidden", entities.update("roles", role, merge(more)));
  const member = await house.roleId("member");
  await refused("forbidden", entities.update("roles", member, merge({ credentials: [] })));
  await refused("forbidden", entities.remove("roles", member));
  await entities.remove("roles", role);
});

rule("rule 4: the role administrator cannot be changed, by nobody", async (house) => {
  const entities = await house.as(house.admin);
  const id = await house.roleId("administrator");
  for (const patch of [{ name: "x" }, { credentials: [] }, { credentials: ["*", "* *"] }]) {
    await refused("conflict", entities.update("roles", id, merge(patch)));
  }
  await refused("conflict", entities.remove("roles", id));
});

rule("rule 4: a role edit acts on the next request", async (house) => {
  await house.store("cities");
  const role = await house.role("r", "GET cities");
  const secret = await house.secretOf(await house.user("ada", house.root, "r"), {});
  const again = () => house.asSecret(secret);
  assert.equal(await (await again()).count("cities", all()), 0);
  await (await house.as(house.admin)).update(
    "roles",
    role,
    merge({ credentials: ["POST cities"] }),
  );
  await refused("forbidden", (await again()).count("cities", all()));
});

rule(
  "rule 5: tokens are made by a session or a sign-in token, never by another token",
  async (house) => {
    const ada = await house.user("ada", await house.group("a"), "member");
    for (const way of ["session", "sign-in"] as const) {
      const made = bodyOf(await (await house.as(ada, { way })).create("tokens", { name: way }));
      assert.match(String(made["token"]), /^stoa_[\w-]{43}$/);
      await house.services.sessions.authenticate("token", String(made["token"]));
    }
    for (const scopes of [undefined, ["POST tokens"]]) {
      const token = await house.as(ada, { way: "token", ...(scopes && { scopes }) });
      await refused("forbidden", token.create("tokens", { name: "x" }));
    }
    const mighty = await house.as(house.admin, { scopes: ["*"] });
    await refused("forbidden", mighty.create("tokens", { name: "x" }));
  },
);

rule("rule 5: scopes must be held, and no scopes are all that the maker holds", async (house) => {
  const ada = await house.user("ada", await house.group("a"), "reader");
  const entities = await house.as(ada);
  await entities.create("tokens", { name: "less", scopes: ["GET cities"] });
  for (const scope of ["POST cities", "*", "GET users"]) {
    await refused("forbidden", entities.create("tokens", { name: "more", scopes: [scope] }));
  }
  await refused("validation", entities.create("tokens", { name: "x", scopes: ["FETCH cities"] }));
  const made = bodyOf(await entities.create("tokens", { name: "all" }));
  const caller = await house.services.sessions.authenticate("token", String(made["token"]));
  assert.equal(caller.scopes, null);
});

rule("rule 5: PATCH changes only a token's name, and its owner stays", async (house) => {
  await house.role("namer", "PATCH tokens/:id");
  const ada = await house.user("ada", await house.group("a"), "namer");
  const entities = await house.as(ada);
  const id = idOf(await entities.create("tokens", { name: "old", scopes: ["PATCH tokens/:id"] }));
  const named = bodyOf(
    await entities.update("tokens", id, merge({ name: "new", owner: house.admin })),
  );
  assert.deepEqual([named["name"], named["owner"]], ["new", ada]);
  for (const patch of [
    { scopes: null },
    { scopes: ["*"] },
    { expiresAt: 9e12 },
    { type: "sign-in" },
  ]) {
    await refused("validation", entities.update("tokens", id, merge(patch)));
  }
  const other = idOf(await (await house.as(house.admin)).create("tokens", { name: "other" }));
  await refused("not_found", entities.update("tokens", other, merge({ name: "mine" })));
});

rule("rule 6: system stores answer 405 to grant, revoke and transfer", async (house) => {
  const entities = await house.as(house.admin);
  const a = await house.group("a");
  await house.store("cities");
  for (const store of ["users", "groups", "roles", "tokens", "sessions", "stores"]) {
    const [first] = await found(entities, store);
    const id = first ? idOf(first) : house.root;
    await refused("method", entities.grant(store, id, [a]));
    await refused("method", entities.revoke(store, id, house.admin));
    if (store !== "users") await refused("method", entities.transfer(store, id, { group: a }));
  }
  const ada = await house.user("ada", a, "member");
  await refused("validation", entities.transfer("users", ada, { owner: house.admin }));
  assert.equal(
    bodyOf(await entities.transfer("users", ada, { group: house.root }))["group"],
    house.root,
  );
});

rule("rule 7: a session's secret is random, new at each sign-in, and not its id", async (house) => {
  const attempt = { login: "admin", password, way: "session", address: "::1", agent: "" } as const;
  const first = await house.services.sessions.signIn(attempt);
  const second = await house.services.sessions.signIn(attempt);
  assert.notEqual(first.secret, second.secret);
  assert(Buffer.from(first.secret, "base64url").length >= 16);
  const sessions = await values(house.engine, "sessions");
  const kept = JSON.stringify([sessions, await house.engine.changes(0, 1_000)]);
  assert.equal(sessions.length, 2);
  assert(!kept.includes(first.secret) && !kept.includes(second.secret));
  for (const { _id } of sessions) {
    await refused("unauthorized", house.services.sessions.authenticate("session", String(_id)));
  }
});

rule("rule 7: sessions answer 405 to POST and PATCH", async (house) => {
  const entities = await house.as(house.admin);
  const [session] = await found(entities, "sessions");
  await refused("method", entities.create("sessions", { agent: "x" }));
  await refused("method", entities.update("sessions", idOf(session), merge({ agent: "x" })));
});

rule("rule 8: store definitions are written with root reach only", async (house) => {
  const a = await house.group("a");
  const tenant = await house.as(await house.user("tenant", a, "administrator"));
  await refused("forbidden", tenant.create("stores", { name: "cities" }));
  await house.store("cities");
  const id = await house.storeId("cities");
  await refused("forbidden", tenant.update("stores", id, merge({ title: "x" })));
  await refused("forbidden", tenant.remove("stores", id, { parameters: { confirm: "cities" } }));
  const root = await house.as(house.admin);
  assert.equal(bodyOf(await root.update("stores", id, merge({ title: "x" })))["title"], "x");
  await refused("validation", root.remove("stores", id));
  await root.remove("stores", id, { parameters: { confirm: "cities" } });
  await refused("not_found", root.find("cities", all()));
});

rule("rule 8: names of fixed routes and system stores are reserved", async (house) => {
  const root = await house.as(house.admin);
  const reserved =
    "auth changes events healthz principals reference docs batch users tokens metrics";
  for (const name of reserved.split(" ")) {
    await refused("validation", root.create("stores", { name }));
  }
  for (const name of ["openapi.json", "Cities", "1st", "", "a/b", "__proto__"]) {
    await refused("validation", root.create("stores", { name }));
  }
});

rule("rule 8: system stores have closed schemas", async (house) => {
  const root = await house.as(house.admin);
  const a = await house.group("a");
  const more = { secret: 1 };
  await refused("validation", root.create("groups", { name: "x", parent: a, ...more }));
  await refused("validation", root.create("roles", { name: "x", credentials: [], ...more }));
  await refused("validation", root.create("stores", { name: "x", ...more }));
  await refused("validation", root.create("tokens", { name: "x", ...more }));
  await refused("validation", root.update("users", house.admin, merge(more)));
});
