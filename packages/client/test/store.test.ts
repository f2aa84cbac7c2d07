/** A typed store against a real server: entities one by one, lists, pages and streams. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { etagOf, StoaClient } from "../src/index.ts";
import { administrator, type City, citiesHouse, refused } from "./cities.ts";

const { stoa, client, cities } = await citiesHouse();

test("who signs in is known, and who signs out is not any more", async () => {
  const other = new StoaClient({ url: stoa.url });
  await refused("unauthorized", other.account.self());
  await refused("unauthorized", other.account.signIn({ ...administrator, password: "wrong one" }));
  await other.account.signIn(administrator);
  const self = await other.account.self();
  assert.deepEqual([self.user.login, self.role.name], ["admin", "administrator"]);
  const { token } = other;
  await other.account.signOut();
  assert.equal(other.token, null);
  other.account.useToken(token);
  await refused("unauthorized", other.account.self());
});

test("an entity is made, read, changed and removed", async () => {
  const delft = await cities.create({ name: "Delft", country: "NL", population: 104_573 });
  assert.match(delft._id, /^[0-9a-f]{24}$/);
  assert.equal(Object.hasOwn(delft, "success"), false);
  assert.deepEqual(await cities.read(delft._id), delft);
  assert.deepEqual(await cities.read(delft._id, { only: ["name"] }), {
    _id: delft._id,
    name: "Delft",
  });
  const merged = await cities.update(delft._id, { population: null, tags: ["old"] });
  assert.deepEqual([merged.population, merged.tags], [undefined, ["old"]]);
  const patched = await cities.update(delft._id, [{ op: "add", path: "/tags/-", value: "blue" }]);
  assert.deepEqual(patched.tags, ["old", "blue"]);
  assert.deepEqual((await cities.remove(delft._id)).name, "Delft");
  const error = await refused("not_found", cities.read(delft._id));
  assert.equal(error.store, "cities");
});

test("what others have changed meanwhile is not overwritten", async () => {
  const gouda = await cities.create({ name: "Gouda" });
  const changed = await cities.update(gouda._id, { country: "NL" }, { ifMatch: etagOf(gouda) });
  const late = { ifMatch: etagOf(gouda) };
  await refused("precondition", cities.update(gouda._id, { country: "BE" }, late));
  await refused("precondition", cities.remove(gouda._id, late));
  assert.equal((await cities.read(gouda._id)).country, "NL");
  await cities.remove(gouda._id, { ifMatch: etagOf(changed) });
});

test("many are made at once, all or none", async () => {
  const made = await cities.createAll([{ name: "Aa" }, { name: "Bb" }]);
  assert.deepEqual(
    made.map(({ name }) => name),
    ["Aa", "Bb"],
  );
  const bad = cities.createAll([{ name: "Cc" }, 5 as unknown as City]);
  const { details } = await refused("validation", bad);
  assert.equal(details?.[0]?.path, "1");
  assert.equal(await cities.count({ where: { name: "Cc" } }), 0);
  for (const { _id } of made) await cities.remove(_id);
});

test("a list comes page by page, each entity once and in order", async () => {
  const numbers = Array.from({ length: 25 }, (_, index) => index);
  const drafts = numbers.map((n) => ({ name: `n${n % 5}`, country: "XX", population: n }));
  await cities.createAll(drafts);
  const query = { where: { country: "XX" }, sortBy: ["name", "-population"] };
  const list = cities.find(query, { pageSize: 4 });
  const found = await Array.fromAsync(list);
  const expected = drafts.toSorted(
    (a, b) => a.name.localeCompare(b.name) || b.population - a.population,
  );
  assert.deepEqual(
    found.map(({ population }) => population),
    expected.map(({ population }) => population),
  );
  const sizes = (await Array.fromAsync(list.pages())).map(({ entities }) => entities.length);
  assert.deepEqual(sizes, [4, 4, 4, 4, 4, 4, 1]);
  const some = await Array.fromAsync(
    cities.find({ ...query, only: ["country"], offset: 3, limit: 10 }, { pageSize: 4 }),
  );
  assert.deepEqual(
    some.map(({ _id }) => _id),
    found.slice(3, 13).map(({ _id }) => _id),
  );
});

test("a page leads to the next one", async () => {
  const query = { where: { country: "XX" }, limit: 20 };
  const first = await cities.page(query);
  assert.equal(first.entities.length, 20);
  assert(first.next !== null);
  const second = await cities.page({ ...query, after: first.next });
  assert.deepEqual([second.entities.length, second.next], [5, null]);
});

test("conditions and filters choose", async () => {
  const named = async (query: object) =>
    (await Array.fromAsync(cities.find({ ...query, sortBy: ["population"] }))).map(
      ({ population }) => population,
    );
  assert.deepEqual(await named({ where: { "population>": 22 } }), [23, 24]);
  assert.deepEqual(await named({ where: { "population>=": 22, "population<": 24 } }), [22, 23]);
  assert.deepEqual(await named({ where: { population: [3, 1, "a,b"] } }), [1, 3]);
  assert.deepEqual(
    await named({ where: { country: "XX", "name!=": ["n0", "n1", "n2", "n3"] } }),
    [4, 9, 14, 19, 24],
  );
  const filter = ["<", ["property", "population"], 2];
  assert.deepEqual(await named({ filter, where: { country: "XX" } }), [0, 1]);
  assert.equal(await cities.count({ where: { name: "n0" } }), 5);
  const meta = await cities.meta({ where: { country: "XX" }, sortBy: ["population"] });
  assert.deepEqual([meta.total, meta.first?.population, meta.last?.population], [25, 0, 24]);
});

test("everything is streamed", async () => {
  const found = await Array.fromAsync(cities.stream({ sortBy: ["-population"] }));
  assert.deepEqual(
    found.map(({ population }) => population),
    Array.from({ length: 25 }, (_, index) => 24 - index),
  );
  for await (const city of cities.stream()) {
    assert.equal(city.country, "XX");
    break;
  }
  await refused("not_found", Array.fromAsync(client.store("nowhere").stream()));
});

test("a call ends with its signal, and says the signal's reason", async () => {
  const reason = new Error("not any more");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(cities.read("0", { signal }), reason);
  await assert.rejects(Array.fromAsync(cities.stream({}, { signal })), reason);
  const aborting = new AbortController();
  await assert.rejects(async () => {
    for await (const _ of cities.find({}, { pageSize: 1, signal: aborting.signal })) {
      aborting.abort(reason);
    }
  }, reason);
});

test("entities are shared, and it is explained why", async () => {
  const { root, role } = await ranks();
  const ada = await client.store("users").create({
    login: "ada",
    password: "correct horse",
    role: String(role["member"]),
    group: (await client.store("groups").create({ name: "team", parent: root }))._id,
  });
  const city = await cities.create({ name: "Lima" });
  assert.deepEqual((await cities.grant(city._id, [ada._id])).access, [ada._id]);
  const { visible, verbs } = await cities.explain(city._id, ada._id);
  assert.deepEqual([visible, verbs.GET.allowed, verbs.grant.allowed], [true, true, false]);
  assert.deepEqual((await cities.revoke(city._id, ada._id)).access, []);
  const moved = await cities.transfer(city._id, { owner: ada._id, group: String(ada.group) });
  assert.deepEqual([moved.owner, moved.group], [ada._id, ada.group]);
  const [found, ...others] = await client.account.principals({ ids: [ada._id] });
  assert.deepEqual([found?.name, others.length], ["ada", 0]);
  assert((await client.account.server()).stores.includes("cities"));
});

async function ranks() {
  const self = await client.account.self();
  const roles = await Array.fromAsync(client.store<{ name: string }>("roles").find());
  const role = Object.fromEntries(roles.map(({ name, _id }) => [name, _id]));
  return { root: self.groups[0] ?? "", role };
}
