/**
 * Several nodes over one PostgreSQL database, as a person starts them: nothing that matters is in
 * the memory of one, killing one loses nothing, and a database that goes and comes back is borne.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type LiveSet, StoaClient, type Store } from "../packages/client/src/index.ts";
import {
  type Cluster,
  createDatabase,
  startCluster,
} from "../packages/server/test/postgres-cluster.ts";
import { openSocket } from "../packages/server/test/socket-client.ts";
import { Connection } from "./connection.ts";
import { Program } from "./program.ts";

const password = "correct horse";

function startNode(data: string): Program {
  return Program.node(["--port", "0"], {
    STOA_DATA: data,
    STOA_ADMIN_PASSWORD: password,
    STOA_LOG: "silent",
  });
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + 120_000;
  while (!isSo()) {
    assert.ok(performance.now() < end, what);
    await sleep(5);
  }
}

test("a node over a database has more memory for what is young than npm start gives", async () => {
  const { url, remove } = await createDatabase();
  const telling = "--import=data:text/javascript,console.log(process.execArgv.join(' '))";
  const main = "packages/server/src/app/main.ts";
  const begin = async (given: number) => {
    const flags = [`--max-semi-space-size=${given}`, telling];
    const env = { STOA_ADMIN_PASSWORD: password, STOA_LOG: "error" };
    const words = [...flags, main, "--port", "0", "--data", url];
    const program = new Program(process.execPath, words, env);
    await program.ready();
    assert.equal(await program.stop("SIGTERM"), 0);
    assert.equal(program.errors, "");
    return [...program.output.matchAll(/^--.*$/gm)].map(([line]) => line.match(/(?<=size=)\d+/g));
  };
  assert.deepEqual(
    await begin(16),
    [["16"], ["16", "32"]],
    "it begins again, and the last one counts",
  );
  assert.deepEqual(await begin(64), [["64"]]);
  await remove();
});

interface Change {
  readonly seq: number;
  readonly id: string;
}

describe("two nodes over one database", () => {
  let database: { url: string; remove(): Promise<void> };
  let nodes: [Program, Program];
  let urls: [string, string];
  let token = "";

  before(async () => {
    database = await createDatabase();
    // At the same time, so that both want to make the schema and the first administrator.
    nodes = [startNode(database.url), startNode(database.url)];
    urls = [await nodes[0].ready(), await nodes[1].ready()];
    token = await nodes[0].signIn(password);
    await ask(0, "POST", "/api/v1/stores", { name: "notes" });
  });

  after(async () => {
    for (const node of nodes) await node.stop("SIGTERM");
    await database.remove();
  });

  async function ask(node: number, method: string, path: string, body?: object, more = {}) {
    const response = await fetch(urls[node] + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...more },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      headers: response.headers,
      body: JSON.parse(text || "null"),
    };
  }

  test("make one first start, and know each other's stores at once", async () => {
    assert.equal((await ask(1, "GET", "/api/v1/notes")).status, 200);
    const users = (await ask(1, "GET", "/api/v1/users")).body as unknown[];
    assert.equal(users.length, 1);
  });

  test("know each other's sessions", async () => {
    const signedIn = await fetch(`${urls[0]}/api/v1/auth`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login: "admin", password }),
    });
    const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
    const at = (node: number, method: string) =>
      fetch(`${urls[node]}/api/v1/auth`, { method, headers: { cookie } });
    assert.equal((await at(1, "GET")).status, 200);
    assert.equal((await at(1, "DELETE")).status, 200);
    assert.equal((await at(0, "GET")).status, 401);
  });

  test("answer an idempotency key once", async () => {
    const key = { "idempotency-key": "once" };
    const made = await Promise.all(
      [0, 1, 0, 1].map((node) => ask(node, "POST", "/api/v1/notes", { text: "once" }, key)),
    );
    const ids = new Set(made.flatMap(({ status, body }) => (status === 200 ? [body._id] : [])));
    assert.equal(ids.size, 1, JSON.stringify(made.map(({ status, text }) => [status, text])));
  });

  test("count failed sign-ins together", async () => {
    const statuses: number[] = [];
    for (let at = 0; at < 6; at++) {
      const response = await fetch(`${urls[at % 2]}/api/v1/auth`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ login: "nobody", password: "wrong password" }),
      });
      statuses.push(response.status);
    }
    assert.deepEqual(statuses.slice(0, 5), [401, 401, 401, 401, 401]);
    assert.equal(statuses[5], 429);
  });

  test("lose no answered write and no change when one of them is killed", async () => {
    const answered: string[] = [];
    let byVictim = 0;
    const victim = startNode(database.url);
    const victimUrl = await victim.ready();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      const connection = new Connection(writer % 2 ? (urls[1] as string) : victimUrl, token);
      for (let at = 0; at < 60; at++) {
        try {
          const { status, body } = await connection.ask("POST", "/api/v1/notes", { writer, at });
          if (status !== 200) continue;
          answered.push(body._id);
          if (writer % 2 === 0) byVictim++;
        } catch {
          break;
        }
      }
      connection.close();
    });
    await until("it has answered some", () => byVictim >= 20);
    await victim.stop("SIGKILL");
    await Promise.all(writers);
    assert(answered.length >= 240 + 20, `${answered.length} were answered`);
    assert(byVictim < 240, "it was killed in the middle");
    const found = (await ask(1, "GET", "/api/v1/notes?nolimit=true&only=_id")).body as object[];
    const there = new Set(found.map((note) => (note as { _id: string })._id));
    assert.deepEqual(
      answered.filter((id) => !there.has(id)),
      [],
    );
    for (const node of [0, 1]) {
      const path = `/api/v1/changes?store=notes&limit=10000&since=0`;
      const { body, text } = await ask(node, "GET", path);
      const changes = (body as { changes?: Change[] }).changes;
      assert(changes, text.slice(0, 300));
      const told = changes.map(({ id }) => id);
      assert.deepEqual(
        answered.filter((id) => !told.includes(id)),
        [],
      );
      assert.equal(new Set(changes.map(({ seq }) => seq)).size, changes.length);
    }
  });
});

describe("while the database is away", () => {
  let cluster: Cluster;
  let node: Program;
  let url = "";
  let token = "";

  before(async () => {
    cluster = await startCluster({ durable: true });
    const database = await createDatabase(cluster);
    node = startNode(database.url);
    url = await node.ready();
    token = await node.signIn(password);
  });

  after(async () => {
    await node.stop("SIGTERM");
    await cluster.end();
  });

  test("requests are told to come again, and are answered again by themselves", async () => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const post = (path: string, body: object) =>
      fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
    await post("/api/v1/stores", { name: "notes" });
    const answered: string[] = [];
    const statuses = new Map<number, number>();
    let isOver = false;
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let at = 0; !isOver; at++) {
        const response = await post("/api/v1/notes", { writer, at });
        const body = (await response.json()) as { _id: string };
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        if (response.status === 200) answered.push(body._id);
        else {
          assert.equal(response.status, 503, JSON.stringify(body));
          assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
          await sleep(20);
        }
      }
    });
    await until("some are answered before the crash", () => answered.length >= 10);
    await cluster.stop("immediate");
    const before = answered.length;
    const away = performance.now();
    const reading = await fetch(`${url}/api/v1/notes`, { headers });
    assert.equal(reading.status, 503);
    assert(performance.now() - away < 8_000);
    await until("some are told to come again", () => (statuses.get(503) ?? 0) > 0);
    await cluster.start();
    await until("some are answered after it", () => answered.length >= before + 20);
    isOver = true;
    await Promise.all(writers);
    const found = await fetch(`${url}/api/v1/notes?nolimit=true&only=_id`, { headers });
    const there = new Set(((await found.json()) as { _id: string }[]).map(({ _id }) => _id));
    assert.deepEqual(
      answered.filter((id) => !there.has(id)),
      [],
    );
  });

  test("who follows goes on by itself, also who began to while it was away", async () => {
    const clients = [0, 1, 2].map(() => new StoaClient({ url, token }));
    const [letters, others, unconnected] = clients.map((one) => one.store<Letter>("letters")) as [
      ...[Store<Letter>, Store<Letter>, Store<Letter>],
    ];
    const bare = openSocket(url, token);
    const live: LiveSet<Letter>[] = [];
    try {
      await (clients[0] as StoaClient).stores.create({ name: "letters" });
      live.push(letters.live(), others.live({ where: { text: "none" } }));
      await Promise.all(live.map(({ ready }) => ready));
      await cluster.stop("immediate");
      live.push(others.live(), unconnected.live());
      const followed = letters.follow({}, { since: 0 });
      const events = Array.fromAsync(first(followed, 3));
      const refused = () => bare.emitWithAck("subscribe", { store: "letters", since: 0 });
      while ((await refused()).code !== 503) await sleep(10);
      await cluster.start();
      const { _id } = await again(() => letters.create({ text: "Dear" }));
      await again(() => letters.update(_id, { text: "Dearest" }));
      const known = () => live.map(({ entities }) => entities.map(({ text }) => text).join());
      await until("all hear", () => known().join("|") === "Dearest||Dearest|Dearest");
      await until("all are live", () => live.every(({ state }) => state === "live"));
      const told = (await events).map((one) => (one.kind === "change" ? one.op : one.kind));
      assert.deepEqual(told, ["begun", "insert", "update"]);
    } finally {
      for (const one of live) one.close();
      for (const client of clients) client.close();
      bare.disconnect();
    }
  });
});

interface Letter {
  readonly text: string;
}

async function* first<T>(events: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let left = count;
  for await (const event of events) {
    yield event;
    if (--left === 0) return;
  }
}

/** Until the database is back. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: string }).code !== "unavailable") throw error;
    }
  }
}
