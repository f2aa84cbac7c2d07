/** Filters as text: read back they mean the same, and what has no words is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StoaError } from "./error.ts";
import { type Expression, type Filter, matches } from "./filter.ts";
import { type FunctionName, filterFunctions } from "./filter-function.ts";
import { parseFilter } from "./filter-language.ts";
import { filterJson } from "./filter-writing.ts";
import type { Json, JsonObject } from "./json.ts";

const scalar = fc.constantFrom<Json[]>(null, true, false, 0, 2, -1.5, "", "2", "null", "a", "ab");
const value: fc.Arbitrary<Json> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 2 }),
  fc.array(fc.array(scalar, { maxLength: 2 }), { maxLength: 2 }),
  fc.record({ x: fc.array(scalar, { maxLength: 1 }) }),
);
const name = fc.constantFrom("a", "b", "__proto__", "constructor");
const path = fc.oneof(fc.tuple(name), fc.tuple(name, fc.constant("x")));
const entity = fc.dictionary(name, value) as fc.Arbitrary<JsonObject>;
const kind = <K extends string>(word: K) => fc.constant(word);

const { filter } = fc.letrec<{ filter: Filter; expression: Expression }>((tie) => {
  const sides = { left: tie("expression"), right: tie("expression") };
  return {
    expression: fc.oneof(
      { maxDepth: 3, depthIdentifier: "tree" },
      fc.record({ kind: kind("property"), path }),
      fc.record({ kind: kind("constant"), value }),
      fc.record({ kind: kind("list"), items: fc.array(tie("expression"), { maxLength: 2 }) }),
      fc
        .record({
          name: fc.constantFrom(...(Object.keys(filterFunctions) as FunctionName[])),
          args: fc.tuple(tie("expression"), tie("expression")),
        })
        .map(({ name, args }) => {
          const { argumentsMax } = filterFunctions[name];
          return { kind: "call" as const, name, args: args.slice(0, argumentsMax) };
        }),
      fc.record({ kind: kind("test"), filter: tie("filter") }),
    ),
    filter: fc.oneof(
      { maxDepth: 3, depthIdentifier: "tree" },
      fc.record({ kind: kind("loosely"), path, value }),
      fc.record({ kind: kind("element"), op: kind("=="), path, value }),
      fc.record({
        kind: kind("compare"),
        op: fc.constantFrom("==", "!=", "<", "<=", ">", ">="),
        ...sides,
      }),
      fc.record({ kind: kind("in"), ...sides }),
      fc.record({ kind: kind("contains"), ...sides }),
      fc.record({ kind: kind("like"), left: tie("expression"), pattern: tie("expression") }),
      fc.record({ kind: kind("isnull"), of: tie("expression") }),
      fc.record({ kind: kind("truthy"), of: tie("expression") }),
      fc.record({ kind: kind("all"), of: fc.array(tie("filter"), { maxLength: 3 }) }),
      fc.record({ kind: kind("any"), of: fc.array(tie("filter"), { maxLength: 3 }) }),
      fc.record({ kind: kind("not"), of: tie("filter") }),
    ) as fc.Arbitrary<Filter>,
  };
});

test("a filter that is written and read again fits the same entities", () => {
  const fits = { yes: 0, no: 0 };
  fc.assert(
    fc.property(filter, fc.array(entity, { minLength: 4, maxLength: 8 }), (written, entities) => {
      const read = parseFilter(JSON.stringify(filterJson(written)));
      for (const one of entities) {
        const expected = matches(written, one);
        fits[expected ? "yes" : "no"]++;
        assert.equal(matches(read, one), expected, JSON.stringify({ written, one }));
      }
    }),
    { numRuns: 3_000 },
  );
  assert(fits.yes > 1_000 && fits.no > 1_000, JSON.stringify(fits));
});

test("what the language has no words for is refused", () => {
  const nobody = new Set<string>();
  const refused: [Filter, string][] = [
    [{ kind: "search", paths: [["name"]], words: [] }, "search"],
    [{ kind: "visible", owner: null, principals: nobody, reach: nobody, self: null }, "visible"],
    [{ kind: "element", op: "<", path: ["a"], value: 1 }, "element"],
  ];
  for (const [filter, rule] of refused) {
    assert.throws(
      () => filterJson(filter),
      (error) => error instanceof StoaError && error.details?.[0]?.rule === rule,
    );
  }
});
