/**
 * What one client does to others: nothing, whether it reads nothing, asks dear filters or
 * subscribes without end. And the windows in which events could be lost, or come twice.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { limit, matches, parseFilter } from "@stoa/domain";
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

/** How the feed stands, by the names of `/metrics`. */
async function feedMetrics(): Promise<Readonly<Record<string, number>>> {
  const { text } = await world.send({ as: "admin", url: "/metrics" });
  const lines = [...text.matchAll(/^stoa_feed_(\w+) (\S+)$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]));
}

/** The same once the feed has said so much of itself, which it does a moment after it has told. */
async function feedMetricsOnce(name: string, least: number) {
  for (const end = performance.now() + 60_000; ; ) {
    const now = await feedMetrics();
    if ((now[name] ?? 0) >= least) return now;
    assert.ok(performance.now() < end, `${name} is ${now[name]}, not ${least}`);
  }
}

function closeAll(): void {
  for (const one of open.splice(0)) one.close();
}

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
  const before = await feedMetrics();
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
  const gap = JSON.parse((await slow.next((frame) => frame.startsWith('42["gap"'))).slice(2));
  assert.equal(gap[1].subscription, "1");
  const last = await create({ n: "after" });
  const frame = await slow.next((one) => one.includes(last));
  assert.ok(JSON.parse(frame.slice(2))[1].seq > gap[1].seq, "and then goes on");
  await create({ n: "reported" });
  await until(() => quick.others.length === 0, "nothing but changes for the quick one");
  const gaps = (before["gaps_total"] ?? 0) + 1;
  const now = await feedMetricsOnce("gaps_total", gaps);
  assert.ok((now["drops_total"] ?? 0) > (before["drops_total"] ?? 0), "what is dropped is counted");
  assert.equal(now["gaps_total"], gaps);
  assert.ok((now["events_total"] ?? 0) >= (before["events_total"] ?? 0) + 120);
});

test("a dear filter ends its own subscription, before it has taken much", async () => {
  closeAll();
  const part = ["==", ["upper", ["property", "text"]], "b"];
  const filter = ["||", ...Array.from({ length: 60 }, () => part)];
  const text = "a".repeat(300_000);
  const dear = await follow({ store: "cities", filter });
  const other = await follow({ store: "cities", filter: { kind: "dear" }, only: ["n"] });
  const before = await feedMetrics();
  for (let n = 0; n < 30; n++) await create({ kind: "dear", n, text });
  await until(() => other.changes.length === 30, "all for the other one");
  await until(() => dear.others.some(([name]) => name === "end"), "the end");
  assert.equal(dear.others[0]?.[1].tags[0], "error_timeout");
  assert.ok(dear.socket.connected);
  const { tests_total: tests = 0 } = await feedMetrics();
  // Each costs more than a twentieth of what a filter may take of a second.
  const ofDear = tests - (before["tests_total"] ?? 0) - 30;
  assert.ok(costOf(filter, text) > limit.filterMsPerSecondMax / 20, "it is dear");
  assert.ok(ofDear >= 1 && ofDear <= 21, `tested ${ofDear} times`);
});

/** Milliseconds that the thread works on it. */
function costOf(filter: unknown, text: string): number {
  const parsed = parseFilter(JSON.stringify(filter));
  matches(parsed, { text });
  const before = process.threadCpuUsage();
  matches(parsed, { text });
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

test("one that subscribes without end meets a limit, and costs others nothing", async () => {
  closeAll();
  const wishes = Array.from({ length: 1_100 }, (_, n) => ({ store: "cities", where: { n: -n } }));
  for (let count = 0; count < 3; count++) {
    const socket = await client();
    const answers = await Promise.all(wishes.map((wish) => socket.emitWithAck("subscribe", wish)));
    assert.equal(answers.filter(({ success }) => success).length, 1_000);
    assert.equal(answers.at(-1).name, "TooManyRequests");
    assert.equal((await socket.emitWithAck("unsubscribe", { subscription: "1" })).success, true);
    const again = { store: "cities", where: { n: "none" } };
    assert.equal((await socket.emitWithAck("subscribe", again)).success, true);
  }
  const other = await follow({ store: "cities", filter: { kind: "plain" } });
  const before = await feedMetrics();
  assert.deepEqual([before["followers"], before["subscriptions"]], [4, 3_001]);
  for (let n = 1; n <= 20; n++) await create({ kind: "plain", n });
  await until(() => other.changes.length === 20, "all for the other one");
  const tests = (before["tests_total"] ?? 0) + 20;
  const now = await feedMetricsOnce("tests_total", tests);
  assert.equal(now["tests_total"], tests, "nobody else is tested");
  assert.ok((now["lag_milliseconds"] ?? Number.NaN) >= 0);
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
