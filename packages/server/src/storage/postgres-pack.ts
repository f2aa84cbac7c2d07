/**
 * Rows of entities that cross over as one text: the driver makes a value of each column of each
 * row, which costs more than all else that a list needs. Knows no plans.
 */
import assert from "node:assert/strict";
import type { Sql } from "./sql-filter.ts";
import type { Row } from "./sql-row.ts";

export type Packed = readonly [count: number, text: string | null];

/** One row that holds all those of a statement, whose columns are `rowColumns`, in their order. */
export function packedSql({ sql, values }: Sql): Sql {
  const columns = "p.id, p.grp, p.own, p.acc, p.time, coalesce(p.at::text, ''), p.rev, p.body";
  return {
    sql:
      `SELECT count(*), string_agg(concat_ws(E'\\x1f', ${columns}), E'\\x1e') ` +
      `FROM (${sql}) p(id, grp, own, acc, time, at, rev, body)`,
    values,
  };
}

export function unpacked([count, text]: Packed): Row[] {
  const lines = text === null ? [] : text.split("\x1e");
  // Neither stands in an id or in the text of a body, where control characters are escaped.
  assert.equal(lines.length, count, "every row is a line");
  return lines.map((line) => {
    const [id, group, owner, access, time, at, revision, body] = line.split("\x1f") as [
      ...[string, string, string, string, string, string, string, string],
    ];
    const numbers = [Number(group), Number(owner), Number(access), Number(time)] as const;
    return [id, ...numbers, at === "" ? null : Number(at), Number(revision), body];
  });
}
