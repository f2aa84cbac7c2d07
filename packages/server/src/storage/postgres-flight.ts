/**
 * One transaction that is sent whole, without asking for the head of the log before: it says what
 * the head must be, and comes to nothing where it is not. Knows no works.
 */
import pg from "pg";
import type { PostgresBatch } from "./postgres-batch.ts";
import { arrayText, type PostgresConnection } from "./postgres-connection.ts";
import type { PostgresState } from "./postgres-state.ts";

export interface FlightOptions {
  readonly connection: PostgresConnection;
  /** What it was run upon: the head of the log must be there. */
  readonly before: PostgresState;
  /** Its own name, and of the one that must have been committed before it on this connection. */
  readonly name: string;
  readonly behind: string | null;
  /** What wakes the other nodes. */
  readonly notifySql: string;
}

/**
 * Sends all that a batch has pending; resolves when it is committed.
 * Errors: those of the database, `isOutrun` where the head of the log is not what it must be.
 */
export async function sendFlight(batch: PostgresBatch, options: FlightOptions): Promise<void> {
  const { connection, before, name, behind, notifySql } = options;
  const lasts = batch.newLasts();
  const head = {
    sql: headSql(notifySql),
    values: [
      ...[batch.sequence, before.sequence, before.catalogVersion, behind, behind],
      arrayText(lasts.map(([store]) => store)),
      arrayText(lasts.map(([, last]) => last)),
      name,
    ],
  };
  await connection.together([head, ...batch.pending.take(batch.dictionary, batch.catalog)]);
}

/** Whether others have committed since, or what went before did not. */
export function isOutrun(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === divisionByZero;
}

/**
 * The numbers alone do not tell that the one before was committed: where it was not, another node
 * may have given the same ones. A setting of the connection is undone with its transaction.
 */
function headSql(notifySql: string): string {
  return (
    "WITH moved AS (UPDATE head SET sequence = ? WHERE sequence = ? AND catalog = ? " +
    "AND (?::text IS NULL OR current_setting('stoa.flight', true) = ?) RETURNING 1), " +
    "stores_moved AS (UPDATE store SET last = greatest(store.last, u.last) " +
    "FROM unnest(?::text[], ?::bigint[]) u(called, last) WHERE store.called = u.called) " +
    "SELECT 1 / (SELECT count(*) FROM moved), " +
    `(SELECT set_config('stoa.flight', ?, false) FROM moved), ${notifySql}`
  );
}

const divisionByZero = "22012";
