/** Tests of schemas out of samples. The server's tests hold them to a validator. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "./json.ts";
import { schemaNodesMax, schemaPropertiesMax } from "./limit.ts";
import { SchemaInference } from "./schema-inference.ts";

function schemaOf(...samples: readonly JsonObject[]): JsonObject {
  const inference = new SchemaInference();
  for (const sample of samples) inference.add(sample);
  const { $schema, ...schema } = inference.schema();
  assert.equal($schema, "https://json-schema.org/draft/2020-12/schema");
  return schema;
}

function propertiesOf(...samples: readonly JsonObject[]): JsonObject {
  return schemaOf(...samples)["properties"] as JsonObject;
}

test("members of all samples are required, others are not", () => {
  assert.deepEqual(schemaOf({ name: "Delft", size: 1 }, { name: "Gent" }), {
    type: "object",
    properties: { name: { type: "string" }, size: { type: "integer" } },
    required: ["name"],
  });
});

test("nothing but objects is known of no samples", () => {
  assert.deepEqual(schemaOf(), { type: "object" });
});

test("types are gathered, and a whole number may be any number where one was", () => {
  const found = propertiesOf({ a: 1, b: null, c: true }, { a: 1.5, b: "x", c: [] });
  assert.deepEqual(found, {
    a: { type: "number" },
    b: { type: ["null", "string"] },
    c: { type: ["array", "boolean"] },
  });
});

test("objects and arrays are looked into", () => {
  const found = propertiesOf(
    { at: { lat: 1 }, tags: ["old"] },
    { at: { lat: 2, lng: 3 }, tags: [{ n: 1 }] },
  );
  assert.deepEqual(found, {
    at: {
      type: "object",
      properties: { lat: { type: "integer" }, lng: { type: "integer" } },
      required: ["lat"],
    },
    tags: {
      type: "array",
      items: {
        type: ["object", "string"],
        properties: { n: { type: "integer" } },
        required: ["n"],
      },
    },
  });
});

test("formats are told where every text has them", () => {
  const first = {
    at: "2016-11-09T20:44:03Z",
    day: "2016-02-29",
    mail: "ada@example.org",
    page: "https://example.org/a?b=c",
    id: "58238a93-5baa-4617-8b24-f0e458238a93",
    mixed: "2016-11-09",
  };
  const found = propertiesOf(first, { ...first, mixed: "tomorrow" });
  const formats = Object.values(found).map((one) => (one as JsonObject)["format"]);
  assert.deepEqual(formats, ["date-time", "date", "email", "uri", "uuid", undefined]);
});

test("no format is told of texts that only look like it", () => {
  for (const text of ["2016-02-30", "2015-02-29T00:00:00Z", "a@b", "not a uri://", "12:00", ""]) {
    assert.deepEqual(propertiesOf({ text })["text"], { type: "string" }, text);
  }
});

test("few texts that come again and again are an enumeration", () => {
  const colours = ["red", "green", "blue"];
  const samples = Array.from({ length: 30 }, (_, n) => ({ colour: colours[n % 3] as string }));
  const enumeration = { type: "string", enum: ["blue", "green", "red"] };
  assert.deepEqual(propertiesOf(...samples)["colour"], enumeration);
  const withNull = propertiesOf(...samples, { colour: null })["colour"] as JsonObject;
  assert.deepEqual(withNull["enum"], ["blue", "green", "red", null]);
  assert.deepEqual(propertiesOf(...samples.slice(0, 9))["colour"], { type: "string" });
  const many = Array.from({ length: 100 }, (_, n) => ({ colour: `c${n % 50}` }));
  assert.deepEqual(propertiesOf(...many)["colour"], { type: "string" });
});

test("names that are values are not listed, and any number of samples stays small", () => {
  const members = Array.from({ length: schemaPropertiesMax + 1 }, (_, n) => [`k${n}`, n]);
  const found = propertiesOf({ map: Object.fromEntries(members), n: 1 });
  assert.deepEqual(found, { map: { type: "object" }, n: { type: "integer" } });
  const inference = new SchemaInference();
  for (let n = 0; n < 300; n++) {
    const inner = Object.fromEntries(Array.from({ length: 100 }, (_, k) => [`x${n}y${k}`, k]));
    inference.add({ [`m${n % 100}`]: inner });
  }
  const text = JSON.stringify(inference.schema());
  assert.ok((text.match(/integer/g) ?? []).length <= schemaNodesMax);
});

test("names of the language are names like any other", () => {
  const sample = JSON.parse('{"__proto__": 1, "constructor": "x", "toString": null}') as JsonObject;
  const found = propertiesOf(sample);
  assert.deepEqual(Object.keys(found).sort(), ["__proto__", "constructor", "toString"]);
});
