/**
 * The text of an entity as SQL gives it: what was written ahead with the row, while that holds.
 * Knows rows and groups that have moved; nothing of plans.
 */
import type { Sql } from "./sql-filter.ts";
import { rowColumns } from "./sql-row.ts";

/**
 * Groups whose branch has changed since there were entities in them: texts written ahead up to then
 * name another branch.
 */
export interface Moved {
  /** By number of group `01`. */
  readonly bytes: Uint8Array;
  /** Sequence number before the last move; 0 for none. */
  readonly last: number;
}

export const nothingMoved: Moved = { bytes: new Uint8Array(0), last: 0 };

export function movedWith(moved: Moved, groups: readonly number[], sequence: number): Moved {
  if (groups.length === 0) return moved;
  const bytes = new Uint8Array(Math.max(moved.bytes.length, ...groups.map((n) => n + 1)));
  bytes.set(moved.bytes);
  for (const n of groups) bytes[n] = 1;
  return { bytes, last: Math.max(moved.last, sequence, 1) };
}

/** The text of a row `e`: `{"_id":"58238a935baa56173b24f0e4",...}`. */
export function lineSql(moved: Moved): Sql {
  return whereStill(moved, line);
}

/** The same, without the own fields where they need not be read. */
export function frontSql(moved: Moved): Sql {
  return whereStill(moved, front);
}

function whereStill({ last, bytes }: Moved, still: string): Sql {
  if (last === 0) return { sql: still, values: [] };
  return { sql: `CASE WHEN ${isOld} THEN ${anew} ELSE ${still} END`, values: [last, bytes] };
}

const anew = `stoa_line(${rowColumns("e.")})`;
// A body begins with its only brace before a name; what is missing or old is put together anew.
const line = `ifnull(e.front || ltrim(e.body, '{'), ${anew})`;
const front = `ifnull(rtrim(e.front, ',') || '}', ${anew})`;
const isOld = "e.rev <= ? AND substr(?, e.grp + 1, 1) = x'01'";
