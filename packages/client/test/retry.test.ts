/** What is sent again, when and how often, before a server that is busy, gone or a proxy. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { StoaClient } from "../src/index.ts";
import { citiesHouse, refused } from "./cities.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** What stands between client and server: each request gets the next answer, the last one stays. */
async function gate(...answers: readonly Answer[]) {
  const seen: { method: string; key: string | undefined; at: number }[] = [];
  const server = createServer((request, response) => {
    const { "idempotency-key": key } = request.headers;
    seen.push({ method: request.method ?? "", key: key as string, at: performance.now() });
    const answer = answers[Math.min(seen.length, answers.length) - 1];
    request.resume().on("end", () => answer?.(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => void server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/below`;
  return { seen, url, client: new StoaClient({ url, token: "t", retry: { pauseMs: 20 } }) };
}

const says =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(JSON.stringify(body));
const busy = (headers?: Record<string, string>) =>
  says(503, { success: false, tags: ["error_unavailable"] }, headers);
const cut: Answer = ({ socket }) => socket.destroy();
const entity = { _id: "1", name: "Delft", success: true };

test("a read is repeated until the server has time", async () => {
  const { client, seen } = await gate(busy(), cut, says(429, {}), says(200, entity));
  assert.equal((await client.store<{ name: string }>("cities").read("1")).name, "Delft");
  assert.equal(seen.length, 4);
});

test("no more often than is said, and then it is unavailable", async () => {
  const { client, seen } = await gate(busy());
  await refused("unavailable", client.store("cities").read("1"));
  assert.equal(seen.length, 5);
});

test("not before the server says, and not where it says too long", async () => {
  const { client, seen } = await gate(busy({ "retry-after": "1" }), says(200, entity));
  await client.store("cities").read("1");
  assert((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0) >= 990);
  const long = await gate(says(429, {}, { "retry-after": "180" }));
  const error = await refused("rate_limit", long.client.store("cities").read("1"));
  assert.deepEqual([error.retryAfterS, long.seen.length], [180, 1]);
});

test("a creation is repeated under one key, and without a key it is not", async () => {
  const { client, seen } = await gate(cut, busy(), says(200, entity));
  await client.store("cities").create({ name: "Delft" });
  assert.equal(seen.length, 3);
  assert.equal(new Set(seen.map(({ key }) => key)).size, 1);
  assert.match(seen[0]?.key ?? "", /^[0-9a-f-]{36}$/);
  const bare = await gate(busy(), says(200, entity));
  const keyless = bare.client.store("cities").create({}, { idempotencyKey: null });
  await refused("unavailable", keyless);
  assert.deepEqual([bare.seen.length, bare.seen[0]?.key], [1, undefined]);
});

test("a change, a removal and a sign-in are never repeated", async () => {
  const { client, seen } = await gate(busy());
  const store = client.store("cities");
  await refused("unavailable", store.update("1", { name: "x" }));
  await refused("unavailable", store.remove("1"));
  await refused("unavailable", store.grant("1", ["2"]));
  await refused("unavailable", client.account.signIn({ login: "a", password: "b" }));
  assert.equal(seen.length, 4);
});

test("what is refused for good is not repeated", async () => {
  const timeout = says(503, { tags: ["error_timeout"], helper: { message: "an index" } });
  const { client, seen } = await gate(timeout);
  const error = await refused("timeout", client.store("cities").count());
  assert.deepEqual([error.message, seen.length], ["an index", 1]);
});

test("a pause ends with the signal", async () => {
  const { client } = await gate(busy({ "retry-after": "20" }));
  const reason = new Error("enough");
  const aborting = new AbortController();
  setTimeout(() => aborting.abort(reason), 50);
  const { signal } = aborting;
  await assert.rejects(client.store("cities").read("1", { signal }), reason);
});

test("an answer that does not begin in time is given up", async () => {
  const { url } = await gate(() => {});
  const client = new StoaClient({ url, timeoutMs: 50, retry: { attemptsMax: 1 } });
  await refused("unavailable", client.store("cities").read("1"));
});

test("a part of a list is never taken for the whole", async () => {
  const { client } = await gate((_, response) => {
    response.writeHead(200);
    response.write('[\n{"_id":"1"}\n,\n', () => response.destroy());
  });
  const found: string[] = [];
  await refused("unavailable", taken(client, found));
  assert.deepEqual(found, ["1"]);
  const short = await gate((_, response) => response.end('[\n{"_id":"1"}\n'));
  await refused("unavailable", taken(short.client, []));
});

async function taken(client: StoaClient, found: string[]): Promise<void> {
  for await (const { _id } of client.store("cities").stream()) found.push(_id);
}

test("a list that nobody takes is not read ahead", async () => {
  let written = 0;
  const line = `{"_id":"1","text":"${"x".repeat(10_000)}"}\n,\n`;
  const { client } = await gate((_, response) => {
    response.write("[\n");
    const fill = () => {
      while (written < 50_000_000) {
        written += line.length;
        if (!response.write(line)) return;
      }
    };
    response.on("drain", fill);
    fill();
  });
  for await (const _ of client.store("cities").stream()) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    break;
  }
  assert(written < 20_000_000, `${written} bytes`);
});

test("LOOKUP goes as POST where something on the way does not know it", async () => {
  // Node's own parser is such a thing: it answers 400 by itself.
  const { client, seen } = await gate(says(200, ["1"]), says(200, ["2"]));
  assert.deepEqual(await client.reference("extobjs").lookup("lamp"), ["1"]);
  assert.deepEqual(await client.reference("extobjs").lookup("lamp"), ["2"]);
  assert.deepEqual(
    seen.map(({ method }) => method),
    ["POST", "POST"],
  );
});

test("errors of whatever stands between have the code that fits", async () => {
  for (const [status, code] of [
    [401, "unauthorized"],
    [403, "forbidden"],
    [404, "not_found"],
    [413, "too_large"],
    [502, "unavailable"],
    [504, "timeout"],
    [500, "internal"],
    [418, "validation"],
  ] as const) {
    const { url } = await gate((_, response) => response.writeHead(status).end("<html>"));
    const client = new StoaClient({ url, retry: { attemptsMax: 1 } });
    await refused(code, client.store("cities").read("1"));
  }
});

test("a server below a prefix is reached by HTTP and by a socket", async () => {
  const { stoa, client, cities } = await citiesHouse();
  const { hostname, port } = new URL(stoa.url);
  const { request } = await import("node:http");
  const proxy = createServer((asked, response) => {
    const path = (asked.url ?? "").replace(/^\/below/, "");
    const { method = "GET", headers } = asked;
    const sent = request({ hostname, port, path, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    asked.pipe(sent.on("error", () => response.destroy()));
  });
  proxy.on("upgrade", (_, socket) => socket.end("HTTP/1.1 501 Not Implemented\r\n\r\n"));
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  after(() => void proxy.close().closeAllConnections());
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/below/`;
  await cities.create({ name: "Delft" });
  // A proxy that upgrades nothing: the socket goes by polling.
  for (const transport of ["http", "socket"] as const) {
    const below = new StoaClient({ url, token: client.token, transport });
    assert.equal(await below.store("cities").count(), 1);
    below.close();
  }
});
