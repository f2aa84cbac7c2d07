/** Design 10, rules 14, 15 and 21: what stays secret, the order of refusals, and replays. */
import assert from "node:assert/strict";
import { everything, type JsonObject } from "@stoa/domain";
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
  ruleOnEach,
  unknownId,
  values,
} from "./rules-house.ts";

ruleOnEach("rule 14: a password is in no text, change or query", async (house) => {
  const a = await house.group("a");
  const ada = await house.user("ada", a, "reader", { password });
  const root = await house.as(house.admin);
  const told = await root.update("users", ada, merge({ password: "second secret" }));
  await root.update("users", ada, {
    kind: "json",
    patch: [{ op: "add", path: ["password"], value: "third secret" }],
  });
  const shown = await values(house.engine, "users");
  const changes = await house.engine.changes(0, 10_000);
  const everywhere = JSON.stringify([told.text, shown, changes]);
  for (const secret of [password, "second", "third", "argon2"])
    assert(!everywhere.includes(secret));
  for (const field of ["password", "oldPassword"]) {
    const missing = { kind: "isnull", of: { kind: "property", path: [field] } } as const;
    assert.equal(await root.count("users", all({ filter: missing })), shown.length);
    assert(shown.every((user) => !(field in user)));
  }
});

rule(
  "rule 14: a remembered answer to a key keeps no password, nor a hash of the body alone",
  async (house) => {
    const caller = await house.caller(house.admin);
    const a = await house.group("a");
    const body = { login: "ada", password, group: a, role: await house.roleId("reader") };
    const keyed = { route: "POST users", key: "7a1c", body: JSON.stringify(body) };
    const kept: string[] = [];
    const { engine } = house;
    const transact = engine.transact.bind(engine);
    engine.transact = (work, options) =>
      transact((tx) => {
        const keep = tx.keep.bind(tx);
        tx.keep = (space, name, record) => {
          if (space === "idempotency") kept.push(record.value);
          return keep(space, name, record);
        };
        return work(tx);
      }, options);
    await house.services.entitiesOf(caller, { keyed }).create("users", body);
    const { createHash } = await import("node:crypto");
    const plain = createHash("sha256").update(keyed.body).digest("hex");
    assert.equal(kept.length, 1);
    assert(!kept[0]?.includes(password) && !kept[0]?.includes(plain));
  },
);

async function cities(house: RulesHouse) {
  const schema = { type: "object", properties: { n: { type: "number" } } };
  await house.store("cities", { schema, unique: [["n"]] });
  const root = await house.as(house.admin);
  const one = idOf(await root.create("cities", { n: 1 }));
  const two = idOf(await root.create("cities", { n: 2 }));
  return { root, one, two };
}

rule("rule 15: the route alone is refused before store and entity are looked at", async (house) => {
  const { one } = await cities(house);
  const nobody = await house.as(await house.user("nobody", await house.group("a"), "reader"));
  for (const store of ["cities", "nowhere"]) {
    for (const id of [one, unknownId]) {
      await refused("forbidden", nobody.update(store, id, merge({ n: "bad" })));
      await refused("forbidden", nobody.remove(store, id));
      await refused("forbidden", nobody.grant(store, id, [unknownId]));
    }
    await refused("forbidden", nobody.create(store, { n: "bad" }));
  }
  await refused("not_found", nobody.find("nowhere", all()));
});

rule(
  "rule 15: the store, then the entity, then precondition, content and conflict",
  async (house) => {
    const { root, one } = await cities(house);
    const ifMatch = ['"0.0"'];
    const missing = await refused(
      "not_found",
      root.update("nowhere", one, merge({ n: "bad" }), { ifMatch }),
    );
    assert.equal(missing.store, "nowhere");
    await refused("not_found", root.update("cities", unknownId, merge({ n: "bad" }), { ifMatch }));
    await refused("precondition", root.update("cities", one, merge({ n: "bad" }), { ifMatch }));
    await refused("precondition", root.remove("cities", one, { ifMatch }));
    await refused("validation", root.update("cities", one, merge({ n: "bad" })));
    await refused("conflict", root.update("cities", one, merge({ n: 2 })));
  },
);

