/** The contract, entities one by one: making, reading, changing and removing them, and refusals. */
import assert from "node:assert/strict";
import type { Found, JsonObject } from "@stoa/domain";
import {
  all,
  bodyOf,
  found,
  idOf,
  idsOf,
  merge,
  type RulesHouse,
  refused,
  rule,
  unknownId,
} from "./rules-house.ts";

async function cities(house: RulesHouse) {
  const schema = { required: ["name"], properties: { n: { type: "number" } } };
  await house.store("cities", { schema, unique: [["name"]] });
  return house.as(house.admin);
}

rule("entities: the text of an entity is the same wherever it comes from", async (house) => {
  const entities = await cities(house);
  const odd = { name: 'a "quote", success', success: "mine", nested: [{ a: 1, success: true }] };
  const made = await entities.create("cities", odd);
  const read = await entities.read("cities", idOf(made));
  const [page] = await Array.fromAsync(await entities.find("cities", all()));
  assert.deepEqual([read.text, page?.texts, page?.cursor], [made.text, [made.text], [idOf(made)]]);
  const body = bodyOf(made);
  assert.deepEqual(
    [body["success"], body["owner"], body["group"]],
    ["mine", house.admin, house.root],
  );
  const many: readonly JsonObject[] = [
    { ...odd, name: "b", last: true },
    { name: "c", list: [{ a: 1, success: true }, { _id: "x" }], success: true },
    { name: "d" },
  ];
  const all3 = await entities.createAll("cities", many);
  for (const [index, one] of all3.entries()) {
    assert.equal((await entities.read("cities", idOf(one))).text, one.text);
    assert.equal(bodyOf(one)["name"], many[index]?.["name"]);
  }
  const removed = await entities.remove("cities", idOf(made));
  assert.deepEqual([removed.text, removed.etag], [made.text, null]);
});

rule("entities: parts of one, and references replaced", async (house) => {
  const entities = await cities(house);
  await house.store("notes", { schema: { properties: { city: { "x-ref": "cities" } } } });
  const city = idOf(await entities.create("cities", { name: "Delft", at: { x: 1, y: 2 } }));
  const part = await entities.read("cities", city, { only: [["at", "y"], ["time"]] });
  const { time, ...rest } = bodyOf(part);
  assert.deepEqual([typeof time, rest, part.etag], ["number", { _id: city, at: { y: 2 } }, null]);
  const note = idOf(await entities.create("notes", { city }));
  const unwound = bodyOf(await entities.read("notes", note, { unwind: [["city"]] }));
  assert.equal((unwound["city"] as JsonObject)["name"], "Delft");
});

rule("entities: all are made or none, and the wrong one is named", async (house) => {
  const entities = await cities(house);
  const error = await refused(
    "validation",
    entities.createAll("cities", [{ name: "a" }, { name: "b", n: "x" }]),
  );
  assert.deepEqual(
    error.details?.map(({ path, rule: broken }) => [path, broken]),
    [["1.n", "type"]],
  );
  const taken = entities.createAll("cities", [{ name: "a" }, { name: "a" }]);
  const conflict = await refused("conflict", taken);
  assert.equal(conflict.details?.[0]?.path, "1.name");
  assert.deepEqual(await idsOf(entities, "cities"), []);
  assert.deepEqual(await entities.createAll("cities", []), []);
});

rule("entities: a merge patch merges, a JSON Patch is performed", async (house) => {
  const entities = await cities(house);
  const made = await entities.create("cities", { name: "Delft", at: { x: 1, y: 2 }, n: 1 });
  const id = idOf(made);
  const merged = await entities.update("cities", id, merge({ at: { y: null, z: 3 }, n: null }));
  const { at, n } = bodyOf(merged);
  assert.deepEqual([at, n], [{ x: 1, z: 3 }, undefined]);
  assert.equal((await entities.read("cities", id)).text, merged.text);
  const patch = [
    { op: "test", path: ["name"], value: "Delft" },
    { op: "add", path: ["a/b~c"], value: [1] },
    { op: "move", from: ["at", "x"], path: ["n"] },
    { op: "remove", path: ["at"] },
  ] as const;
  const done = bodyOf(await entities.update("cities", id, { kind: "json", patch }));
  assert.deepEqual([done["a/b~c"], done["n"], done["at"]], [[1], 1, undefined]);
  const failing = [{ op: "test", path: ["n"], value: 2 }] as const;
  await refused("conflict", entities.update("cities", id, { kind: "json", patch: failing }));
  const { details } = await refused("validation", entities.update("cities", id, merge({ n: "" })));
  assert.deepEqual(
    details?.map(({ path, rule: broken }) => [path, broken]),
    [["n", "type"]],
  );
});

