/**
 * The reference API at its limits and under load: the largest object, one byte more, and LOOKUP by
 * many beside readers of entities.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { limit } from "@stoa/domain";
import { createWorld } from "./api-table.ts";

const world = await createWorld();
const list = "/rest/v1/reference/extobjs";
const { referenceValueBytesMax, referenceRestBytesMax } = limit;

/** A JSON string of so many bytes, quotes included. */
const valueOfBytes = (bytes: number) => "é".repeat((bytes - 2) >> 1) + "a".repeat(bytes % 2);

async function post(body: string) {
  const headers = { "content-type": "application/json" };
  return world.send({ as: "ada", method: "POST", url: list, headers, body });
}

test("an object at its limit is kept and comes back equal, from both APIs", async () => {
  const value = valueOfBytes(referenceValueBytesMax);
  assert.equal(Buffer.byteLength(JSON.stringify(value)), referenceValueBytesMax);
  const { status, json } = await post(JSON.stringify({ type: "large", value }));
  assert.equal(status, 200);
  assert.ok(json.value === value);
  for (const url of [`${list}/${json.id}`, `/api/v1/extobjs/${json.id}`]) {
    const read = await world.send({ as: "ada", url });
    assert.ok(read.json.value === value, url);
  }
  const patched = await world.send({
    as: "ada",
    method: "PATCH",
    url: `${list}/${json.id}`,
    body: { ...json, opts: { title: "sent back whole" } },
  });
  assert.equal(patched.status, 200);
  assert.equal(patched.json.opts.title, "sent back whole");
});

test("one byte more is refused, and the field is named", async () => {
  const value = valueOfBytes(referenceValueBytesMax + 1);
  const { status, json } = await post(JSON.stringify({ type: "large", value }));
  assert.deepEqual([status, json.error_code, json.error_details.field], [413, 1410, "value"]);
});

test("a body larger than any object is refused, announced or in chunks", async () => {
  const text = JSON.stringify("x".repeat(referenceValueBytesMax + referenceRestBytesMax));
  const { status, json } = await post(text);
  assert.deepEqual([status, json.error_code], [413, 1410]);
  const chunked = await world.send({
    as: "ada",
    method: "POST",
    url: list,
    headers: { "transfer-encoding": "chunked" },
    body: text,
  });
  assert.deepEqual([chunked.status, chunked.json.error_code], [413, 1410]);
});

test("what stands beside the value has its own limit", async () => {
  const comment = "x".repeat(referenceRestBytesMax);
  const { status, json } = await post(JSON.stringify({ type: "t", opts: { comment } }));
  assert.deepEqual([status, json.error_code], [413, 1410]);
});

test("100 look up while 100 others read entities, and all get what they asked for", async () => {
  const { json: made } = await post('{"type":"sought"}');
  const lookUp = async () => {
    const sent = { as: "ada", method: "LOOKUP", url: list, body: '"sought"' } as const;
    assert.deepEqual((await world.send(sent)).json, [made.id]);
  };
  const read = async () => {
    const { json } = await world.send({ as: "ada", url: `/api/v1/cities/${world.ids["delft"]}` });
    assert.equal(json.name, "delft");
  };
  const many = (work: () => Promise<void>) =>
    Array.from({ length: 100 }, async () => {
      for (let times = 0; times < 3; times++) await work();
    });
  await Promise.all([...many(lookUp), ...many(read)]);
});