rule("rule 15: control is refused before precondition and content", async (house) => {
  await cities(house);
  const a = await house.group("a");
  await house.role("keeper", "* users/*", "* roles/*", "* stores/*", "GET *");
  const keeper = await house.as(await house.user("keeper", a, "keeper"));
  const mighty = await house.user("mighty", a, "administrator");
  const ifMatch = ['"0.0"'];
  await refused("forbidden", keeper.update("users", mighty, merge({ nonsense: 1 }), { ifMatch }));
  await refused("forbidden", keeper.remove("users", mighty, { ifMatch }));
  await refused("forbidden", keeper.transfer("users", mighty, { owner: mighty }));
  const role = await house.roleId("member");
  await refused("forbidden", keeper.update("roles", role, merge({ nonsense: 1 }), { ifMatch }));
  await refused("forbidden", keeper.create("roles", { nonsense: 1 }));
  const [definition] = await found(keeper, "stores");
  const id = idOf(definition);
  await refused("forbidden", keeper.update("stores", id, merge({ nonsense: 1 }), { ifMatch }));
  await refused("forbidden", keeper.remove("stores", id, { ifMatch }));
  await refused("forbidden", keeper.create("stores", { nonsense: 1 }));
});

rule("rule 15: an entity that may not be seen is as one that is not there", async (house) => {
  const { one } = await cities(house);
  const member = await house.as(await house.user("ada", await house.group("a"), "member"));
  const texts = async (id: string) => {
    const works = [
      member.read("cities", id),
      member.update("cities", id, merge({ n: "bad" })),
      member.remove("cities", id),
      member.grant("cities", id, [unknownId]),
      member.explain("cities", id),
    ];
    const errors = await Promise.all(works.map((work) => refused("not_found", work)));
    return errors.map(({ message, details, store }) => JSON.stringify([message, details, store]));
  };
  assert.deepEqual(await texts(one), await texts(unknownId));
});

ruleOnEach(
  "rule 21: the same key makes one entity and gives the first answer again",
  async (house) => {
    await house.store("cities");
    const ada = await house.user("ada", await house.group("a"), "member");
    const post = async (body: JsonObject, key = "k") =>
      (await house.makingOnceAs(ada, key)).create("cities", body);
    const first = await post({ n: 1 });
    assert.deepEqual(await post({ n: 1 }), first);
    await refused("conflict", post({ n: 2 }));
    assert.notEqual(idOf(await post({ n: 1 }, "other")), idOf(first));
    const both = await Promise.all([post({ n: 3 }, "twice"), post({ n: 3 }, "twice")]);
    assert.equal(idOf(both[0]), idOf(both[1]));
    assert.equal(await house.engine.count("cities", everything), 3);
  },
);

rule("rule 21: a key belongs to user and route", async (house) => {
  await house.store("cities");
  await house.store("towns");
  const a = await house.group("a");
  const users = [await house.user("ada", a, "member"), await house.user("bob", a, "member")];
  const ids = new Set<string>();
  for (const user of users) {
    const entities = await house.makingOnceAs(user, "k");
    for (const store of ["cities", "towns"]) ids.add(idOf(await entities.create(store, {})));
  }
  assert.equal(ids.size, 4);
});

rule("rule 21: a replay authorises anew", async (house) => {
  await house.store("cities");
  const ada = await house.user("ada", await house.group("a"), "member");
  const post = async (how = {}) => (await house.makingOnceAs(ada, "k", how)).create("cities", {});
  const made = bodyOf(await post());
  assert.deepEqual(bodyOf(await post({ scopes: ["POST cities"] })), made);
  await refused("forbidden", post({ scopes: ["GET cities"] }));
  const role = await house.roleId("reader");
  await (await house.as(house.admin)).update("users", ada, merge({ role }));
  await refused("forbidden", post());
});
