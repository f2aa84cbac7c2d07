/**
 * What a JSON Patch does to a document: all of its operations or none. Knows JSON values only.
 * Source: RFC 6902.
 */
import { StoaError, violation } from "./error.ts";
import { checkJson, isJsonObject, type Json, setOwn } from "./json.ts";
import { arrayIndex, type JsonPointer, jsonPointerText } from "./json-pointer.ts";
import { bodyBytesMax, jsonDepthMax, pathCharactersMax } from "./limit.ts";
import { equalJson } from "./order.ts";
import type { JsonPatch, JsonPatchOperation } from "./patch.ts";

/**
 * The patched document; neither the target nor the patch changes. `copy` operations may together
 * copy `bodyBytesMax`, and the result's text may have as many bytes.
 * @throws StoaError `conflict` when a `test` fails; `validation` when a path does not exist or the
 * result nests too deep, with the operation in `details` (`2.path`); `too_large`.
 */
export function applyJsonPatch(target: Json, patch: JsonPatch): Json {
  if (patch.length === 0) return target;
  const draft: Draft = { root: cloned(target, 0, endless), copyBudget: { units: bodyBytesMax } };
  for (const [index, operation] of patch.entries()) perform(draft, operation, index);
  checkJson(draft.root);
  checkSize(draft.root);
  return draft.root;
}

/** A document that is being patched: nobody else holds any part of it, so it changes in place. */
interface Draft {
  root: Json;
  readonly copyBudget: Budget;
}

/** What may still be cloned, in units that are never more than bytes of JSON text. */
interface Budget {
  units: number;
}

const endless: Budget = { units: Number.POSITIVE_INFINITY };

function perform(draft: Draft, operation: JsonPatchOperation, index: number): void {
  const { path } = operation;
  const place = `${index}.path`;
  switch (operation.op) {
    case "add":
      add(draft, path, cloned(operation.value, path.length, endless), place);
      break;
    case "replace":
      replace(draft, path, cloned(operation.value, path.length, endless), place);
      break;
    case "remove":
      remove(draft, path, place);
      break;
    case "move":
      move(draft, operation.from, path, index);
      break;
    case "copy": {
      const value = found(draft, operation.from, `${index}.from`);
      add(draft, path, cloned(value, path.length, draft.copyBudget), place);
      break;
    }
    case "test":
      test(draft, path, operation.value);
      break;
    default:
      operation satisfies never;
  }
}

function add(draft: Draft, path: JsonPointer, value: Json, place: string): void {
  const name = path.at(-1);
  if (name === undefined) {
    draft.root = value;
    return;
  }
  const parent = found(draft, path.slice(0, -1), place);
  if (Array.isArray(parent)) {
    const index = name === "-" ? parent.length : arrayIndex(name);
    if (index === undefined || index > parent.length) throw missing(path, place);
    parent.splice(index, 0, value);
  } else if (isJsonObject(parent)) {
    setOwn(parent as Record<string, Json>, name, value);
  } else {
    throw missing(path, place);
  }
}

function replace(draft: Draft, path: JsonPointer, value: Json, place: string): void {
  found(draft, path, place);
  const parent = path.length === 0 ? undefined : found(draft, path.slice(0, -1), place);
  const name = path.at(-1);
  if (name === undefined) draft.root = value;
  else if (Array.isArray(parent)) parent[Number(name)] = value;
  else setOwn(parent as Record<string, Json>, name, value);
}

function remove(draft: Draft, path: JsonPointer, place: string): Json {
  const name = path.at(-1);
  if (name === undefined) throw violation(place, "path", "the whole document cannot be removed");
  const removed = found(draft, path, place);
  const parent = found(draft, path.slice(0, -1), place);
  if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else delete (parent as Record<string, Json>)[name];
  return removed;
}

function move(draft: Draft, from: JsonPointer, path: JsonPointer, index: number): void {
  if (from.length <= path.length && from.every((name, depth) => name === path[depth])) {
    found(draft, from, `${index}.from`);
    if (from.length === path.length) return;
    throw violation(`${index}.path`, "path", "a value cannot be moved into itself");
  }
  if (path.length === 0) {
    draft.root = found(draft, from, `${index}.from`);
    return;
  }
  add(draft, path, remove(draft, from, `${index}.from`), `${index}.path`);
}

function test(draft: Draft, path: JsonPointer, value: Json): void {
  const actual = read(draft.root, path);
  if (actual !== undefined && equalJson(actual, value)) return;
  throw new StoaError("conflict", `the value at ${quoted(path)} is not the tested one`);
}

function found(draft: Draft, path: JsonPointer, place: string): Json {
  const value = read(draft.root, path);
  if (value === undefined) throw missing(path, place);
  return value;
}

function read(root: Json, path: JsonPointer): Json | undefined {
  let value: Json | undefined = root;
  for (const name of path) {
    if (Array.isArray(value)) {
      const index = arrayIndex(name);
      value = index === undefined ? undefined : value[index];
    } else if (isJsonObject(value) && Object.hasOwn(value, name)) {
      value = value[name];
    } else {
      return undefined;
    }
  }
  return value;
}

function missing(path: JsonPointer, place: string): StoaError {
  return violation(place, "path", `there is nothing at ${quoted(path)}`);
}

function quoted(path: JsonPointer): string {
  return `"${jsonPointerText(path).slice(0, pathCharactersMax).toWellFormed()}"`;
}

/** A deep copy; `depth` is that of the containers around it, and bounds the recursion. */
function cloned(value: Json, depth: number, budget: Budget): Json {
  spend(budget, typeof value === "string" ? value.length + 2 : 1);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= jsonDepthMax) {
    throw new StoaError("validation", `a document must not nest deeper than ${jsonDepthMax}`);
  }
  if (Array.isArray(value)) return value.map((item) => cloned(item, depth + 1, budget));
  const copy: Record<string, Json> = {};
  for (const [key, inner] of Object.entries(value)) {
    spend(budget, key.length + 3);
    setOwn(copy, key, cloned(inner, depth + 1, budget));
  }
  return copy;
}

function spend(budget: Budget, units: number): void {
  budget.units -= units;
  if (budget.units < 0) throw tooLarge();
}

function checkSize(value: Json): void {
  const text = JSON.stringify(value);
  // A UTF-16 unit is 1 to 3 bytes of UTF-8, so most texts need not be encoded to be judged.
  if (text.length * 3 <= bodyBytesMax) return;
  if (text.length > bodyBytesMax || new TextEncoder().encode(text).length > bodyBytesMax) {
    throw tooLarge();
  }
}

function tooLarge(): StoaError {
  return new StoaError("too_large", `a document has at most ${bodyBytesMax} bytes of JSON`);
}
