/**
 * Which rows a scroll position shows, for tables of any length. Browsers bound the height of an
 * element, so a long table is drawn on a shorter track: near the position rows keep their height,
 * and the track moves further for each pixel. Knows numbers only.
 */

/** Heights in CSS pixels. */
export interface Track {
  readonly rows: number;
  readonly rowHeight: number;
  readonly viewHeight: number;
}

export interface Range {
  /** The first and the last row to draw, the last one not included. */
  readonly first: number;
  readonly end: number;
  /** Where the first one is drawn, from the top of the track. */
  readonly top: number;
}

/** Well below what browsers bear (17 million and more). */
export const trackHeightMax = 15_000_000;

/** Rows beyond what is seen, so that a short scroll shows no gap. */
const margin = 8;

export function trackHeight({ rows, rowHeight }: Track): number {
  return Math.min(rows * rowHeight, trackHeightMax);
}

/** `rangeAt({rows: 1_000_000, rowHeight: 36, viewHeight: 720}, 4_000_000)` is about row 266,000. */
export function rangeAt(track: Track, scrollTop: number): Range {
  const { rows, rowHeight, viewHeight } = track;
  const scrollable = Math.max(0, trackHeight(track) - viewHeight);
  const share = scrollable === 0 ? 0 : Math.min(1, Math.max(0, scrollTop / scrollable));
  const seen = viewHeight / rowHeight;
  const position = share * Math.max(0, rows - seen);
  const first = Math.max(0, Math.floor(position) - margin);
  const end = Math.min(rows, Math.ceil(position + seen) + margin);
  return { first, end, top: scrollTop - (position - first) * rowHeight };
}

/** Where to scroll so that a row stands at the top. */
export function scrollTopOf(track: Track, row: number): number {
  const { rows, rowHeight, viewHeight } = track;
  const scrollable = Math.max(0, trackHeight(track) - viewHeight);
  const last = Math.max(0, rows - viewHeight / rowHeight);
  return last === 0 ? 0 : scrollable * Math.min(1, row / last);
}
