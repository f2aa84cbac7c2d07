/** What each kind of filter means, and how filters are put together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  and,
  type CompareOp,
  type Expression,
  equals,
  everything,
  type Filter,
  matches,
  negated,
  not,
  nothing,
  or,
  type Visibility,
} from "./filter.ts";
import type { Json, JsonObject } from "./json.ts";

const entity = JSON.parse(`{
  "_id": "58238a935baa56173b24f0e4", "owner": "u1", "group": "g1", "access": ["u2", "g3"],
  "branch": ["g1", "g0"], "time": 1478724243000, "no": 2, "text": "Object 1", "flag": true,
  "tags": ["red", 7, null], "none": null, "at": {"city": "Ufa"}, "empty": []
}`) as JsonObject;

const property = (path: string): Expression => ({ kind: "property", path: path.split(".") });
const constant = (value: Json): Expression => ({ kind: "constant", value });

function compare(left: Json, op: CompareOp, right: Json): Filter {
  return { kind: "compare", op, left: constant(left), right: constant(right) };
}

function fits(filter: Filter): boolean {
  return matches(filter, entity);
}

test("equals lets through what has that text in that field", () => {
  assert.ok(fits(equals("text", "Object 1")));
  for (const [field, value] of [
    ["text", "object 1"],
    ["no", "2"],
    ["missing", ""],
    ["at.city", "Ufa"],
  ] as const) {
    assert.ok(!fits(equals(field, value)), field);
  }
});

test("values of all types compare in one order, with null and missing lowest and equal", () => {
  const ascending: Json[] = [null, -1, 5, "", "a", "b", {}, [], false, true];
  for (const [i, low] of ascending.entries()) {
    for (const [j, high] of ascending.entries()) {
      assert.equal(fits(compare(low, "<", high)), i < j);
      assert.equal(fits(compare(low, "<=", high)), i <= j);
      assert.equal(fits(compare(low, ">", high)), i > j);
      assert.equal(fits(compare(low, ">=", high)), i >= j);
      assert.equal(fits(compare(low, "==", high)), i === j);
      assert.equal(fits(compare(low, "!=", high)), i !== j);
    }
  }
  const left = property("missing");
  assert.ok(fits({ kind: "compare", op: "==", left, right: property("none") }));
  assert.ok(fits({ kind: "compare", op: "<", left, right: constant(5) }));
  assert.ok(!fits({ kind: "compare", op: "!=", left, right: constant(null) }));
});

test("equality is deep, and the order of an object's keys does not count", () => {
  assert.ok(fits(compare({ a: [1, { b: 2 }], c: 3 }, "==", { c: 3, a: [1, { b: 2 }] })));
  assert.ok(!fits(compare([1, 2], "==", [2, 1])));
  assert.ok(!fits(compare([1], "==", [1, null])));
});

test("loose equality takes a string for the scalar whose JSON text it is", () => {
  const loosely = (path: string, value: Json): boolean =>
    fits({ kind: "loosely", path: path.split("."), value });
  assert.ok(loosely("no", 2));
  assert.ok(loosely("no", "2"));
  assert.ok(loosely("flag", "true"));
  assert.ok(loosely("missing", null));
  assert.ok(loosely("missing", "null"));
  assert.ok(loosely("at", { city: "Ufa" }));
  assert.ok(loosely("tags", ["red", 7, null]));
  assert.ok(!loosely("no", "2.0"));
  assert.ok(!loosely("no", true));
  assert.ok(!loosely("text", "object 1"));
  assert.ok(!loosely("tags", "red"));
  assert.ok(!loosely("at", '{"city":"Ufa"}'));
  assert.ok(!loosely("none", 0));
  assert.ok(!loosely("none", ""));
});

test("a where condition holds for the value or for any element of an array", () => {
  const where = (path: string, op: Exclude<CompareOp, "!=">, value: Json): boolean =>
    fits({ kind: "element", op, path: path.split("."), value });
  assert.ok(where("no", "==", 2));
  assert.ok(where("tags", "==", "red"));
  assert.ok(where("tags", ">=", 7));
  assert.ok(where("tags", "==", null));
  assert.ok(where("access", "==", "g3"));
  assert.ok(where("branch", "==", "g0"));
  assert.ok(where("_id", "==", "58238a935baa56173b24f0e4"));
  assert.ok(where("missing", "<", 0));
  assert.ok(!where("no", "==", "2"));
  assert.ok(!where("access", "==", "u1"));
  assert.ok(!where("empty", "==", null));
  assert.ok(!where("tags.0", "==", "red"));
});

test("in looks through lists, constant arrays and arrays of the entity, else finds nothing", () => {
  const isIn = (left: Expression, right: Expression): boolean => fits({ kind: "in", left, right });
  const list: Expression = { kind: "list", items: [constant(1), property("no")] };
  assert.ok(isIn(constant(2), list));
  assert.ok(isIn(property("no"), constant([3, 2])));
  assert.ok(isIn(constant("red"), property("tags")));
  assert.ok(isIn(property("missing"), property("tags")));
  assert.ok(!isIn(constant("2"), list));
  assert.ok(!isIn(constant("O"), property("text")));
  assert.ok(!isIn(constant(null), property("missing")));
  assert.ok(!isIn(constant(null), { kind: "list", items: [] }));
});

test("contains asks an array for an element and a string for a piece", () => {
  const contains = (path: string, value: Json): boolean =>
    fits({ kind: "contains", left: property(path), right: constant(value) });
  assert.ok(contains("tags", 7));
  assert.ok(contains("tags", null));
  assert.ok(contains("text", "ject"));
  assert.ok(contains("text", ""));
  assert.ok(!contains("tags", "7"));
  assert.ok(!contains("text", 1));
  assert.ok(!contains("no", 2));
  assert.ok(!contains("at", "city"));
});

test("like, isnull and a value as a filter", () => {
  const like = (path: string, value: Json): boolean =>
    fits({ kind: "like", left: property(path), pattern: constant(value) });
  assert.ok(like("text", "Obj* 1"));
  assert.ok(!like("text", "Obj"));
  assert.ok(!like("no", "*"));
  assert.ok(!like("text", 1));
  assert.ok(fits({ kind: "isnull", of: property("none") }));
  assert.ok(fits({ kind: "isnull", of: property("text.deeper") }));
  assert.ok(!fits({ kind: "isnull", of: property("empty") }));
  assert.ok(fits({ kind: "truthy", of: property("flag") }));
  assert.ok(!fits({ kind: "truthy", of: property("no") }));
  assert.ok(!fits({ kind: "truthy", of: constant("true") }));
});

test("functions and filters may stand where a value stands", () => {
  const year: Expression = { kind: "call", name: "year", args: [property("time")] };
  assert.ok(fits({ kind: "compare", op: "==", left: year, right: constant(2016) }));
  const inner: Expression = { kind: "test", filter: compare(1, "<", 2) };
  assert.ok(fits({ kind: "compare", op: "==", left: inner, right: property("flag") }));
});

test("names that every object inherits are missing", () => {
  for (const path of ["constructor", "__proto__", "toString", "at.constructor", "text.length"]) {
    assert.ok(fits({ kind: "isnull", of: property(path) }), path);
    assert.ok(fits({ kind: "loosely", path: path.split("."), value: null }), path);
  }
  const own = JSON.parse('{"__proto__": 1}') as JsonObject;
  assert.ok(matches({ kind: "loosely", path: ["__proto__"], value: 1 }, own));
});

test("an entity is visible by owner, by access, by group or as oneself, and not otherwise", () => {
  const none: Visibility = {
    kind: "visible",
    owner: null,
    principals: new Set(),
    reach: new Set(),
    self: null,
  };
  assert.ok(!fits(none));
  assert.ok(fits({ ...none, owner: "u1" }));
  assert.ok(fits({ ...none, principals: new Set(["g3"]) }));
  assert.ok(fits({ ...none, reach: new Set(["g1"]) }));
  assert.ok(fits({ ...none, self: "58238a935baa56173b24f0e4" }));
  assert.ok(!fits({ ...none, owner: "u2", principals: new Set(["u1", "g1"]), self: "u1" }));
  assert.ok(!fits({ ...none, reach: new Set(["g0", "g3"]) }));
  assert.ok(!matches(none, {}));
  assert.ok(!matches(none, { owner: null, group: null, _id: null }));
});

test("and, or and not simplify", () => {
  const [a, b, c] = [compare(1, "<", 2), compare(1, "<", 3), compare(1, "<", 4)] as const;
  assert.deepEqual(and(a, and(b, c)), { kind: "all", of: [a, b, c] });
  assert.deepEqual(or(or(a, b), c), { kind: "any", of: [a, b, c] });
  assert.equal(and(a, everything), a);
  assert.equal(or(nothing, a), a);
  assert.equal(and(a, nothing, b), nothing);
  assert.equal(or(a, everything, b), everything);
  assert.deepEqual(and(), everything);
  assert.deepEqual(or(), nothing);
  assert.equal(not(not(a)), a);
  assert.equal(not(everything), nothing);
  assert.equal(not(nothing), everything);
});

test("a pushed-down not flips comparisons and swaps and with or", () => {
  const like: Filter = { kind: "like", left: property("text"), pattern: constant("*") };
  assert.deepEqual(negated(and(compare(1, "<", 2), or(compare(1, "==", 2), like))), {
    kind: "any",
    of: [compare(1, ">=", 2), { kind: "all", of: [compare(1, "!=", 2), not(like)] }],
  });
  assert.deepEqual(negated(not(not(not(and(compare(1, ">", 2), not(compare(1, "<=", 2))))))), {
    kind: "all",
    of: [compare(1, ">", 2), compare(1, ">", 2)],
  });
  assert.deepEqual(negated(everything), nothing);
});
