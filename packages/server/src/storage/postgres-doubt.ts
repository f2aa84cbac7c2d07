/**
 * What has become of a transaction whose end was not heard of, since the database or the way to it
 * broke off. Knows no queue.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Change } from "@stoa/domain";
import {
  arrayText,
  type Backend,
  joinedTexts,
  type PostgresConnection,
  textsSql,
} from "./postgres-connection.ts";
import type { PostgresLinks } from "./postgres-links.ts";
import { changeOps } from "./sql-row.ts";

/** A transaction that was sent to its end. */
export interface Doubted {
  /** By which it was to be done. */
  readonly backend: Backend;
  /** What it writes into the log. */
  readonly changes: readonly Change[];
}

/**
 * Whether it is committed for good; asks as soon as the database is there again, once its process
 * is gone, which may still be busy with what has reached it. False also where that cannot be told:
 * within `doubtMsMax`, or of one that wrote no change.
 *
 * The log tells, and not the number of the transaction: that may not have been heard of, and after
 * a crash PostgreSQL gives those again of which nothing had reached the disk.
 *
 * @param backend of a connection that was cut
 */
export async function hasCommitted(
  links: PostgresLinks,
  { backend, changes }: Doubted,
): Promise<boolean> {
  if (changes.length === 0) return false;
  const { processId, since } = backend;
  const until = performance.now() + doubtMsMax;
  while (performance.now() < until) {
    try {
      const connection = await links.reader();
      const [busy] = (await connection.first<[number]>(busySql, [processId, since])) ?? [];
      if (busy === 0) return await holds(connection, changes);
    } catch {
      // It is not back yet.
    }
    await sleep(doubtPauseMs);
  }
  return false;
}

/** Whether these very changes are in the log, and not those of another under the same numbers. */
async function holds(connection: PostgresConnection, changes: readonly Change[]): Promise<boolean> {
  const [count] = (await connection.first<[number]>(holdsSql, [
    arrayText(changes.map(({ sequence }) => sequence)),
    arrayText(changes.map(({ op }) => changeOps.indexOf(op))),
    arrayText(changes.map(({ store }) => store)),
    arrayText(changes.map(({ id }) => id)),
    arrayText(changes.map(({ time }) => time)),
    arrayText(changes.map(({ by }) => by)),
    joinedTexts(changes.map(({ after }) => after?.body ?? null)),
  ])) ?? [0];
  return count === changes.length;
}

const doubtMsMax = 10_000;
const doubtPauseMs = 100;
const busySql =
  "SELECT count(*) FROM pg_stat_activity WHERE pid = ? AND backend_start = ?::timestamptz";
const holdsSql =
  "SELECT count(*) FROM unnest(?::bigint[], ?::smallint[], ?::text[], ?::text[], " +
  `?::double precision[], ?::text[], ${textsSql}) u(seq, op, store, id, time, by, body) ` +
  "JOIN change c ON c.seq = u.seq AND c.op = u.op AND c.id = u.id AND c.time = u.time " +
  "AND c.by = u.by AND c.a_body IS NOT DISTINCT FROM u.body " +
  "JOIN store s ON s.n = c.store AND s.called = u.store";
