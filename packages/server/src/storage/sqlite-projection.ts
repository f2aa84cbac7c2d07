/**
 * The texts that a projection is made of: a row with no more than is asked for of the system fields
 * in front, and of the own fields behind them. Knows rows; what is chosen of a text is for
 * `TextProjection`.
 */
import { type Path, systemFields } from "@stoa/domain";
import type { Sql } from "./sql-filter.ts";
import { frontSql, lineSql, type Moved } from "./sqlite-line.ts";

/** The text of a row `e`, or what suffices of it: `1{"name":"Delft"}` for its id and body. */
export function projectedSql(only: readonly Path[], moved: Moved): Sql {
  const besides = only.flatMap(([name = ""]) => (name === "_id" ? [] : [systemFields.has(name)]));
  if (besides.length === 0) return { sql: "e.id || '{}'", values: [] };
  if (besides.every((isSystem) => isSystem)) return frontSql(moved);
  if (besides.every((isSystem) => !isSystem)) return { sql: "e.id || e.body", values: [] };
  return lineSql(moved);
}
