/** Live sets and followed changes against a real server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { until } from "../../server/test/socket-client.ts";
import type { FollowEvent, LiveChange, LiveQuery, LiveSet } from "../src/index.ts";
import { StoaError } from "../src/index.ts";
import { type City, citiesHouse } from "./cities.ts";

const { stoa, client, cities, another } = await citiesHouse();
const other = (await another()).store<City>("cities");
const first = await cities.create({ name: "first" });

async function withLive(
  query: LiveQuery,
  work: (live: LiveSet<City>, names: () => string[]) => Promise<void>,
): Promise<void> {
  const live = cities.live(query);
  try {
    await live.ready;
    await work(live, () => live.entities.map(({ name }) => name));
  } finally {
    live.close();
  }
}

test("a live set holds what is there, and then what comes, changes and goes", async () => {
  const delft = await other.create({ name: "Delft", country: "NL" });
  await other.create({ name: "Gent", country: "BE" });
  const query = { where: { country: "NL" }, sortBy: ["name"] };
  await withLive(query, async (live, names) => {
    assert.deepEqual([names(), live.state, live.isComplete], [["Delft"], "live", true]);
    const heard: LiveChange<City>[] = [];
    live.listen((change) => heard.push(change));
    const aa = await other.create({ name: "Aa", country: "NL" });
    await until(() => names().length === 2, "the new one");
    assert.deepEqual(names(), ["Aa", "Delft"]);
    await other.update(delft._id, { name: "Delfzijl", tags: ["sea"] });
    await until(() => names().includes("Delfzijl"), "the change");
    await other.update(delft._id, { country: "DE" });
    await until(() => names().length === 1, "the one that left");
    await other.update(delft._id, { country: "NL", name: "A" });
    await until(() => names().length === 2, "the one that came back");
    assert.deepEqual(names(), ["A", "Aa"]);
    await other.remove(aa._id);
    await until(() => names().length === 1, "the removal");
    const told = heard.map(({ added, changed, removed }) =>
      [added, changed, removed].map((some) => some.map(({ name }) => name).join()).join("|"),
    );
    assert.deepEqual(told, ["Aa||", "|Delfzijl|", "||Delfzijl", "A||", "||Aa"]);
  });
});

test("a live set that is limited is filled up from behind", async () => {
  await cities.createAll(Array.from({ length: 60 }, (_, n) => ({ name: "x", population: n })));
  const query = { where: { name: "x" }, sortBy: ["-population"], limit: 5 };
  const live = cities.live({ ...query, only: ["population"] });
  const numbers = () => live.entities.map(({ population }) => population);
  await live.ready;
  assert.deepEqual([numbers(), live.isComplete], [[59, 58, 57, 56, 55], false]);
  assert.deepEqual(Object.keys(live.entities[0] ?? {}), ["_id", "population"]);
  const all = await Array.fromAsync(other.find({ ...query, limit: 60 }));
  // More than are kept in reserve, and some of them at once.
  for (const { _id } of all.slice(0, 30)) await other.remove(_id);
  const shows = (wanted: readonly number[], what: string) =>
    until(() => isDeepStrictEqual(numbers(), wanted), what);
  await shows([29, 28, 27, 26, 25], "the next ones");
  await other.update(all[58]?._id ?? "", { population: 100 });
  await shows([100, 29, 28, 27, 26], "the one from far behind");
  await other.update(all[58]?._id ?? "", { population: -100 });
  await shows([29, 28, 27, 26, 25], "the one that falls far behind");
  await Promise.all(all.slice(30).map(({ _id }) => other.remove(_id)));
  await until(() => numbers().length === 0 && live.isComplete, "the end");
  live.close();
});

test("nothing is lost or doubled while the list is fetched", async () => {
  const written = new Map<string, number>();
  let left = 60;
  const write = async () => {
    while (left-- > 0) {
      const n = left;
      const { _id } = await other.create({ name: "busy", population: n });
      written.set(_id, n);
      if (n % 3 === 0) {
        await other.update(_id, { population: -n });
        written.set(_id, -n);
      }
      if (n % 4 > 0) continue;
      await other.remove(_id);
      written.delete(_id);
    }
  };
  const writing = Promise.all([write(), write(), write()]);
  const sets: LiveSet<City>[] = [];
  for (const at of [55, 40, 25, 10]) {
    await until(() => left <= at, "some more are written");
    const live = cities.live({ where: { name: "busy" }, sortBy: ["population"] });
    const kept = new Set<string>();
    live.listen(({ added, removed }) => {
      for (const { _id } of added) assert(!kept.has(_id) && kept.add(_id), "came twice");
      for (const { _id } of removed) assert(kept.delete(_id), "went twice");
    });
    sets.push(live);
  }
  await writing;
  assert.equal(written.size, 45);
  const expected = [...written].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  for (const live of sets) {
    const shown = () => live.entities.map(({ _id, population }) => [_id, population]);
    await until(() => JSON.stringify(shown()) === JSON.stringify(expected), "the same");
    live.close();
  }
});

test("a live set comes back after the server was away, with what came meanwhile", async () => {
  const query = { where: { country: "SE" }, sortBy: ["name"] };
  await cities.create({ name: "Falun", country: "SE" });
  await withLive(query, async (live, names) => {
    const states: string[] = [];
    live.listen(({ state }) => states.push(state));
    await stoa.restart();
    await until(() => states.includes("away"), "the loss");
    await client.store<City>("cities").create({ name: "Boden", country: "SE" });
    await until(() => names().length === 2 && live.state === "live", "the return");
    assert.deepEqual(names(), ["Boden", "Falun"]);
    assert.equal(states.includes("loading"), false, "it was not fetched anew");
  });
});

test("those who iterate take all that has changed since they last looked", async () => {
  const ending = new AbortController();
  const live = cities.live({ where: { country: "FI" } }, { signal: ending.signal });
  const seen: string[] = [];
  for await (const { added, removed, state } of live) {
    const names = [added, removed].map((some) => some.map(({ name }) => name).join());
    seen.push(`${names.join("|")} ${state}`);
    if (state === "ended") continue;
    if (seen.length === 1) await other.create({ name: "Oulu", country: "FI" });
    if (seen.length === 2) {
      const { _id } = await other.create({ name: "Turku", country: "FI" });
      await other.create({ name: "Pori", country: "FI" });
      await until(() => live.entities.length === 3, "both");
      await other.remove(_id);
      await until(() => live.entities.length === 2, "the removal");
    }
    if (seen.length === 3) ending.abort();
  }
  assert.deepEqual(seen, ["| live", "Oulu| live", "Pori| live", "| ended"]);
});

test("changes are followed in order, from where one was", async () => {
  const events: FollowEvent<City>[] = [];
  const take = async (since: number | undefined, count: number) => {
    const taken: FollowEvent<City>[] = [];
    const query = { where: { name: ["one", "two"] } };
    for await (const event of cities.follow(query, since === undefined ? {} : { since })) {
      taken.push(event);
      if (taken.length === 1 && since === undefined) void other.create({ name: "one" });
      if (taken.length === count) break;
    }
    return taken;
  };
  events.push(...(await take(undefined, 2)));
  const [begun, first] = events;
  assert(begun?.kind === "begun" && first?.kind === "change");
  assert.deepEqual([first.op, first.entity?.name], ["insert", "one"]);
  await other.create({ name: "three" });
  await other.update(first.id, { name: "two" });
  await other.update(first.id, { name: "four" });
  await other.update(first.id, { name: "one" });
  const later = await take(first.seq, 4);
  const told = later.map((event) => (event.kind === "change" ? event.op : event.kind));
  assert.deepEqual(told, ["begun", "update", "leave", "enter"]);
  assert.equal(later[0]?.kind === "begun" && later[0].seq, first.seq, "nothing was told by then");
  const missed = await take(begun.seq + 1_000_000, 1);
  assert.equal(missed[0]?.kind, "gap");
});

test("the changes of all stores are followed with no more of each than is asked for", async () => {
  for await (const event of client.follow({ only: ["name"] })) {
    if (event.kind === "begun") {
      void other.create({ name: "Assen", country: "NL" });
      continue;
    }
    assert(event.kind === "change" && event.store === "cities");
    assert.deepEqual(event.entity, { _id: event.id, name: "Assen" });
    break;
  }
});

test("who signs in as somebody else sees live what that one sees", async () => {
  const roles = client.store<{ name: string }>("roles").find({ where: { name: "member" } });
  const [role] = await Array.fromAsync(roles);
  const group = await client.store("groups").create({ name: "north", parent: first.group });
  const ada = { login: "ada", password: "correct horse" };
  const draft = { ...ada, role: role?._id ?? "", group: group._id };
  await client.store("users").create(draft);
  const page = await another();
  const live = page.store<City>("cities").live({ where: { country: "DK" } });
  await live.ready;
  await cities.create({ name: "Ribe", country: "DK", group: group._id });
  await cities.create({ name: "Vejle", country: "DK" });
  await until(() => live.entities.length === 2, "both");
  await page.account.signIn(ada);
  await until(() => live.entities.length === 1 && live.state === "live", "hers alone");
  assert.equal(live.entities[0]?.name, "Ribe");
  await cities.create({ name: "Odense", country: "DK", group: group._id });
  await until(() => live.entities.length === 2, "what comes for her");
  live.close();
});

test("what may not be followed is refused, and an ended credential ends a set", async () => {
  const nowhere = client.store("nowhere").live();
  await assert.rejects(nowhere.ready, (error) => isError(error, "not_found"));
  assert.equal(nowhere.error?.code, "not_found");
  const guest = await another();
  const live = guest.store<City>("cities").live();
  await live.ready;
  await client.account.self();
  const { token } = guest;
  const copy = await another();
  copy.account.useToken(token);
  await copy.account.signOut();
  await until(() => live.state === "ended", "the end");
  assert.equal(live.error?.code, "unauthorized");
  await assert.rejects(Array.fromAsync(live), (error) => isError(error, "unauthorized"));
});

function isError(error: unknown, code: string): boolean {
  return error instanceof StoaError && error.code === code;
}
