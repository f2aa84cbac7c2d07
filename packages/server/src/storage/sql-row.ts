/**
 * The columns in which both SQL databases keep an entity and its changes, and what a row of them
 * is. Knows no statements.
 */
import type { Change } from "@stoa/domain";
import type { SqlValue } from "./sql-filter.ts";

/** The values of `headColumns`. */
export type HeadRow = readonly [
  id: string,
  group: number,
  owner: number,
  access: number,
  time: number,
  at: number | null,
  revision: number,
];

/** The values of `rowColumns`. */
export type Row = readonly [...head: HeadRow, body: string];

const names = ["id", "grp", "own", "acc", "time", "at", "rev"];

/** `e.id, e.grp, e.own, ...`: all but the body. */
export function headColumns(prefix: string): string {
  return names.map((name) => prefix + name).join(", ");
}

export function rowColumns(prefix: string): string {
  return `${headColumns(prefix)}, ${prefix}body`;
}

/** Groups, owners and access sets as their numbers. */
export interface Numbers {
  readonly group: number;
  readonly owner: number;
  readonly access: number;
}

/** A change, the store by its name, and what it was before and is after. */
export type ChangeRow = readonly [
  sequence: number,
  op: number,
  store: string,
  id: string,
  time: number,
  by: string,
  ...versions: SqlValue[],
];

/** What a change did, by the number that stands in its row. */
export const changeOps: readonly Change["op"][] = ["insert", "update", "remove"];
