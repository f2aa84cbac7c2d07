/**
 * Formats of texts that are told by looking at them: date-time, date, email, uri, uuid. Narrower
 * than the words of JSON Schema, so that whatever is told of a text holds for every validator.
 */
import { isUuid } from "./time-uuid.ts";

/** As the vocabulary of JSON Schema 2020-12 calls them (7.3). */
export type TextFormat = "date-time" | "date" | "email" | "uri" | "uuid";

/** Those of which at most one fits a text. */
export const textFormats: readonly TextFormat[] = ["date-time", "date", "email", "uri", "uuid"];

/** `hasFormat("2016-11-09", "date")`; texts over `checkedCharactersMax` have none. */
export function hasFormat(text: string, format: TextFormat): boolean {
  if (text.length > checkedCharactersMax) return false;
  switch (format) {
    case "date-time":
      return dateTimeShape.test(text) && isDay(text);
    case "date":
      return dateShape.test(text) && isDay(text);
    case "email":
      return emailShape.test(text);
    case "uri":
      return uriShape.test(text);
    case "uuid":
      return isUuid(text);
    default:
      return format satisfies never;
  }
}

/** Whether the month has that day. */
function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split("-").map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1000 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const checkedCharactersMax = 1_000;
const dateShape = /^\d{4}-\d\d-\d\d$/;
const time = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?";
const dateTimeShape = new RegExp(
  `^\\d{4}-\\d\\d-\\d\\dT${time}(?:Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)$`,
);
const label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const emailShape = new RegExp(`^[a-z0-9_+-]+(?:\\.[a-z0-9_+-]+)*@(?:${label}\\.)+${label}$`, "i");
const uriShape = new RegExp(
  `^(?:https?|ftp|wss?)://${label}(?:\\.${label})*(?::\\d{1,5})?(?:/[a-z0-9._~/-]*)?` +
    "(?:\\?[a-z0-9._~/=&-]*)?(?:#[a-z0-9._~/-]*)?$",
  "i",
);
