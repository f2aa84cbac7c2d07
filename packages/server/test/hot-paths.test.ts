/**
 * What is read most passes through as it is kept: no document becomes a value on its way out. Knows
 * the server by its wiring, and counts what JSON is asked to do while it answers.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { observer } from "../src/app/observe.ts";
import { startStoa } from "../src/app/wire.ts";

const password = "correct horse";
/** Stands in every document, so that nothing else is counted. */
const marker = "a mark in every document";
const entities = 2_500;
let close: () => Promise<void>;
let url: string;
let token: string;
let ids: readonly string[];

before(async () => {
  const data = await mkdtemp(join(tmpdir(), "stoa-"));
  const options = { host: "127.0.0.1", port: 0, data, adminLogin: "admin", version: "1.2.3" };
  const stoa = await startStoa({
    ...options,
    adminPassword: password,
    now: Date.now,
    ...observer({ level: "silent" }),
  });
  close = async () => {
    await stoa.close();
    await rm(data, { recursive: true });
  };
  url = stoa.url;
  const admin = await signIn("admin");
  const stores = { name: "things", indexes: [["size"]] };
  await send(admin, "POST", "stores", stores);
  const [group] = JSON.parse((await send(admin, "GET", "groups")).text) as [{ _id: string }];
  const roles = JSON.parse((await send(admin, "GET", "roles")).text) as Record<string, string>[];
  const role = roles.find(({ name }) => name === "member")?.["_id"];
  const team = { name: "team", parent: group._id };
  const { _id: own } = JSON.parse((await send(admin, "POST", "groups", team)).text);
  await send(admin, "POST", "users", { login: "mary", password, role, group: own });
  token = await signIn("mary");
  const made: string[] = [];
  for (let n = 0; n < entities; n += 500) {
    const bodies = Array.from({ length: 500 }, (_, at) => ({ size: (n + at) % 97, note: marker }));
    const { text } = await send(token, "POST", "things", bodies);
    made.push(...(JSON.parse(text) as { _id: string }[]).map(({ _id }) => _id));
  }
  ids = made;
});

after(() => close());

const hot = [
  { name: "reading one entity", path: () => `things/${ids[7]}`, shown: 1 },
  { name: "a page", path: () => "things?limit=100", shown: 100 },
  {
    name: "a page after a cursor",
    path: () => `things?limit=100&after=["${ids[99]}"]`,
    shown: 100,
  },
  { name: "a page from the end", path: () => "things?limit=100&sortBy=-_id", shown: 100 },
  { name: "a page by an indexed field", path: () => "things?limit=100&sortBy=size", shown: 100 },
  { name: "a page by an indexed value", path: () => "things?limit=10&where.size=5", shown: 10 },
  { name: "a page at an offset", path: () => "things?limit=10&offset=50", shown: 10 },
  {
    name: "one entity with some of its fields",
    path: () => `things/${ids[7]}?only=note`,
    shown: 1,
  },
  {
    name: "a page with some fields of each",
    path: () => "things?limit=100&only=time,note,size",
    shown: 100,
  },
  {
    name: "a sorted page with a field of each",
    path: () => "things?limit=100&sortBy=size&only=note",
    shown: 100,
  },
  { name: "an export", path: () => "things?nolimit=true", shown: entities },
];

for (const { name, path, shown } of hot) {
  test(`${name} neither parses nor writes a document`, async () => {
    const { texts, parsed, written } = await counted(() => get(path()));
    assert.equal(texts, shown);
    assert.deepEqual({ parsed, written }, { parsed: 0, written: 0 });
  });
}

test("what must look inside is counted, so that the counting is known to work", async () => {
  const patch = await counted(() => send(token, "PATCH", `things/${ids[7]}`, { size: 1 }));
  assert(patch.parsed > 0 && patch.written > 0, "a patch");
});

interface Counted {
  /** Documents in the answer. */
  readonly texts: number;
  readonly parsed: number;
  readonly written: number;
}

async function counted(ask: () => Promise<{ text: string }>): Promise<Counted> {
  const { parse, stringify } = JSON;
  let [parsed, written] = [0, 0];
  JSON.parse = (text, reviver) => {
    if (String(text).includes(marker)) parsed++;
    return parse(text, reviver);
  };
  JSON.stringify = (value: unknown, ...how: unknown[]) => {
    const text = stringify(value, ...(how as []));
    if (text?.includes(marker)) written++;
    return text;
  };
  try {
    const { text } = await ask();
    return { texts: text.split(marker).length - 1, parsed, written };
  } finally {
    Object.assign(JSON, { parse, stringify });
  }
}

function get(path: string): Promise<{ text: string }> {
  return send(token, "GET", path);
}

async function signIn(login: string): Promise<string> {
  const { text } = await send("", "POST", "auth/token", { login, password });
  return (JSON.parse(text) as { token: string }).token;
}

async function send(
  as: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ text: string }> {
  const authorization = as === "" ? undefined : { authorization: `Bearer ${as}` };
  const response = await fetch(`${url}/api/v1/${path}`, {
    method,
    headers: { "content-type": "application/json", ...authorization },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return { text };
}
