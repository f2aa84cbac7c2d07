/**
 * What dialects share: which kinds of values a system field can have, and how comparisons and
 * prefixes are said in SQL. Knows no database.
 */
import { type CompareOp, type Json, matches, type Path, systemFields } from "@stoa/domain";

/** A value of the kind that a system field always has; null where nothing ever stands. */
export function sampleOf(path: Path): Json | undefined {
  const [first, second] = path;
  if (first === undefined || !systemFields.has(first)) return undefined;
  if (second !== undefined) return null;
  if (first === "access" || first === "branch") return [];
  return first === "time" || first === "_at" ? 0 : "";
}

/** `"number"`; null and arrays are kinds of their own. */
export function kindOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** What the comparison of two constants gives. */
export function compares(op: CompareOp, left: Json, right: Json): boolean {
  const side = (value: Json) => ({ kind: "constant", value }) as const;
  return matches({ kind: "compare", op, left: side(left), right: side(right) }, {});
}

/** The least text after all that begin with this one: `textAfter("Obj")` is `Obk`. */
export function textAfter(prefix: string): string | undefined {
  const points = [...prefix];
  const last = points.pop()?.codePointAt(0);
  if (last === undefined || last === 0x10ffff) return undefined;
  return points.join("") + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}

export const sqlOps: Readonly<Record<CompareOp, string>> = {
  "==": "=",
  "!=": "<>",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};
