/**
 * One `where.` condition as a filter: `where.value>=20`, `where.tags=red,blue`. Knows the
 * parameter's own notation and no other parameter. Source: design 3, "Lists" and "Settled".
 */
import {
  type ElementComparison,
  type Filter,
  type Json,
  not,
  or,
  type Path,
  parseJson,
  parsePath,
  StoaError,
  violation,
} from "@stoa/domain";
import type { Parameter } from "../query-string.ts";

const prefix = "where.";

export function isCondition({ name }: Parameter): boolean {
  return name.startsWith(prefix);
}

/**
 * The filter of a parameter named `where.<path><operator>`. The `=` of `>=`, `<=` and `!=` is the
 * one that ends the name; `>` and `<` stand in a parameter without `=`: `where.value>20`. Values
 * are typed if they are numbers, booleans, null or strings of JSON, else they are text; a comma
 * means any of. Errors: `validation` naming the parameter.
 */
export function parseCondition(parameter: Parameter): Filter {
  const { path: pathText, op, value } = condition(parameter);
  const path = parsePathOf(`${prefix}${pathText}`, pathText);
  const asText = isTextPath(path);
  const values = splitValues(value).map((text) => typedValue(text, asText, `${prefix}${pathText}`));
  const element = (other: Json): ElementComparison => ({
    kind: "element",
    op: op === "!=" ? "==" : op,
    path,
    value: other,
  });
  const any = or(...values.map(element));
  return op === "!=" ? not(any) : any;
}

/** The path of a parameter's text, refused under the parameter's name. */
export function parsePathOf(parameter: string, text: string): Path {
  try {
    return parsePath(text);
  } catch (cause) {
    const fault = cause instanceof StoaError ? cause.details?.[0] : undefined;
    throw fault ? violation(parameter.slice(0, 100), fault.rule, fault.message) : cause;
  }
}

interface Condition {
  readonly path: string;
  readonly op: ElementComparison["op"] | "!=";
  readonly value: string;
}

function condition({ name, value }: Parameter): Condition {
  const text = name.slice(prefix.length);
  if (value !== null) {
    const [, path = "", mark = ""] = /^(.*?)(>=|<=|!=|[><!])?$/s.exec(text) ?? [];
    return { path, op: operators.get(mark) ?? "==", value };
  }
  // Somebody has encoded the `=` too, or the operator has none.
  const [, path = text, op = "=", rest = ""] = /^(.*?)(>=|<=|!=|>|<|=)(.*)$/s.exec(text) ?? [];
  return { path, op: op === "=" ? "==" : (op as Condition["op"]), value: rest };
}

/** What ends a name before `=`: the `=` belongs to it. */
const operators: ReadonlyMap<string, Condition["op"]> = new Map<string, Condition["op"]>([
  [">", ">="],
  [">=", ">="],
  ["<", "<="],
  ["<=", "<="],
  ["!", "!="],
  ["!=", "!="],
]);

/** Ids look like numbers at times, and are texts always. */
function isTextPath(path: Path): boolean {
  return path.length === 1 && textFields.has(path[0] as string);
}

const textFields: ReadonlySet<string> = new Set(["_id", "owner", "group", "access", "branch"]);

/** Splits at commas outside of JSON strings: `1,"a,b",c` has three values. */
function splitValues(text: string): readonly string[] {
  if (!text.includes(",")) return [text];
  return [...text.matchAll(/(?:^|,)("(?:[^"\\]|\\.)*"(?=,|$)|[^,]*)/gs)].map(
    (found) => found[1] ?? "",
  );
}

function typedValue(text: string, asText: boolean, parameter: string): Json {
  const isString = text.startsWith('"');
  if (!isString && (asText || !scalarShape.test(text))) return asText ? idText(text) : text;
  try {
    const value = parseJson(text);
    return asText && typeof value === "string" ? idText(value) : value;
  } catch (cause) {
    const rule = cause instanceof StoaError ? cause.details?.[0]?.rule : undefined;
    if (rule === "syntax") return text;
    throw rule ? violation(parameter.slice(0, 100), rule, "has a value that is refused") : cause;
  }
}

/** Ids are kept in lower case; upper-case ones are tolerated everywhere. */
function idText(text: string): string {
  return /^[0-9A-Fa-f-]{24,36}$/.test(text) ? text.toLowerCase() : text;
}

/** Numbers, booleans and null as JSON writes them: `01234` is a text. */
const scalarShape = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;
