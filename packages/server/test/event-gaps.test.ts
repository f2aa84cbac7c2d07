/**
 * Who comes back later than the log is kept: each of the doors says so, and goes on. And how much a
 * page of changes holds.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { limit } from "@stoa/domain";
import { createWorld, password } from "./api-table.ts";
import { BareSocket, connected, until } from "./socket-client.ts";

const day = 24 * 60 * 60 * 1_000;
const world = await createWorld({ changeLog: { ageMsMax: 7 * day, bytesMax: 2 ** 40 } });
const last = await world.send({ as: "ada", url: "/api/v1/changes?since=99999999" });
/** Later than all that was done to people, so that nothing but the sweep is a reason. */
const swept = last.json.next - 2;
world.clock += 8 * day;
const token = (await signIn()).token;
await create({ n: "sweeps" });
const open: { close(): unknown }[] = [];
after(() => {
  for (const one of open) one.close();
});

async function signIn() {
  const body = { login: "ada", password };
  return (await world.send({ method: "POST", url: "/api/v1/auth/token", body })).json;
}

function ask(url: string, method = "GET", body?: object, accept = "application/json") {
  const headers = { authorization: `Bearer ${token}`, accept };
  return world.send({ method, url, headers, ...(body && { body }) });
}

async function create(body: object): Promise<string> {
  const { status, json, text } = await ask("/api/v1/cities", "POST", body);
  assert.equal(status, 200, text);
  return json._id;
}

async function gapsTold(): Promise<number> {
  const { text } = await world.send({ url: "/metrics", headers: await administrator() });
  return Number(/^stoa_feed_gaps_total (\d+)$/m.exec(text)?.[1]);
}

async function administrator() {
  const body = { login: "admin", password };
  const { json } = await world.send({ method: "POST", url: "/api/v1/auth/token", body });
  return { authorization: `Bearer ${json.token}` };
}

test("over Socket.IO the acknowledgement has the gap", async () => {
  const socket = await connected(world.url, { auth: { token } });
  open.push(socket);
  const heard: { seq: number; id: string }[] = [];
  socket.on("change", (change) => heard.push(change));
  const answer = await socket.emitWithAck("subscribe", { store: "cities", since: swept });
  assert.deepEqual([answer.success, answer.gap], [true, true]);
  const id = await create({ n: 1 });
  await until(() => heard.length === 1, "what follows");
  assert.deepEqual([heard[0]?.id, heard[0]?.seq], [id, answer.seq + 1]);
  const resumed = await socket.emitWithAck("subscribe", { store: "cities", since: answer.seq });
  assert.equal(resumed.gap, undefined, "from there on it is kept");
});

test("over the plain WebSocket the first frame is the gap", async () => {
  const address = `${world.url.replace("http", "ws")}/events/stream?store=cities&since=${swept}`;
  const socket = new BareSocket(address, { authorization: `Bearer ${token}` });
  open.push(socket);
  const gap = JSON.parse(await socket.next());
  assert.equal(gap.event, "gap");
  const id = await create({ n: 2 });
  const next = JSON.parse(await socket.next());
  assert.deepEqual([next._oid, next._msgid], [id, String(Number(gap._msgid) + 1)]);
});

test("server-sent events begin with the gap, whose id resumes behind it", async () => {
  const controller = new AbortController();
  const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream" };
  const { signal } = controller;
  const url = `${world.url}/api/v1/changes?store=cities`;
  const asked = { headers: { ...headers, "last-event-id": String(swept) }, signal };
  const reader = (await fetch(url, asked)).body?.getReader();
  let text = "";
  while (!text.includes("event: gap")) text += Buffer.from((await reader?.read())?.value ?? []);
  const [, seq] = /^id: (\d+)\nevent: gap\ndata: \{"seq":\1\}$/m.exec(text) ?? [];
  assert.ok(seq, text);
  const id = await create({ n: 3 });
  while (!text.includes(id)) text += Buffer.from((await reader?.read())?.value ?? []);
  assert.match(text, new RegExp(`^id: ${Number(seq) + 1}\nevent: change$`, "m"));
  controller.abort();
});

test("a page of changes has the gap, and where to go on", async () => {
  const { json } = await ask(`/api/v1/changes?store=cities&since=${swept}`);
  assert.deepEqual([json.success, json.gap, json.changes], [true, true, []]);
  const id = await create({ n: 4 });
  const after = (await ask(`/api/v1/changes?store=cities&since=${json.next}`)).json;
  assert.equal(after.gap, undefined);
  assert.deepEqual(
    after.changes.map((one: { id: string }) => one.id),
    [id],
  );
});

test("gaps that are told on coming back are counted", async () => {
  const before = await gapsTold();
  await ask(`/api/v1/changes?since=${swept}`);
  let now = before;
  for (let asked = 0; asked < 1_000 && now === before; asked++) now = await gapsTold();
  assert.equal(now, before + 1);
});

test("a page holds 16 MiB at most and one change more, and the next goes on", async () => {
  const { next } = (await ask("/api/v1/changes?store=cities&since=99999999")).json;
  const text = "x".repeat(limit.changesBytesMax / 2);
  for (let n = 0; n < 3; n++) await create({ n, text });
  const pages: number[][] = [];
  for (let since = next; ; ) {
    const page = (await ask(`/api/v1/changes?store=cities&limit=10000&since=${since}`)).json;
    if (page.next === since) break;
    since = page.next;
    pages.push(page.changes.map((one: { entity: { n: number } }) => one.entity.n));
  }
  assert.deepEqual(
    pages.map(({ length }) => length),
    [2, 1],
  );
  assert.deepEqual(pages.flat(), [0, 1, 2]);
});
