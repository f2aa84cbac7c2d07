/** An entity's text: what is the server's in front, what is the user's behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type EntityHead, entityText, entityValue, ownFields, systemFields } from "./entity.ts";
import type { JsonObject } from "./json.ts";

const head: EntityHead = { id: "e", owner: "o", group: "g", access: [], time: 5, at: null };

test("the text is what the seed's scheme says, own fields last", () => {
  assert.equal(
    entityText({ ...head, body: '{"name":"Delft"}' }, '["g","r"]'),
    '{"_id":"e","owner":"o","group":"g","access":[],"branch":["g","r"],"time":5,"name":"Delft"}',
  );
});

test("_at stands in the text after the first change, and an empty body adds nothing", () => {
  assert.equal(
    entityText({ ...head, access: ["u"], at: 6, body: "{}" }, "[]"),
    '{"_id":"e","owner":"o","group":"g","access":["u"],"branch":[],"time":5,"_at":6}',
  );
});

test("the server's own fields are left out of what was sent, at the top only", () => {
  const sent = { _id: "x", owner: "x", group: "x", access: [], branch: [], time: 1, _at: 2 };
  assert.deepEqual(Object.keys(sent).sort(), [...systemFields].sort());
  assert.deepEqual(ownFields({ ...sent, name: "Delft", inner: { owner: "kept" } }), {
    name: "Delft",
    inner: { owner: "kept" },
  });
});

test("fields named like JavaScript's own stay ordinary fields", () => {
  const sent = JSON.parse('{"__proto__":{"owner":"x"},"constructor":1,"time":2}') as JsonObject;
  const own = ownFields(sent);
  assert.equal(JSON.stringify(own), '{"__proto__":{"owner":"x"},"constructor":1}');
  assert.equal(Object.getPrototypeOf(own), Object.prototype);
});

test("text and value say the same of any body", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
      const own = ownFields(fields as JsonObject);
      const entity = { ...head, body: JSON.stringify(own) };
      const value = entityValue(entity, ["g", "r"]);
      assert.deepEqual(ownFields(value), JSON.parse(entity.body));
      assert.deepEqual([value["_id"], value["branch"]], ["e", ["g", "r"]]);
    }),
  );
});
