/** The entity API over HTTP: what is told of the house itself, and to whom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();

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
      database: { engine: "memory", bytes: null },
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

testRows(world, statistics);

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
