/** The contract, lists: filters, order, parts, cursors, fields, and what there is of all of it. */
import assert from "node:assert/strict";
import {
  and,
  compareBy,
  type EntityService,
  type Expression,
  type Filter,
  type Json,
  type JsonObject,
  matches,
  not,
  type OrderKey,
  or,
  type Path,
  totalOrder,
} from "@stoa/domain";
import { all, found, idOf, idsOf, merge, type RulesHouse, refused, rule } from "./rules-house.ts";

const bodies: readonly JsonObject[] = [
  { name: "Delft", n: 1, tags: ["old", "blue"], at: { zone: "NL" } },
  { name: "Gouda", n: "1", tags: [], at: { zone: "nl" } },
  { name: "Leiden", n: 20, tags: [3, 30], at: null },
  { name: "Lima", n: 3, tags: "old", at: { zone: ["NL"] } },
  { name: "a,b", n: null, tags: [["old"]], made: "2019-08-21T07:24:18.629Z" },
  { name: 'say "old"', n: true, tags: { old: 1 } },
  { name: "", n: -0.5, flag: true, tags: null },
  { name: "Ω", n: 1e21, flag: false, tags: ["a,b"] },
];

async function filled(house: RulesHouse): Promise<{ entities: EntityService; kept: JsonObject[] }> {
  await house.store("things", { indexes: [["name"], ["n"]] });
  const entities = await house.as(house.admin);
  await entities.createAll("things", bodies);
  return { entities, kept: await found(entities, "things") };
}

const at = (path: string): Expression => ({ kind: "property", path: path.split(".") });
const constant = (value: Json): Expression => ({ kind: "constant", value });
const element = (path: string, op: "==" | "<" | ">" | "<=" | ">=", value: Json): Filter => {
  return { kind: "element", op, path: path.split("."), value };
};
const compare = (path: string, op: "==" | "!=" | "<" | ">=", value: Json): Filter => {
  return { kind: "compare", op, left: at(path), right: constant(value) };
};

const filters: readonly Filter[] = [
  and(),
  or(),
  element("n", "==", 1),
  element("n", ">", 1),
  element("n", "<", 3),
  element("n", ">=", 3),
  element("n", "<=", "1"),
  element("tags", "==", "old"),
  element("tags", ">", 3),
  element("tags", "==", ["old"]),
  element("tags", "==", { old: 1 }),
  element("name", "==", "a,b"),
  element("name", "==", 'say "old"'),
  element("at.zone", "==", "NL"),
  or(element("name", "==", "Lima"), element("name", "==", "a,b"), element("name", "==", "")),
  or(element("n", "==", null), element("tags", "==", "blue"), compare("n", "==", 20)),
  not(element("tags", "==", "old")),
  and(element("n", ">", 0), element("n", "<", 21), not(element("name", "==", "Delft"))),
  compare("n", "!=", 1),
  compare("tags", "==", []),
  compare("tags", "==", { old: 1 }),
  compare("at", "<", "x"),
  { kind: "loosely", path: ["n"], value: "1" },
  { kind: "loosely", path: ["n"], value: true },
  { kind: "loosely", path: ["flag"], value: "null" },
  { kind: "loosely", path: ["tags"], value: ["old", "blue"] },
  { kind: "in", left: at("n"), right: constant([1, "1", null]) },
  { kind: "contains", left: at("name"), right: constant("e") },
  { kind: "like", left: at("name"), pattern: constant("*d*") },
  { kind: "isnull", of: at("at.zone") },
  { kind: "truthy", of: at("flag") },
  not({ kind: "truthy", of: { kind: "test", filter: compare("n", ">=", 3) } }),
  {
    kind: "compare",
    op: "==",
    left: { kind: "call", name: "year", args: [at("made")] },
    right: constant(2019),
  },
];

rule("lists: a filter of any kind chooses what it fits, and is counted so", async (house) => {
  const { entities, kept } = await filled(house);
  const sizes = new Set<number>();
  for (const filter of filters) {
    const expected = kept.filter((entity) => matches(filter, entity)).map(idOf);
    const query = all({ filter });
    const ids = (await found(entities, "things", query)).map(idOf);
    assert.deepEqual(ids, expected, JSON.stringify(filter));
    assert.equal(await entities.count("things", query), expected.length);
    sizes.add(ids.length);
  }
  assert(sizes.size > 5, "filters should choose differently");
});

const orders: readonly (readonly [path: string, descending: boolean][])[] = [
  [],
  [["n", false]],
  [["n", true]],
  [
    ["at.zone", false],
    ["name", true],
  ],
  [["_id", true]],
];

function orderOf(keys: (typeof orders)[number]): OrderKey[] {
  return keys.map(([path, descending]) => ({ path: path.split("."), descending }));
}

rule("lists: every order, and each part of it, by number and by cursor", async (house) => {
  const { entities, kept } = await filled(house);
  for (const order of orders.map(orderOf)) {
    const expected = kept.toSorted((a, b) => compareBy(totalOrder(order), a, b)).map(idOf);
    const part = async (more: object) =>
      (await found(entities, "things", all({ order, ...more }))).map(idOf);
    assert.deepEqual(await part({}), expected);
    assert.deepEqual(await part({ offset: 2, limit: 3 }), expected.slice(2, 5));
    assert.deepEqual(await part({ offset: 20 }), []);
    assert.deepEqual(await part({ limit: 0 }), []);
    assert.deepEqual(await byCursors(entities, order, null), expected);
    assert.deepEqual(await byCursors(entities, order, [["tags"]]), expected);
  }
});

