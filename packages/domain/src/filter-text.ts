/**
 * Text search for filters: substring and `like`, both linear in text and pattern whatever these
 * hold, because either may come from a stored value. Knows no filter tree.
 */

/** Parts up to this length are left to the engine's search: its worst case is length times text. */
const shortPartCharactersMax = 32;

/**
 * Whether the whole text fits the pattern: `*` is any run of characters, also an empty one, and
 * everything else is literal. `isLike("Object 1", "Obj*")` is true, `isLike("abc", "b*")` is not.
 */
export function isLike(text: string, pattern: string): boolean {
  const first = pattern.indexOf("*");
  if (first < 0) return text === pattern;
  const last = pattern.lastIndexOf("*");
  const end = text.length - (pattern.length - last - 1);
  if (first > end || !text.startsWith(pattern.slice(0, first))) return false;
  if (!text.endsWith(pattern.slice(last + 1))) return false;
  const middle = text.slice(first, end);
  let at = 0;
  let start = first + 1;
  while (start <= last) {
    const star = pattern.indexOf("*", start);
    const found = indexOfText(middle, pattern.slice(start, star), at);
    if (found < 0) return false;
    at = found + star - start;
    start = star + 1;
  }
  return true;
}

/**
 * Where `part` begins in `text` at or after `from`, or -1: `indexOfText("banana", "an", 2)` is 3.
 */
export function indexOfText(text: string, part: string, from: number): number {
  if (part.length <= shortPartCharactersMax) return text.indexOf(part, from);
  return indexOfLongText(text, part, from);
}

/** Knuth, Morris, Pratt: never looks at a character of the text twice. */
function indexOfLongText(text: string, part: string, from: number): number {
  if (part.length > text.length - from) return -1;
  const border = borders(part);
  let same = 0;
  for (let at = from; at < text.length; at++) {
    const character = text.charCodeAt(at);
    while (same > 0 && part.charCodeAt(same) !== character) same = border[same - 1] as number;
    if (part.charCodeAt(same) === character) same++;
    if (same === part.length) return at - same + 1;
  }
  return -1;
}

/** For each prefix of `part`, the length of its longest proper prefix that is also its suffix. */
function borders(part: string): Int32Array {
  const border = new Int32Array(part.length);
  let same = 0;
  for (let at = 1; at < part.length; at++) {
    const character = part.charCodeAt(at);
    while (same > 0 && part.charCodeAt(same) !== character) same = border[same - 1] as number;
    if (part.charCodeAt(same) === character) same++;
    border[at] = same;
  }
  return border;
}
