/** Tests of points in time as parameters. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseTimeBound } from "./time-bound.ts";

const base = Date.UTC(2019, 7, 31, 21, 0);

test("Unix milliseconds are taken as they are", () => {
  assert.equal(parseTimeBound("from", "1567285200000"), 1567285200000);
  assert.equal(parseTimeBound("from", "0"), 0);
  assert.equal(parseTimeBound("from", "-1"), -1);
});

test("a time without a zone is UTC, and a minute begins at its first millisecond", () => {
  assert.equal(parseTimeBound("to", "2019-08-31T21:00"), base);
  assert.equal(parseTimeBound("to", "2019-08-31T21:00:00"), base);
  assert.equal(parseTimeBound("to", "2019-08-31"), Date.UTC(2019, 7, 31));
});

test("seconds, fractions and zones count", () => {
  assert.equal(parseTimeBound("to", "2019-08-31T21:00:01.5Z"), base + 1500);
  assert.equal(parseTimeBound("to", "2019-08-31T21:00:00.0005Z"), base + 0.5);
  assert.equal(parseTimeBound("to", "2019-09-01T00:00+03:00"), base);
  assert.equal(parseTimeBound("to", "2019-09-01T00:00 03:00"), base);
  assert.equal(parseTimeBound("to", "2019-08-31T19:30-0130"), base);
  assert.equal(parseTimeBound("to", "0050-01-01T00:00"), Date.parse("0050-01-01T00:00Z"));
});

const nonsense = [
  "",
  "soon",
  "12.5",
  "1e3",
  "99999999999999999",
  "2019-13-01T00:00",
  "2019-02-29T00:00",
  "2019-08-31T24:00",
  "2019-08-31T21:60",
  "2019-08-31T21",
  "2019-08-31T21:00+24:00",
  "2019-08-31T21:00 ",
];
for (const text of nonsense) {
  test(`"${text}" is no time, and the parameter is named`, () => {
    assert.throws(() => parseTimeBound("from", text), {
      code: "validation",
      details: [
        {
          path: "from",
          rule: "time",
          message: "must be Unix milliseconds (1567285200000) or ISO 8601 (2019-08-31T21:00)",
        },
      ],
    });
  });
}

test("every instant reads the same in both notations", () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
      (date) => parseTimeBound("from", date.toISOString()) === date.getTime(),
    ),
  );
});