/** Ids of pages of three, each begun where the one before ended. */
async function byCursors(
  entities: EntityService,
  order: readonly OrderKey[],
  only: readonly Path[] | null,
): Promise<string[]> {
  const ids: string[] = [];
  let after: readonly Json[] | null = null;
  for (;;) {
    const pages = await entities.find("things", all({ order, only, after, limit: 3 }));
    const before = ids.length;
    for await (const { texts, cursor } of pages) {
      ids.push(...texts.map((text) => idOf(JSON.parse(text) as JsonObject)));
      after = cursor;
    }
    if (ids.length - before < 3) return ids;
  }
}

rule("lists: only the fields that are named, system fields first", async (house) => {
  const { entities } = await filled(house);
  const only = [["tags"], ["owner"], ["at", "zone"]];
  const [first, second, third] = await found(entities, "things", all({ only, limit: 3 }));
  const owner = house.admin;
  assert.deepEqual(Object.keys(first ?? {}), ["_id", "owner", "tags", "at"]);
  assert.deepEqual(
    [first?.["at"], second?.["owner"], third?.["at"]],
    [{ zone: "NL" }, owner, undefined],
  );
  const bare = await found(entities, "things", all({ only: [], limit: 1 }));
  assert.deepEqual(Object.keys(bare[0] ?? {}), ["_id"]);
});

rule("lists: how many there are, the first and the last", async (house) => {
  const { entities } = await filled(house);
  const order = [{ path: ["name"], descending: true }];
  const { total, first, last } = await entities.meta("things", all({ order }));
  const name = (text: string | null) => (JSON.parse(text ?? "{}") as JsonObject)["name"];
  assert.deepEqual([total, name(first), name(last)], [8, "Ω", ""]);
  const none = await entities.meta("things", all({ filter: compare("n", "==", 404) }));
  assert.deepEqual(none, { total: 0, first: null, last: null });
});

rule("lists: of thousands each comes once and in order", async (house) => {
  await house.store("many");
  const entities = await house.as(house.admin);
  const drafts = Array.from({ length: 2_345 }, (_, n) => ({ n, odd: n % 2 === 1 }));
  await entities.createAll("many", drafts);
  const numbers = async (query: object) =>
    (await found(entities, "many", all(query))).map(({ n }) => n);
  assert.deepEqual(
    await numbers({}),
    drafts.map(({ n }) => n),
  );
  const order = [{ path: ["n"], descending: true }];
  assert.deepEqual(
    await numbers({ order, filter: compare("odd", "==", true), offset: 5, limit: 1_100 }),
    drafts
      .filter(({ odd }) => odd)
      .toReversed()
      .slice(5, 1_105)
      .map(({ n }) => n),
  );
});

rule("lists: one that is left early harms nothing", async (house) => {
  const { entities } = await filled(house);
  for await (const { texts } of await entities.find("things", all())) {
    assert(texts.length > 0);
    break;
  }
  assert.equal((await idsOf(entities, "things")).length, 8);
});

rule("lists: one's own group alone, without those below", async (house) => {
  await house.store("cities");
  const a = await house.group("a");
  const below = await house.group("below", a);
  const chief = await house.as(await house.user("chief", a, "member"));
  const own = idOf(await chief.create("cities", {}));
  const lower = idOf(await chief.create("cities", { group: below }));
  assert.deepEqual(await idsOf(chief, "cities"), [own, lower]);
  const narrow = { withChildGroups: false };
  const pages = await Array.fromAsync(await chief.find("cities", all(), narrow));
  const texts = pages.flatMap((page) => page.texts);
  assert.deepEqual(
    texts.map((text) => idOf(JSON.parse(text) as JsonObject)),
    [own],
  );
  assert.equal(await chief.count("cities", all(), narrow), 1);
});

rule("lists: references are replaced by what they refer to", async (house) => {
  await house.store("cities");
  await house.store("notes", { schema: { properties: { city: { "x-ref": "cities" } } } });
  const entities = await house.as(house.admin);
  const city = idOf(await entities.create("cities", { name: "Delft" }));
  await entities.createAll("notes", [{ city }, { city: "gone" }]);
  const pages = await entities.find("notes", all(), { unwind: [["city"]] });
  const texts = (await Array.fromAsync(pages)).flatMap((page) => page.texts);
  const cities = texts.map((text) => (JSON.parse(text) as JsonObject)["city"] as JsonObject);
  assert.deepEqual([cities[0]?.["name"], cities[1]], ["Delft", "gone"]);
});

rule("lists: what is refused is refused before the first entity", async (house) => {
  const { entities } = await filled(house);
  assert.equal((await refused("not_found", entities.find("nowhere", all()))).store, "nowhere");
  await refused("not_found", entities.count("nowhere", all()));
  await refused("not_found", entities.find("nowhere", all({ limit: 0 })));
  await entities.update("things", (await idsOf(entities, "things"))[0] ?? "", merge({ n: 5 }));
});
