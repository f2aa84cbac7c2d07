/**
 * How a value reads in a cell of a table. Pure.
 */
import type { Json } from "@stoa/domain";

const charactersMax = 200;

/** `cellText(12345.5, "time", "en")`; times of the server read as dates, objects as JSON. */
export function cellText(value: Json | undefined, path: string, locale: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") {
    const isTime = path === "time" || path === "_at";
    return isTime ? timeText(value, locale) : new Intl.NumberFormat(locale, fine).format(value);
  }
  if (typeof value === "string") return value.slice(0, charactersMax);
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) {
    return value.join(", ").slice(0, charactersMax);
  }
  return JSON.stringify(value).slice(0, charactersMax);
}

/** `22 Nov 2026, 14:05:09` */
export function timeText(unixMs: number, locale: string): string {
  const style = { dateStyle: "medium", timeStyle: "medium" } as const;
  return new Intl.DateTimeFormat(locale, style).format(unixMs);
}

/** `52.4 MB` */
export function sizeText(bytes: number, locale: string): string {
  const style = { style: "unit", unit: "megabyte", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale, style).format(bytes / 1_000_000);
}

const fine = { maximumFractionDigits: 12 } as const;
