/**
 * Entity tags in headers (RFC 9110, 8.8.3 and 13.1). Knows no entity; a tag, quotes included, is
 * opaque here.
 */
import { violation } from "@stoa/domain";

/** The header of a tag: `{etag: "\"417.3\""}`; nothing for an answer without one. */
export function etagHeaders(etag: string | null): { etag: string } | undefined {
  return etag === null ? undefined : { etag };
}

/**
 * The tags of which one must be the present one: `"1.1", W/"2.2"` gives `["\"1.1\""]`, since a weak
 * tag never fulfils If-Match. Null means that nothing was asked: no header, or `*`.
 * Errors: `validation` for anything that is no list of tags.
 */
export function parseIfMatch(header: string | undefined): readonly string[] | null {
  if (header === undefined || header.trim() === "*") return null;
  if (!listShape.test(header)) {
    throw violation("If-Match", "etag", 'must be a list like "417.3", or *');
  }
  return [...header.matchAll(tagShape)].flatMap(([, weak, found = ""]) => (weak ? [] : [found]));
}

/** Whether the client has this version already; weak tags count. An unreadable header does not. */
export function isKnown(header: string | undefined, etag: string | null): boolean {
  if (header === undefined || etag === null) return false;
  if (header === etag || header.trim() === "*") return true;
  for (const [, , found] of header.matchAll(tagShape)) if (found === etag) return true;
  return false;
}

const tag = String.raw`"[\x21\x23-\x7e\x80-\xff]*"`;
const tagShape = new RegExp(`(W/)?(${tag})`, "g");
const listShape = new RegExp(
  `^[\\t ,]*(?:W/)?${tag}[\\t ]*(?:,[\\t ]*(?:(?:W/)?${tag}[\\t ]*)?)*$`,
);
