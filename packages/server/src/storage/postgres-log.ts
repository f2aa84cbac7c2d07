/**
 * How much of the log of changes is kept: sweeps what is too old or too much, a piece at a time, so
 * that no writer waits long. Knows no entity.
 */
import type { LogRetention } from "./engine.ts";
import type { PostgresConnection } from "./postgres-connection.ts";

/**
 * Within a transaction that holds the head: removes at most `pieceMax` changes.
 * @returns up to where they are gone, and whether there is more to remove.
 */
export async function sweepLog(
  connection: PostgresConnection,
  { ageMsMax, bytesMax }: LogRetention,
  { keptSince, sequence, now }: { keptSince: number; sequence: number; now: number },
): Promise<{ keptSince: number; isDone: boolean }> {
  const [older, over] = await Promise.all([
    lastOlder(connection, keptSince, sequence, now - ageMsMax),
    lastOver(connection, keptSince, sequence, bytesMax),
  ]);
  // The newest one stays, as do those of this transaction.
  const until = Math.min(Math.max(older, over), sequence - 1);
  if (until <= keptSince) return { keptSince, isDone: true };
  const end = Math.min(until, keptSince + pieceMax);
  await connection.run("DELETE FROM change WHERE seq <= ?", [end]);
  await connection.run("UPDATE head SET kept = ?", [end]);
  return { keptSince: end, isDone: end >= until };
}

/** The last one of those from the front on that are older; times go up but for the clocks' sake. */
async function lastOlder(
  connection: PostgresConnection,
  keptSince: number,
  sequence: number,
  time: number,
): Promise<number> {
  const isOld = async (seq: number) => {
    const row = await connection.first<[number]>(nextSql, [seq]);
    return row !== undefined && row[0] < time;
  };
  let [low, high] = [keptSince + 1, sequence];
  if (!(await isOld(low))) return 0;
  // By halves, since nothing is indexed by time.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await isOld(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Where to cut so that about so many bytes are left; the size is estimated from samples. */
async function lastOver(
  connection: PostgresConnection,
  keptSince: number,
  sequence: number,
  bytesMax: number,
): Promise<number> {
  const count = sequence - keptSince;
  if (count <= 1) return 0;
  const starts = Array.from({ length: samples }, (_, at) => {
    return keptSince + 1 + Math.floor((count * at) / samples);
  });
  const found = await Promise.all(starts.map((from) => connection.all<[number]>(sizesSql, [from])));
  const sizes = found.flat().map(([size]) => size + rowBytes);
  if (sizes.length === 0) return 0;
  const countMax = Math.floor(
    bytesMax / (sizes.reduce((sum, size) => sum + size, 0) / sizes.length),
  );
  return count > countMax ? sequence - countMax : 0;
}

const pieceMax = 10_000;
const samples = 20;
const rowBytes = 120;
const nextSql = "SELECT time FROM change WHERE seq >= ? ORDER BY seq LIMIT 1";
const sizesSql =
  "SELECT coalesce(octet_length(b_body), 0) + coalesce(octet_length(a_body), 0) " +
  "FROM change WHERE seq >= ? ORDER BY seq LIMIT 10";
