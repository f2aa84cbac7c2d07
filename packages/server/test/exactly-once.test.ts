/**
 * Clients that are cut or fall silent at random, and a server that is killed, while changes flow:
 * by resuming with `since` each gets every change once and in order, and ends with what the store
 * holds.
 * `STOA_CHANGES=20000` makes it the long run.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { io, type Socket } from "socket.io-client";
import { freePort } from "./free-port.ts";
import { ServerProcess } from "./server-process.ts";

const changesWanted = Number(process.env.STOA_CHANGES ?? 2_000);
const clientCount = 50;
/** The same over a restart. */
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const password = "correct horse";

test("50 clients miss nothing and get nothing twice, whatever is cut", async (context) => {
  const data = await mkdtemp(join(tmpdir(), "stoa-once-"));
  let program = await started(data);
  const token = await signIn();
  const writer = new Writer(token);
  await writer.send("POST", "stores", { name: "items" });
  const clients = Array.from({ length: clientCount }, () => new Client(token));
  try {
    for (const client of clients) client.open();
    let isKilled = false;
    while (writer.changes < changesWanted) {
      await writer.write();
      for (const client of clients) if (Math.random() < 0.02) client.cut();
      if (isKilled || writer.changes < changesWanted / 2) continue;
      isKilled = true;
      await program.stop("SIGKILL");
      program = await started(data);
    }
    const { next } = await writer.send("GET", "changes?since=999999999");
    for (const client of clients) await client.reach(next);
    const found = (await writer.send("GET", "items")) as Item[];
    const expected = new Map(found.map((item) => [item._id, item.n]));
    for (const client of clients) assert.deepEqual(sorted(client.known), sorted(expected));
    const cuts = clients.reduce((sum, client) => sum + client.cuts, 0);
    const events = clients.reduce((sum, client) => sum + client.events, 0);
    const dropped = clients.reduce((sum, client) => sum + client.dropped, 0);
    const done = `${writer.changes} changes, ${events} events, ${cuts} cuts`;
    context.diagnostic(`${done}, ${dropped} dropped as they did not answer pings`);
    assert.ok(cuts > clientCount, "they were cut");
    assert.ok(dropped > clientCount / 10, "they were dropped");
    assert.equal(
      clients.reduce((sum, client) => sum + client.gaps, 0),
      0,
      "a log that is kept has no gaps",
    );
    // Fewer where an entity was gone again before its change was replayed (rule 19).
    for (const { events: count } of clients) {
      assert.ok(count <= writer.changes && count > writer.changes * 0.9, `${count} events`);
    }
  } finally {
    for (const client of clients) client.close();
    await program.stop("SIGTERM");
    await rm(data, { recursive: true });
  }
});

interface Item {
  readonly _id: string;
  readonly n: number;
}

async function started(data: string): Promise<ServerProcess> {
  const pings = ["--ping-interval", "1000", "--ping-timeout", "1000"];
  const args = ["--port", String(port), "--data", data, "--log", "error", ...pings];
  const program = new ServerProcess(args, { STOA_ADMIN_PASSWORD: password });
  await program.ready();
  return program;
}

async function signIn(): Promise<string> {
  const body = JSON.stringify({ login: "admin", password });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/api/v1/auth/token`, { method: "POST", headers, body });
  return ((await answer.json()) as { token: string }).token;
}

class Client {
  readonly known = new Map<string, number>();
  events = 0;
  cuts = 0;
  gaps = 0;
  /** How often the server ended it, since it did not answer pings. */
  dropped = 0;
  #isSilent = false;
  #last: number | undefined;
  #socket: Socket | undefined;
  #isClosed = false;
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** From where it was cut on; at first from before everything. */
  open(): void {
    const auth = { token: this.#token };
    const options = { transports: ["websocket"], forceNew: true, reconnection: false, auth };
    const socket = io(url, options);
    this.#socket = socket;
    this.#isSilent = false;
    socket.on("change", (change) => this.#take(change));
    socket.on("gap", () => this.#miss());
    socket.on("connect", async () => {
      const since = this.#last ?? 0;
      const asking = socket.emitWithAck("subscribe", { store: "items", since });
      // Null where it was cut meanwhile.
      const answer = await asking.catch(() => null);
      assert.notEqual(answer?.success, false);
      if (answer?.gap) this.#miss();
    });
    const again = () => {
      if (this.#isClosed || this.#socket !== socket) return;
      this.#socket = undefined;
      setTimeout(() => this.open(), 20 + Math.random() * 100);
    };
    socket.on("disconnect", (why) => {
      if (this.#isSilent && why === "transport close") this.dropped++;
      again();
    });
    socket.on("connect_error", again);
  }

  /** Without a word to the server, or with one; or it says nothing more, and hears on. */
  cut(): void {
    if (!this.#socket?.connected || this.#isSilent) return;
    this.cuts++;
    const engine = this.#socket.io.engine as unknown as Cuttable;
    if (Math.random() < 0.3) {
      this.#isSilent = true;
      engine._sendPacket = () => {};
      return;
    }
    const { transport } = engine;
    if (Math.random() < 0.7) transport.ws._socket?.resetAndDestroy();
    else this.#socket.disconnect();
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.disconnect();
  }

  async reach(seq: number): Promise<void> {
    const until = performance.now() + 120_000;
    while ((this.#last ?? 0) < seq) {
      assert.ok(performance.now() < until, `${this.#last} should have reached ${seq}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  #take({ seq, id, entity }: { seq: number; id: string; entity: Item | null }): void {
    assert.ok(seq > (this.#last ?? 0), `${seq} after ${this.#last}`);
    this.#last = seq;
    this.events++;
    if (entity) this.known.set(id, entity.n);
    else this.known.delete(id);
  }

  #miss(): void {
    this.gaps++;
  }
}

interface Cuttable {
  /** By which it answers pings too. */
  _sendPacket: () => void;
  readonly transport: { readonly ws: { readonly _socket?: { resetAndDestroy(): void } } };
}

class Writer {
  changes = 0;
  #ids: string[] = [];
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Some creations, changes and a removal, at the same time. */
  async write(): Promise<void> {
    const bodies = Array.from({ length: 10 }, (_, n) => ({ n }));
    const made = (await this.send("POST", "items", bodies)) as Item[];
    this.#ids.push(...made.map(({ _id }) => _id));
    const chosen = new Set(Array.from({ length: 8 }, () => this.#pick()));
    const gone = this.#ids.shift() as string;
    chosen.delete(gone);
    // Each differs from what was there: a patch that changes nothing is no change.
    const patching = [...chosen].map((id) =>
      this.send("PATCH", `items/${id}`, { n: this.changes + Math.random() }),
    );
    await Promise.all([...patching, this.send("DELETE", `items/${gone}`)]);
    this.changes += made.length + chosen.size + 1;
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever comes
  async send(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const json = (await answer.json()) as unknown;
    assert.equal(answer.status, 200, JSON.stringify(json));
    return json;
  }

  #pick(): string {
    return this.#ids[Math.floor(Math.random() * this.#ids.length)] as string;
  }
}

function sorted(map: ReadonlyMap<string, number>): [string, number][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}
