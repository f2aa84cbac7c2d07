/**
 * Bodies that the reference API takes: an object with or without its id, and the key of LOOKUP.
 * Knows shapes only; what fields mean is for the service.
 */
import { isJsonObject, type JsonObject, ownFields, ownValue, violation } from "@stoa/domain";
import { type Body, bodyViolation } from "../request-body.ts";

/** Errors: `validation` where nothing was sent, or something that is no object. */
export function objectOf(body: Body | null): JsonObject {
  if (!body) throw empty();
  if (isJsonObject(body.value)) return body.value;
  throw bodyViolation("type", "the body must be a JSON object");
}

/**
 * The id apart from the other fields. Errors: `validation` for an id that is no text, and for the
 * names of fields that only the entity API has.
 */
export function withoutId(body: JsonObject): { id: string | undefined; fields: JsonObject } {
  const { id: _, ...fields } = body;
  const id = ownValue(body, "id");
  if (id !== undefined && typeof id !== "string") throw violation("id", "type", "must be text");
  const foreign = Object.keys(fields).find((key) => !Object.hasOwn(ownFields(fields), key));
  if (foreign === undefined) return { id, fields };
  throw violation(foreign, "additionalProperties", "is no field of such an object");
}

/** Errors: `validation` for anything but a text or a number. */
export function keyOf(body: Body | null): string | number {
  if (!body) throw empty();
  const { value } = body;
  if (typeof value === "string" || typeof value === "number") return value;
  throw bodyViolation("type", "the body must be an id or a type, as a JSON string");
}

function empty(): Error {
  return bodyViolation("empty", "the body must not be empty");
}
