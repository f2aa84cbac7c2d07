/**
 * How questions are put to connections: by the node's readers, or within a transaction. Knows the
 * plan and the windows, and no texts.
 */
import type { Filter, GroupTree, OrderKey } from "@stoa/domain";
import type { PostgresBatch } from "./postgres-batch.ts";
import type { Values } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import { translated } from "./postgres-error.ts";
import type { PostgresLinks } from "./postgres-links.ts";
import { type Packed, packedSql, unpacked } from "./postgres-pack.ts";
import { arrayPaths, type Plan, planOf } from "./postgres-plan.ts";
import { type PostgresBounds, postgresBounds, type Runner } from "./postgres-runner.ts";
import { indexedKey, type PostgresTable } from "./postgres-store.ts";
import type { Sql } from "./sql-filter.ts";
import type { Row } from "./sql-row.ts";

export interface ReadRunner extends Runner {
  readonly dictionary: PostgresDictionary;
}

export interface Asked {
  readonly table: PostgresTable;
  readonly filter: Filter;
  readonly order: readonly OrderKey[];
}

/** By the connections that a node has for reading. */
export function linksRunner(
  links: PostgresLinks,
  dictionary: PostgresDictionary,
  { tree, bounds = postgresBounds }: { tree: GroupTree; bounds?: PostgresBounds | undefined },
): ReadRunner {
  const quick = async <T extends readonly unknown[]>({ sql, values }: Statement) => {
    return (await links.reader()).all<T>(sql, values);
  };
  return {
    dictionary,
    tree,
    bounds,
    quick,
    rows: (statement) => rowsBy(quick, statement),
    slow: async <T extends readonly unknown[]>(
      { sql, values }: Statement,
      wish: readonly string[],
    ) => {
      try {
        return await links.search((connection) => connection.ask<T>(sql, values));
      } catch (error) {
        throw translated(error, hintOf(wish));
      }
    },
    entities: async (rows: readonly Row[]) => dictionary.entitiesOf(await links.reader(), rows),
  };
}

/** By the connection that holds a transaction. */
export function batchRunner(
  { connection, dictionary }: PostgresBatch,
  tree: GroupTree,
): ReadRunner {
  const ask = <T extends readonly unknown[]>({ sql, values }: Statement) =>
    connection.ask<T>(sql, values);
  return {
    dictionary,
    tree,
    bounds: postgresBounds,
    quick: ask,
    rows: (statement) => rowsBy(ask, statement),
    slow: ask,
    entities: (rows: readonly Row[]) => dictionary.entitiesOf(connection, rows),
  };
}

interface Statement {
  readonly sql: string;
  readonly values: Values;
}

async function rowsBy(
  ask: (statement: Statement) => Promise<readonly Packed[]>,
  statement: Sql,
): Promise<readonly Row[]> {
  const [packed] = await ask(packedSql(statement));
  return unpacked(packed as Packed);
}

/** The plan of a question, with what must be looked up for it. */
export async function asks(runner: ReadRunner, asked: Asked): Promise<Plan> {
  const paths = arrayPaths(asked.filter, asked.table);
  const withoutArrays = new Set<string>();
  for (const { path, index } of paths) {
    const key = indexedKey(path, index.keyBytes, "e.");
    const sql =
      `SELECT 1 FROM e${asked.table.n} e WHERE ${key} >= '\\x04'::bytea ` +
      `AND ${key} < '\\x05'::bytea LIMIT 1`;
    const rows = await runner.quick({ sql, values: [] });
    if (rows.length === 0) withoutArrays.add(JSON.stringify(path));
  }
  const { dictionary, tree } = runner;
  return planOf({ ...asked, dictionary, tree, withoutArrays });
}

function hintOf(wish: readonly string[]): string {
  return wish.length === 0 ? "narrow the filter" : `an index on ${wish.join(", ")} would help`;
}
