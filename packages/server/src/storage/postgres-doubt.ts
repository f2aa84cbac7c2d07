/**
 * What has become of a transaction whose end was not heard of, since the database or the way to it
 * broke off. Knows no queue.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Change } from "@stoa/domain";
import pg from "pg";
import {
  arrayText,
  joinedTexts,
  type PostgresConnection,
  textsSql,
} from "./postgres-connection.ts";
import type { PostgresLinks } from "./postgres-links.ts";
import { changeOps } from "./sql-row.ts";

/** A transaction that was sent to its end. */
export interface Doubted {
  /** Its number, as PostgreSQL gave it: `"725"`. */
  readonly transaction: string;
  /** What it writes into the log. */
  readonly changes: readonly Change[];
}

/**
 * Whether it is committed for good; asks as soon as the database is there again. False also where
 * that cannot be told: within `doubtMsMax`, or of one that wrote no change.
 *
 * The status of the number alone does not tell: after a crash PostgreSQL gives numbers again that
 * it had given to transactions of which nothing had reached the disk.
 */
export async function hasCommitted(
  links: PostgresLinks,
  { transaction, changes }: Doubted,
): Promise<boolean> {
  if (changes.length === 0) return false;
  const until = performance.now() + doubtMsMax;
  while (performance.now() < until) {
    try {
      const connection = await links.reader();
      const [status] = (await connection.first<[string | null]>(statusSql, [transaction])) ?? [];
      if (status !== "in progress") {
        return status !== "aborted" && (await holds(connection, changes));
      }
    } catch (error) {
      if (isUnknownNumber(error)) return false;
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

/** PostgreSQL has not come so far again: the crash has taken the transaction with it. */
function isUnknownNumber(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === "22023";
}

const doubtMsMax = 10_000;
const doubtPauseMs = 100;
const statusSql = "SELECT pg_xact_status(?::xid8)";
const holdsSql =
  "SELECT count(*) FROM unnest(?::bigint[], ?::smallint[], ?::text[], ?::text[], " +
  `?::double precision[], ?::text[], ${textsSql}) u(seq, op, store, id, time, by, body) ` +
  "JOIN change c ON c.seq = u.seq AND c.op = u.op AND c.id = u.id AND c.time = u.time " +
  "AND c.by = u.by AND c.a_body IS NOT DISTINCT FROM u.body " +
  "JOIN store s ON s.n = c.store AND s.called = u.store";
