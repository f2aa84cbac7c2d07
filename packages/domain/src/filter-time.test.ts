/** The calendar of filters: seconds that exist and seconds that do not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { calendarParts } from "./filter-time.ts";
import type { Json } from "./json.ts";

test("the creation time of the seed's example falls on a Wednesday in the third quarter", () => {
  const parts = {
    year: 2019,
    quarter: 3,
    month: 8,
    day: 21,
    weekday: 3,
    hour: 7,
    minute: 24,
    second: 18,
  };
  assert.deepEqual(calendarParts("2019-08-21T07:24:18.62Z"), parts);
  assert.deepEqual(calendarParts(1566372258629), parts);
  assert.deepEqual(calendarParts("2019-08-21 07:24:18"), parts);
  assert.deepEqual(calendarParts("2019-08-21T10:54:18.999999999+03:30"), parts);
  assert.deepEqual(calendarParts("2019-08-20T23:24:18-08:00"), parts);
});

test("a date alone is its midnight, a Sunday is day 7 and a Monday day 1", () => {
  assert.equal(calendarParts("2024-02-29")?.hour, 0);
  assert.equal(calendarParts("2024-12-29")?.weekday, 7);
  assert.equal(calendarParts("2024-12-30T23:59")?.weekday, 1);
  assert.equal(calendarParts("0001-01-01")?.year, 1);
  assert.equal(calendarParts("0099-01-01")?.year, 99);
});

test("numbers before 1970 and with fractions are rounded down to the second", () => {
  assert.equal(calendarParts(-1)?.second, 59);
  assert.equal(calendarParts(-1)?.year, 1969);
  assert.equal(calendarParts(999.9)?.second, 0);
});

test("what names no second of the years 1 to 9999 has no parts", () => {
  const bad: Json[] = [
    null,
    true,
    "",
    "2019",
    "2019-8-21",
    "2023-02-29",
    "2023-13-01",
    "2023-00-10",
    "2023-01-00",
    "2023-04-31",
    "2019-08-21T24:00",
    "2019-08-21T07:60",
    "2019-08-21T07:24:60Z",
    "2019-08-21T07:24:18.Z",
    "2019-08-21T07",
    "2019-08-21Z",
    "2019-08-21T07:24:18+15:00",
    "2019-08-21T07:24:18+0300",
    "2019-08-21t07:24:18Z",
    " 2019-08-21",
    "2019-08-21\n",
    "0000-12-31",
    "0001-01-01T00:00+01:00",
    "9999-12-31T23:30-01:00",
    253402300800000,
    -62135596800001,
    1e300,
    ["2019-08-21"],
    { time: 0 },
  ];
  for (const value of bad) assert.equal(calendarParts(value), null, JSON.stringify(value));
  assert.equal(calendarParts(253402300799999)?.year, 9999);
  assert.equal(calendarParts(-62135596800000)?.year, 1);
});

test("any millisecond has the same parts as a number and as a text", () => {
  const milliseconds = fc.integer({ min: -62135596800000, max: 253402300799999 });
  fc.assert(
    fc.property(milliseconds, (ms) => {
      assert.deepEqual(calendarParts(ms), calendarParts(new Date(ms).toISOString()));
    }),
  );
});
