/** The sample of the cities, loaded by the server itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, testRows, type Who } from "./api-table.ts";

const world = await createWorld();
const url = "/api/v1/sample";

const rows: readonly Row[] = [
  { name: "a sample needs somebody", method: "POST", url, body: { name: "cities" }, status: 401 },
  {
    name: "a sample is for those who make stores",
    as: "ada",
    method: "POST",
    url,
    body: { name: "cities" },
    status: 403,
    changes: 0,
  },
  {
    name: "a sample that there is not",
    as: "admin",
    method: "POST",
    url,
    body: { name: "rivers" },
    status: 404,
  },
  {
    name: "a sample does not go into a store that is not its own",
    as: "admin",
    method: "POST",
    url,
    body: { name: "cities", limit: 10 },
    status: 409,
    changes: 0,
  },
  {
    name: "a sample has a number of entities",
    as: "admin",
    method: "POST",
    url,
    body: { name: "cities", limit: 0 },
    status: 400,
    json: { details: [{ path: "limit" }] },
  },
];

testRows(world, rows);

/** Without the number of a change, which is seen to be one. */
function withoutSequence({ sequence, ...rest }: { sequence?: number } = {}) {
  assert.ok(Number.isSafeInteger(sequence));
  return rest;
}

async function load(as: Who, limit: number) {
  const answer = await world.send({ as, method: "POST", url, body: { name: "cities", limit } });
  assert.equal(answer.status, 200, answer.text);
  return answer.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("a sample makes its store and tells how far it is, and goes on where it was", async () => {
  const remove = `/api/v1/stores/${world.ids["cities"]}?confirm=cities`;
  assert.equal((await world.send({ as: "admin", method: "DELETE", url: remove })).status, 200);
  const events = await load("admin", 450);
  assert.ok(events.length >= 4, `${events.length} events`);
  assert.deepEqual(events[0], { kind: "progress", total: 450, done: 0, created: 0 });
  const last = { kind: "end", total: 450, done: 450, created: 450, success: true };
  assert.deepEqual(withoutSequence(events.at(-1)), last);
  const { json } = await world.send({ as: "admin", url: "/api/v1/cities?where.n=0" });
  assert.equal(json[0].name, "Vila");
  const more = await load("admin", 500);
  assert.deepEqual(more[0], { kind: "progress", total: 500, done: 450, created: 0 });
  assert.deepEqual(withoutSequence(more.at(-1)), { ...last, total: 500, done: 500, created: 50 });
  const count = await world.send({ as: "admin", url: "/api/v1/cities?meta=count" });
  assert.equal(count.json.total, 500);
});
