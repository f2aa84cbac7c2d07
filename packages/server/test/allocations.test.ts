/**
 * What requests allocate: time differs from machine to machine, bytes hardly do. Each bound is
 * twice what was seen, so that an object more for each row is found out.
 */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const password = "correct horse";
const prefix = "/api/v1";
const connections = 8;
const perConnection = 15;
const rounds = 10;
let data: string;
let server: ChildProcess;
let url: string;
let token = "";
let ids: readonly string[];

before(async () => {
  data = await mkdtemp(join(tmpdir(), "stoa-"));
  server = fork(join(import.meta.dirname, "allocation-server.ts"), [data, password]);
  ({ url } = await told<{ url: string }>());
  token = (await send<{ token: string }>("POST", "auth/token", { login: "admin", password })).token;
  await send("POST", "stores", { name: "things", indexes: [["size"]] });
  const [group] = await send<[{ _id: string }]>("GET", "groups");
  const roles = await send<{ _id: string; name: string }[]>("GET", "roles");
  const role = roles.find(({ name }) => name === "member")?._id;
  const team = await send<{ _id: string }>("POST", "groups", { name: "team", parent: group._id });
  await send("POST", "users", { login: "mary", password, role, group: team._id });
  const mary = { login: "mary", password };
  token = (await send<{ token: string }>("POST", "auth/token", mary)).token;
  const bodies = Array.from({ length: 1_000 }, (_, at) => bodyOf(at));
  ids = (await send<{ _id: string }[]>("POST", "things", bodies)).map(({ _id }) => _id);
});

after(async () => {
  server.disconnect();
  await once(server, "exit");
  await rm(data, { recursive: true });
});

/** Bytes on the heap of V8 for one request. */
const bounds = { get: 50_000, page: 90_000, insert: 90_000 };
/** The same for one row more of a list: its bytes never stand there, and nothing stands for it. */
const rowBytesMax = 120;

test("reading one entity allocates no more than it must", async () => {
  const bytes = await bytesOf((at) => wire("GET", `things/${ids[at]}`));
  assert(bytes > 1_000, `${bytes}: the server was seen`);
  assert(bytes < bounds.get, `${bytes}`);
});

for (const { name, words } of [
  { name: "a list", words: "" },
  { name: "a sorted list", words: "&sortBy=-size" },
  { name: "a list of some fields", words: "&only=name,place.lat" },
]) {
  test(`${name} allocates no more than it must, and nothing for a row`, async () => {
    const page = (limit: number) => () => wire("GET", `things?limit=${limit}${words}`);
    const few = await bytesOf(page(10));
    const many = await bytesOf(page(100));
    assert(many > 1_000 && many < bounds.page, `${many}`);
    assert((many - few) / 90 < rowBytesMax, `${few} for 10, ${many} for 100`);
  });
}

test("an insert allocates no more than it must", async () => {
  const bytes = await bytesOf((at) => wire("POST", "things", JSON.stringify(bodyOf(at))));
  assert(bytes > 1_000, `${bytes}: the server was seen`);
  assert(bytes < bounds.insert, `${bytes}`);
});

/** Of one request, by the leanest of several rounds: what the process does besides only adds. */
async function bytesOf(requestAt: (at: number) => string): Promise<number> {
  const found: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const begun = await allocated();
    const lanes = Array.from({ length: connections }, (_, lane) =>
      Array.from({ length: perConnection }, (_, at) => requestAt(lane * perConnection + at)),
    );
    await Promise.all(lanes.map(sendAll));
    found.push(((await allocated()) - begun) / (connections * perConnection));
  }
  return Math.round(Math.min(...found));
}

/** One behind the other over one connection, without waiting for answers in between. */
async function sendAll(requests: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const close = `GET ${prefix}/groups HTTP/1.1\r\nHost: stoa\r\nConnection: close\r\n\r\n`;
  socket.write(requests.join("") + close);
  let answers = "";
  for await (const part of socket.setEncoding("latin1")) answers += part;
  assert.equal(answers.split("HTTP/1.1 200 OK").length - 1, requests.length, answers.slice(0, 500));
}

/** As it stands on the wire. */
function wire(method: string, path: string, body = ""): string {
  const head =
    `${method} ${prefix}/${path} HTTP/1.1\r\nHost: stoa\r\nAuthorization: Bearer ${token}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  return head + body;
}

async function allocated(): Promise<number> {
  const answer = told<{ allocatedBytes: number }>();
  server.send({});
  return (await answer).allocatedBytes;
}

async function told<T>(): Promise<T> {
  const [message] = await once(server, "message");
  return message as T;
}

function bodyOf(at: number) {
  const place = { lat: at / 7, lng: -at / 3 };
  return { name: `Object ${at}`, size: at % 97, place, note: "kept for some of its days" };
}

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers = {
    "content-type": "application/json",
    ...(token !== "" && { authorization: `Bearer ${token}` }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${url}${prefix}/${path}`, { method, headers, ...sent });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text) as T;
}