rule("entities: only the version that was read is changed or removed", async (house) => {
  const entities = await cities(house);
  const made = await entities.create("cities", { name: "Delft" });
  const id = idOf(made);
  const read = await entities.read("cities", id);
  assert.equal(etagOf(read), etagOf(made));
  const ifMatch = ['"0.0"', etagOf(read)];
  const changed = await entities.update("cities", id, merge({ n: 2 }), { ifMatch });
  assert.notEqual(etagOf(changed), etagOf(read));
  await refused("precondition", entities.update("cities", id, merge({ n: 3 }), { ifMatch }));
  await refused("precondition", entities.remove("cities", id, { ifMatch }));
  assert.equal(bodyOf(await entities.read("cities", id))["n"], 2);
  await entities.remove("cities", id, { ifMatch: [etagOf(changed)] });
  await refused("not_found", entities.read("cities", id));
});

/** Of an answer that carries one. */
function etagOf({ etag }: Found): string {
  assert.match(etag ?? "", /^"\d+\.\d+"$/);
  return etag ?? "";
}

rule("entities: a store and a group go only as is said", async (house) => {
  const entities = await cities(house);
  const city = idOf(await entities.create("cities", { name: "Delft" }));
  const id = await house.storeId("cities");
  await refused("validation", entities.remove("stores", id));
  const [old, young] = [await house.group("old"), await house.group("young")];
  await entities.transfer("cities", city, { group: old });
  const { details } = await refused("conflict", entities.remove("groups", old));
  assert.deepEqual(details, [{ path: "entities", rule: "in_use", message: "1" }]);
  await entities.remove("groups", old, { parameters: { into: young } });
  assert.equal(bodyOf(await entities.read("cities", city))["group"], young);
  await entities.remove("stores", id, { parameters: { confirm: "cities" } });
  await refused("not_found", entities.read("cities", city));
});

rule("entities: objects of a reference store are given their ids, and looked up", async (house) => {
  await house.store("refs", { flavour: "reference" });
  const entities = await house.as(house.admin);
  const id = "F199B9F2-016C-B30F-E345-50E54938780C";
  const given = await entities.create("refs", { type: "lamp", value: 1 }, { id });
  assert.deepEqual([idOf(given), bodyOf(given)["value"]], [id.toLowerCase(), 1]);
  assert.equal((await entities.read("refs", id.toLowerCase())).text, given.text);
  await refused("conflict", entities.create("refs", { type: "lamp" }, { id }));
  const other = idOf(await entities.create("refs", { type: "lamp" }));
  const number = idOf(await entities.create("refs", { type: "12" }));
  assert.deepEqual(
    (await entities.lookup("refs", "lamp")).toSorted(),
    [id.toLowerCase(), other].toSorted(),
  );
  assert.deepEqual(await entities.lookup("refs", id), [id.toLowerCase()]);
  assert.deepEqual(await entities.lookup("refs", 12), [number]);
  assert.deepEqual(await entities.lookup("refs", "chair"), []);
  const guest = await house.as(await house.user("guest", await house.group("a"), "member"));
  assert.deepEqual(await guest.lookup("refs", "lamp"), []);
});

rule("entities: what is not there, and what a store does not take, is said", async (house) => {
  const entities = await cities(house);
  const missing = await refused("not_found", entities.read("cities", unknownId));
  assert.equal(missing.store, "cities");
  await refused("not_found", entities.update("cities", unknownId, merge({})));
  await refused("not_found", entities.create("nowhere", {}));
  const method = await refused("method", entities.create("sessions", {}));
  assert.deepEqual(method.allow?.toSorted(), ["DELETE", "GET"]);
  const [user] = await found(entities, "users");
  await refused("method", entities.grant("users", idOf(user), [house.admin]));
  await refused("method", entities.explain("users", idOf(user)));
});
