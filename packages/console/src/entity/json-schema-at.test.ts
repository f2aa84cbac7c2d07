/**
 * What the editor tells of a document while one types.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf, schemaAt } from "./json-schema-at.ts";

const schema = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string" },
    size: { enum: ["s", "m"] },
    tags: { type: "array", items: { type: "string" } },
    place: { type: "object", properties: { lat: { type: ["number", "null"] } } },
  },
};

test("a place is found through objects and arrays", () => {
  assert.deepEqual(schemaAt(schema, ["tags", 3]), { type: "string" });
  assert.deepEqual(schemaAt(schema, ["place", "lat"]), { type: ["number", "null"] });
  assert.equal(schemaAt(schema, ["place", "height"]), undefined);
});

test("what fits has no fault", () => {
  const value = { name: "Delft", size: "m", tags: ["old"], place: { lat: null }, more: 1 };
  assert.deepEqual(faultsOf(schema, value), []);
});

test("each fault is told where it is", () => {
  const faults = faultsOf(schema, { size: "xl", tags: ["old", 1], place: { lat: "52" } });
  assert.deepEqual(
    faults.map(({ path, rule }) => `${path.join(".")} ${rule}`),
    [" required", "size enum", "tags.1 type", "place.lat type"],
  );
});
