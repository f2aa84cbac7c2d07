/** The entity API over HTTP: schemas out of samples, and that the samples satisfy them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonObject, SchemaInference } from "@stoa/domain";
import fc from "fast-check";
import { compileSchema } from "../src/service/store-catalog.ts";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();

const rows: readonly Row[] = [
  {
    name: "a schema of a store is of what one sees in it",
    as: "bob",
    method: "POST",
    url: "/api/v1/cities/infer",
    status: 200,
    json: {
      success: true,
      samples: 1,
      schema: {
        type: "object",
        properties: { name: { type: "string" }, value: { type: "integer" } },
        required: ["name", "value"],
      },
    },
    absent: ["address", "owner", "branch"],
    changes: 0,
  },
  {
    name: "a schema is of each entity once",
    as: "ada",
    method: "POST",
    url: "/api/v1/cities/infer?limit=10",
    status: 200,
    json: { samples: 3, schema: { properties: { address: { required: ["country", "zone"] } } } },
  },
  {
    name: "a schema is of no more than are asked for",
    as: "admin",
    method: "POST",
    url: "/api/v1/cities/infer?limit=2",
    status: 200,
    json: { samples: 2 },
  },
  {
    name: "a schema of an empty store is that of any object",
    as: "ada",
    method: "POST",
    url: "/api/v1/extobjs/infer",
    status: 200,
    json: { samples: 0, schema: { type: "object" } },
  },
  {
    name: "a schema of a store needs the right to read it",
    as: "nora",
    method: "POST",
    url: "/api/v1/cities/infer",
    status: 403,
  },
  {
    name: "a schema of no store",
    as: "ada",
    method: "POST",
    url: "/api/v1/nowhere/infer",
    status: 404,
  },
  {
    name: "a schema has a limit of samples",
    as: "ada",
    method: "POST",
    url: "/api/v1/cities/infer?limit=10001",
    status: 400,
    json: { details: [{ path: "limit" }] },
  },
  {
    name: "a schema of what is sent",
    as: "nora",
    method: "POST",
    url: "/api/v1/infer",
    body: [{ at: "2016-11-09T20:44:03Z", n: 1 }, { at: "2016-11-09T20:44:03Z" }],
    status: 200,
    json: {
      samples: 2,
      schema: {
        properties: { at: { type: "string", format: "date-time" }, n: { type: "integer" } },
        required: ["at"],
      },
    },
  },
  {
    name: "a schema is of objects",
    as: "ada",
    method: "POST",
    url: "/api/v1/infer",
    body: [1],
    status: 400,
  },
  { name: "a schema needs somebody", method: "POST", url: "/api/v1/infer", body: {}, status: 401 },
];

testRows(world, rows);

test("every sample satisfies the schema that is made of it", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("a", "b"),
    fc.emailAddress(),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.uuid(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
  );
  const leaf = fc.oneof(text, fc.integer(), fc.double({ noNaN: true }), fc.boolean());
  const key = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(key, tie("value"), { maxKeys: 3 }),
    ),
  }));
  const sample = fc.dictionary(key, value, { maxKeys: 4 });
  let formats = 0;
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 25 }), (made) => {
      const samples = JSON.parse(JSON.stringify(made)) as JsonObject[];
      const inference = new SchemaInference();
      for (const one of samples) inference.add(one);
      const schema = inference.schema();
      formats += JSON.stringify(schema).includes('"format":') ? 1 : 0;
      const validate = compileSchema(schema);
      for (const one of samples) assert.deepEqual(validate(one), [], JSON.stringify(schema));
    }),
    { numRuns: 150 },
  );
  assert.ok(formats > 10, `${formats} schemas had a format`);
});

test("what comes in the middle of a store is looked at too", async () => {
  await world.send({ as: "admin", method: "POST", url: "/api/v1/stores", body: { name: "long" } });
  const bodies = Array.from({ length: 3_000 }, (_, n) => {
    return n > 1_000 && n < 2_000 ? { kind: "middle", extra: n } : { kind: "end" };
  });
  await world.send({ as: "ada", method: "POST", url: "/api/v1/long", body: bodies });
  const url = "/api/v1/long/infer?limit=200";
  const { json } = await world.send({ as: "ada", method: "POST", url });
  assert.equal(
    json.samples,
    200 - 9,
    "the last stretch has one entity, and so less than its share",
  );
  assert.deepEqual(json.schema.properties.kind.enum, ["end", "middle"]);
  assert.deepEqual(json.schema.required, ["kind"]);
  assert.deepEqual(json.schema.properties.extra, { type: "integer" });
});
