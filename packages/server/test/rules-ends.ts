/** Design 10, rules 26 and 27, and the directory: signing in, how it ends, and who is known. */
import assert from "node:assert/strict";
import {
  all,
  idOf,
  merge,
  password,
  type RulesHouse,
  refused,
  rule,
  ruleInside,
  ruleOnEach,
  unknownId,
} from "./rules-house.ts";

function signIn(house: RulesHouse, login: string, given: string, address = "192.0.2.1") {
  const attempt = { login, password: given, way: "token", address, agent: "test" } as const;
  return house.services.sessions.signIn(attempt);
}

rule("rule 26: the sign-in of a disabled user looks like a wrong password", async (house) => {
  const a = await house.group("a");
  await house.user("off", a, "member", { password, disabled: true });
  await house.user("on", a, "member", { password });
  await house.user("without", a, "member");
  const errors = await Promise.all([
    refused("unauthorized", signIn(house, "off", password)),
    refused("unauthorized", signIn(house, "on", "wrong horse")),
    refused("unauthorized", signIn(house, "nobody", password)),
    refused("unauthorized", signIn(house, "without", password)),
  ]);
  assert.equal(new Set(errors.map(({ message, details }) => `${message} ${details}`)).size, 1);
  await signIn(house, "on", password);
});

ruleOnEach("rule 26: disabling deletes sessions and suspends tokens", async (house) => {
  const ada = await house.user("ada", await house.group("a"), "member");
  const session = await house.secretOf(ada, {});
  const token = await house.secretOf(ada, { way: "token" });
  const { sessions } = house.services;
  await sessions.authenticate(token.way, token.secret);
  const root = await house.as(house.admin);
  await root.update("users", ada, merge({ disabled: true }));
  for (const { way, secret } of [session, token]) {
    await refused("unauthorized", sessions.authenticate(way, secret));
  }
  await root.update("users", ada, merge({ disabled: false }));
  await refused("unauthorized", sessions.authenticate(session.way, session.secret));
  assert.equal((await sessions.authenticate(token.way, token.secret)).user, ada);
});

rule("rule 26: a new password deletes the other sessions and sign-in tokens", async (house) => {
  const ada = await house.user("ada", await house.group("a"), "member", { password });
  const [own, other, signedIn, issued] = await Promise.all([
    house.secretOf(ada, {}),
    house.secretOf(ada, {}),
    house.secretOf(ada, { way: "sign-in" }),
    house.secretOf(ada, { way: "token" }),
  ]);
  const { sessions } = house.services;
  const patch = merge({ password: "a new password", oldPassword: password });
  await (await house.asSecret(own)).update("users", ada, patch);
  for (const { way, secret } of [own, issued]) await sessions.authenticate(way, secret);
  for (const { way, secret } of [other, signedIn]) {
    await refused("unauthorized", sessions.authenticate(way, secret));
  }
  const root = await house.as(house.admin);
  await root.update("users", ada, merge({ password: "given by another" }));
  await refused("unauthorized", sessions.authenticate(own.way, own.secret));
});

rule("rule 26: revoking a token and signing out act on the next request", async (house) => {
  const ada = await house.user("ada", await house.group("a"), "member", { password });
  const { sessions } = house.services;
  const { secret } = await signIn(house, "ada", password);
  const entities = await house.asSecret({ way: "token", secret });
  const made = await entities.create("tokens", { name: "t" });
  const token = String(JSON.parse(made.text).token);
  await sessions.authenticate("token", token);
  await entities.remove("tokens", idOf(made));
  await refused("unauthorized", sessions.authenticate("token", token));
  await sessions.signOut(await sessions.authenticate("token", secret));
  await refused("unauthorized", sessions.authenticate("token", secret));
  assert.equal((await house.caller(ada)).user, ada);
});

ruleOnEach("rule 26: a read that has begun is decided by the rights at its end", async (house) => {
  await house.store("notes");
  const group = await house.group("a");
  const ada = await house.user("ada", group, "member");
  const root = await house.as(house.admin);
  const id = idOf(await root.create("notes", { group, text: "for the group" }));
  const begun = await house.as(ada);
  assert.match((await begun.read("notes", id)).text, /for the group/);
  await root.transfer("users", ada, { group: await house.group("b") });
  await refused("not_found", begun.read("notes", id));
  await root.transfer("users", ada, { group });
  assert.match((await begun.read("notes", id)).text, /for the group/);
  await root.update("users", ada, merge({ role: await house.role("idle", "GET others") }));
  await refused("forbidden", begun.read("notes", id));
  await root.update("users", ada, merge({ disabled: true }));
  await refused("unauthorized", begun.read("notes", id));
});

rule("rule 26: sessions and sign-in tokens end 24 hours after the sign-in", async (house) => {
  const { sessions } = house.services;
  const { secret, issuedAt, expiresAt } = await signIn(house, "admin", password);
  assert.equal(expiresAt - issuedAt, 24 * 3_600_000);
  house.clock.now = expiresAt - 1;
  await sessions.authenticate("token", secret);
  house.clock.now = expiresAt;
  await refused("unauthorized", sessions.authenticate("token", secret));
});

