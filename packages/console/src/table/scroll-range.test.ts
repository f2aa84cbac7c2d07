/**
 * Scrolling: every row can be reached, in order, in tables that are short, long and longer than a
 * browser could draw.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rangeAt, scrollTopOf, type Track, trackHeight, trackHeightMax } from "./scroll-range.ts";

const track: Track = { rows: 1_000_000, rowHeight: 36, viewHeight: 720 };

test("the top shows the first row where it belongs", () => {
  assert.deepEqual(rangeAt(track, 0), { first: 0, end: 28, top: 0 });
});

test("the bottom shows the last row, and it ends where the track ends", () => {
  const bottom = trackHeight(track) - track.viewHeight;
  const { first, end, top } = rangeAt(track, bottom);
  assert.equal(end, 1_000_000);
  assert.ok(Math.abs(top + (end - first) * track.rowHeight - trackHeight(track)) < 1);
});

test("a table of a million rows is no higher than a browser bears", () => {
  assert.equal(trackHeight(track), trackHeightMax);
  assert.equal(trackHeight({ ...track, rows: 100 }), 3_600);
});

test("a row that is scrolled to is seen, whatever the length", () => {
  const lengths = fc.record({
    rows: fc.integer({ min: 1, max: 5_000_000 }),
    rowHeight: fc.integer({ min: 20, max: 60 }),
    viewHeight: fc.integer({ min: 100, max: 2_000 }),
  });
  fc.assert(
    fc.property(lengths, fc.double({ min: 0, max: 1, noNaN: true }), (some, share) => {
      const row = Math.floor(share * (some.rows - 1));
      const { first, end } = rangeAt(some, scrollTopOf(some, row));
      assert.ok(first <= row && row < end, `${row} not in ${first}..${end}`);
      assert.ok(end - first <= some.viewHeight / some.rowHeight + 19);
    }),
  );
});

test("scrolling down never goes back", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 14_000_000 }),
      fc.integer({ min: 1, max: 999 }),
      (at, by) => {
        assert.ok(rangeAt(track, at + by).first >= rangeAt(track, at).first);
      },
    ),
  );
});
