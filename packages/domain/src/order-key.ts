/**
 * Bytes that sort as their values do: `memcmp` of two keys is `compareJson` of the two values, so
 * that an engine which only knows bytes can index and sort JSON. Knows no engine.
 */
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { compareText } from "./order.ts";

/** The first byte of a key, in the order of `compareJson`. */
const tag = { null: 0, number: 1, string: 2, object: 3, array: 4, boolean: 5 } as const;
/** Before each element or pair of a container stands `more`, behind the last one `end`. */
const end = 0;
const more = 1;

const utf8 = new TextEncoder();

/**
 * The key of a value; equal for equal values only, and no key begins another one.
 *
 * null and missing `00`; numbers `01` and 8 bytes; strings `02`, UTF-8, `00`; objects `03`, then
 * for each pair sorted by key `01`, the key's UTF-8, `00`, the value's key, at last `00`;
 * arrays `04`, for each element `01` and its key, at last `00`; false `05 00`, true `05 01`.
 * `orderKey("a")` is `02 61 00`. Strings must hold no NUL and no lone surrogate (`parseJson`).
 */
export function orderKey(value: Json | undefined): Uint8Array {
  if (typeof value === "string") return stringKey(value);
  if (typeof value === "number") return numberKey(value);
  if (typeof value === "boolean") return Uint8Array.of(tag.boolean, value ? 1 : 0);
  if (isJsonObject(value)) return objectKey(value);
  return value === null || value === undefined ? Uint8Array.of(tag.null) : arrayKey(value);
}

/** A double whose bits are turned so that they sort: negative ones all, others the sign only. */
function numberKey(value: number): Uint8Array {
  const key = new Uint8Array(9);
  const view = new DataView(key.buffer);
  key[0] = tag.number;
  view.setFloat64(1, value === 0 ? 0 : value); // -0 has a bit that 0 has not
  if (value < 0) {
    view.setUint32(1, ~view.getUint32(1));
    view.setUint32(5, ~view.getUint32(5));
  } else {
    view.setUint32(1, view.getUint32(1) ^ 0x80000000);
  }
  return key;
}

function stringKey(text: string): Uint8Array {
  return joined([Uint8Array.of(tag.string), utf8.encode(text), Uint8Array.of(end)]);
}

function objectKey(object: JsonObject): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(tag.object)];
  for (const name of Object.keys(object).sort(compareText)) {
    parts.push(Uint8Array.of(more), utf8.encode(name), Uint8Array.of(end));
    parts.push(orderKey(object[name]));
  }
  parts.push(Uint8Array.of(end));
  return joined(parts);
}

function arrayKey(items: readonly Json[]): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(tag.array)];
  for (const item of items) parts.push(Uint8Array.of(more), orderKey(item));
  parts.push(Uint8Array.of(end));
  return joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const key = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    key.set(part, offset);
    offset += part.length;
  }
  return key;
}
