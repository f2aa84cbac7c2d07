/** Random filters: negation is the complement, and simplifying keeps the meaning. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { and, type Expression, type Filter, matches, negated, not, or } from "./filter.ts";
import { type FunctionName, filterFunctions } from "./filter-function.ts";
import type { Json, JsonObject } from "./json.ts";

const scalar = fc.constantFrom<Json[]>(
  null,
  true,
  false,
  0,
  1,
  2,
  -1.5,
  "",
  "1",
  "true",
  "a",
  "ab",
);
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.record({ x: scalar }));
const name = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
const path = fc.oneof(fc.tuple(name), fc.tuple(name, fc.constant("x")));
const entity = fc.dictionary(name, value) as fc.Arbitrary<JsonObject>;
const ids = fc.uniqueArray(scalar).map((found) => new Set(found.map(String)));

const { filter } = fc.letrec<{ filter: Filter; expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthIdentifier: "tree" },
    fc.record({ kind: fc.constant("property" as const), path }),
    fc.record({ kind: fc.constant("constant" as const), value }),
    fc.record({
      kind: fc.constant("list" as const),
      items: fc.array(tie("expression"), { maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant("call" as const),
      name: fc.constantFrom(...(Object.keys(filterFunctions) as FunctionName[])),
      args: fc.tuple(tie("expression"), tie("expression")),
    }),
    fc.record({ kind: fc.constant("test" as const), filter: tie("filter") }),
  ),
  filter: fc.oneof(
    { maxDepth: 4, depthIdentifier: "tree" },
    fc.record({ kind: fc.constant("loosely" as const), path, value }),
    fc.record({
      kind: fc.constant("compare" as const),
      op: fc.constantFrom("==", "!=", "<", "<=", ">", ">="),
      left: tie("expression"),
      right: tie("expression"),
    }),
    fc.record({
      kind: fc.constant("element" as const),
      op: fc.constantFrom("==", "<", "<=", ">", ">="),
      path,
      value,
    }),
    fc.record({
      kind: fc.constantFrom("in" as const, "contains" as const),
      left: tie("expression"),
      right: tie("expression"),
    }),
    fc.record({
      kind: fc.constant("like" as const),
      left: tie("expression"),
      pattern: tie("expression"),
    }),
    fc.record({
      kind: fc.constantFrom("isnull" as const, "truthy" as const),
      of: tie("expression"),
    }),
    fc.record({
      kind: fc.constant("visible" as const),
      owner: fc.constantFrom(null, "a"),
      principals: ids,
      reach: ids,
      self: fc.constantFrom(null, "a"),
    }),
    fc.record({ kind: fc.constant("not" as const), of: tie("filter") }),
    fc.record({
      kind: fc.constantFrom("all" as const, "any" as const),
      of: fc.array(tie("filter"), { maxLength: 3 }),
    }),
  ),
}));

test("a filter and its negation never agree, and no not stands above a flippable filter", () => {
  fc.assert(
    fc.property(filter, entity, (f, e) => {
      assert.equal(matches(negated(f), e), !matches(f, e));
      assert.ok(hasNotOnlyAtLeaves(negated(f)));
    }),
    { numRuns: 5000 },
  );
});

test("and, or and not keep the meaning of what they simplify", () => {
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 3 }), entity, (filters, e) => {
      const each = filters.map((f) => matches(f, e));
      assert.equal(matches(and(...filters), e), each.every(Boolean));
      assert.equal(matches(or(...filters), e), each.some(Boolean));
      for (const f of filters) assert.equal(matches(not(f), e), !matches(f, e));
    }),
    { numRuns: 3000 },
  );
});

test("equal means neither below nor above", () => {
  fc.assert(
    fc.property(value, value, entity, (left, right, e) => {
      const holds = (op: "==" | "<" | ">"): boolean =>
        matches(
          {
            kind: "compare",
            op,
            left: { kind: "constant", value: left },
            right: { kind: "constant", value: right },
          },
          e,
        );
      assert.equal([holds("=="), holds("<"), holds(">")].filter(Boolean).length, 1);
    }),
    { numRuns: 2000 },
  );
});

function hasNotOnlyAtLeaves(f: Filter): boolean {
  if (f.kind === "all" || f.kind === "any") return f.of.every(hasNotOnlyAtLeaves);
  return f.kind !== "not" || !["all", "any", "not", "compare"].includes(f.of.kind);
}
