/** Design 10, rules 9, 10 (protected fields), 17 and 20: sharing, references and explaining. */
import assert from "node:assert/strict";
import {
  all,
  bodyOf,
  idOf,
  idsOf,
  merge,
  type RulesHouse,
  refused,
  rule,
  ruleOnEach,
  unknownId,
} from "./rules-house.ts";

/** Two tenants with people, and a city of Ada's in her team. */
async function tenants(house: RulesHouse) {
  await house.store("cities");
  const a = await house.group("a");
  const b = await house.group("b");
  const team = await house.group("team", a);
  const side = await house.group("side", a);
  const [ada, chief, near, far] = await Promise.all([
    house.user("ada", team, "member"),
    house.user("chief", a, "member"),
    house.user("near", side, "member"),
    house.user("far", b, "member"),
  ]);
  const city = idOf(await (await house.as(ada)).create("cities", { name: "Delft" }));
  return { a, b, team, side, ada, chief, near, far, city };
}

ruleOnEach(
  "rule 9: owners and those above the group share; a grant never controls",
  async (house) => {
    const { ada, chief, near, city, side } = await tenants(house);
    const granted = bodyOf(await (await house.as(ada)).grant("cities", city, [near]));
    assert.deepEqual(granted["access"], [near]);
    const guest = await house.as(near);
    assert.deepEqual(await idsOf(guest, "cities"), [city]);
    await guest.update("cities", city, merge({ name: "Delfi" }));
    await refused("forbidden", guest.grant("cities", city, [side]));
    await refused("forbidden", guest.transfer("cities", city, { owner: near }));
    await refused("forbidden", guest.revoke("cities", city, ada));
    const above = await house.as(chief);
    await above.grant("cities", city, [side]);
    await above.revoke("cities", city, side);
    assert.equal(bodyOf(await above.transfer("cities", city, { owner: chief }))["owner"], chief);
    await refused("forbidden", (await house.as(near)).transfer("cities", city, { owner: near }));
  },
);

rule("rule 9: anyone may drop a grant made to itself, and no other", async (house) => {
  const { ada, near, city, side } = await tenants(house);
  await (await house.as(ada)).grant("cities", city, [near, side]);
  const guest = await house.as(near);
  await refused("forbidden", guest.revoke("cities", city, side));
  const left = bodyOf(await guest.revoke("cities", city, near));
  assert.deepEqual(left["access"], [side]);
  await refused("not_found", guest.revoke("cities", city, near));
  await (await house.as(ada)).revoke("cities", city, side);
  await refused("not_found", guest.read("cities", city));
});

rule("rule 9: principals and new owners must be in one's directory", async (house) => {
  const { ada, near, far, b, side, city } = await tenants(house);
  const entities = await house.as(ada);
  for (const principal of [far, b, house.root, house.admin, unknownId]) {
    await refused("validation", entities.grant("cities", city, [near, principal]));
    await refused("validation", entities.transfer("cities", city, { owner: principal }));
  }
  await refused("validation", entities.transfer("cities", city, { owner: side }));
  assert.deepEqual(bodyOf(await entities.read("cities", city))["access"], []);
  const root = await house.as(house.admin);
  assert.equal(bodyOf(await root.transfer("cities", city, { owner: far }))["owner"], far);
});

rule("rule 9: new groups must be in reach, at creation too", async (house) => {
  const { chief, ada, team, side, a, b, city } = await tenants(house);
  const above = await house.as(chief);
  const made = bodyOf(await above.create("cities", { group: side }));
  assert.deepEqual(made["branch"], [side, a, house.root]);
  assert.equal(bodyOf(await above.create("cities", {}))["group"], a);
  assert.equal(bodyOf(await above.transfer("cities", city, { group: side }))["group"], side);
  for (const group of [b, house.root, unknownId]) {
    await refused("validation", above.create("cities", { group }));
    await refused("validation", above.transfer("cities", city, { group }));
  }
  await refused(
    "validation",
    (await house.as(ada)).transfer("cities", city, { group: `${team}0` }),
  );
  await refused("validation", (await house.as(ada)).transfer("cities", city, { group: a }));
});

rule("rule 9: moving an entity out of sight works, and then it is gone", async (house) => {
  const { chief, near, side, city, ada } = await tenants(house);
  const above = await house.as(chief);
  await above.transfer("cities", city, { group: side, owner: near });
  await refused("not_found", (await house.as(ada)).read("cities", city));
  assert.deepEqual(await idsOf(await house.as(near), "cities"), [city]);
});

rule("rule 9: sharing what is not visible is 404, with every right", async (house) => {
  const { far, city } = await tenants(house);
  const entities = await house.as(far);
  await refused("not_found", entities.grant("cities", city, [far]));
  await refused("not_found", entities.revoke("cities", city, far));
  await refused("not_found", entities.transfer("cities", city, { owner: far }));
});

