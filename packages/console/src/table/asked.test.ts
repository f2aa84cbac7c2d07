/** What a table is asked for in its address, and as the client takes it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Asked, askedOf, isNarrowed, parametersOf, wishOf } from "./asked.ts";

const nothing: Asked = { where: {}, filter: "", quick: null, sort: null };
const lamps = '["==", ["property", "type"], "lamp"]';

test("what stands in an address is read back as it was", () => {
  const where = {
    ...{ "size>=": 3, "n<": 4, "m>": "x", "of!=": null, colour: "red", open: true, code: "12" },
    ...{ note: null, tags: ["a", "b"], "year<=": [1, 2] },
  };
  const sort = { path: "address.city", descending: true };
  for (const quick of [null, { path: null, text: "old inn*" }, { path: "name", text: "De" }]) {
    const asked: Asked = { where, filter: lamps, quick, sort };
    assert.deepEqual(askedOf(new URLSearchParams(`${parametersOf(asked)}`)), asked);
  }
  assert.deepEqual(askedOf(parametersOf(nothing)), nothing);
});

test("what was typed by hand into an address is taken for what it reads as", () => {
  const typed = "where.colour=red&where.size>=3&where.n<4&where.no!=x&where.at={}&sortBy=name";
  const { where, sort } = askedOf(new URLSearchParams(typed));
  assert.deepEqual(where, { colour: "red", "size>=": 3, "n<": 4, "no!=": "x", at: "{}" });
  assert.deepEqual(sort, { path: "name", descending: false });
});

test("a quick search, conditions and an expression count together", () => {
  const quick = { path: "name", text: "De" };
  const like = ["like", ["property", "name"], "De*"];
  const where = { size: 3 };
  assert.deepEqual(wishOf({ ...nothing, quick, where }), { where, filter: like, sortBy: [] });
  assert.deepEqual(wishOf({ ...nothing, quick, filter: lamps }), {
    filter: ["and", like, JSON.parse(lamps)],
    sortBy: [],
  });
  assert.deepEqual(wishOf({ ...nothing, quick, filter: '{"type": "lamp"}' }), {
    filter: ["and", like, ["in", ["property", "type"], ["list", "lamp"]]],
    sortBy: [],
  });
  assert.deepEqual(wishOf({ ...nothing, quick: { path: null, text: "inn" }, filter: lamps }), {
    search: "inn",
    filter: JSON.parse(lamps),
    sortBy: [],
  });
});

test("an expression that is wrong goes to the server as it is, to be refused there", () => {
  const quick = { path: "name", text: "De" };
  assert.deepEqual(wishOf({ ...nothing, quick, filter: '["likely"]' }).filter, ["likely"]);
  assert.equal(wishOf({ ...nothing, filter: "likely" }).filter, "likely");
});

test("an order narrows nothing", () => {
  assert.ok(!isNarrowed({ ...nothing, sort: { path: "name", descending: true } }));
  assert.ok(isNarrowed({ ...nothing, filter: lamps }));
});
