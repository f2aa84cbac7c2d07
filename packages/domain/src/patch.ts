/**
 * What a PATCH may say: a merge patch (RFC 7396), which is a partial document, or a JSON Patch (RFC
 * 6902), which is a list of operations; `patch-apply.ts` performs these. Knows JSON values only.
 */
import { StoaError, type Violation } from "./error.ts";
import { isJsonObject, type Json, type JsonObject, ownValue, setOwn } from "./json.ts";
import { type JsonPointer, jsonPointerText, parseJsonPointer } from "./json-pointer.ts";
import { patchOperationsMax, violationsMax } from "./limit.ts";

/**
 * Nested objects merge, null removes, all else replaces; the target stays as it is:
 * `mergePatch({a: {b: 1, c: 2}}, {a: {c: null}, d: [3]})` is `{a: {b: 1}, d: [3]}`.
 * Keys keep their place in the target, new ones follow.
 */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const base: JsonObject = isJsonObject(target) ? target : {};
  const merged: Record<string, Json> = {};
  for (const key of Object.keys(base)) {
    const change = ownValue(patch, key);
    if (change === null) continue;
    const value = base[key] as Json;
    setOwn(merged, key, change === undefined ? value : mergePatch(value, change));
  }
  for (const key of Object.keys(patch)) {
    const change = patch[key] as Json;
    if (change === null || Object.hasOwn(base, key)) continue;
    setOwn(merged, key, mergePatch(null, change));
  }
  return merged;
}

/** `[{op: "test", path: ["rev"], value: 3}, {op: "remove", path: ["items", "0"]}]` */
export type JsonPatch = readonly JsonPatchOperation[];

export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: JsonPointer; readonly value: Json }
  | { readonly op: "remove"; readonly path: JsonPointer }
  | { readonly op: "move" | "copy"; readonly from: JsonPointer; readonly path: JsonPointer };

/**
 * The operations of a body such as `[{"op": "replace", "path": "/a", "value": 1}]`; unknown
 * members are ignored (RFC 6902, 4). At most `patchOperationsMax` operations.
 * @throws StoaError `validation`; `details` names members (`0.path`) and the rules `type`,
 * `required`, `enum`, `pointer`, `maxItems`.
 */
export function parseJsonPatch(body: Json): JsonPatch {
  if (!Array.isArray(body)) throw refusal([wrong("", "type", "must be a list of operations")]);
  if (body.length > patchOperationsMax) {
    throw refusal([wrong("", "maxItems", `must have at most ${patchOperationsMax} operations`)]);
  }
  const violations: Violation[] = [];
  const patch: JsonPatchOperation[] = [];
  for (const [index, entry] of body.entries()) {
    const operation = parseOperation(entry, String(index), violations);
    if (operation) patch.push(operation);
  }
  if (violations.length > 0) throw refusal(violations.slice(0, violationsMax));
  return patch;
}

/** The inverse of `parseJsonPatch`: the body of a PATCH. */
export function jsonPatchBody(patch: JsonPatch): readonly JsonObject[] {
  return patch.map((operation) => ({
    ...operation,
    path: jsonPointerText(operation.path),
    ...("from" in operation && { from: jsonPointerText(operation.from) }),
  }));
}

function parseOperation(
  entry: Json,
  at: string,
  violations: Violation[],
): JsonPatchOperation | undefined {
  if (!isJsonObject(entry)) {
    violations.push(wrong(at, "type", "must be an object"));
    return undefined;
  }
  const op = ownValue(entry, "op");
  const path = parsePointer(entry, "path", at, violations);
  switch (op) {
    case "add":
    case "replace":
    case "test": {
      const value = ownValue(entry, "value");
      if (value === undefined) violations.push(wrong(`${at}.value`, "required", "is required"));
      return path === undefined || value === undefined ? undefined : { op, path, value };
    }
    case "remove":
      return path && { op, path };
    case "move":
    case "copy": {
      const from = parsePointer(entry, "from", at, violations);
      return from && path && { op, from, path };
    }
    default:
      violations.push(wrongOp(op, `${at}.op`));
      return undefined;
  }
}

function parsePointer(
  entry: JsonObject,
  member: "path" | "from",
  at: string,
  violations: Violation[],
): JsonPointer | undefined {
  const text = ownValue(entry, member);
  const pointer = typeof text === "string" ? parseJsonPointer(text) : undefined;
  if (pointer) return pointer;
  const place = `${at}.${member}`;
  if (text === undefined) violations.push(wrong(place, "required", "is required"));
  else violations.push(wrong(place, "pointer", 'must be a JSON Pointer such as "/items/0"'));
  return undefined;
}

function wrongOp(op: Json | undefined, place: string): Violation {
  if (op === undefined) return wrong(place, "required", "is required");
  return wrong(place, "enum", "must be add, remove, replace, move, copy or test");
}

function wrong(path: string, rule: string, message: string): Violation {
  return { path, rule, message };
}

function refusal(violations: readonly Violation[]): StoaError {
  const [first] = violations;
  const message = first?.path ? `${first.path}: ${first.message}` : `a patch ${first?.message}`;
  return new StoaError("validation", message, { details: violations });
}
