/** The system stores: closed, and unique where people must be told apart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemStoreNames } from "./store.ts";
import { systemStore } from "./system-store.ts";

test("every system store has a closed schema and takes no time of a client (rule 8)", () => {
  assert.equal(systemStoreNames.length, 6);
  for (const name of systemStoreNames) {
    const { schema, time, idKind, ...definition } = systemStore(name);
    assert.equal(schema?.["additionalProperties"], false, name);
    assert.equal(schema?.["type"], "object");
    assert.deepEqual(
      [definition.id, definition.name, time, idKind],
      [name, name, "server", "objectid"],
    );
  }
});

test("logins, names of roles and names of stores are unique", () => {
  const unique = systemStoreNames.map((name) => systemStore(name).unique);
  assert.deepEqual(unique, [[[["login"]]], [], [[["name"]]], [], [], [[["name"]]]]);
});

test("what is required is a field of the schema", () => {
  for (const name of systemStoreNames) {
    const { required, properties } = systemStore(name).schema as {
      required: string[];
      properties: object;
    };
    for (const field of required) assert(Object.hasOwn(properties, field), `${name}.${field}`);
  }
});

test("no field of the server's own and no secret of a token can be sent", () => {
  for (const name of systemStoreNames) {
    const { properties } = systemStore(name).schema as { properties: object };
    for (const field of ["_id", "owner", "group", "access", "branch", "hash", "secret", "token"]) {
      assert.equal(Object.hasOwn(properties, field), false, `${name}.${field}`);
    }
  }
});
