/**
 * Bodies of the entity API, both ways: what a request must hold, and an entity with its `success`.
 * Knows shapes only; what fields mean is for the service.
 */
import {
  isJsonObject,
  type Json,
  type JsonObject,
  limit,
  ownValue,
  type Patch,
  parseJsonPatch,
  violation,
} from "@stoa/domain";
import { type Body, bodyViolation } from "../request-body.ts";

/**
 * `{"_id":"1"}` becomes `{"_id":"1","success":true}`, as text. A field `success` of the entity's
 * own stands before it, and the last one counts in JSON.
 */
export function withSuccess(text: string): string {
  return `${text.slice(0, -1)},"success":true}`;
}

/** Errors: `validation` where the body is no object. */
export function objectOf(body: Body | null): JsonObject {
  if (body && isJsonObject(body.value)) return body.value;
  throw bodyViolation("type", "the body must be a JSON object");
}

/** One body, or many to be created together. Errors: `validation`, naming the element. */
export function creationOf(body: Body | null): JsonObject | readonly JsonObject[] {
  if (!body || !Array.isArray(body.value)) return objectOf(body);
  const bodies = body.value as readonly Json[];
  if (bodies.length > limit.batchEntitiesMax) {
    throw bodyViolation(
      "maxItems",
      `the body must not have more than ${limit.batchEntitiesMax} elements`,
    );
  }
  return bodies.map((element, index) => {
    if (isJsonObject(element)) return element;
    throw violation(String(index), "type", "must be a JSON object");
  });
}

/** A merge patch, or by its media type a JSON Patch. Errors: `validation`. */
export function patchOf(body: Body | null): Patch {
  if (body?.type === "json-patch") return { kind: "json", patch: parseJsonPatch(body.value) };
  return { kind: "merge", patch: objectOf(body) };
}

/** `{"grant": ["<id>", ...]}`. Errors: `validation`. */
export function grantOf(body: Body | null): readonly string[] {
  const ids = ownValue(objectOf(body), "grant");
  if (Array.isArray(ids) && ids.length > 0 && ids.every((id) => typeof id === "string")) {
    return (ids as readonly string[]).map((id) => id.toLowerCase());
  }
  throw violation("grant", "type", "must be a list of ids of users and groups");
}

/** `{"owner"?: "<id>", "group"?: "<id>"}`, at least one. Errors: `validation`. */
export function transferOf(body: Body | null): { owner?: string; group?: string } {
  const fields = objectOf(body);
  const owner = idField(fields, "owner");
  const group = idField(fields, "group");
  if (owner === undefined && group === undefined) {
    throw bodyViolation("required", "the body must have owner, group or both");
  }
  return { ...(owner !== undefined && { owner }), ...(group !== undefined && { group }) };
}

function idField(fields: JsonObject, name: string): string | undefined {
  const id = ownValue(fields, name);
  if (id === undefined || typeof id === "string") return id?.toLowerCase();
  throw violation(name, "type", "must be an id");
}
