/**
 * One cell of CSV and the value that it stands for, both ways. Texts that a spreadsheet would take
 * for a formula get an apostrophe before them, which comes off when they are read. Knows no rows.
 */
import { type Json, parseJson, StoaError } from "@stoa/domain";

/**
 * `"a,b"` for the text `a,b`; texts that read as JSON stand in quotes of their own (`"12"` is no
 * number), unless `isText` says that there are only texts in this column. Objects and lists are
 * JSON; what is missing is empty, and the empty text is a pair of quotes.
 */
export function csvCell(value: Json | undefined, isText: boolean): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return quoted(JSON.stringify(value));
  if (value === "") return '""';
  const isPlain = isText ? !value.startsWith('"') : !isJson(value);
  const text = isPlain ? value : JSON.stringify(value);
  return quoted(formulaShape.test(text) ? `'${text}` : text);
}

/**
 * The value of a cell that CSV has been taken off; undefined for null, an empty one without quotes.
 * What reads as JSON is that, all else is text: `12` is a number, `01234` and `Delft` are texts.
 */
export function cellValue(cell: string | null, isText: boolean): Json | undefined {
  if (cell === null) return undefined;
  const text = escapedShape.test(cell) ? cell.slice(1) : cell;
  if (text.startsWith('"') && isJson(text)) return parseJson(text);
  return isText || !isJson(text) ? text : parseJson(text);
}

/** RFC 4180, 2: quotes where a cell holds what means something. */
function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function isJson(text: string): boolean {
  if (!/^[-0-9tfn"[{]/.test(text)) return false;
  try {
    parseJson(text);
    return true;
  } catch (cause) {
    if (cause instanceof StoaError) return false;
    throw cause;
  }
}

/** What programs take for a formula, and what we have made of it. Numbers are not texts. */
const formulaShape = /^'*[=+\-@\t\r]/;
const escapedShape = /^'+[=+\-@\t\r]/;
