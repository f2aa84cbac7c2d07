/**
 * The texts that a projection is made of: a row with no more of the system fields in front than are
 * asked for. Knows rows; what is chosen of a text is for `TextProjection`.
 */
import { type Path, systemFields } from "@stoa/domain";
import type { Sql } from "./sql-filter.ts";

/** The text of a row `e`, whose whole text is `whole`, or its id and body: `1{"name":"Delft"}`. */
export function projectedSql(only: readonly Path[], whole: Sql): Sql {
  const isOwn = only.every(([name]) => name === "_id" || !systemFields.has(name ?? ""));
  return isOwn ? { sql: ownSql, values: [] } : whole;
}

const ownSql = "e.id || e.body";
