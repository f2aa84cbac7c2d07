/**
 * The filter language while one writes it: what is wrong and where, what can be written at a place,
 * and examples. Pure.
 */
import { filterOperators, parseFilter, StoaError, type Violation } from "@stoa/domain";
import type { Column } from "./columns.ts";

export interface FilterFault {
  /** The way into the text: `[2, 1]`, `["opts.title"]`. */
  readonly steps: readonly (string | number)[];
  readonly violation: Violation;
}

/** The first fault of a text; null where it can be sent. */
export function filterFault(text: string): FilterFault | null {
  try {
    parseFilter(text);
    return null;
  } catch (cause) {
    const [fault] = cause instanceof StoaError ? (cause.details ?? []) : [];
    if (!fault) throw cause;
    return { steps: stepsOf(fault.path), violation: { ...fault, path: "" } };
  }
}

/** `filter[2]["opts.title"]` is `[2, "opts.title"]`. */
function stepsOf(path: string): (string | number)[] {
  const steps = path.matchAll(/\[(\d+|"(?:[^"\\]|\\.)*")\]/g);
  return [...steps].map(([, step = ""]) => JSON.parse(step) as string | number);
}

/** What may stand where a name is being written, each as it is written; empty elsewhere. */
export function filterNames(before: string, columns: readonly Column[]): readonly string[] {
  const paths = columns.map(({ path }) => JSON.stringify(path));
  const isKey = /^\s*\{/.test(before) && /[{,]\s*"?[^":,]*$/.test(before);
  if (isKey || /\[\s*"property"\s*,\s*"?[^"\]]*$/.test(before)) return paths;
  const isOperator = /\[\s*"?[^",[\]]*$/.test(before);
  return isOperator ? filterOperators.map((name) => JSON.stringify(name)) : [];
}

export interface FilterExample {
  readonly name: "equal" | "begins" | "several" | "either" | "missing" | "year";
  readonly text: string;
}

/** With fields of the store where it has some that fit. */
export function filterExamples(columns: readonly Column[]): readonly FilterExample[] {
  const own = columns.filter(({ path }) => !/^(_id|owner|group|time|_at)$/.test(path));
  const pathOf = (kind: Column["kind"], otherwise: string) =>
    own.find((column) => column.kind === kind)?.path ?? otherwise;
  const text = ["property", pathOf("text", "name")];
  const number = ["property", pathOf("number", "size")];
  const examples = {
    equal: ["==", number, 100],
    begins: ["like", text, "De*"],
    several: ["in", text, ["list", "Delft", "Gent"]],
    either: ["or", [">=", number, 1000], ["not", ["like", text, "A*"]]],
    missing: ["isnull", text],
    year: ["==", ["year", ["property", "time"]], 2026],
  };
  return Object.entries(examples).map(([name, json]) => ({
    name: name as FilterExample["name"],
    text: JSON.stringify(json).replaceAll(",", ", "),
  }));
}
