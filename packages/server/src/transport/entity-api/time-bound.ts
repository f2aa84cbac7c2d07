/**
 * Points in time as `from`, `to`, `begin` and `end` name them. Knows no query and no clock.
 */
import { violation } from "@stoa/domain";

/**
 * Unix milliseconds of `1567285200000`, `2019-08-31T21:00`, `2019-08-31T21:00:00.5+03:00` or
 * `2019-08-31` (seed, "Working with lists"). Without a zone it is UTC; what is left out is zero, so
 * a time given to the minute is that minute's first millisecond, for both bounds. A fraction finer
 * than a millisecond stays a fraction.
 * @param parameter its name, for the refusal: `"from"`
 * Errors: `validation` for everything else, such as the 30th of February.
 */
export function parseTimeBound(parameter: string, text: string): number {
  const ms = /^-?\d{1,16}$/.test(text) ? Number(text) : parseIsoTime(text);
  if (ms !== undefined && Math.abs(ms) <= dateMsMax) return ms;
  throw violation(
    parameter,
    "time",
    "must be Unix milliseconds (1567285200000) or ISO 8601 (2019-08-31T21:00)",
  );
}

/** The range of ECMAScript's dates: 100,000,000 days around 1970. */
const dateMsMax = 8.64e15;

const day = String.raw`(\d{4})-(\d\d)-(\d\d)`;
const clock = String.raw`(\d\d):(\d\d)(?::(\d\d)([.,]\d{1,9})?)?`;
// A "+" that stands unencoded in a query means a space, so a space before a zone is a "+".
const zoneOffset = String.raw`(?:[Zz]|([+ -])(\d\d):?(\d\d)?)?`;
const isoShape = new RegExp(`^${day}(?:[Tt ]${clock}${zoneOffset})?$`);

function parseIsoTime(text: string): number | undefined {
  const parts = isoShape.exec(text);
  if (!parts) return undefined;
  const number = (index: number) => Number(parts[index] ?? 0);
  const [year, month, day] = [number(1), number(2), number(3)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  const [hour, minute, second] = [number(4), number(5), number(6)];
  const [zoneHour, zoneMinute] = [number(9), number(10)];
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return undefined;
  const fractionMs = Number(`0${(parts[7] ?? ".0").replace(",", ".")}`) * 1000;
  const zone = (parts[8] === "-" ? -1 : 1) * (zoneHour * 60 + zoneMinute);
  return (
    midnight(year, month, day) + ((hour * 60 + minute - zone) * 60 + second) * 1000 + fractionMs
  );
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** `Date.UTC` takes the years 0 to 99 for those of the twentieth century. */
function midnight(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}
