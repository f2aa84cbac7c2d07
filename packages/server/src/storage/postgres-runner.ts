/**
 * How questions reach the database, and how much is read at once. Knows no question.
 */
import type { GroupTree, StoredEntity } from "@stoa/domain";
import type { Sql } from "./sql-filter.ts";
import type { Row } from "./sql-row.ts";

/** How a node asks: within a transaction both are the one connection that holds it. */
export interface Runner {
  /** What an index answers. */
  quick<T extends readonly unknown[]>(statement: Sql): Promise<readonly T[]>;
  /** What may take long; `wish` is what would help, for the error. */
  slow<T extends readonly unknown[]>(
    statement: Sql,
    wish: readonly string[],
  ): Promise<readonly T[]>;
  /** What an index answers with whole rows of entities. */
  rows(statement: Sql): Promise<readonly Row[]>;
  entities(rows: readonly Row[]): Promise<readonly StoredEntity[]>;
  readonly tree: GroupTree;
  readonly bounds: PostgresBounds;
}

/** How much is read at once. Tests make them small, so that few entities take every way. */
export interface PostgresBounds {
  readonly windowEntitiesMax: number;
  readonly windowCharactersMax: number;
  /** Entries of the index of ids that are passed over in one statement. */
  readonly scannedMax: number;
  /** Entities whose order is found out at once. */
  readonly sortedMax: number;
}

export const postgresBounds: PostgresBounds = {
  windowEntitiesMax: 1_000,
  windowCharactersMax: 1024 * 1024,
  scannedMax: 8_000,
  sortedMax: 20_000,
};
