/** The entity API over HTTP: sharing of entities, and what definitions of stores bring about. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const one = "/api/v1/cities/{delft}";

const sharing: readonly Row[] = [
  {
    name: "a grant needs a list of ids",
    as: "ada",
    method: "POST",
    url: `${one}/access`,
    body: { grant: "x" },
    status: 400,
    json: { details: [{ path: "grant" }] },
  },
  {
    name: "a grant to somebody of one's tenant is an entity",
    as: "ada",
    method: "POST",
    url: `${one}/access`,
    body: { grant: ["{rita}"] },
    status: 200,
    json: { access: ["{rita}"], success: true },
    changes: 1,
  },
  {
    name: "explain says who may do what, and why",
    as: "ada",
    url: `${one}/access`,
    status: 200,
    json: { success: true, user: "{ada}", visible: true, verbs: { GET: { allowed: true } } },
  },
  {
    name: "a grant is taken back",
    as: "ada",
    method: "DELETE",
    url: `${one}/access/{rita}`,
    status: 200,
    json: { access: [] },
    changes: 1,
  },
  {
    name: "a transfer needs somebody or some group",
    as: "ada",
    method: "POST",
    url: `${one}/transfer`,
    body: {},
    status: 400,
  },
  {
    name: "a transfer changes the owner",
    as: "ada",
    method: "POST",
    url: `${one}/transfer`,
    body: { owner: "{rita}" },
    status: 200,
    json: { owner: "{rita}" },
    changes: 1,
  },
  {
    name: "nobody grants what it cannot see",
    as: "bob",
    method: "POST",
    url: `${one}/access`,
    body: { grant: ["{bob}"] },
    status: 404,
    changes: 0,
  },
  {
    name: "grant has no GET of one principal",
    as: "ada",
    url: `${one}/access/{rita}`,
    status: 405,
    answers: { allow: "DELETE, OPTIONS" },
  },
];

testRows(world, sharing);

test("a unique value that is taken is a conflict that names the field", async () => {
  const store = { name: "plates", unique: [["plate"]] };
  await world.send({ as: "admin", method: "POST", url: "/api/v1/stores", body: store });
  const post = () =>
    world.send({ as: "ada", method: "POST", url: "/api/v1/plates", body: { plate: "AB-1" } });
  assert.equal((await post()).status, 200);
  const { status, json: answer } = await post();
  assert.equal(status, 409);
  assert.deepEqual(answer.tags, ["error_conflict"]);
  assert.equal(answer.details[0].path, "plate");
});

test("a schema's violations are all listed", async () => {
  const schema = {
    type: "object",
    required: ["lat"],
    properties: { lat: { type: "number" }, lon: { type: "number" } },
  };
  await world.send({
    as: "admin",
    method: "POST",
    url: "/api/v1/stores",
    body: { name: "points", schema },
  });
  const { status, json: answer } = await world.send({
    as: "ada",
    method: "POST",
    url: "/api/v1/points",
    body: { lon: "x" },
  });
  assert.equal(status, 400);
  assert.deepEqual(answer.details.map(({ path }: { path: string }) => path).toSorted(), [
    "lat",
    "lon",
  ]);
});

test("a store is removed only by its name", async () => {
  const { json: made } = await world.send({
    as: "admin",
    method: "POST",
    url: "/api/v1/stores",
    body: { name: "brief" },
  });
  const remove = (query: string) =>
    world.send({ as: "admin", method: "DELETE", url: `/api/v1/stores/${made._id}${query}` });
  assert.equal((await remove("")).status, 400);
  assert.equal((await remove("?confirm=other")).status, 400);
  assert.equal((await remove("?confirm=brief")).status, 200);
  assert.equal((await world.send({ as: "ada", url: "/api/v1/brief" })).status, 404);
});
