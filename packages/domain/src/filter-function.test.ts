/** Every value function of filters: what it gives, and what it answers with null. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type FunctionName, filterFunctions, functionNameOf } from "./filter-function.ts";
import type { Json } from "./json.ts";

type Row = readonly [FunctionName, readonly Json[], Json];

function expectRows(rows: readonly Row[]): void {
  for (const [name, args, expected] of rows) {
    assert.deepEqual(
      filterFunctions[name].apply(args),
      expected,
      `${name} ${JSON.stringify(args)}`,
    );
  }
}

test("text functions fold ASCII only and need strings", () => {
  expectRows([
    ["lower", ["ÄBC-Z"], "Äbc-z"],
    ["upper", ["straße ж"], "STRAßE ж"],
    ["lower", [5], null],
    ["upper", [null], null],
    ["concat", ["a", 1, true, "😀"], "a1true😀"],
    ["concat", ["a", null], null],
    ["concat", ["a", []], null],
    ["concat", [1e21], "1e+21"],
  ]);
});

test("a concatenation that would outgrow every body is null instead of a crash", () => {
  const long = "x".repeat(10_000_000);
  assert.equal(filterFunctions.concat.apply(new Array<Json>(256).fill(long)), null);
  assert.equal(String(filterFunctions.concat.apply([long, "y"])).length, 10_000_001);
});

test("arithmetic is on numbers, and what has no answer is null", () => {
  expectRows([
    ["add", [1, 2, 3], 6],
    ["add", [0.1, 0.2], 0.1 + 0.2],
    ["add", [1, "2"], null],
    ["add", [1, null], null],
    ["add", [1.7e308, 1.7e308], null],
    ["add", [1.7e308, 1.7e308, -1.7e308], null],
    ["sub", [1, 3], -2],
    ["mul", [0, -5], 0],
    ["mul", [1e200, 1e200], null],
    ["mul", [1e-200, 1e-200], null],
    ["div", [1, 2], 0.5],
    ["div", [1, 0], null],
    ["div", [0, 0], null],
    ["div", [0, -3], 0],
    ["div", [true, 1], null],
    ["ddiv", [7, 2], 3],
    ["ddiv", [-7, 2], -3],
    ["ddiv", [-1, 2], 0],
    ["ddiv", [1, 0], null],
    ["rem", [7, 3], 1],
    ["rem", [-7, 3], -1],
    ["rem", [7, -3], 1],
    ["rem", [7, 0], null],
    ["rem", [5.5, 2], 1.5],
  ]);
});

test("dates become numbers", () => {
  const time = "2019-08-21T07:24:18.62Z";
  expectRows([
    ["year", [time], 2019],
    ["quarter", [time], 3],
    ["month", [time], 8],
    ["day", [time], 21],
    ["weekday", [time], 3],
    ["hour", [time], 7],
    ["minute", [time], 24],
    ["second", [time], 18],
    ["toYYYYMM", [time], 201908],
    ["toYYYYMMDD", [0], 19700101],
    ["year", ["yesterday"], null],
    ["toYYYYMM", [null], null],
  ]);
});

test("conversions give null for what they cannot convert", () => {
  expectRows([
    ["int", ["-2.9"], -2],
    ["int", [-0.5], 0],
    ["int", [true], 1],
    ["int", ["2 "], null],
    ["float", ["1e3"], 1000],
    ["float", ["01"], null],
    ["float", ["+1"], null],
    ["float", ["0x10"], null],
    ["float", [""], null],
    ["float", ["1e400"], null],
    ["float", ["1e-400"], null],
    ["float", ["-0.0e5"], 0],
    ["float", ["Infinity"], null],
    ["bool", ["true"], true],
    ["bool", ["false"], false],
    ["bool", ["yes"], null],
    ["bool", [0], false],
    ["bool", [-1], true],
    ["bool", [[]], null],
    ["string", [1.5], "1.5"],
    ["string", [false], "false"],
    ["string", [null], null],
    ["string", [{}], null],
    ["uuid", ["F199B9F2-016C-B30F-E345-50E54938780C"], "f199b9f2-016c-b30f-e345-50e54938780c"],
    ["uuid", ["f199b9f2016cb30fe34550e54938780c"], null],
    ["uuid", [7], null],
  ]);
});

test("symbols are synonyms, and inherited names are no functions", () => {
  assert.equal(functionNameOf("%"), "rem");
  assert.equal(functionNameOf("//"), "ddiv");
  assert.equal(functionNameOf("lower"), "lower");
  for (const name of ["constructor", "__proto__", "toString", "LOWER", ""]) {
    assert.equal(functionNameOf(name), undefined, name);
  }
});

test("every function gives JSON for every JSON, and never a negative zero", () => {
  const name = fc.constantFrom(...(Object.keys(filterFunctions) as FunctionName[]));
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const value = fc.oneof(fc.jsonValue(), number, fc.constantFrom(0, -0, 5e-324, 1.7e308));
  fc.assert(
    fc.property(name, fc.array(value, { minLength: 2, maxLength: 2 }), (called, args) => {
      const result = filterFunctions[called].apply(args as Json[]);
      assert.ok(result !== undefined && !Object.is(result, -0));
      assert.ok(typeof result !== "number" || Number.isFinite(result));
    }),
    { numRuns: 3000 },
  );
});
