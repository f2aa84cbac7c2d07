/** Which rows are selected. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isSelected, noSelection, selectedCount, toggled } from "./selection.ts";

test("rows are selected one by one", () => {
  const one = toggled(noSelection, "a");
  assert.deepEqual(
    [isSelected(one, "a"), isSelected(one, "b"), selectedCount(one, 9)],
    [true, false, 1],
  );
  assert.equal(selectedCount(toggled(one, "a"), 9), 0);
});

test("all are selected but those that were taken out again", () => {
  const all = { isAll: true, ids: new Set<string>() };
  const most = toggled(all, "a");
  assert.deepEqual(
    [isSelected(most, "a"), isSelected(most, "b"), selectedCount(most, 9)],
    [false, true, 8],
  );
  assert.equal(selectedCount(toggled(most, "a"), 9), 9);
});
