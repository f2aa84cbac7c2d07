/** Tests of cells of CSV and their values. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json } from "@stoa/domain";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { cellValue, csvCell } from "./csv-cell.ts";

/** Through a row of CSV and back. */
function through(value: Json, isText: boolean): Json | undefined {
  const [row] = parse(`x,${csvCell(value, isText)},y\r\n`, {
    cast: (cell, { quoting }) => (cell === "" && !quoting ? null : cell),
  }) as (string | null)[][];
  assert.equal(row?.length, 3);
  return cellValue(row[1] ?? null, isText);
}

test("a value goes through CSV as it is, whatever it is", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("=1+1", "-5", "+x", "@a", "'=1", "''-", '"12"', "12", "", " a ", "a\r\nb", "'"),
  );
  const value = fc.oneof(
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(text),
    fc.dictionary(fc.constantFrom("a", "b"), text),
  );
  fc.assert(
    fc.property(value, (made) => {
      const one = JSON.parse(JSON.stringify(made)) as Json;
      assert.deepEqual(through(one, false), one);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(text, (one) => assert.equal(through(one, true), one)),
    { numRuns: 500 },
  );
});

test("no text can be taken for a formula, and numbers stay numbers", () => {
  for (const text of ["=cmd()", "+1x", "-x", "@SUM(A1)", "\tx", "\r=x"]) {
    const cell = csvCell(text, false).replace(/^"/, "");
    assert.ok(cell.startsWith("'"), cell);
  }
  assert.equal(csvCell(-33.4, false), "-33.4");
});

test("cells of others are numbers where they read as such, texts where a schema says so", () => {
  assert.equal(cellValue("12", false), 12);
  assert.equal(cellValue("12", true), "12");
  assert.equal(cellValue("01234", false), "01234");
  assert.equal(cellValue("Delft", false), "Delft");
  assert.equal(cellValue("true", false), true);
  assert.equal(cellValue("null", false), null);
  assert.deepEqual(cellValue('["a"]', false), ["a"]);
  assert.equal(cellValue(null, false), undefined);
});

test("a missing value is an empty cell, an empty text is not", () => {
  assert.equal(csvCell(undefined, false), "");
  assert.equal(through("", false), "");
  assert.equal(through("", true), "");
});
