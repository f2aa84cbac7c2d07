/**
 * The calendar of filters: the second that a value names, and its parts in UTC. Knows no clock and
 * no time zone but the offset that a text carries.
 */
import type { Json } from "./json.ts";

/** Parts of a second in UTC: month 1-12, weekday 1 (Monday) to 7, quarter 1-4, second 0-59. */
export interface CalendarParts {
  readonly year: number;
  readonly quarter: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * The parts of the second that a value names, or null if it names none.
 *
 * A number is Unix milliseconds, rounded down to the second: `1566368664629`. A text is RFC 3339 or
 * its ISO 8601 relatives in full: `2019-08-21T07:24:18.62Z`; T may be a space; seconds, fraction
 * (1-9 digits), zone and the whole time may be absent; no zone means UTC; offsets go to 14:59, as
 * in SQLite. Days that do not exist, hour 24 and second 60 are null, and so is everything outside
 * the years 1 to 9999 UTC.
 */
export function calendarParts(value: Json): CalendarParts | null {
  const second = secondOf(value);
  if (second === null || !(second >= firstSecond && second <= lastSecond)) return null;
  const date = new Date(second * 1000);
  const month = date.getUTCMonth() + 1;
  return {
    year: date.getUTCFullYear(),
    quarter: Math.ceil(month / 3),
    month,
    day: date.getUTCDate(),
    weekday: date.getUTCDay() || 7,
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

const firstSecond = Date.parse("0001-01-01T00:00:00Z") / 1000;
const lastSecond = Date.parse("9999-12-31T23:59:59Z") / 1000;
const textCharactersMax = "2019-08-21T07:24:18.123456789+00:00".length;
const textPattern =
  /^(\d{4}-\d\d-(\d\d))(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:Z|([+-])(\d\d):(\d\d))?)?$/;

function secondOf(value: Json): number | null {
  if (typeof value === "number") return Math.floor(value / 1000);
  if (typeof value !== "string" || value.length > textCharactersMax) return null;
  const found = textPattern.exec(value);
  if (found === null) return null;
  const [, date, day, hour, minute, second, sign, offsetHour, offsetMinute] = found;
  const midnight = new Date(`${date}T00:00:00Z`);
  if (midnight.getUTCDate() !== Number(day)) return null;
  const offset = clockSeconds(14, offsetHour, offsetMinute, undefined);
  const clock = clockSeconds(23, hour, minute, second);
  if (clock === null || offset === null) return null;
  return midnight.getTime() / 1000 + clock + (sign === "-" ? offset : -offset);
}

function clockSeconds(
  hourMax: number,
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined,
): number | null {
  const parts = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)] as const;
  if (parts[0] > hourMax || parts[1] > 59 || parts[2] > 59) return null;
  return parts[0] * 3600 + parts[1] * 60 + parts[2];
}
