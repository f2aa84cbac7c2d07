/** Tokens, changes by pages, objects of the reference API, and one socket for all of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { etagOf, StoaClient } from "../src/index.ts";
import { citiesHouse, refused } from "./cities.ts";

const { stoa, client, cities, another } = await citiesHouse();

test("a token is issued, used, listed and revoked", async () => {
  const { token, ...told } = await client.tokens.issue({ name: "robot", scopes: ["GET cities"] });
  assert.deepEqual([told.name, told.type, told.scopes], ["robot", "access", ["GET cities"]]);
  const robot = new StoaClient({ url: stoa.url, token });
  assert.equal(await robot.store("cities").count(), 0);
  await refused("forbidden", robot.store("cities").create({}));
  await refused("forbidden", robot.tokens.issue({ name: "child" }));
  const names = (await Array.fromAsync(client.tokens.find())).map(({ name }) => name);
  assert(names.includes("robot"));
  await client.tokens.revoke(told._id);
  await refused("unauthorized", robot.store("cities").count());
});

test("what has changed comes by pages up to now, and goes on from there", async () => {
  await cities.createAll(Array.from({ length: 25 }, (_, n) => ({ name: `${n}` })));
  const pages = await Array.fromAsync(client.changes({ store: "cities", limit: 10 }));
  assert.deepEqual(
    pages.map(({ changes, gap }) => [changes.length, gap]),
    [
      [10, false],
      [10, false],
      [5, false],
    ],
  );
  const since = pages.at(-1)?.next ?? 0;
  assert.deepEqual(await Array.fromAsync(client.changes({ store: "cities", since })), []);
  await cities.create({ name: "late" });
  const [page] = await Array.fromAsync(client.changes<{ name: string }>({ since }));
  assert.deepEqual(
    page?.changes.map(({ op, entity }) => [op, entity?.name]),
    [["insert", "late"]],
  );
  const [missed] = await Array.fromAsync(client.changes({ since: since + 1_000_000 }));
  assert.deepEqual([missed?.gap, missed?.changes.length], [true, 0]);
});

for (const transport of ["http", "socket"] as const) {
  test(`objects of the reference API are kept and looked up by ${transport}`, async () => {
    const objects = (await another({ transport })).reference<{ n: number }>("extobjs");
    const type = `lamp ${transport}`;
    const made = await objects.create({ type, value: { n: 1 }, opts: { title: "Hall" } });
    assert.deepEqual(await objects.read(made.id), made);
    assert.deepEqual(await objects.read(made.id, { mask: ["value.n"] }), { value: { n: 1 } });
    await refused("conflict", objects.create({ id: made.id, type }));
    const match = { ifMatch: etagOf(made) };
    const changed = await objects.update(made.id, { opts: { comment: "old" } }, match);
    assert.deepEqual(changed.opts, { title: "Hall", comment: "old" });
    await refused("precondition", objects.update(made.id, { value: { n: 2 } }, match));
    await refused("precondition", objects.remove(made.id, match));
    const listed = await objects.find({ type, mask: ["id", "opts"] });
    assert.deepEqual(listed, [{ id: made.id, opts: { title: "Hall" } }]);
    const filter = { "opts.title": "Hall", type };
    assert.equal((await objects.find({ filter, order: ["-type"], limit: 5 })).length, 1);
    assert.deepEqual(await objects.lookup(type), [made.id]);
    assert.deepEqual(await objects.lookup(made.id), [made.id]);
    await objects.remove(made.id, { ifMatch: etagOf(changed) });
    assert.deepEqual(await objects.lookup(type), []);
    await refused("not_found", objects.read(made.id));
    await refused("validation", objects.create({ type: 5 as unknown as string }));
  });
}

test("one socket carries what the client asks, and HTTP the rest", async () => {
  const asked: string[] = [];
  const socket = await another({
    transport: "socket",
    fetch: (url, init) => {
      asked.push(`${init.method} ${new URL(url).pathname}`);
      return fetch(url, init);
    },
  });
  asked.length = 0;
  const store = socket.store<{ name: string }>("cities");
  const made = await store.create({ name: "Zoom" });
  assert.notEqual(etagOf(made), null);
  await store.update(made._id, { name: "zuid" }, { ifMatch: etagOf(made) });
  const late = { ifMatch: etagOf(made) };
  await refused("precondition", store.remove(made._id, late));
  const found = await Array.fromAsync(store.find({ sortBy: ["-name"] }, { pageSize: 10 }));
  assert.equal(found[0]?.name, "zuid");
  assert.equal(await store.count(), found.length);
  const aborted = store.read(made._id, { signal: AbortSignal.abort(new Error("enough")) });
  await assert.rejects(aborted, /enough/);
  assert.deepEqual(asked, []);
  await store.update(made._id, [{ op: "test", path: "/name", value: "zuid" }]);
  const { owner, group } = made;
  await refused("validation", store.grant(made._id, ["0"]));
  await refused("not_found", store.revoke(made._id, "0".repeat(24)));
  assert.equal((await store.transfer(made._id, { owner, group })).owner, owner);
  assert.equal((await store.explain(made._id, owner)).visible, true);
  assert.equal((await socket.account.principals({ ids: [owner] })).length, 1);
  assert.deepEqual(asked, []);
  await Array.fromAsync(store.stream({ limit: 1 }));
  await socket.account.self();
  assert.deepEqual(asked, ["GET /api/v1/cities", "GET /api/v1/auth"]);
  socket.close();
  const nobody = new StoaClient({ url: stoa.url, transport: "socket" });
  await refused("unauthorized", nobody.store("cities").count());
  nobody.close();
});
