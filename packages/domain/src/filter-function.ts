/**
 * The value functions of the filter language, each a total function over JSON that PostgreSQL and
 * SQLite can compute too. A missing value arrives as null. Knows no filter tree and no wire form.
 */
import { type CalendarParts, calendarParts } from "./filter-time.ts";
import type { Json } from "./json.ts";
import * as limit from "./limit.ts";

export interface FilterFunction {
  readonly argumentsMin: number;
  readonly argumentsMax: number;
  /** Never throws; what has no answer is null. */
  readonly apply: (args: readonly Json[]) => Json;
}

/** The canonical name of a value function; `functionNameOf` knows the synonyms. */
export type FunctionName =
  | "lower"
  | "upper"
  | "concat"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "ddiv"
  | "rem"
  | "year"
  | "month"
  | "day"
  | "hour"
  | "minute"
  | "second"
  | "weekday"
  | "quarter"
  | "toYYYYMM"
  | "toYYYYMMDD"
  | "int"
  | "float"
  | "bool"
  | "string"
  | "uuid";

/**
 * All value functions.
 *
 * Arithmetic is on IEEE doubles; an argument that is not a number, a division by zero, and a result
 * that is not finite give null. So does a product or quotient that rounds to zero although no
 * factor (the dividend) is zero, which PostgreSQL refuses. There is no negative zero.
 * `ddiv` is the quotient cut towards zero; `rem` is `a - b * ddiv(a, b)`: `-7 % 3` is -1.
 *
 * Dates take Unix milliseconds or a text and are UTC, see `calendarParts`; else null. `toYYYYMM`
 * and `toYYYYMMDD` are numbers: 201908, 20190821.
 */
export const filterFunctions: Readonly<Record<FunctionName, FilterFunction>> = {
  /** Folds A-Z only; a value that is not a string gives null. */
  lower: unary((value) => foldText(value, /[A-Z]+/g, (run) => run.toLowerCase())),
  upper: unary((value) => foldText(value, /[a-z]+/g, (run) => run.toUpperCase())),
  /** The texts of `string` in a row; null if one is, or past `bodyBytesMax` UTF-16 units. */
  concat: { argumentsMin: 1, argumentsMax: Number.POSITIVE_INFINITY, apply: concat },
  add: { argumentsMin: 2, argumentsMax: Number.POSITIVE_INFINITY, apply: addAll },
  sub: arithmetic((a, b) => finite(a - b)),
  mul: arithmetic(multiply),
  div: arithmetic(divide),
  ddiv: arithmetic(divideWhole),
  rem: arithmetic(remainder),
  year: calendar((parts) => parts.year),
  month: calendar((parts) => parts.month),
  day: calendar((parts) => parts.day),
  hour: calendar((parts) => parts.hour),
  minute: calendar((parts) => parts.minute),
  second: calendar((parts) => parts.second),
  weekday: calendar((parts) => parts.weekday),
  quarter: calendar((parts) => parts.quarter),
  toYYYYMM: calendar((parts) => parts.year * 100 + parts.month),
  toYYYYMMDD: calendar((parts) => parts.year * 10_000 + parts.month * 100 + parts.day),
  /** What `float` gives, cut towards zero: `int("-2.9")` is -2. */
  int: unary((value) => wholeNumber(toFloat(value))),
  /**
   * A number itself; a string that is a JSON number, without spaces and within the doubles (not
   * rounded to zero unless it is zero); true is 1, false is 0; else null.
   */
  float: unary(toFloat),
  /** A boolean itself; a number other than 0 is true; `"true"` and `"false"`; else null. */
  bool: unary(toBool),
  /** A string itself; the JSON text of a number or a boolean (`1e21` is `"1e+21"`); else null. */
  string: unary(toText),
  /** Any 8-4-4-4-12 hex digits, in lower case; else null. */
  uuid: unary(toUuid),
};

/** Symbols and second names, as in the public documentation of this API family. */
const synonyms: ReadonlyMap<string, FunctionName> = new Map([
  ["+", "add"],
  ["-", "sub"],
  ["*", "mul"],
  ["/", "div"],
  ["//", "ddiv"],
  ["%", "rem"],
  [".", "concat"],
  ["toYYYY", "year"],
  ["toYear", "year"],
  ["integer", "int"],
]);

/** The function that a name or a synonym stands for: `"%"` is `"rem"`; undefined if unknown. */
export function functionNameOf(name: string): FunctionName | undefined {
  if (Object.hasOwn(filterFunctions, name)) return name as FunctionName;
  return synonyms.get(name);
}

function unary(apply: (value: Json) => Json): FilterFunction {
  return { argumentsMin: 1, argumentsMax: 1, apply: (args) => apply(args[0] ?? null) };
}

function calendar(part: (parts: CalendarParts) => number): FilterFunction {
  return unary((value) => {
    const parts = calendarParts(value);
    return parts === null ? null : part(parts);
  });
}

function arithmetic(apply: (a: number, b: number) => number | null): FilterFunction {
  return {
    argumentsMin: 2,
    argumentsMax: 2,
    apply: ([a, b]) => (typeof a === "number" && typeof b === "number" ? apply(a, b) : null),
  };
}

/** From left to right, so that rounding and overflow are the same everywhere. */
function addAll(args: readonly Json[]): number | null {
  let sum = 0;
  for (const value of args) {
    if (typeof value !== "number") return null;
    sum += value;
    if (!Number.isFinite(sum)) return null;
  }
  return finite(sum);
}

function multiply(a: number, b: number): number | null {
  const product = finite(a * b);
  return product === 0 && a !== 0 && b !== 0 ? null : product;
}

/** By zero: not finite, so null. */
function divide(a: number, b: number): number | null {
  const quotient = finite(a / b);
  return quotient === 0 && a !== 0 ? null : quotient;
}

function divideWhole(a: number, b: number): number | null {
  return wholeNumber(divide(a, b));
}

function remainder(a: number, b: number): number | null {
  const quotient = divideWhole(a, b);
  const product = quotient === null ? null : multiply(b, quotient);
  return product === null ? null : finite(a - product);
}

function wholeNumber(value: number | null): number | null {
  return value === null ? null : finite(Math.trunc(value));
}

/** Adding 0 turns -0 into 0. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value + 0 : null;
}

function foldText(value: Json, runs: RegExp, fold: (run: string) => string): string | null {
  return typeof value === "string" ? value.replace(runs, fold) : null;
}

/** Bounded before it is built: 256 nodes of 10 MB each would be no string any more. */
function concat(args: readonly Json[]): string | null {
  let whole = "";
  for (const value of args) {
    const text = toText(value);
    if (text === null || whole.length + text.length > limit.bodyBytesMax) return null;
    whole += text;
  }
  return whole;
}

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const nonZeroNumber = /^[-0.]*[1-9]/;

function toFloat(value: Json): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") return finite(value);
  if (typeof value !== "string" || !jsonNumber.test(value)) return null;
  const number = finite(Number(value));
  return number === 0 && nonZeroNumber.test(value) ? null : number;
}

function toBool(value: Json): boolean | null {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  if (value === "true" || value === "false") return value === "true";
  return null;
}

function toText(value: Json): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return JSON.stringify(value);
  return null;
}

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function toUuid(value: Json): string | null {
  return typeof value === "string" && uuidPattern.test(value) ? value.toLowerCase() : null;
}
