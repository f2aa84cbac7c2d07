/**
 * Records beside the entities: kept by space and name, over at their time. Knows no entities.
 */
import type { KeptRecord, RecordSpace } from "./engine.ts";
import { arrayText, type PostgresConnection } from "./postgres-connection.ts";
import type { Sql } from "./sql-filter.ts";

/** A record that is to be kept, or to be forgotten. */
export interface RecordWrite {
  readonly space: RecordSpace;
  readonly name: string;
  readonly record: KeptRecord | null;
}

export async function readRecord(
  connection: PostgresConnection,
  space: RecordSpace,
  name: string,
  now: number,
): Promise<KeptRecord | undefined> {
  const row = await connection.first<[string, string, number | null]>(selectSql, [
    space,
    stored(name),
    now,
  ]);
  return row && { subject: original(row[0]), value: original(row[1]), expiresAt: row[2] };
}

/** At most one for each space and name. */
export function recordSqls(writes: readonly RecordWrite[]): readonly Sql[] {
  const kept = writes.flatMap(({ space, name, record }) =>
    record ? [{ space, name, record }] : [],
  );
  const gone = writes.filter(({ record }) => record === null);
  const removed = [
    arrayText(gone.map(({ space }) => space)),
    arrayText(gone.map(({ name }) => stored(name))),
  ];
  const written = [
    arrayText(kept.map(({ space }) => space)),
    arrayText(kept.map(({ name }) => stored(name))),
    arrayText(kept.map(({ record }) => stored(record.subject))),
    arrayText(kept.map(({ record }) => stored(record.value))),
    arrayText(kept.map(({ record }) => record.expiresAt)),
  ];
  return [
    ...(gone.length > 0 ? [{ sql: removeSql, values: removed }] : []),
    ...(kept.length > 0 ? [{ sql: writeSql, values: written }] : []),
  ];
}

export function removeRecordsAbout(
  connection: PostgresConnection,
  space: RecordSpace,
  subject: string,
): Promise<unknown> {
  const sql = "DELETE FROM record WHERE space = ? AND subject = ?";
  return connection.run(sql, [space, stored(subject)]);
}

/** Removes some of those that are over. */
export function sweepRecords(connection: PostgresConnection, now: number): Promise<unknown> {
  return connection.run(sweepSql, [now]);
}

/** PostgreSQL takes no NUL in a text: it and the sign that stands for it are written as two. */
function stored(text: string): string {
  if (!text.includes("\u0001") && !text.includes("\0")) return text;
  return text.replaceAll("\u0001", "\u0001b").replaceAll("\0", "\u0001a");
}

function original(text: string): string {
  if (!text.includes("\u0001")) return text;
  return text.replaceAll("\u0001a", "\0").replaceAll("\u0001b", "\u0001");
}

const selectSql =
  "SELECT subject, value, expires FROM record WHERE space = ? AND name = ? " +
  "AND (expires IS NULL OR expires > ?)";
const removeSql =
  "DELETE FROM record WHERE (space, name) IN (SELECT * FROM unnest(?::text[], ?::text[]))";
const writeSql =
  "INSERT INTO record (space, name, subject, value, expires) " +
  "SELECT * FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::double precision[]) " +
  "ON CONFLICT (space, name) DO UPDATE " +
  "SET subject = excluded.subject, value = excluded.value, expires = excluded.expires";
/** At once, so that a sweep never holds up the writes. */
const sweptMax = 1_000;
const sweepSql =
  "DELETE FROM record WHERE ctid IN (SELECT ctid FROM record " +
  `WHERE expires IS NOT NULL AND expires <= ? LIMIT ${sweptMax})`;
