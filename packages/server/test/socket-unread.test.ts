/**
 * What a client of Socket.IO may leave unread: of events, of answers to its own calls, and of
 * everything together. They come by polling and do not poll, so that not even the system holds
 * anything for them.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { limit } from "@stoa/domain";
import { WebSocket } from "ws";
import { createWorld } from "./api-table.ts";
import { until } from "./socket-client.ts";

const world = await createWorld();

/** A session by polling: what is sent to it waits until `take`. */
class Poller {
  readonly #path: string;
  readonly #protocol: 3 | 4;

  private constructor(path: string, protocol: 3 | 4) {
    this.#path = path;
    this.#protocol = protocol;
  }

  static async open(protocol: 3 | 4): Promise<Poller> {
    const path = `/socket.io/?EIO=${protocol}&transport=polling`;
    const { text } = await world.send({ as: "ada", url: path });
    const [, sid] = /"sid":"([\w-]+)"/.exec(text) ?? [];
    assert.ok(sid, text);
    const poller = new Poller(`${path}&sid=${sid}`, protocol);
    if (protocol === 4) await poller.send(["40"]);
    const isIn = (packet: string) => /^(\d+:)?40/.test(packet);
    if (!text.includes("2:40")) await poller.take((got) => got.some(isIn));
    return poller;
  }

  async send(packets: readonly string[]): Promise<void> {
    const body =
      this.#protocol === 4
        ? packets.join("\x1e")
        : packets.map((one) => `${one.length}:${one}`).join("");
    const headers = { "content-type": "text/plain" };
    const sent = { as: "ada", method: "POST", url: this.#path, headers, body } as const;
    const { status, text } = await world.send(sent);
    assert.equal(status, 200, text);
  }

  /** All packets until there is what is waited for. */
  async take(isEnough: (packets: readonly string[]) => boolean): Promise<string[]> {
    const packets: string[] = [];
    while (!isEnough(packets)) {
      const { status, text } = await this.poll();
      assert.equal(status, 200, text);
      packets.push(...text.split("\x1e"));
    }
    return packets;
  }

  poll() {
    return world.send({ as: "ada", url: this.#path });
  }
}

async function metric(pattern: RegExp): Promise<number> {
  const { text } = await world.send({ as: "admin", url: "/metrics" });
  return Number(pattern.exec(text)?.[1] ?? 0);
}

/** The feed tells what it has sent every 400 ms at least. */
async function sent(count: number): Promise<void> {
  let now = Number.NaN;
  await until(() => {
    void metric(/^stoa_feed_events_total (\d+)$/m).then((value) => {
      now = value;
    });
    return now === count;
  }, `${count} events sent`);
}

async function create(body: object): Promise<void> {
  const { status } = await world.send({ as: "ada", method: "POST", url: "/api/v1/cities", body });
  assert.equal(status, 200);
}

test("of large events one waits at the connection, others where they can be dropped", async () => {
  const poller = await Poller.open(4);
  await poller.send(['420["subscribe",{"store":"cities","only":"text"}]']);
  await poller.take((packets) => packets.some((one) => one.startsWith("430")));
  for (let n = 0; n < 5; n++) await create({ text: "x".repeat(100_000), n });
  await create({ n: "last" });
  await sent(1);
  const packets = await poller.take(
    (got) => got.filter((one) => one.includes("change")).length > 5,
  );
  assert.equal(packets.filter((one) => one.startsWith('42["change"')).length, 6);
  await sent(6);
});

test("answers that nobody reads count as running calls, and come in order once read", async () => {
  await create({ kind: "unread", text: "x".repeat(100_000) });
  const done = /^stoa_requests_total\{method="SOCKET",route="find",status="2xx"\} (\d+)$/m;
  const before = await metric(done);
  const poller = await Poller.open(4);
  const call = (id: number) => `42${id}["find","cities",{"kind":"unread"}]`;
  const calls = (from: number) => Array.from({ length: 40 }, (_, at) => call(from + at));
  await poller.send(calls(0));
  let answered = 0;
  for (let asked = 0; asked < 1_000 && answered < before + 40; asked++)
    answered = await metric(done);
  assert.equal(answered, before + 40);
  await poller.send(calls(40));
  const packets = await poller.take(
    (got) => got.filter((one) => one.startsWith("43")).length >= 80,
  );
  const acks = packets.filter((one) => one.startsWith("43"));
  const refused = acks.filter((one) => one.includes('"code":429'));
  // One was handed over, and so many more run.
  const most = 1 + limit.socketCallsMax;
  assert.equal(refused.length, 80 - most);
  const ids = acks
    .filter((one) => !refused.includes(one))
    .map((one) => Number.parseInt(one.slice(2), 10));
  assert.deepEqual(
    ids,
    Array.from({ length: most }, (_, at) => at),
  );
  await poller.send([call(99)]);
  const [again] = await poller.take((got) => got.some((one) => one.startsWith("4399")));
  assert.match(String(again), /^4399\[null,/, "and then it may ask again");
});

test("who asks on and on and reads nothing is cut off", async () => {
  const poller = await Poller.open(3);
  await poller.send(["2"]);
  assert.match((await poller.poll()).text, /3$/, "a ping is answered");
  for (let count = 0; count < 4; count++) {
    const gone = poller.send(Array.from({ length: 100_000 }, () => "2"));
    if (count === 3) await gone.catch(() => undefined);
    else await gone;
  }
  const ends: number[] = [];
  while (ends.length < 10 && ends.at(-1) !== 400) ends.push((await poller.poll()).status);
  assert.equal(ends.at(-1), 400, "the session is gone");
});

for (const path of ["/socket.io/?EIO=4&transport=websocket", "/events/stream"]) {
  test(`who sends pings faster than they can be answered is cut off at ${path}`, async () => {
    const socket = new WebSocket(world.url.replace("http", "ws") + path, {
      headers: { authorization: `Bearer ${world.tokenOf("ada")}` },
    });
    const closing = once(socket, "close");
    await once(socket, "open");
    socket.ping("one");
    assert.deepEqual(String((await once(socket, "pong"))[0]), "one");
    for (let count = 0; count < 10_000; count++) socket.ping();
    const [code] = await closing;
    assert.equal(code, 1006);
  });
}
