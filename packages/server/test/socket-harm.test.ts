/**
 * What one client does to others: nothing, whether it reads nothing, asks dear filters or
 * subscribes without end. And the windows in which events could be lost, or come twice.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Socket } from "socket.io-client";
import { createWorld } from "./api-table.ts";
import { BareSocket, call, connected, until } from "./socket-client.ts";

const world = await createWorld();
const open: { close(): unknown }[] = [];
after(() => {
  for (const one of open) one.close();
});

// biome-ignore lint/suspicious/noExplicitAny: whatever comes
type Heard = any;

async function client(): Promise<Socket> {
  const socket = await connected(world.url, { auth: { token: world.tokenOf("ada") } });
  open.push(socket);
  return socket;
}

async function follow(wish: object = { store: "cities" }) {
  const socket = await client();
  const changes: Heard[] = [];
  const others: [string, Heard][] = [];
  socket.onAny((name, value) => {
    if (name === "change") changes.push(value);
    else if (!String(name).includes(" ")) others.push([name, value]);
  });
  const answer = await socket.emitWithAck("subscribe", wish);
  return { socket, changes, others, answer };
}

async function create(body: object): Promise<string> {
  const sent = { as: "ada", method: "POST", url: "/api/v1/cities", body } as const;
  const { status, text, json } = await world.send(sent);
  assert.equal(status, 200, text);
  return json._id;
}

const numbers = (changes: Heard[]) => changes.map(({ entity }) => entity.n);

test("what is committed between subscribe and its answer comes once", async () => {
  for (let round = 0; round < 20; round++) {
    const socket = await client();
    const changes: Heard[] = [];
    socket.on("change", (change) => changes.push(change));
    const writing = create({ n: round });
    const { seq } = await socket.emitWithAck("subscribe", { store: "cities", only: "n" });
    await writing;
    const { next } = (await world.send({ as: "ada", url: "/api/v1/changes?since=999999" })).json;
    const last = await create({ n: "last" });
    await until(() => changes.some(({ id }) => id === last), "the last one");
    const wanted = next > seq ? [round, "last"] : ["last"];
    assert.deepEqual(numbers(changes), wanted, `seq ${seq}, next ${next}`);
    socket.close();
  }
});

test("what is committed during a replay comes once, and in order", async () => {
  const { next: since } = (await world.send({ as: "ada", url: "/api/v1/changes?since=999999" }))
    .json;
  const bodies = Array.from({ length: 1_000 }, (_, n) => ({ n }));
  await world.send({ as: "ada", method: "POST", url: "/api/v1/cities", body: bodies });
  const following = follow({ store: "cities", only: ["n"], since });
  const wanted = bodies.map(({ n }) => n);
  for (let n = 1_000; n < 1_050; n++) {
    await create({ n });
    wanted.push(n);
  }
  const { changes } = await following;
  await until(() => changes.length >= wanted.length, "all of them");
  assert.deepEqual(numbers(changes), wanted);
});

test("one that does not read gets a gap, and nobody else notices", async () => {
  const slow = new BareSocket(
    `${world.url.replace("http", "ws")}/socket.io/?EIO=3&transport=websocket&events=cities`,
    { authorization: `Bearer ${world.tokenOf("ada")}` },
  );
  open.push(slow);
  await slow.next((frame) => frame.includes("subscribed"));
  slow.pause();
  const quick = await follow({ store: "cities", filter: { kind: "large" }, only: ["n"] });
  const text = "x".repeat(200_000);
  for (let n = 0; n < 120; n++) await create({ kind: "large", n, text });
  await until(() => quick.changes.length === 120, "all for the quick one");
  slow.resume();
  const gap = JSON.parse(
    (await slow.next((frame) => frame.startsWith('42["gap"'), 10_000)).slice(2),
  );
  assert.equal(gap[1].subscription, "1");
  const last = await create({ n: "after" });
  const frame = await slow.next((one) => one.includes(last));
  assert.ok(JSON.parse(frame.slice(2))[1].seq > gap[1].seq, "and then goes on");
});

test("a dear filter ends its own subscription", async () => {
  const part = ["==", ["upper", ["property", "text"]], "b"];
  const filter = ["||", ...Array.from({ length: 60 }, () => part)];
  const dear = await follow({ store: "cities", filter });
  const other = await follow({ store: "cities", filter: { kind: "dear" }, only: ["n"] });
  for (let n = 0; n < 30; n++) await create({ kind: "dear", n, text: "a".repeat(300_000) });
  await until(() => other.changes.length === 30, "all for the other one");
  await until(() => dear.others.some(([name]) => name === "end"), "the end");
  assert.equal(dear.others[0]?.[1].tags[0], "error_timeout");
  assert.ok(dear.socket.connected);
});

test("one that subscribes without end meets a limit", async () => {
  const socket = await client();
  const wishes = Array.from({ length: 1_100 }, (_, n) => ({ store: "cities", where: { n: -n } }));
  const answers = await Promise.all(wishes.map((wish) => socket.emitWithAck("subscribe", wish)));
  assert.equal(answers.filter(({ success }) => success).length, 1_000);
  assert.equal(answers.at(-1).name, "TooManyRequests");
  assert.equal((await socket.emitWithAck("unsubscribe", { subscription: "1" })).success, true);
  assert.equal((await socket.emitWithAck("subscribe", { store: "cities" })).success, true);
});

test("what is asked for wrongly is told, and breaks nothing", async () => {
  const socket = await client();
  const rows: [wish: unknown, code: number][] = [
    [null, 400],
    [{}, 400],
    [{ store: "towns" }, 404],
    [{ store: "roles" }, 403],
    [{ store: "cities", filter: ["nonsense"] }, 400],
    [{ store: "cities", since: -1 }, 400],
    [{ store: "cities", where: { n: { $gt: 1 } } }, 400],
  ];
  for (const [wish, code] of rows) {
    const answer = await socket.emitWithAck("subscribe", wish);
    assert.deepEqual([answer.success, answer.code], [false, code], JSON.stringify(wish));
  }
  socket.emit("subscribe");
  socket.emit("find");
  socket.emit("get", "cities");
  assert.equal((await call(socket, "get", "cities", world.ids["delft"], {})).name, "delft");
});
