/** How fresh an answer must be, as the client says it, over both transports. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Consistency, StoaClient } from "../src/index.ts";
import { type City, citiesHouse, refused } from "./cities.ts";

const { stoa, client } = await citiesHouse();

/** What each request said about it. */
const said: (string | undefined)[] = [];

function clientWith(consistency?: Consistency, transport: "http" | "socket" = "http"): StoaClient {
  return new StoaClient({
    url: stoa.url,
    token: client.token,
    transport,
    ...(consistency !== undefined && { consistency }),
    retry: { attemptsMax: 1 },
    fetch: (url, init) => {
      said.push(new Headers(init.headers).get("stoa-consistency") ?? undefined);
      return fetch(url, init);
    },
  });
}

function heard(): (string | undefined)[] {
  return said.splice(0);
}

test("a client asks for what is there now, unless it is told otherwise", async () => {
  const cities = clientWith().store<City>("cities");
  const { _id } = await cities.create({ name: "Delft" });
  await cities.read(_id);
  await cities.read(_id, { consistency: "eventual" });
  await cities.page({}, { consistency: { after: 1 } });
  await cities.count({}, { consistency: "strong" });
  assert.deepEqual(heard(), [undefined, undefined, "eventual", "after=1", undefined]);
});

test("a session asks for what it has written, and for nothing else", async () => {
  const session = clientWith("session");
  const cities = session.store<City>("cities");
  await cities.count();
  const { _id } = await cities.create({ name: "Gouda" });
  const created = session.sequence;
  assert.ok(created > 0);
  await cities.read(_id);
  await cities.remove(_id);
  assert.ok(session.sequence > created);
  await Array.fromAsync(cities.find({ only: ["name"] }));
  await Array.fromAsync(cities.stream());
  const lamps = session.reference("extobjs");
  await lamps.create({ type: "lamp" });
  const last = session.sequence;
  await lamps.find();
  await lamps.lookup("lamp", { consistency: "strong" });
  const after = (sequence: number) => `after=${sequence}`;
  assert.deepEqual(heard(), [
    ...["after=0", undefined, after(created), undefined],
    ...[after(created + 1), after(created + 1), undefined, after(last), undefined],
  ]);
});

test("an import is written by who sent it", async () => {
  const file = new Blob(['[{"name":"Ede"}]']);
  const session = clientWith("session");
  for await (const _ of session.jobs.import("cities", file, { format: "json" }));
  assert.ok(session.sequence > 0);
  assert.deepEqual(new Set(heard()), new Set([undefined]));
});

test("over a socket the same is said, and heard", async () => {
  const session = clientWith("session", "socket");
  const cities = session.store<City>("cities");
  try {
    const { _id } = await cities.create({ name: "Epe" });
    const created = session.sequence;
    assert.ok(created > 0);
    assert.equal((await cities.read(_id)).name, "Epe");
    await cities.remove(_id);
    assert.ok(session.sequence > created);
    const wrong = { consistency: { after: -1 } };
    const { details } = await refused("validation", cities.read(_id, wrong));
    assert.equal(details?.[0]?.path, "consistency");
    await refused("validation", cities.page({}, wrong));
    await refused("validation", session.reference("extobjs").lookup("lamp", wrong));
    assert.deepEqual(heard(), []);
  } finally {
    session.close();
  }
});

test("a live set shows what is there now, whatever its client asks for", async () => {
  const session = clientWith("eventual");
  const live = session.store<City>("cities").live({ limit: 5 });
  try {
    await live.ready;
    assert.deepEqual(heard(), [undefined]);
  } finally {
    live.close();
    session.close();
  }
});
