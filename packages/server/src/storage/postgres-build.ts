/**
 * Builds indexes ahead of their definition, without stopping reads or writes. Knows no entities.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresConnection } from "./postgres-connection.ts";
import { indexConflict } from "./postgres-define.ts";
import type { PostgresLinks } from "./postgres-links.ts";
import { prepareSearch } from "./postgres-search.ts";
import { indexDifference, type PostgresTable } from "./postgres-store.ts";

/** Errors: `conflict` where a unique set cannot be had. */
export async function buildIndexes(links: PostgresLinks, table: PostgresTable): Promise<void> {
  const connection = await links.builder();
  try {
    const { missing } = await indexDifference(connection, table);
    if (missing.length === 0 && !table.search) return;
    await lock(connection, table);
    await prepareSearch(connection, table);
    for (const { name, sql } of (await indexDifference(connection, table)).missing) {
      try {
        // What a node left unfinished that ended meanwhile is in the way.
        await connection.execute(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
        await connection.execute(
          `CREATE ${(sql as string).replace("INDEX", "INDEX CONCURRENTLY")}`,
        );
      } catch (error) {
        await connection.execute(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`).catch(() => {});
        throw indexConflict(table, error) ?? error;
      }
    }
  } finally {
    await connection.close();
  }
}

/**
 * One node at a time, as long as the connection lasts. Asks again and again: who waits in a
 * statement holds a snapshot, for whose end the building of an index would wait in turn.
 */
async function lock(connection: PostgresConnection, { n }: PostgresTable): Promise<void> {
  const sql =
    "SELECT pg_try_advisory_lock(hashtextextended('stoa build ' || current_schema() || ?, 0))";
  for (;;) {
    const [isLocked] = (await connection.first<[boolean]>(sql, [` e${n}`])) ?? [];
    if (isLocked) return;
    await sleep(pauseMs);
  }
}

const pauseMs = 50;
