/** Copies of the database over HTTP: made while others write, given out, and good for a start. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { limit } from "@stoa/domain";
import { startStoa } from "../src/app/wire.ts";
import { createWorld, type Row, testRows } from "./api-table.ts";

const password = "correct horse";
const folder = await mkdtemp(join(tmpdir(), "stoa-backup-"));
const data = join(folder, "data");
const stoa = await startStoa({
  host: "127.0.0.1",
  port: 0,
  data,
  adminLogin: "admin",
  adminPassword: password,
});
after(async () => {
  await stoa.close();
  await rm(folder, { recursive: true });
});

async function tokenOf(url: string, login = "admin"): Promise<string> {
  const answer = await fetch(`${url}/api/v1/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login, password }),
  });
  return ((await answer.json()) as { token: string }).token;
}

const token = await tokenOf(stoa.url);

function ask(path: string, method = "GET", body?: unknown, as = token): Promise<Response> {
  return fetch(`${stoa.url}/api/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${as}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function make() {
  const answer = await ask("backups", "POST");
  assert.equal(answer.status, 200);
  const lines = (await answer.text()).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

async function names(): Promise<string[]> {
  const { backups } = (await (await ask("backups")).json()) as { backups: { name: string }[] };
  return backups.map(({ name }) => name);
}

test("a copy is whole, though others write meanwhile, and a server starts on it", async () => {
  await ask("stores", "POST", { name: "notes" });
  const bodies = Array.from({ length: 2_000 }, (_, n) => ({ n, text: "x".repeat(500) }));
  await ask("notes", "POST", bodies);
  let isOver = false;
  const writing = (async () => {
    for (let n = 0; !isOver; n++) await ask("notes", "POST", { late: n });
  })();
  const events = await make();
  isOver = true;
  await writing;
  const { kind, success, backup } = events.at(-1);
  assert.deepEqual([kind, success], ["end", true]);
  assert.ok(events.length >= 2 && events[0].kind === "progress");
  assert.ok(backup.bytes > 1_000_000);
  assert.ok(Math.abs(Date.now() - backup.time) < 60_000);
  const answer = await ask(`backups/${backup.name}`);
  assert.equal(answer.headers.get("content-length"), String(backup.bytes));
  const restored = join(folder, "restored");
  await mkdir(restored);
  await writeFile(join(restored, "stoa.db"), Buffer.from(await answer.arrayBuffer()));
  const second = await startStoa({
    host: "127.0.0.1",
    port: 0,
    data: restored,
    adminLogin: "admin",
  });
  try {
    const headers = { authorization: `Bearer ${await tokenOf(second.url)}` };
    const count = await fetch(`${second.url}/api/v1/notes?meta=count`, { headers });
    const { total } = (await count.json()) as { total: number };
    assert.ok(total >= 2_000, `${total}`);
    const all = await fetch(`${second.url}/api/v1/notes?where.n=1999`, { headers });
    assert.equal(((await all.json()) as unknown[]).length, 1);
  } finally {
    await second.close();
  }
});

test("copies are listed, the newest first, and removed", async () => {
  await make();
  const all = await names();
  assert.equal(all.length, 2);
  assert.deepEqual(all, all.toSorted().reverse());
  assert.equal((await ask(`backups/${all[0]}`, "DELETE")).status, 200);
  assert.equal((await ask(`backups/${all[0]}`, "DELETE")).status, 404);
  assert.deepEqual(await names(), all.slice(1));
});

test("there are as many copies as may be, and one at a time", async () => {
  const [one] = await names();
  const together = await Promise.all([ask("backups", "POST"), ask("backups", "POST")]);
  assert.deepEqual(together.map(({ status }) => status).sort(), [200, 409]);
  for (const answer of together) await answer.text();
  for (let n = (await names()).length; n < limit.backupsMax; n++) await make();
  const full = await ask("backups", "POST");
  assert.equal(full.status, 409);
  assert.equal((await names()).length, limit.backupsMax);
  assert.ok((await names()).includes(one ?? ""));
  const left = await readdir(join(data, "backups"));
  assert.deepEqual(
    left.filter((name) => !name.endsWith(".db")),
    [],
  );
});

test("no name leads out of the folder of copies", async () => {
  for (const name of ["..%2Fstoa.db", "stoa.db", "%2Fetc%2Fpasswd", "stoa-1.db"]) {
    assert.equal((await ask(`backups/${name}`)).status, 404, name);
    assert.equal((await ask(`backups/${name}`, "DELETE")).status, 404, name);
  }
});

test("copies are looked after by members of the root, taken away by administrators", async () => {
  const groups = (await (await ask("groups?where.name=root")).json()) as { _id: string }[];
  const root = groups[0]?._id;
  const made = async (store: string, body: unknown) =>
    ((await (await ask(store, "POST", body)).json()) as { _id: string })._id;
  const role = await made("roles", { name: "keeper", credentials: ["* backups/*"] });
  const north = await made("groups", { name: "north", parent: root });
  await made("users", { login: "keeper", password, role, group: root });
  const roles = (await (await ask("roles?where.name=administrator")).json()) as { _id: string }[];
  await made("users", { login: "tenant", password, role: roles[0]?._id, group: north });
  const keeper = await tokenOf(stoa.url, "keeper");
  const tenant = await tokenOf(stoa.url, "tenant");
  const [name] = await names();
  assert.equal((await ask("backups", "GET", undefined, keeper)).status, 200);
  assert.equal((await ask(`backups/${name}`, "GET", undefined, keeper)).status, 403);
  for (const [path, method] of [
    ["backups", "GET"],
    ["backups", "POST"],
    [`backups/${name}`, "GET"],
    [`backups/${name}`, "DELETE"],
  ] as const) {
    assert.equal((await ask(path, method, undefined, tenant)).status, 403, `${method} ${path}`);
  }
  assert.equal((await ask(`backups/${name}`, "DELETE", undefined, keeper)).status, 200);
});

const world = await createWorld();
const rows: readonly Row[] = [
  { name: "copies need somebody", url: "/api/v1/backups", status: 401 },
  {
    name: "no wildcard of a member means copies",
    as: "ada",
    method: "POST",
    url: "/api/v1/backups",
    status: 403,
  },
  {
    name: "what is not on a disk cannot be copied",
    as: "admin",
    method: "POST",
    url: "/api/v1/backups",
    status: 503,
    json: { helper: { message: "Nothing is kept here, so there is nothing to copy." } },
  },
];
testRows(world, rows);