for (const [what, end] of Object.entries({
  "disabling the user": async (house: RulesHouse, ada: string) => {
    await (await house.as(house.admin)).update("users", ada, merge({ disabled: true }));
  },
  "changing its groups": async (house: RulesHouse, ada: string) => {
    await (await house.as(house.admin)).transfer("users", ada, { group: await house.group("b") });
  },
  "a role edit": async (house: RulesHouse, ada: string) => {
    const role = await house.roleId("reader");
    await (await house.as(house.admin)).update("users", ada, merge({ role }));
  },
  "moving a group into its reach": async (house: RulesHouse, ada: string) => {
    const [group] = (await house.caller(ada)).groups;
    await house.group("child", group);
  },
  expiry: async (house: RulesHouse) => {
    house.clock.now += 3_600_000;
  },
})) {
  // Over the wire a list of this length is on its way before anything can end it.
  ruleInside(`rule 26: ${what} ends a running list`, async (house) => {
    await house.store("cities");
    const ada = await house.user("ada", await house.group("a"), "member");
    const entities = await house.as(ada);
    await entities.createAll(
      "cities",
      Array.from({ length: 250 }, (_, n) => ({ n })),
    );
    const pages = (await entities.find("cities", all()))[Symbol.asyncIterator]();
    assert.equal((await pages.next()).done, false);
    await end(house, ada);
    // Who is still somebody is told to come again, not to sign in again.
    const isOver = what === "disabling the user" || what === "expiry";
    await refused(isOver ? "unauthorized" : "unavailable", pages.next());
  });
}

rule("rule 26: a list goes on when what has changed is none of its business", async (house) => {
  await house.store("cities");
  const a = await house.group("a");
  const ada = await house.user("ada", a, "member");
  const entities = await house.as(ada);
  await entities.createAll(
    "cities",
    Array.from({ length: 250 }, (_, n) => ({ n })),
  );
  let seen = 0;
  for await (const { texts } of await entities.find("cities", all())) {
    seen += texts.length;
    await house.user(`other ${seen}`, a, "member");
    await (await house.as(ada)).update("users", ada, merge({ name: `Ada ${seen}` }));
  }
  assert.equal(seen, 250);
});

rule("rule 27: five failures of a login from an address, and no login alone", async (house) => {
  for (let number = 0; number < 5; number++) {
    await refused("unauthorized", signIn(house, "admin", "wrong horse"));
  }
  const error = await refused("rate_limit", signIn(house, "admin", password));
  assert(error.retryAfterS && error.retryAfterS > 0 && error.retryAfterS <= 180);
  await signIn(house, "admin", password, "192.0.2.2");
  house.clock.now += 3 * 60_000;
  await signIn(house, "admin", password);
});

rule("rule 27: twenty failures from an address, whatever the login", async (house) => {
  for (let number = 0; number < 20; number++) {
    await refused("unauthorized", signIn(house, `nobody ${number}`, "wrong horse"));
  }
  await refused("rate_limit", signIn(house, "admin", password));
  await signIn(house, "admin", password, "192.0.2.2");
});

rule(
  "rule 27: a success forgives the failures of that login, and many at once do not slip through",
  async (house) => {
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < 4; number++) {
        await refused("unauthorized", signIn(house, "admin", "wrong horse"));
      }
      await signIn(house, "admin", password);
    }
    const tries = Array.from({ length: 9 }, () => signIn(house, "other", "wrong horse"));
    const codes = (await Promise.allSettled(tries)).map(
      (one) => one.status === "rejected" && one.reason.code,
    );
    assert.equal(codes.filter((code) => code === "unauthorized").length, 5);
    assert.equal(codes.filter((code) => code === "rate_limit").length, 4);
  },
);

rule("rule 27: a sign-in of anything but texts is refused", async (house) => {
  const bare = { way: "token", address: "1", agent: "" } as const;
  for (const login of [{ $ne: null }, ["admin"], 1, null, undefined, "x".repeat(201)]) {
    await refused("validation", house.services.sessions.signIn({ login, password, ...bare }));
  }
});

rule(
  "directory: everybody of one's tenants, everybody at root reach, with parents in sight",
  async (house) => {
    const a = await house.group("a");
    const team = await house.group("team", a);
    const b = await house.group("b");
    const ada = await house.user("ada", team, "reader", { name: "Ada" });
    const bob = await house.user("bob", b, "reader", { groups: [team] });
    const cas = await house.user("cas", b, "reader");
    const { directory } = house.services;
    const known = async (user: string, question = {}) =>
      (await directory.find(await house.caller(user), question)).map(({ _id }) => _id);
    assert.deepEqual(new Set(await known(ada)), new Set([a, team, ada, bob]));
    assert.deepEqual(new Set(await known(cas)), new Set([b, bob, cas]));
    assert.equal((await known(house.admin)).length, 8);
    assert.deepEqual(await known(ada, { ids: [cas, bob, unknownId, house.root] }), [bob]);
    assert.deepEqual(await known(ada, { prefix: "AD" }), [ada]);
    assert.equal((await known(house.admin, { limit: 2 })).length, 2);
    const entries = await directory.find(await house.caller(ada), { ids: [a, team] });
    assert.deepEqual(entries, [
      { _id: a, kind: "group", name: "a" },
      { _id: team, kind: "group", name: "team", parent: a },
    ]);
  },
);
