/** The entity API over HTTP: what is told of the house itself, and to whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, rowsRunOn, testRows } from "./api-table.ts";

const world = await createWorld();
const { engine } = rowsRunOn;

const statistics: readonly Row[] = [
  {
    name: "statistics tell administrators of load, database and stores",
    as: "admin",
    url: "/api/v1/statistics",
    status: 200,
    json: {
      success: true,
      version: "1.2.3",
      processes: 1,
      everyMs: 10_000,
      database: engine === "memory" ? { engine, bytes: null } : { engine },
      stores: [
        { name: "cities", entities: 4 },
        { name: "extobjs", entities: 0, bytes: 0 },
      ],
    },
  },
  { name: "statistics need somebody", url: "/api/v1/statistics", status: 401 },
  { name: "statistics need a right", as: "ada", url: "/api/v1/statistics", status: 403 },
  {
    name: "statistics are only read",
    as: "admin",
    method: "POST",
    url: "/api/v1/statistics",
    status: 405,
    answers: { allow: "GET, HEAD, OPTIONS" },
  },
];

const stores: readonly Row[] = [
  {
    name: "counts are of what one sees, in the stores that one may read",
    as: "ada",
    url: "/api/v1/counts",
    status: 200,
    text: '{"success":true,"counts":{"cities":3,"extobjs":0}}',
  },
  {
    name: "counts of an administrator hold the system stores",
    as: "admin",
    url: "/api/v1/counts",
    status: 200,
    json: { counts: { cities: 4, users: 5, groups: 3, roles: 4 } },
  },
  {
    name: "counts of who may read nothing are none",
    as: "nora",
    url: "/api/v1/counts",
    status: 200,
    text: '{"success":true,"counts":{}}',
  },
  { name: "counts need somebody", url: "/api/v1/counts", status: 401 },
  { name: "permissions need somebody", url: "/api/v1/permissions", status: 401 },
  {
    name: "permissions name no store to those who may not read it",
    as: "nora",
    url: "/api/v1/permissions",
    status: 200,
    absent: ["cities", "extobjs", '"held":true'],
  },
];

testRows(world, statistics);
testRows(world, stores);

interface Group {
  readonly kind: string;
  readonly name: string;
  readonly permissions: readonly { readonly credential: string; readonly held: boolean }[];
}

async function permissionsOf(as: "rita" | "admin"): Promise<Map<string, Map<string, boolean>>> {
  const { json } = await world.send({ as, url: "/api/v1/permissions" });
  return new Map(
    (json.groups as Group[]).map(({ name, permissions }) => [
      name,
      new Map(permissions.map(({ credential, held }) => [credential, held])),
    ]),
  );
}

test("permissions list what rights can name, and what one holds of it", async () => {
  const groups = await permissionsOf("rita");
  assert.equal(groups.get("*")?.get("GET *"), true);
  assert.equal(groups.get("*")?.get("*"), false);
  const cities = groups.get("cities");
  for (const held of ["GET cities", "GET cities/:id", "GET cities/:id/history"]) {
    assert.equal(cities?.get(held), true, held);
  }
  for (const other of ["POST cities", "PATCH cities/:id", "POST cities/:id/restore"]) {
    assert.equal(cities?.get(other), false, other);
  }
  assert.equal(groups.get("reference/extobjs")?.get("LOOKUP reference/extobjs"), true);
  assert.equal(groups.get("users")?.get("POST users/:id/transfer"), false);
  assert.equal(groups.get("users")?.has("POST users/:id/access"), false);
  assert.equal(groups.get("sessions")?.has("POST sessions"), false);
});

test("every permission can be given to a role, and one that holds all holds each", async () => {
  const groups = await permissionsOf("admin");
  const all = [...groups.values()].flatMap((group) => [...group]);
  assert.ok(all.length > 60, `${all.length}`);
  assert.ok(all.every(([, held]) => held));
  const credentials = all.map(([credential]) => credential);
  const body = { name: "each", credentials };
  const { status, text } = await world.send({
    as: "admin",
    method: "POST",
    url: "/api/v1/roles",
    body,
  });
  assert.equal(status, 200, text);
});

test("statistics hold what has just been asked", async () => {
  const read = async () => (await world.send({ as: "admin", url: "/api/v1/statistics" })).json;
  const before = await read();
  for (let asked = 0; asked < 5; asked++) await world.send({ as: "ada", url: "/api/v1/cities" });
  await world.send({ as: "ada", url: "/api/v1/nowhere" });
  const { totals, points, stores } = await read();
  assert.equal(totals.requests - before.totals.requests, 7);
  assert.equal(totals.refusals - before.totals.refusals, 1);
  const last = points.at(-1);
  assert.ok(last.rssBytes > 1e6 && last.p50Ms > 0 && last.p50Ms <= last.p99Ms);
  const [cities] = stores;
  assert.ok(cities.bytes > 4 * 200 && cities.bytes < 4 * 1_000, `${cities.bytes} bytes`);
});

test("an administrator of a tenant is not told of the stores of others", async () => {
  const body = {
    login: "chief",
    password: "correct horse",
    role: "{administrator}",
    group: "{north}",
  };
  await world.send({ as: "admin", method: "POST", url: "/api/v1/users", body });
  const signIn = { login: "chief", password: "correct horse" };
  const { json } = await world.send({ method: "POST", url: "/api/v1/auth/token", body: signIn });
  const headers = { authorization: `Bearer ${json.token}` };
  const answer = await world.send({ url: "/api/v1/statistics", headers });
  assert.equal(answer.status, 403, answer.text);
});
