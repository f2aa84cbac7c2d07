/**
 * JSON Pointers: `/items/0/name`, with `~1` for a slash and `~0` for a tilde in a name. Knows
 * syntax only. Source: RFC 6901.
 */

/** Names from the outside in; empty is the whole document. */
export type JsonPointer = readonly string[];

/** `/a~1b/0` is `["a/b", "0"]`; undefined where the text is no pointer. */
export function parseJsonPointer(text: string): JsonPointer | undefined {
  if (text === "") return [];
  if (!text.startsWith("/") || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The inverse of `parseJsonPointer`. */
export function jsonPointerText(pointer: JsonPointer): string {
  return pointer.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The index that a name means in an array, undefined for `-`, `01`, `1e0` and the like. */
export function arrayIndex(name: string): number | undefined {
  return /^(0|[1-9]\d{0,14})$/.test(name) ? Number(name) : undefined;
}
