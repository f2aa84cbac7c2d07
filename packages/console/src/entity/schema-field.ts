/**
 * What a JSON Schema says of one field, as far as a form shows it. Pure.
 */
import type { Json, JsonObject } from "@stoa/domain";

export type FieldKind =
  | { readonly kind: "choice"; readonly values: readonly (string | number)[] }
  | { readonly kind: "boolean" }
  | { readonly kind: "number"; readonly isInteger: boolean }
  | { readonly kind: "text"; readonly format: TextFormat }
  /** The id of an entity of a store, by the schema's `x-ref`. */
  | { readonly kind: "reference"; readonly store: string }
  | { readonly kind: "texts"; readonly values: readonly string[] }
  | { readonly kind: "group"; readonly fields: readonly Field[] }
  | { readonly kind: "json" };

export type TextFormat = "plain" | "long" | "date" | "date-time" | "email" | "uri";

export interface Field {
  readonly name: string;
  /** The schema's title, else the name. */
  readonly label: string;
  readonly hint: string;
  readonly isRequired: boolean;
  readonly kind: FieldKind;
}

const longTextCharacters = 80;

/** Fields of the schema in its order, then those that the value has besides. */
export function fieldsOf(schema: JsonObject | null | undefined, value: JsonObject): Field[] {
  const properties = objectAt(schema ?? {}, "properties");
  const required = schema?.["required"];
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  const names = new Set([...Object.keys(properties), ...Object.keys(value)]);
  return [...names].map((name) => {
    const described = objectAt(properties, name);
    return {
      name,
      label: textAt(described, "title") || name,
      hint: textAt(described, "description"),
      isRequired: isRequired(name),
      kind: kindOf(described, Object.hasOwn(value, name) ? value[name] : undefined),
    };
  });
}

/** By the schema where it says something, else by the value that is there. */
function kindOf(schema: JsonObject, value: Json | undefined): FieldKind {
  const choices = schema["enum"];
  if (Array.isArray(choices) && choices.every((one) => isTextOrNumber(one))) {
    return { kind: "choice", values: choices as (string | number)[] };
  }
  const target = textAt(schema, "x-ref");
  if (target !== "" && (value === undefined || typeof value === "string")) {
    return { kind: "reference", store: target };
  }
  const type = schema["type"] ?? typeOf(value);
  switch (type) {
    case "boolean":
      return { kind: "boolean" };
    case "integer":
    case "number":
      return { kind: "number", isInteger: type === "integer" };
    case "string":
      return { kind: "text", format: formatOf(schema, value) };
    case "array":
      return listKind(objectAt(schema, "items"), value);
    case "object":
      return groupKind(schema, value);
    default:
      return { kind: "json" };
  }
}

function formatOf(schema: JsonObject, value: Json | undefined): TextFormat {
  const format = schema["format"];
  if (format === "date" || format === "email" || format === "uri") return format;
  if (format === "date-time") return format;
  const isLong =
    typeof value === "string" && (value.length > longTextCharacters || /\n/.test(value));
  return isLong || Number(schema["maxLength"]) > 1_000 ? "long" : "plain";
}

function listKind(items: JsonObject, value: Json | undefined): FieldKind {
  const holdsTexts = Array.isArray(value) && value.every((one) => typeof one === "string");
  const isText = items["type"] === "string" || (items["type"] === undefined && holdsTexts);
  if (!isText || (value !== undefined && !holdsTexts)) return { kind: "json" };
  const choices = items["enum"];
  return { kind: "texts", values: Array.isArray(choices) ? (choices as string[]) : [] };
}

function groupKind(schema: JsonObject, value: Json | undefined): FieldKind {
  const inner = isObject(value) ? value : {};
  const fields = fieldsOf(schema, inner);
  const isPlain = fields.every(({ kind }) => kind.kind !== "group");
  return fields.length > 0 && isPlain ? { kind: "group", fields } : { kind: "json" };
}

function typeOf(value: Json | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  return Array.isArray(value) ? "array" : typeof value;
}

function isTextOrNumber(value: Json): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return isObject(value) ? value : {};
}

function textAt(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
