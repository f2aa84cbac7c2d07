/**
 * Records beside the entities: kept by space and name, over at their time. Knows no entities.
 */
import type { KeptRecord, RecordSpace } from "./engine.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

export function readRecord(
  connection: SqliteConnection,
  space: RecordSpace,
  name: string,
  now: number,
): KeptRecord | undefined {
  const sql =
    "SELECT subject, value, expires FROM record WHERE space = ? AND name = ? " +
    "AND (expires IS NULL OR expires > ?)";
  const row = connection.first<[string, string, number | null]>(sql, [space, name, now]);
  return row && { subject: row[0], value: row[1], expiresAt: row[2] };
}

export function writeRecord(
  connection: SqliteConnection,
  space: RecordSpace,
  name: string,
  { subject, value, expiresAt }: KeptRecord,
): void {
  const sql =
    "INSERT OR REPLACE INTO record (space, name, subject, value, expires) VALUES (?, ?, ?, ?, ?)";
  connection.run(sql, [space, name, subject, value, expiresAt]);
}

export function removeRecord(connection: SqliteConnection, space: RecordSpace, name: string): void {
  connection.run("DELETE FROM record WHERE space = ? AND name = ?", [space, name]);
}

export function removeRecordsAbout(
  connection: SqliteConnection,
  space: RecordSpace,
  subject: string,
): void {
  connection.run("DELETE FROM record WHERE space = ? AND subject = ?", [space, subject]);
}

/** Removes some of those that are over. */
export function sweepRecords(connection: SqliteConnection, now: number): void {
  const over =
    "SELECT space, name FROM record WHERE expires IS NOT NULL AND expires <= ? " +
    `LIMIT ${sweptMax}`;
  connection.run(`DELETE FROM record WHERE (space, name) IN (${over})`, [now]);
}

/** Records removed at once, so that a sweep never holds up the writes. */
const sweptMax = 1_000;
