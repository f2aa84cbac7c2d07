/**
 * A plain WebSocket that follows several stores, or one that goes away under it.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createWorld, password } from "./api-table.ts";
import { BareSocket, connected, until } from "./socket-client.ts";

const world = await createWorld();
const headers = { authorization: `Bearer ${world.tokenOf("admin")}` };
const open: BareSocket[] = [];
after(() => {
  for (const socket of open) socket.close();
});

function stream(query: string): BareSocket {
  const socket = new BareSocket(
    `${world.url.replace("http", "ws")}/events/stream${query}`,
    headers,
  );
  open.push(socket);
  return socket;
}

async function create(store: string, n: number): Promise<void> {
  const url = `/api/v1/${store}`;
  assert.equal((await world.send({ as: "admin", method: "POST", url, body: { n } })).status, 200);
}

for (const name of ["inns", "boats", "cows"]) {
  await world.send({ as: "admin", method: "POST", url: "/api/v1/stores", body: { name } });
}

test("several stores come in one order, so that any last number resumes all of them", async () => {
  const since = (await world.send({ as: "admin", url: "/api/v1/changes?since=0" })).json.next;
  for (let n = 0; n < 30; n++) await create(["inns", "cows", "boats"][n % 3] ?? "", n);
  const whole = stream(`?store=inns,boats&since=${since}`);
  const seen: { _msgid: string; data: { n: number } }[] = [];
  for (let at = 0; at < 20; at++) seen.push(JSON.parse(await whole.next()));
  const wanted = Array.from({ length: 30 }, (_, n) => n).filter((n) => n % 3 !== 1);
  assert.deepEqual(
    seen.map(({ data }) => data.n),
    wanted,
  );
  const rest = stream(`?store=inns&store=boats&since=${seen[6]?._msgid}`);
  for (const n of wanted.slice(7)) assert.equal(JSON.parse(await rest.next()).data.n, n);
});

test("each of several stores must be one that may be followed, and no system store", async () => {
  for (const [query, status] of [
    ["?store=inns,towns", 404],
    ["?store=inns,users", 400],
  ] as const) {
    const refused = await stream(query).refusal();
    assert.equal(refused.status, status, refused.text);
  }
});

test("a stream whose only store is removed says so, and closes", async () => {
  const socket = stream("?store=cows");
  await socket.opened();
  const [{ _id }] = (await world.send({ as: "admin", url: "/api/v1/stores?where.name=cows" })).json;
  const url = `/api/v1/stores/${_id}?confirm=cows`;
  assert.equal((await world.send({ as: "admin", method: "DELETE", url })).status, 200);
  assert.equal(JSON.parse(await socket.next()).event, "end");
  assert.deepEqual(await socket.end(), { code: 4410, reason: "ended" });
});

test("all stores are those whose GET one holds, by each of the doors", async () => {
  const make = async (store: string, body: object) => {
    const sent = { as: "admin", method: "POST", url: `/api/v1/${store}`, body } as const;
    const { status, json, text } = await world.send(sent);
    assert.equal(status, 200, text);
    return json._id;
  };
  await make("stores", { name: "secrets" });
  const credentials = ["GET cities/*", "POST cities", "POST secrets"];
  const role = await make("roles", { name: "half", credentials });
  await make("users", { login: "hal", password, role, group: world.ids["north"] });
  const signIn = { method: "POST", url: "/api/v1/auth/token", body: { login: "hal", password } };
  const headers = { authorization: `Bearer ${(await world.send(signIn)).json.token}` };
  const since = (await world.send({ url: "/api/v1/changes?since=99999999", headers })).json.next;
  const stream = new BareSocket(`${world.url.replace("http", "ws")}/events/stream`, headers);
  await stream.opened();
  const socket = await connected(world.url, { extraHeaders: headers });
  const heard: string[] = [];
  socket.on("change", ({ store }) => heard.push(store));
  await socket.emitWithAck("subscribe", { store: "*" });
  for (const store of ["secrets", "cities"]) {
    const sent = { method: "POST", url: `/api/v1/${store}`, headers, body: { n: 1 } };
    assert.equal((await world.send(sent)).status, 200);
  }
  assert.equal(JSON.parse(await stream.next()).event, "cities-insert");
  await until(() => heard.length > 0, "the event");
  assert.deepEqual(heard, ["cities"]);
  const { changes } = (await world.send({ url: `/api/v1/changes?since=${since}`, headers })).json;
  const told = changes.map(({ store }: { store: string }) => store);
  assert.deepEqual(told, ["cities"]);
  socket.close();
  stream.close();
});
