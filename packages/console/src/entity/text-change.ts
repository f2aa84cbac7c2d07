/**
 * How one text becomes another in an editor. Pure.
 */

/** As CodeMirror takes it: what stands between two places gives way to something else. */
export interface TextChange {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/**
 * Of what differs alone, so that a cursor in the rest stays where it is:
 * `changeTo("a: 1, b: 2", "a: 17, b: 2")` is `{from: 4, to: 4, insert: "7"}`.
 */
export function changeTo(before: string, after: string): TextChange {
  const shorter = Math.min(before.length, after.length);
  let same = 0;
  while (same < shorter && before[same] === after[same]) same++;
  let end = 0;
  while (end < shorter - same && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { from: same, to: before.length - end, insert: after.slice(same, after.length - end) };
}