rule("rule 10: neither kind of patch changes protected fields", async (house) => {
  const { ada, chief, a, city } = await tenants(house);
  const entities = await house.as(ada);
  const before = bodyOf(await entities.read("cities", city));
  const forged = { _id: unknownId, owner: chief, group: a, access: [chief], branch: [a], time: 1 };
  await entities.update("cities", city, merge({ ...forged, _at: 1 }));
  const patch = Object.entries(forged).map(([name, value]) => {
    return { op: "replace" as const, path: [name], value };
  });
  await entities.update("cities", city, { kind: "json", patch });
  assert.deepEqual(bodyOf(await entities.read("cities", city)), before);
});

rule("rule 11: an entity has at most 1,000 grants", async (house) => {
  const { city } = await tenants(house);
  const access = Array.from({ length: 1_000 }, (_, index) => index.toString(16).padStart(24, "0"));
  await house.engine.transact(async (tx) => {
    const before = await tx.read("cities", city);
    assert(before);
    await tx.update("cities", before, { ...before, access }, { by: house.admin, time: 1 });
  });
  const root = await house.as(house.admin);
  await refused("validation", root.grant("cities", city, [house.admin]));
  await root.revoke("cities", city, access[0] as string);
  assert.equal(
    (bodyOf(await root.grant("cities", city, [house.admin]))["access"] as []).length,
    1_000,
  );
});

rule("rule 17: unknown principals and those outside the directory read alike", async (house) => {
  const { ada, far, city } = await tenants(house);
  const entities = await house.as(ada);
  const one = await refused("validation", entities.grant("cities", city, [far]));
  const two = await refused("validation", entities.grant("cities", city, [unknownId]));
  assert.deepEqual([one.message, one.details], [two.message, two.details]);
});

rule("rule 17: a conflict names only fields that were sent", async (house) => {
  await house.store("pairs", { unique: [["x", "y"]] });
  const root = await house.as(house.admin);
  await root.create("pairs", { x: 1, y: 1 });
  const second = idOf(await root.create("pairs", { x: 2, y: 1 }));
  const patched = await refused("conflict", root.update("pairs", second, merge({ x: 1 })));
  assert.deepEqual(
    patched.details?.map(({ path }) => path),
    ["x"],
  );
  const made = await refused("conflict", root.create("pairs", { x: 2, y: 1 }));
  assert.deepEqual(
    made.details?.map(({ path }) => path),
    ["x", "y"],
  );
});

rule("rule 17: unwind needs GET on the target and shows only what is visible", async (house) => {
  const { ada, far, city } = await tenants(house);
  const schema = {
    type: "object",
    properties: { ref: { "x-ref": "cities" }, who: { "x-ref": "users" } },
  };
  await house.store("notes", { schema });
  const theirs = idOf(await (await house.as(far)).create("cities", { name: "Ghent" }));
  const entities = await house.as(ada);
  const note = idOf(await entities.create("notes", { ref: [city, theirs, unknownId], who: ada }));
  const unwind = [["ref"]];
  const unwound = bodyOf(await entities.read("notes", note, { unwind }))["ref"] as unknown[];
  assert.equal((unwound[0] as { name: string }).name, "Delft");
  assert.deepEqual(unwound.slice(1), [theirs, unknownId]);
  await refused("validation", entities.read("notes", note, { unwind: [["who"]] }));
  await house.role("noter", "GET notes/*");
  const noter = await house.as(await house.user("noter", house.root, "noter"));
  await refused("forbidden", noter.read("notes", note, { unwind }));
  await refused("forbidden", noter.find("notes", all(), { unwind }));
});

rule("rule 17: references are not checked for existence", async (house) => {
  const schema = { type: "object", properties: { ref: { "x-ref": "cities" } } };
  await house.store("notes", { schema });
  assert.equal(
    bodyOf(await (await house.as(house.admin)).create("notes", { ref: unknownId }))["ref"],
    unknownId,
  );
});

rule("rule 20: explaining about another needs control and coverage", async (house) => {
  const { ada, chief, near, far, city } = await tenants(house);
  await (await house.as(ada)).grant("cities", city, [near]);
  const mighty = await house.user("mighty", await house.group("mine", house.root), "administrator");
  const above = await house.as(chief);
  const about = await above.explain("cities", city, near);
  assert.deepEqual([about.user, about.visible], [near, true]);
  assert.equal(about.verbs.grant.allowed, false);
  assert.equal((await above.explain("cities", city, ada)).verbs.grant.allowed, true);
  for (const user of [far, mighty, house.admin, unknownId]) {
    await refused("not_found", above.explain("cities", city, user));
  }
  await refused("not_found", (await house.as(near)).explain("cities", city, ada));
  await refused("not_found", (await house.as(far)).explain("cities", city));
  const own = await (await house.as(near)).explain("cities", city);
  assert.deepEqual(own.verbs.GET.because, [
    { rule: "access", id: near },
    { rule: "role", credential: "* *" },
  ]);
});
