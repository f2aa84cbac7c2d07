/**
 * Stores of the reference API: what their definitions bring with them, and what they refuse.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StoaError } from "./error.ts";
import { type StoreFields, storeDefinition } from "./store.ts";

const define = (fields: Partial<StoreFields>) => storeDefinition("1", { name: "notes", ...fields });

test("a store holds entities unless its definition says something else", () => {
  const { flavour, idKind, indexes } = define({});
  assert.deepEqual(
    { flavour, idKind, indexes },
    { flavour: "entity", idKind: "objectid", indexes: [] },
  );
});

test("a reference store has uuids, and the indexes of its lists and of LOOKUP", () => {
  const { flavour, idKind, indexes } = define({ flavour: "reference" });
  assert.deepEqual({ flavour, idKind }, { flavour: "reference", idKind: "uuid" });
  assert.deepEqual(indexes, [[["type"]], [["time"]], [["type"], ["time"]]]);
});

test("further indexes stand beside them, and none twice", () => {
  const { indexes } = define({ flavour: "reference", indexes: [["type"], ["opts.title"]] });
  assert.deepEqual(indexes, [[["type"]], [["opts", "title"]], [["time"]], [["type"], ["time"]]]);
});

test("a schema, ids of another kind and a name that reads like a list by type are refused", () => {
  for (const [field, fields] of [
    ["schema", { schema: { type: "object" } }],
    ["idKind", { idKind: "objectid" }],
    ["name", { name: "notes_by_type" }],
  ] as const) {
    assert.throws(
      () => define({ flavour: "reference", ...fields }),
      (error) => error instanceof StoaError && error.details?.[0]?.path === field,
      field,
    );
    define(fields);
  }
});
