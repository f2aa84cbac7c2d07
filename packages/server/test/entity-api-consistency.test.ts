/**
 * How fresh an answer must be, in both APIs: what is said about it, and what is not. Where there is
 * one copy of the data every answer is of now.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const one = "/api/v1/cities/{delft}";
const objects = "/rest/v1/reference/extobjs";
const sequence = /^[1-9]\d*$/;

const refused = (url: string, path: string, headers = {}): Row => ({
  name: `${url} ${JSON.stringify(headers)} says nothing that is known`,
  as: "ada",
  url,
  headers,
  status: 400,
  json: url.startsWith("/rest")
    ? { error_code: 1413, error_details: { field: path, rule: "enum" } }
    : { tags: ["error_validation"], details: [{ path, rule: "enum" }] },
});

const accepted = (url: string, headers = {}): Row => ({
  name: `${url} ${JSON.stringify(headers)} is answered`,
  as: "ada",
  url,
  headers,
  status: 200,
  answers: { "stoa-sequence": null },
});

const rows: readonly Row[] = [
  ...["strong", "eventual", "after=0", "after=417", "after%3D999999999999999"].flatMap((value) => [
    accepted(`/api/v1/cities?consistency=${value}`),
    accepted(`${one}?consistency=${value}`),
    accepted(`${objects}?consistency=${value}`),
  ]),
  accepted(`/api/v1/cities?meta=count&consistency=eventual`),
  accepted(`/api/v1/cities?format=csv&consistency=eventual`),
  accepted("/api/v1/cities", { "stoa-consistency": "after=1" }),
  accepted(one, { "Stoa-Consistency": "eventual" }),
  // The parameter counts before the header.
  accepted(`${one}?consistency=strong`, { "stoa-consistency": "weak" }),
  ...["", "weak", "Strong", "after", "after=", "after=-1", "after=1.5", "after=1234567890123456"]
    .flatMap((value) => [
      refused(`/api/v1/cities?consistency=${value}`, "consistency"),
      refused(`${one}?consistency=${value}`, "consistency"),
    ])
    .slice(0, 16),
  refused(`${objects}?consistency=weak`, "consistency"),
  refused(`${objects}_by_type/lamp?consistency=weak`, "consistency"),
  refused("/api/v1/cities", "Stoa-Consistency", { "stoa-consistency": "weak" }),
  refused(one, "Stoa-Consistency", { "stoa-consistency": "eventual, strong" }),
  refused(objects, "Stoa-Consistency", { "stoa-consistency": "after 417" }),
  {
    name: "two demands at once are refused",
    as: "ada",
    url: `${one}?consistency=strong&consistency=eventual`,
    status: 400,
    json: { details: [{ path: "consistency", rule: "once" }] },
  },
  {
    name: "a city is made, and the answer tells the number of a change",
    as: "ada",
    method: "POST",
    url: "/api/v1/cities",
    body: { name: "utrecht" },
    status: 200,
    answers: { "stoa-sequence": sequence },
    changes: 1,
  },
  {
    name: "several are made",
    as: "ada",
    method: "POST",
    url: "/api/v1/cities",
    body: [{ name: "ede" }, { name: "epe" }],
    status: 200,
    answers: { "stoa-sequence": sequence },
    changes: 2,
  },
  {
    name: "one is changed",
    as: "ada",
    method: "PATCH",
    url: one,
    body: { value: 11 },
    status: 200,
    answers: { "stoa-sequence": sequence },
    changes: 1,
  },
  {
    name: "one is shared",
    as: "ada",
    method: "POST",
    url: `${one}/access`,
    body: { grant: ["{rita}"] },
    status: 200,
    answers: { "stoa-sequence": sequence },
    changes: 1,
  },
  {
    name: "one is removed",
    as: "ada",
    method: "DELETE",
    url: "/api/v1/cities/{gouda}",
    status: 200,
    answers: { "stoa-sequence": sequence },
    changes: 1,
  },
  {
    name: "an object of the reference API is made",
    as: "ada",
    method: "POST",
    url: objects,
    body: { type: "lamp", value: 1, id: "00000000-0000-4000-8000-000000000001" },
    status: 200,
    answers: { "stoa-sequence": sequence },
    changes: 1,
  },
  {
    name: "it is looked up",
    as: "ada",
    method: "LOOKUP",
    url: `${objects}?consistency=eventual`,
    body: '"lamp"',
    status: 200,
    answers: { "stoa-sequence": null },
  },
  {
    name: "it is looked up in a way that is not known",
    as: "ada",
    method: "LOOKUP",
    url: `${objects}?consistency=weak`,
    body: '"lamp"',
    status: 400,
    json: { error_code: 1413, error_details: { field: "consistency" } },
  },
  {
    name: "it is removed",
    as: "ada",
    method: "DELETE",
    url: `${objects}/00000000-0000-4000-8000-000000000001`,
    status: 204,
    answers: { "stoa-sequence": sequence },
    changes: 1,
  },
  {
    name: "what is refused tells no number",
    as: "nora",
    method: "DELETE",
    url: one,
    status: 403,
    answers: { "stoa-sequence": null },
    changes: 0,
  },
];

testRows(world, rows);

test("the number of a write is that of its change, or a later one", async () => {
  const sent = { as: "ada", method: "PATCH", url: one, body: { value: 12 } } as const;
  const { headers } = await world.send(sent);
  const number = Number(headers["stoa-sequence"]);
  const { json } = await world.send({ as: "ada", url: "/api/v1/changes?since=0&limit=10000" });
  assert.ok(json.changes.length > 5);
  assert.equal(json.changes.at(-1).seq, number);
  const read = await world.send({ as: "ada", url: `${one}?consistency=after=${number}` });
  assert.equal(read.json.value, 12);
});

test("the link to the next page asks for the same", async () => {
  const url = "/api/v1/cities?limit=2&consistency=eventual";
  const { headers } = await world.send({ as: "ada", url });
  assert.match(String(headers["link"]), /[?&]consistency=eventual&after=/);
});
