/** The entity API over HTTP: reading single entities. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const one = "/api/v1/cities/{delft}";

const rows: readonly Row[] = [
  {
    name: "an entity has its seven fields, its own, and success",
    as: "ada",
    url: one,
    status: 200,
    json: {
      _id: "{delft}",
      owner: "{ada}",
      group: "{north}",
      access: [],
      branch: ["{north}", "{root}"],
      name: "delft",
      value: 10,
      success: true,
    },
    answers: {
      etag: /^"[^"]+"$/,
      "content-type": /^application\/json/,
      "content-length": /^\d+$/,
      "cache-control": "private, no-cache",
      "x-content-type-options": "nosniff",
      vary: /Authorization, Cookie/,
    },
    changes: 0,
  },
  {
    name: "somebody of a parent group sees it too",
    as: "admin",
    url: one,
    status: 200,
    json: { _id: "{delft}" },
  },
  {
    name: "an id in upper case is the same id",
    as: "ada",
    url: `/api/v1/cities/${world.ids.delft?.toUpperCase()}`,
    status: 200,
    json: { _id: "{delft}" },
  },
  {
    name: "a trailing slash, doubled slashes and an encoded name are tolerated",
    as: "ada",
    url: "//api///v1/%63ities//{delft}/",
    status: 200,
    json: { _id: "{delft}" },
  },
  {
    name: "only leaves the named fields and _id, and there is no tag",
    as: "ada",
    url: `${one}?only=name,address.country`,
    status: 200,
    text: '{"_id":"{delft}","name":"delft","address":{"country":"NL"},"success":true}',
    answers: { etag: null },
  },
  {
    name: "an entity of another tenant is not found, in the same words as one that is not there",
    as: "ada",
    url: "/api/v1/cities/{lima}",
    status: 404,
    json: { success: false, code: "404", tags: ["error_not_found", "error_cities"] },
    absent: ["lima", "{lima}", "{bob}"],
  },
  {
    name: "a well-formed id that nobody has is not found",
    as: "ada",
    url: "/api/v1/cities/58238a935baa56173b24f0e4",
    status: 404,
    json: { message: "Not Found", tags: ["error_not_found", "error_cities"] },
  },
  {
    name: "a malformed id is not found",
    as: "ada",
    url: "/api/v1/cities/not-an-id",
    status: 404,
    json: { tags: ["error_not_found", "error_cities"] },
  },
  {
    name: "an id of a thousand characters is not found",
    as: "ada",
    url: `/api/v1/cities/${"x".repeat(1_000)}`,
    status: 404,
  },
  {
    name: "a store that is not there is not found",
    as: "ada",
    url: "/api/v1/towns/58238a935baa56173b24f0e4",
    status: 404,
    json: { tags: ["error_not_found", "error_towns"] },
  },
  {
    name: "a name that every object has is no store",
    as: "ada",
    url: "/api/v1/__proto__/constructor",
    status: 404,
  },
  {
    name: "HEAD has the head of GET and no body",
    as: "ada",
    method: "HEAD",
    url: one,
    status: 200,
    text: "",
    answers: { etag: /"/, "content-length": /^[1-9]\d+$/ },
  },
  {
    name: "HEAD of what is not there has no body either",
    as: "ada",
    method: "HEAD",
    url: "/api/v1/cities/{lima}",
    status: 404,
    text: "",
  },
  {
    name: "an unknown parameter means nothing",
    as: "ada",
    url: `${one}?x=1&only.=2`,
    status: 200,
    json: { name: "delft" },
  },
  {
    name: "only of an empty path is refused by name",
    as: "ada",
    url: `${one}?only=`,
    status: 400,
    json: { tags: ["error_validation"], details: [{ path: "only" }] },
  },
  {
    name: "a bad parameter of an entity that is not there is a bad parameter",
    as: "ada",
    url: "/api/v1/cities/{lima}?only=a..b",
    status: 400,
  },
  {
    name: "somebody whose role does not allow it is refused before parameters and existence",
    as: "nora",
    url: "/api/v1/nowhere/x?only=a..b",
    status: 403,
    json: {
      success: false,
      code: "403",
      message: "Forbidden",
      tags: ["error_credentials", "error_forbidden"],
    },
  },
  {
    name: "nobody is refused before everything",
    url: "/api/v1/nowhere/x?only=a..b",
    status: 401,
    json: {
      success: false,
      code: "401",
      message: "Unauthorized",
      tags: ["error_unauthorized"],
      codes: ["error_unauthorized"],
      name: "StoaError",
    },
    answers: { "www-authenticate": "Bearer", "content-length": /^\d+$/ },
  },
  {
    name: "everybody reads its own user, whatever its role",
    as: "nora",
    url: "/api/v1/users/{nora}",
    status: 200,
    json: { login: "nora" },
    absent: ["password", "correct horse"],
  },
];
testRows(world, rows);

test("a client that has the version gets 304 and no body", async () => {
  const { headers } = await world.send({ as: "ada", url: one });
  const again = (value: string) =>
    world.send({ as: "ada", url: one, headers: { "if-none-match": value } });
  for (const value of [String(headers.etag), `W/${headers.etag}`, `"x", ${headers.etag}`, "*"]) {
    const { status, text, headers: answered } = await again(value);
    assert.deepEqual([status, text, answered.etag], [304, "", headers.etag]);
  }
  assert.equal((await again('"x"')).status, 200);
});

test("a hidden entity and a missing one answer the same text", async () => {
  const hidden = await world.send({ as: "ada", url: "/api/v1/cities/{lima}" });
  const missing = await world.send({ as: "ada", url: "/api/v1/cities/58238a935baa56173b24f0e4" });
  assert.equal(hidden.text, missing.text);
});

test("unwind puts the entity in the place of its reference, if it is visible", async () => {
  const schema = { type: "object", properties: { city: { type: "string", "x-ref": "cities" } } };
  const store = { name: "visits", schema };
  await world.send({ as: "admin", method: "POST", url: "/api/v1/stores", body: store });
  const visit = async (city: string) =>
    (await world.send({ as: "ada", method: "POST", url: "/api/v1/visits", body: { city } })).json;
  const [seen, hidden] = [await visit("{delft}"), await visit("{lima}")];
  const read = (id: string) => world.send({ as: "ada", url: `/api/v1/visits/${id}?unwind=city` });
  const { json, headers } = await read(seen._id);
  assert.equal(json.city.name, "delft");
  assert.equal(headers.etag, undefined);
  assert.equal((await read(hidden._id)).json.city, world.ids.lima);
  const list = await world.send({ as: "ada", url: "/api/v1/visits?unwind=city" });
  assert.deepEqual(
    list.json.map(({ city }: { city: unknown }) => typeof city),
    ["object", "string"],
  );
});
