/** The entity API over HTTP: verbs, media types, sizes and faults of the protocol. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { startStoa } from "../src/app/wire.ts";
import type { Observation } from "../src/service/observation.ts";
import { createWorld, password, type Row, testRows } from "./api-table.ts";

const world = await createWorld({ trustedProxies: ["127.0.0.1"] });
const list = "/api/v1/cities";

const rows: readonly Row[] = [
  ...["PUT", "TRACE", "PROPFIND", "SEARCH", "QUERY"].map(
    (method): Row => ({
      name: `${method} is a verb that a store does not have`,
      as: "ada",
      method,
      url: list,
      status: 405,
      json: { success: false, code: "405", message: "Method Not Allowed", tags: ["error_method"] },
      answers: { allow: "GET, POST, HEAD, OPTIONS" },
    }),
  ),
  {
    name: "DELETE of a whole store's entities is not there",
    as: "ada",
    method: "DELETE",
    url: list,
    status: 405,
    changes: 0,
  },
  {
    name: "POST to an entity is not there",
    as: "ada",
    method: "POST",
    url: `${list}/{delft}`,
    body: {},
    status: 405,
    answers: { allow: "GET, PATCH, DELETE, HEAD, OPTIONS" },
  },
  { name: "nobody is told nothing of verbs", method: "PUT", url: list, status: 401 },
  {
    name: "OPTIONS tells the verbs to anybody",
    method: "OPTIONS",
    url: `${list}/x/`,
    status: 200,
    text: "",
    answers: {
      allow: "GET, PATCH, DELETE, HEAD, OPTIONS",
      "content-length": "0",
      "access-control-allow-origin": null,
    },
  },
  {
    name: "OPTIONS of nothing is not found",
    as: "ada",
    method: "OPTIONS",
    url: "/api/v1/a/b/c/d/e",
    status: 404,
  },
  { name: "OPTIONS of the whole server is answered", method: "OPTIONS", url: "*", status: 200 },
  {
    name: "a path outside is not found, in the same form",
    url: "/",
    status: 404,
    json: { success: false, code: "404", tags: ["error_not_found"] },
    answers: { "content-type": /^application\/json/ },
  },
  {
    name: "a path inside that is not there asks who it is first",
    url: "/api/v1/a/b/c/d/e",
    status: 401,
  },
  {
    name: "a path inside that is not there is not found",
    as: "ada",
    url: `/api/v1/a/b/c/d/${"e".repeat(2_000)}`,
    status: 404,
  },
  {
    name: "bad percent-encoding is refused",
    as: "ada",
    url: "/api/v1/%zz",
    status: 400,
    json: { tags: ["error_validation"] },
  },
  {
    name: "an override of LOOKUP has no route here",
    as: "ada",
    method: "POST",
    url: list,
    headers: { "x-http-method-override": "LOOKUP" },
    body: "x",
    status: 405,
  },
  {
    name: "an override of another verb is refused",
    as: "ada",
    method: "POST",
    url: list,
    headers: { "x-http-method-override": "PUT" },
    status: 400,
  },
  {
    name: "an override on GET is refused",
    as: "ada",
    url: list,
    headers: { "x-http-method-override": "DELETE" },
    status: 400,
  },
  ...[
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=latin1",
    "application/json-patch+json",
    "application/xml",
  ].map(
    (type): Row => ({
      name: `POST of ${type} is refused`,
      as: "ada",
      method: "POST",
      url: list,
      headers: { "content-type": type },
      body: "{}",
      status: 415,
      json: { code: "415", message: "Unsupported Media Type", tags: ["error_media_type"] },
      changes: 0,
    }),
  ),
  {
    name: "a malformed content type is refused",
    as: "ada",
    method: "POST",
    url: list,
    headers: { "content-type": "nonsense" },
    body: "{}",
    status: 415,
  },
  {
    name: "nor is it told of before who asks is known",
    method: "POST",
    url: list,
    headers: { "content-type": "nonsense" },
    body: "{}",
    status: 401,
  },
  {
    name: "nor of a verb that is not there",
    as: "ada",
    method: "PUT",
    url: list,
    headers: { "content-type": "nonsense" },
    body: "{}",
    status: 405,
  },
  {
    name: "a form does not delete either",
    as: "ada",
    method: "DELETE",
    url: `${list}/{delft}`,
    headers: { "content-type": "text/plain" },
    body: "x",
    status: 415,
    changes: 0,
  },
  {
    name: "a compressed body is refused",
    as: "ada",
    method: "POST",
    url: list,
    headers: { "content-encoding": "gzip", "content-type": "application/json" },
    body: "{}",
    status: 415,
  },
  {
    name: "an unknown expectation changes nothing",
    as: "ada",
    url: `${list}?meta=count`,
    headers: { expect: "miracle" },
    status: 200,
  },
  {
    name: "a filter of 8 KB fits into the URL",
    as: "ada",
    url: `${list}?filter=${encodeURIComponent(JSON.stringify({ name: "ä".repeat(4_000) }))}`,
    status: 200,
    text: "[\n]\n",
  },
];
testRows(world, rows);

const large = Buffer.alloc(20_000_000, " ");

test("a body of 20 MB is refused, and the client gets to read why", async () => {
  const before = await world.changes();
  const json = { "content-type": "application/json" };
  for (const headers of [json, { ...json, "transfer-encoding": "chunked" }]) {
    const sent = { as: "ada", method: "POST", url: list, headers, body: large } as const;
    const { status, json: answer } = await world.send(sent);
    assert.equal(status, 413);
    assert.equal(answer.code, "413");
    assert.deepEqual(answer.tags, ["error_too_large"]);
  }
  assert.equal(await world.changes(), before);
});

test("who sends 20 MB without a credential is told that first", async () => {
  const { status } = await world.send({ method: "POST", url: list, body: large });
  assert.equal(status, 401);
});

/** What a server answers to these bytes before it closes the connection. */
function exchange(bytes: string): Promise<string> {
  const { hostname, port } = new URL(world.url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

const faults: readonly [name: string, bytes: string, status: number][] = [
  ["garbage", "GARBAGE\r\n\r\n", 400],
  ["a verb that nobody knows", "FETCH / HTTP/1.1\r\nHost: x\r\n\r\n", 400],
  [
    "headers that are too long",
    `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(70_000)}\r\n\r\n`,
    431,
  ],
  ["a URL that is too long", `GET /${"x".repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  [
    "two lengths",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    400,
  ],
  ["a tunnel", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 405],
  ["no host", "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
];
for (const [name, bytes, status] of faults) {
  test(`${name}: ${status}, in the one form of errors`, async () => {
    const text = await exchange(bytes);
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
    const [head = "", body = ""] = text.split("\r\n\r\n");
    assert.match(head, /content-type: application\/json/i);
    assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}\\b`, "i"));
    const answer = JSON.parse(body);
    assert.deepEqual([answer.success, answer.code], [false, String(status)]);
    assert.doesNotMatch(text, /HPE_|\.ts|\.js|<html/);
  });
}

