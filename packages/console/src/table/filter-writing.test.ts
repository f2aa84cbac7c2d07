/** The filter language while one writes it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "@stoa/domain";
import type { Column } from "./columns.ts";
import { filterExamples, filterFault, filterNames } from "./filter-writing.ts";

const columns: readonly Column[] = [
  { path: "name", kind: "text" },
  { path: "address.city", kind: "text" },
  { path: "beds", kind: "number" },
];

test("a fault is told with the way to its place", () => {
  assert.equal(filterFault('["==", ["property", "name"], "De Zwaan"]'), null);
  assert.deepEqual(filterFault('["and", ["==", 1, 1], ["likely", 1]]'), {
    steps: [2],
    violation: { path: "", rule: "operator", message: '"likely" is no operator' },
  });
  assert.deepEqual(filterFault('{"a..b": 1}')?.steps, ["a..b"]);
  assert.deepEqual(filterFault('["and", ')?.steps, []);
});

test("names are offered where a name can stand, and nowhere else", () => {
  const paths = ['"name"', '"address.city"', '"beds"'];
  assert.deepEqual(filterNames('["==", ["property", "na', columns), paths);
  assert.deepEqual(filterNames('["==", ["property", ', columns), paths);
  assert.deepEqual(filterNames('{"na', columns), paths);
  assert.deepEqual(filterNames('{"name": "x", ', columns), paths);
  for (const before of ["[", '["and", ["']) {
    const names = filterNames(before, columns);
    for (const name of ['"and"', '"like"', '"property"', '"year"']) assert.ok(names.includes(name));
  }
  for (const before of ['["==", "', '{"name": "', "", '["list", "a", "']) {
    assert.deepEqual(filterNames(before, columns), [], before);
  }
});

test("every example can be sent, with fields of the store", () => {
  const examples = filterExamples(columns);
  assert.ok(examples.length > 4);
  for (const { text } of examples) assert.ok(parseFilter(text), text);
  assert.match(examples.map(({ text }) => text).join(), /"beds"/);
  for (const { text } of filterExamples([])) assert.ok(parseFilter(text), text);
});
