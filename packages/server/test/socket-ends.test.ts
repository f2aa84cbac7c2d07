/**
 * How sockets end and narrow: within a second of what ended them (rule 26), one by one, and all
 * together when the server drains.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Socket } from "socket.io-client";
import { createWorld, password, type World } from "./api-table.ts";
import { BareSocket, call, connected, until, withinSecond } from "./socket-client.ts";

const world = await createWorld();
const open: { close(): unknown }[] = [];
after(() => {
  for (const one of open) one.close();
});

/** What came over a socket, and whether it is there. */
interface Ear {
  readonly socket: Socket;
  readonly heard: [name: string, value: Heard][];
}

// biome-ignore lint/suspicious/noExplicitAny: whatever comes
type Heard = any;

async function listen(token: string, wish: object = { store: "cities" }): Promise<Ear> {
  const socket = await connected(world.url, { auth: { token }, reconnection: false });
  open.push(socket);
  const heard: Ear["heard"] = [];
  socket.onAny((name: string, value: Heard) => heard.push([name, value]));
  socket.on("disconnect", (why) => heard.push(["disconnect", why]));
  const answer = await socket.emitWithAck("subscribe", wish);
  assert.equal(answer.success, true, JSON.stringify(answer));
  return { socket, heard };
}

async function ended({ heard }: Ear): Promise<void> {
  await withinSecond(() => heard.some(([name]) => name === "disconnect"), "the end");
  const end = heard.find(([name]) => name === "end");
  assert.deepEqual([end?.[1].code, end?.[1].subscription], [401, null]);
}

async function signIn(login: string, secret = password): Promise<string> {
  const body = { login, password: secret };
  const { json } = await world.send({ method: "POST", url: "/api/v1/auth/token", body });
  return json.token;
}

async function makeUser(login: string, role = "member"): Promise<string> {
  const { [role]: roleId, north } = world.ids;
  const body = { login, password, role: roleId, group: north };
  const made = await world.send({ as: "admin", method: "POST", url: "/api/v1/users", body });
  assert.equal(made.status, 200, made.text);
  return made.json._id;
}

function patch(store: string, id: string, body: object) {
  return world.send({ as: "admin", method: "PATCH", url: `/api/v1/${store}/${id}`, body });
}

test("revoking a token ends its sockets, and those of nobody else", async () => {
  await makeUser("una");
  const [one, other] = [await listen(await signIn("una")), await listen(await signIn("una"))];
  const tokens = await call(one.socket, "find", "tokens", {});
  await call(one.socket, "remove", "tokens", tokens[0]._id, {});
  await ended(one);
  assert.ok(other.socket.connected);
});

test("disabling a user ends its sockets", async () => {
  const id = await makeUser("dora");
  const ear = await listen(await signIn("dora"));
  await patch("users", id, { disabled: true });
  await ended(ear);
});

test("a new password ends the other ways in", async () => {
  const id = await makeUser("pia");
  const ear = await listen(await signIn("pia"));
  await patch("users", id, { password: "another horse" });
  await ended(ear);
});

test("removing a user ends its sockets", async () => {
  const id = await makeUser("rosa");
  const ear = await listen(await signIn("rosa"));
  await world.send({ as: "admin", method: "DELETE", url: `/api/v1/users/${id}` });
  await ended(ear);
});

test("a role that loses GET ends the subscription, not the socket", async () => {
  const body = { name: "looker", credentials: ["GET cities/*", "POST cities"] };
  const role = (await world.send({ as: "admin", method: "POST", url: "/api/v1/roles", body })).json;
  Object.assign(world.ids, { looker: role._id });
  await makeUser("lou", "looker");
  const ear = await listen(await signIn("lou"));
  await patch("roles", role._id, { credentials: ["POST cities"] });
  await withinSecond(() => ear.heard.some(([name]) => name === "end"), "the end");
  assert.equal(ear.heard[0]?.[1].code, 403);
  assert.ok(ear.socket.connected);
  await assert.rejects(call(ear.socket, "find", "cities", {}), { name: "Forbidden" });
});

test("other groups of one's own are a gap, and what follows is by them", async () => {
  const id = await makeUser("gus");
  const ear = await listen(await signIn("gus"));
  await patch("users", id, { groups: [world.ids["south"]] });
  await withinSecond(() => ear.heard.some(([name]) => name === "gap"), "the gap");
  const url = `/api/v1/cities/${world.ids["lima"]}`;
  await world.send({ as: "bob", method: "PATCH", url, body: { n: 1 } });
  await withinSecond(() => ear.heard.some(([name]) => name === "change"), "the change");
  const since = (await ear.socket.emitWithAck("subscribe", { store: "cities", since: 10 })).gap;
  assert.equal(since, true, "and a resume from before them misses something");
});

test("a session that is over ends, within a second", async () => {
  const ear = await listen(await signIn("ada"));
  const before = world.clock;
  world.clock += 25 * 60 * 60 * 1_000;
  await ended(ear);
  world.clock = before;
});

test("a grant lets enter, its end lets leave by the id alone", async () => {
  const ear = await listen(world.tokenOf("bob"));
  const { delft, bob } = world.ids as Record<string, string>;
  const url = `/api/v1/cities/${delft}/access`;
  const body = { grant: [bob] };
  // Bob stands in another tenant, whom only the administrator knows.
  assert.equal((await world.send({ as: "admin", method: "POST", url, body })).status, 200);
  await world.send({ as: "admin", method: "DELETE", url: `${url}/${bob}` });
  await until(() => ear.heard.at(-1)?.[0] === "cities removed", "both");
  const changes = ear.heard.filter(([name]) => name === "change").map(([, value]) => value);
  assert.deepEqual(
    changes.map(({ op }) => op),
    ["enter", "leave"],
  );
  assert.equal(changes[0].entity.name, "delft");
  assert.deepEqual([changes[1].id, changes[1].entity], [delft, null]);
  assert.deepEqual(ear.heard.at(-1), ["cities removed", { _id: delft }]);
});

test("a server that drains tells everybody to come again, and is gone soon", async () => {
  const other: World = await createWorld();
  const socket = await connected(other.url, { auth: { token: other.tokenOf("ada") } });
  open.push(socket);
  const headers = { authorization: `Bearer ${other.tokenOf("ada")}` };
  const stream = new BareSocket(`${other.url.replace("http", "ws")}/events/stream`, headers);
  await stream.opened();
  const told: unknown[] = [];
  socket.on("draining", (value) => told.push(value));
  socket.on("disconnect", (why) => told.push(why));
  let isClosed = false;
  const closing = other.close().then(() => {
    isClosed = true;
  });
  await withinSecond(() => isClosed, "it is gone", 3);
  await closing;
  assert.deepEqual(await stream.end(), { code: 1012, reason: "draining" });
  await until(() => told.length === 2, "both");
  assert.deepEqual(told[0], { success: true, reconnect: true });
  assert.notEqual(told[1], "io server disconnect", "after which a client would not come again");
});