test("a proxy that is trusted says that it was TLS, and the cookie is Secure", async () => {
  const sent = { method: "POST", url: "/api/v1/auth", body: { login: "ada", password } };
  const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": "stoa.example.org" };
  const origin = "https://stoa.example.org";
  const { status, headers } = await world.send({ ...sent, headers: { ...forwarded, origin } });
  assert.equal(status, 200);
  assert.match(String(headers["set-cookie"]), /; SameSite=Lax; Secure$/);
  const plain = await world.send(sent);
  assert.doesNotMatch(String(plain.headers["set-cookie"]), /Secure/);
});

test("what is reported holds patterns, and none of what was sent", async () => {
  const observed: Observation[] = [];
  const stoa = await startStoa({
    host: "127.0.0.1",
    port: 0,
    data: "memory",
    adminLogin: "admin",
    adminPassword: password,
    observe: (observation) => observed.push(observation),
  });
  await fetch(`${stoa.url}/api/v1/secret-store/secret-id?where.secret=1`, {
    headers: { authorization: "Bearer secret-token" },
  }).then((answer) => answer.text());
  await fetch(`${stoa.url}/api/v1/auth`, {
    method: "POST",
    body: JSON.stringify({ login: "secret", password: "secret" }),
    headers: { "content-type": "application/json" },
  }).then((answer) => answer.text());
  await stoa.close();
  const kinds = observed.map(({ kind }) => kind);
  assert.deepEqual(kinds.filter((kind) => kind === "request").length, 2);
  assert.ok(kinds.includes("signIn"));
  assert.doesNotMatch(JSON.stringify(observed), /secret/);
  assert.match(JSON.stringify(observed), /"\/api\/v1\/:store\/:id","status":401/);
});

test("a drain lets a running request finish and takes no new one", async () => {
  const own = await createWorld();
  const { hostname, port } = new URL(own.url);
  const body = JSON.stringify({ login: "admin", password });
  const socket = connect({ host: hostname, port: Number(port) });
  const closed = once(socket, "close");
  socket.setEncoding("utf8");
  socket.write("POST /api/v1/auth/token HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n");
  socket.write(`Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`);
  const [begun] = await once(socket, "data");
  assert.equal(begun, "HTTP/1.1 100 Continue\r\n\r\n");
  const closing = own.close();
  const isRefused = () =>
    own.send({ url: "/healthz" }).then(
      () => false,
      ({ code }) => code === "ECONNREFUSED",
    );
  while (!(await isRefused())) await new Promise((resolve) => setTimeout(resolve, 5));
  const started = performance.now();
  socket.write(body);
  const [answer] = await once(socket, "data");
  assert.match(answer, /^HTTP\/1.1 200 /);
  await Promise.all([closing, closed]);
  assert.ok(performance.now() - started < 5_000);
  assert.ok(await isRefused());
});
