/**
 * What a JSON Schema says of a place in a document, for completion and marks while one types. Knows
 * the plain part of schemas (properties, items, required, type, enum); the server judges the rest.
 */
import type { Json, JsonObject } from "@stoa/domain";
import { isObject } from "./schema-field.ts";

/** The schema of the value at a path: `schemaAt(schema, ["address", "city"])`; else undefined. */
export function schemaAt(
  schema: JsonObject,
  path: readonly (string | number)[],
): JsonObject | undefined {
  let at: Json | undefined = schema;
  for (const step of path) {
    if (!isObject(at)) return undefined;
    const within: Json | undefined = typeof step === "number" ? at["items"] : at["properties"];
    at = typeof step === "number" || !isObject(within) ? within : within[step];
  }
  return isObject(at) ? at : undefined;
}

export interface Fault {
  readonly path: readonly (string | number)[];
  readonly rule: "type" | "enum" | "required";
  readonly expected: string;
}

/** What plainly breaks the schema; an empty list promises nothing. */
export function faultsOf(schema: JsonObject, value: Json, path: Fault["path"] = []): Fault[] {
  const { type, enum: choices } = schema;
  if (type !== undefined && !fitsType(type, value)) {
    return [{ path, rule: "type", expected: [type].flat().join(", ") }];
  }
  if (Array.isArray(choices) && !choices.some((one) => sameText(one, value))) {
    return [{ path, rule: "enum", expected: choices.map((one) => JSON.stringify(one)).join(", ") }];
  }
  if (Array.isArray(value)) {
    const items = schema["items"];
    if (!isObject(items)) return [];
    return value.flatMap((one: Json, index) => faultsOf(items, one, [...path, index]));
  }
  return isObject(value) ? memberFaults(schema, value, path) : [];
}

function memberFaults(schema: JsonObject, value: JsonObject, path: Fault["path"]): Fault[] {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const missing = required.filter((name) => !Object.hasOwn(value, String(name)));
  const faults: Fault[] = missing.map((name) => ({
    path,
    rule: "required",
    expected: String(name),
  }));
  for (const [name, member] of Object.entries(value)) {
    const described = schemaAt(schema, [name]);
    if (described) faults.push(...faultsOf(described, member, [...path, name]));
  }
  return faults;
}

function fitsType(type: Json, value: Json): boolean {
  return [type].flat().some((name) => {
    switch (name) {
      case "integer":
        return Number.isInteger(value);
      case "null":
        return value === null;
      case "array":
        return Array.isArray(value);
      case "object":
        return isObject(value);
      default:
        return typeof value === name;
    }
  });
}

function sameText(one: Json, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
