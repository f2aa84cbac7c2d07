/**
 * Socket.IO on the wire: the session of the seed byte by byte, polling and upgrade, both client
 * generations, and who is let in.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import io2 from "socket.io-client-2";
import { createWorld, password } from "./api-table.ts";
import { BareSocket, call, connected, until } from "./socket-client.ts";

const world = await createWorld({ corsOrigins: ["https://app.example.org"] });
const address = world.url.replace("http", "ws");
const seedPath = "/socket.io/?EIO=3&transport=websocket";
const bearer = { authorization: `Bearer ${world.tokenOf("ada")}` };
const open: { close(): void }[] = [];
after(() => {
  for (const one of open) one.close();
});

function bare(path: string, headers: Record<string, string> = {}): BareSocket {
  const socket = new BareSocket(address + path, headers);
  open.push(socket);
  return socket;
}

async function cookieOf(login: string): Promise<string> {
  const body = { login, password };
  const { headers } = await world.send({ method: "POST", url: "/api/v1/auth", body });
  return String(headers["set-cookie"]).split(";", 1)[0] ?? "";
}

test("the session of the seed: cookie, 0 with the parameters, 2 answered by 3", async () => {
  const socket = bare(seedPath, { cookie: await cookieOf("ada") });
  const first = await socket.next();
  assert.match(first, /^0\{"sid":"[\w-]{20}","upgrades":\[\],/);
  assert.match(first, /"pingInterval":25000,"pingTimeout":60000,"maxPayload":\d+\}$/);
  assert.equal(await socket.next(), "40");
  socket.send("2");
  assert.equal(await socket.next(), "3");
});

test("a bare client of protocol 3 hears of a change", async () => {
  const socket = bare(`${seedPath}&events=cities`, bearer);
  await socket.next((frame) => frame.startsWith('42["subscribed"'));
  const made = await world.send({
    as: "ada",
    method: "POST",
    url: "/api/v1/cities",
    body: { n: 1 },
  });
  const frame = await socket.next((one) => one.startsWith("42"));
  const [name, change] = JSON.parse(frame.slice(2));
  const { success: _, ...entity } = made.json;
  assert.equal(name, "change");
  assert.deepEqual(change, {
    subscription: "1",
    seq: change.seq,
    op: "insert",
    store: "cities",
    id: entity._id,
    time: entity.time,
    by: world.ids["ada"],
    entity,
  });
  assert.deepEqual(JSON.parse((await socket.next()).slice(2)), ["cities created", entity]);
});

const refusals: [name: string, path: string, headers: Record<string, string>, status: number][] = [
  ["nobody", seedPath, {}, 401],
  ["a cookie that nobody has", seedPath, { cookie: "sid=nobody" }, 401],
  ["a token that nobody has", seedPath, { authorization: "Bearer stoa_nobody" }, 401],
  ["a bad token beside a good cookie", `${seedPath}&accessToken=x`, { cookie: "ada" }, 401],
  ["a page of another origin", seedPath, { cookie: "ada", origin: "https://evil.example" }, 403],
  ["a page without an origin", seedPath, { ...bearer, origin: "null" }, 403],
  ["a cross-site request", seedPath, { cookie: "ada", "sec-fetch-site": "cross-site" }, 403],
  ["a bad token of protocol 4", "/socket.io/?EIO=4&transport=websocket&accessToken=x", {}, 401],
];
for (const [name, path, headers, status] of refusals) {
  test(`before the upgrade, ${name} gets ${status} in JSON`, async () => {
    const cookie = headers["cookie"] === "ada" ? { cookie: await cookieOf("ada") } : {};
    const refused = await bare(path, { ...headers, ...cookie }).refusal();
    assert.equal(refused.status, status, refused.text);
    assert.match(refused.type, /^application\/json/);
    const tag = status === 401 ? "error_unauthorized" : "error_credentials";
    const { success, code, tags } = JSON.parse(refused.text);
    assert.deepEqual([success, code, tags[0]], [false, String(status), tag]);
  });
}

const welcome: [name: string, path: string, headers: Record<string, string>][] = [
  ["a bearer token", seedPath, bearer],
  ["a bare token", seedPath, { authorization: world.tokenOf("ada") }],
  ["?accessToken=", `${seedPath}&accessToken=${world.tokenOf("ada")}`, {}],
  ["the own origin", seedPath, { ...bearer, origin: world.url }],
  ["a configured origin", seedPath, { ...bearer, origin: "https://app.example.org" }],
  ["doubled slashes", `/${seedPath.replace("/?", "//?")}`, bearer],
];
for (const [name, path, headers] of welcome) {
  test(`${name} lets a socket in`, async () => {
    assert.match(await bare(path, headers).next(), /^0\{"sid"/);
  });
}

test("the user name of the URL is a token", async () => {
  const named = `${address.replace("//", `//${world.tokenOf("ada")}@`)}${seedPath}`;
  const socket = new BareSocket(named);
  open.push(socket);
  assert.match(await socket.next(), /^0\{"sid"/);
});

test("a client of version 4 signs in by auth.token", async () => {
  const socket = await connected(world.url, { auth: { token: world.tokenOf("ada") } });
  open.push(socket);
  assert.equal((await call(socket, "get", "cities", world.ids["delft"])).name, "delft");
});

test("a client of version 4 without a credential is refused, and told why", async () => {
  const refusal = await connected(world.url).then(
    () => assert.fail("was let in"),
    (error: Error & { data?: { code: number; name: string } }) => error,
  );
  assert.equal(refusal.message, "Unauthorized");
  assert.deepEqual([refusal.data?.code, refusal.data?.name], [401, "NotAuthenticated"]);
});

test("a client of version 4 comes by polling, and goes on by WebSocket", async () => {
  const socket = await connected(world.url, {
    transports: ["polling", "websocket"],
    extraHeaders: bearer,
  });
  open.push(socket);
  await until(() => socket.io.engine.transport.name === "websocket", "the upgrade");
  const answer = await call(socket, "get", "cities", world.ids["delft"]);
  assert.equal(answer.name, "delft");
});

test("polling repeats its credential: somebody else's is refused", async () => {
  const path = `/socket.io/?EIO=4&transport=polling`;
  const begun = await world.send({ as: "ada", url: path });
  const { sid } = JSON.parse(begun.text.slice(1));
  assert.equal((await world.send({ as: "bob", url: `${path}&sid=${sid}` })).status, 401);
  assert.equal((await world.send({ url: `${path}&sid=${sid}` })).status, 401);
  const join = await world.send({
    as: "ada",
    method: "POST",
    url: `${path}&sid=${sid}`,
    body: "40",
  });
  assert.equal(join.status, 200);
  assert.match((await world.send({ as: "ada", url: `${path}&sid=${sid}` })).text, /^40/);
});

test("a client of version 2 calls and hears", async () => {
  const socket = io2(world.url, {
    transports: ["polling", "websocket"],
    forceNew: true,
    query: { accessToken: world.tokenOf("ada"), events: "cities" },
  });
  open.push(socket);
  const heard: unknown[] = [];
  socket.on("cities patched", (city: { n: number }) => heard.push(city.n));
  await new Promise((resolve) => socket.once("subscribed", resolve));
  const [error, patched] = await new Promise<unknown[]>((resolve) => {
    socket.emit("patch", "cities", world.ids["delft"], { n: 7 }, {}, (...answer: unknown[]) =>
      resolve(answer),
    );
  });
  assert.equal(error, null);
  assert.equal((patched as { n: number }).n, 7);
  await until(() => heard.length > 0, "the event");
  assert.deepEqual(heard, [7]);
});

test("a call tells the version, minds If-Match and a key, and says what headers say", async () => {
  const socket = await connected(world.url, { auth: { token: world.tokenOf("ada") } });
  open.push(socket);
  const ack = (name: string, ...args: unknown[]) =>
    new Promise<unknown[]>((resolve) => {
      socket.emit(name, ...args, (...answer: unknown[]) => resolve(answer));
    });
  const id = world.ids["gouda"];
  const [, , etag] = await ack("get", "cities", id, {});
  assert.match(String(etag), /^"\d+\.\d+"$/);
  const [, , changed] = await ack("patch", "cities", id, { n: 1 }, { ifMatch: etag });
  assert.notEqual(changed, etag);
  const late = `ifMatch=${encodeURIComponent(String(etag))}`;
  for (const [stale] of [
    await ack("patch", "cities", id, { n: 2 }, { ifMatch: etag }),
    await ack("remove", "cities", id, late),
  ]) {
    assert.equal((stale as { code: number }).code, 412);
  }
  const key = { idempotencyKey: "once" };
  const [, first] = await ack("create", "cities", { name: "Aa" }, key);
  const [, again] = await ack("create", "cities", { name: "Aa" }, key);
  assert.deepEqual(again, first);
  const byHttp = await world.send({
    as: "ada",
    method: "POST",
    url: "/api/v1/cities",
    headers: { "idempotency-key": "once" },
    body: { name: "Aa" },
  });
  assert.equal(byHttp.json._id, (first as { _id: string })._id);
  const [other] = await ack("create", "cities", { name: "Bb" }, key);
  assert.equal((other as { code: number }).code, 409);
  const [refused] = await ack("update", "cities", id, {}, {});
  assert.match(String((refused as { allow: string }).allow), /PATCH/);
});

test("a subscription takes `>` and `<` as lists do", async () => {
  const socket = await connected(world.url, { auth: { token: world.tokenOf("ada") } });
  open.push(socket);
  const heard: unknown[] = [];
  socket.on("change", ({ entity }) => heard.push(entity.n));
  await new Promise((resolve) =>
    socket.emit("subscribe", { store: "cities", where: { "n>": 20, "n<": 23 } }, resolve),
  );
  for (const n of [20, 21, 23, 22]) await call(socket, "create", "cities", { n }, {});
  await until(() => heard.includes(22), "the event");
  assert.deepEqual(heard, [21, 22]);
});
