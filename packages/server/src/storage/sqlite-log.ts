/**
 * How much of the log of changes is kept: sweeps what is too old or too much, a piece at a time, so
 * that no writer waits long. Knows no entity.
 */
import type { LogRetention } from "./engine.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** The number up to which changes may be gone. */
export function readKeptSince(connection: SqliteConnection): number {
  const sql = "SELECT value FROM meta WHERE name = 'kept'";
  return connection.first<[number]>(sql)?.[0] ?? 0;
}

/**
 * Within a transaction: removes at most `pieceMax` changes.
 * @returns up to where they are gone, and whether there is more to remove.
 */
export function sweepLog(
  connection: SqliteConnection,
  { ageMsMax, bytesMax }: LogRetention,
  now: number,
): { keptSince: number; isDone: boolean } {
  const keptSince = readKeptSince(connection);
  const last = connection.first<[number]>("SELECT max(seq) FROM change")?.[0] ?? 0;
  // The newest one stays: it shows where the sequence is.
  const bounds = [lastOlder(connection, now - ageMsMax), lastOver(connection, bytesMax, last)];
  const until = Math.min(Math.max(...bounds), last - 1);
  if (until <= keptSince) return { keptSince, isDone: true };
  const end = connection.first<[number]>(pieceEndSql, [until, pieceMax - 1])?.[0] ?? until;
  connection.run("DELETE FROM change WHERE seq <= ?", [end]);
  connection.run(keepSql, [end]);
  return { keptSince: end, isDone: end >= until };
}

/** The last one of those from the front on that are older; times go up but for the clock's sake. */
function lastOlder(connection: SqliteConnection, time: number): number {
  const isOld = (seq: number) => {
    const row = connection.first<[number, number]>(nextSql, [seq]);
    return row !== undefined && row[1] < time;
  };
  const range = connection.first<[number, number]>("SELECT min(seq), max(seq) FROM change");
  let [low = 0, high = 0] = range ?? [];
  if (low === null || !isOld(low)) return 0;
  // By halves, since nothing is indexed by time.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isOld(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Where to cut so that about so many bytes are left; the size is estimated from samples. */
function lastOver(connection: SqliteConnection, bytesMax: number, last: number): number {
  const first = connection.first<[number]>("SELECT min(seq) FROM change")?.[0] ?? 0;
  const count = last - first + 1;
  if (count <= 1) return 0;
  let bytes = 0;
  let rows = 0;
  for (let sample = 0; sample < samples; sample++) {
    const from = first + Math.floor((count * sample) / samples);
    for (const [size] of connection.all<[number]>(sizesSql, [from])) {
      bytes += size + rowBytes;
      rows++;
    }
  }
  if (rows === 0) return 0;
  const countMax = Math.floor(bytesMax / (bytes / rows));
  return count > countMax ? last - countMax : 0;
}

const pieceMax = 10_000;
const samples = 20;
const rowBytes = 120;
const nextSql = "SELECT seq, time FROM change WHERE seq >= ? ORDER BY seq LIMIT 1";
const pieceEndSql = "SELECT seq FROM change WHERE seq <= ? ORDER BY seq LIMIT 1 OFFSET ?";
const sizesSql =
  "SELECT ifnull(octet_length(b_body), 0) + ifnull(octet_length(a_body), 0) " +
  "FROM change WHERE seq >= ? ORDER BY seq LIMIT 10";
const keepSql =
  "INSERT INTO meta (name, value) VALUES ('kept', ?) " +
  "ON CONFLICT DO UPDATE SET value = excluded.value";
