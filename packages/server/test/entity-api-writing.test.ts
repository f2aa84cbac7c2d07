/** The entity API over HTTP: creating, changing and removing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, startOfTime, testRows } from "./api-table.ts";

const world = await createWorld();
const list = "/api/v1/cities";
const one = `${list}/{delft}`;
const json = { "content-type": "application/json" };

const creating: readonly Row[] = [
  {
    name: "POST answers the entity with the fields of the server and success",
    as: "ada",
    method: "POST",
    url: list,
    body: { _id: "{lima}", owner: "{bob}", name: "utrecht", time: 1, nested: { list: [1, null] } },
    status: 200,
    json: {
      owner: "{ada}",
      group: "{north}",
      branch: ["{north}", "{root}"],
      time: startOfTime + 3_000,
      name: "utrecht",
      nested: { list: [1, null] },
      success: true,
    },
    answers: { etag: /^"/, "content-length": /^\d+$/ },
    absent: ["{lima}", "{bob}", "_at"],
    changes: 1,
  },
  {
    name: "a body without a content type is JSON",
    as: "ada",
    method: "POST",
    url: list,
    body: '{"name":"no type"}',
    status: 200,
    json: { name: "no type" },
  },
  {
    name: "an array creates all, and answers all in order",
    as: "ada",
    method: "POST",
    url: list,
    body: [{ name: "first" }, { name: "second" }],
    status: 200,
    json: [
      { name: "first", success: true },
      { name: "second", success: true },
    ],
    changes: 2,
  },
  {
    name: "an array with one bad element creates none, and names it",
    as: "ada",
    method: "POST",
    url: list,
    body: [{ name: "third" }, 4],
    status: 400,
    json: { details: [{ path: "1" }] },
    changes: 0,
  },
  {
    name: "an empty array creates nothing",
    as: "ada",
    method: "POST",
    url: list,
    body: [],
    status: 200,
    text: "[]",
    changes: 0,
  },
  ...[
    ["bad JSON", '{"a":'],
    ["a number", "7"],
    ["null", "null"],
    ["an empty body", ""],
    ["no body", undefined],
    ["half a surrogate pair", '{"a":"\\ud800"}'],
    ["a NUL", '{"a":"\\u0000"}'],
    ["a number that fits no double", '{"a":1e400}'],
    ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ].map(
    ([what, body]): Row => ({
      name: `POST of ${what} is refused`,
      as: "ada",
      method: "POST",
      url: list,
      headers: json,
      body,
      status: 400,
      json: { success: false, tags: ["error_validation"] },
      changes: 0,
    }),
  ),
  {
    name: "the words of a refusal do not repeat the body",
    as: "ada",
    method: "POST",
    url: list,
    body: '{"password":"hunter2",}',
    status: 400,
    absent: ["hunter2"],
  },
  {
    name: "POST to a store that is not there is not found",
    as: "ada",
    method: "POST",
    url: "/api/v1/towns",
    body: {},
    status: 404,
    json: { tags: ["error_not_found", "error_towns"] },
  },
  {
    name: "bad JSON comes before a store that is not there",
    as: "ada",
    method: "POST",
    url: "/api/v1/towns",
    body: "{",
    status: 400,
  },
  {
    name: "a reader may not create, whatever the body",
    as: "rita",
    method: "POST",
    url: list,
    body: "{",
    status: 403,
  },
  {
    name: "nobody may not create, whatever the body",
    method: "POST",
    url: list,
    body: "{",
    status: 401,
  },
];

const changing: readonly Row[] = [
  {
    name: "PATCH merges objects, replaces arrays, and removes by null",
    as: "ada",
    method: "PATCH",
    url: one,
    body: {
      address: { zone: null, street: "Markt" },
      tags: [1],
      _id: "x",
      owner: "{bob}",
      access: ["{bob}"],
    },
    status: 200,
    json: {
      _id: "{delft}",
      owner: "{ada}",
      access: [],
      name: "delft",
      address: { country: "NL", street: "Markt" },
      tags: [1],
      _at: startOfTime + 3_000,
      success: true,
    },
    absent: ["zone"],
    changes: 1,
  },
  {
    name: "PATCH takes a JSON Patch by its media type",
    as: "ada",
    method: "PATCH",
    url: one,
    headers: { "content-type": "application/json-patch+json; charset=UTF-8" },
    body: '[{"op":"test","path":"/name","value":"delft"},{"op":"add","path":"/tags/-","value":2}]',
    status: 200,
    json: { tags: [1, 2] },
    changes: 1,
  },
  {
    name: "a JSON Patch without its media type is refused",
    as: "ada",
    method: "PATCH",
    url: one,
    body: [{ op: "remove", path: "/name" }],
    status: 400,
    changes: 0,
  },
  {
    name: "PATCH takes a merge patch by its media type",
    as: "ada",
    method: "PATCH",
    url: one,
    headers: { "content-type": "application/merge-patch+json" },
    body: '{"tags":null}',
    status: 200,
    absent: ['tags":['],
  },
  { name: "PATCH without a body is refused", as: "ada", method: "PATCH", url: one, status: 400 },
  {
    name: "PATCH of a hidden entity is not found",
    as: "ada",
    method: "PATCH",
    url: `${list}/{lima}`,
    body: {},
    status: 404,
    changes: 0,
  },
  {
    name: "a reader may not change",
    as: "rita",
    method: "PATCH",
    url: one,
    body: { a: 1 },
    status: 403,
    changes: 0,
  },
  {
    name: "POST with X-HTTP-Method-Override is a PATCH",
    as: "ada",
    method: "POST",
    url: one,
    headers: { "x-http-method-override": "patch" },
    body: { overridden: true },
    status: 200,
    json: { _id: "{delft}", overridden: true },
    changes: 1,
  },
  {
    name: "an override needs the right of what it does",
    as: "rita",
    method: "POST",
    url: one,
    headers: { "x-http-method-override": "DELETE" },
    status: 403,
    changes: 0,
  },
  {
    name: "If-Match of another version is refused",
    as: "ada",
    method: "PATCH",
    url: one,
    headers: { "if-match": '"0.0"' },
    body: { a: 1 },
    status: 412,
    json: { code: "412", message: "Precondition Failed", tags: ["error_precondition"] },
    changes: 0,
  },
  {
    name: "If-Match of a star takes any version",
    as: "ada",
    method: "PATCH",
    url: one,
    headers: { "if-match": "*" },
    body: { a: 1 },
    status: 200,
  },
  {
    name: "If-Match that is no list of tags is refused by name",
    as: "ada",
    method: "PATCH",
    url: one,
    headers: { "if-match": "7" },
    body: {},
    status: 400,
    json: { details: [{ path: "If-Match" }] },
  },
  {
    name: "404 comes before 412",
    as: "ada",
    method: "DELETE",
    url: `${list}/{lima}`,
    headers: { "if-match": '"0.0"' },
    status: 404,
  },
  {
    name: "DELETE with a stale If-Match is refused",
    as: "ada",
    method: "DELETE",
    url: `${list}/{gouda}`,
    headers: { "if-match": '"0.0"' },
    status: 412,
    changes: 0,
  },
  {
    name: "DELETE answers what it removed, and tolerates a JSON body",
    as: "ada",
    method: "DELETE",
    url: `${list}/{gouda}`,
    body: { any: "thing" },
    status: 200,
    json: { _id: "{gouda}", name: "gouda", success: true },
    changes: 1,
  },
  { name: "what is removed is not found", as: "ada", url: `${list}/{gouda}`, status: 404 },
  {
    name: "DELETE a second time is not found",
    as: "ada",
    method: "DELETE",
    url: `${list}/{gouda}`,
    headers: json,
    status: 404,
  },
  {
    name: "a session cannot be made by POST",
    as: "admin",
    method: "POST",
    url: "/api/v1/sessions",
    body: {},
    status: 405,
    answers: { allow: /GET/ },
  },
];

testRows(world, [...creating, ...changing]);

test("If-Match of the present version lets one of two writers through", async () => {
  const made = await world.send({ as: "ada", method: "POST", url: list, body: { name: "race" } });
  const write = () =>
    world.send({
      as: "ada",
      method: "PATCH",
      url: `${list}/${made.json._id}`,
      headers: { "if-match": `"x", ${made.headers.etag}` },
      body: { touched: true },
    });
  const answers = await Promise.all([write(), write()]);
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 412]);
});

test("the same idempotency key and body creates once, and another body conflicts", async () => {
  const post = (body: object, as: "ada" | "admin" = "ada", key = "k 1") =>
    world.send({ as, method: "POST", url: list, headers: { "idempotency-key": key }, body });
  const before = await world.changes();
  const first = await post({ name: "once" });
  const again = await post({ name: "once" });
  assert.equal(again.text, first.text);
  assert.equal(again.status, 200);
  assert.equal((await world.changes()) - before, 1);
  const other = await post({ name: "twice" });
  assert.equal(other.status, 409);
  assert.deepEqual(other.json.tags, ["error_conflict"]);
  assert.notEqual((await post({ name: "once" }, "admin")).json._id, first.json._id);
  assert.equal((await post({}, "ada", "x".repeat(256))).status, 400);
});
