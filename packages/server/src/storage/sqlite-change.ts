/**
 * Rows of the change log: both versions of an entity, whole, so that a change can be read long
 * after the entity. Knows no transactions.
 */
import { bodyCharacters, type Change, limit, type StoredEntity } from "@stoa/domain";
import type { ChangesAbout } from "./engine.ts";
import { type ChangeRow, changeOps, type Numbers, type Row } from "./sql-row.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { Values } from "./sqlite-database.ts";
import type { SqliteDictionary } from "./sqlite-dictionary.ts";
import { entityOf } from "./sqlite-row.ts";

/** An entity with the numbers of its head. */
export interface Numbered {
  readonly entity: StoredEntity;
  readonly numbers: Numbers;
}

export function insertChange(
  connection: SqliteConnection,
  change: Change & { n: number },
  before: Numbered | null,
  after: Numbered | null,
): void {
  const { sequence, op, n, id, time, by } = change;
  const head: Values = [sequence, changeOps.indexOf(op), n, id, time, by];
  // What is left out is null; each value that is bound costs as much as some of the work itself.
  if (before === null) connection.run(insertedSql, [...head, ...afterOf(after)]);
  else connection.run(insertSql, [...head, ...beforeOf(before), ...afterOf(after)]);
}

/** Changes later than a sequence number, in order; of much text fewer, at least one. */
export function readChanges(
  connection: SqliteConnection,
  since: number,
  countMax: number,
): readonly Change[] {
  const found: Change[] = [];
  let bytes = 0;
  for (const row of connection.each<ChangeRow>(selectSql, [since, bounded(countMax)])) {
    const change = changeOf(row, connection.dictionary);
    found.push(change);
    bytes += bodyCharacters(change);
    if (bytes >= limit.logPieceBytesMax) break;
  }
  return found;
}

/** All of them. */
export function readAllChanges(connection: SqliteConnection, since: number): readonly Change[] {
  return connection
    .all<ChangeRow>(selectSql, [since, -1])
    .map((row) => changeOf(row, connection.dictionary));
}

/**
 * Changes of one entity, the newest first: from each to the one that made the version before it.
 * That is in every row, so only removals need an index, and writes cost nothing more.
 */
export function readChangesAbout(
  connection: SqliteConnection,
  asked: {
    readonly since: number;
    readonly limit: number;
    /** The number of the store. */
    readonly n: number;
    readonly about: ChangesAbout;
  },
): readonly Change[] {
  const { since, n, about } = asked;
  const { id, from } = about;
  const isLast = !Number.isFinite(from);
  const start = isLast
    ? { sql: lastSql(n), values: [id, n, id] }
    : {
        sql: "SELECT seq FROM change WHERE seq = ? AND store = ? AND id = ?",
        values: [from, n, id],
      };
  const values = [...start.values, n, id, since, bounded(asked.limit)];
  return connection
    .all<ChangeRow>(chainSql(start.sql), values)
    .map((row) => changeOf(row, connection.dictionary));
}

/** The change that made what is there, or removed what was. */
function lastSql(n: number): string {
  return `SELECT coalesce((SELECT rev FROM e${n} WHERE id = ?), (${removalSql}))`;
}

/** Ends where the log no longer holds a change; an id that was removed may have come again. */
function chainSql(start: string): string {
  return (
    `WITH RECURSIVE chain (seq) AS (${start} UNION ALL ` +
    `SELECT coalesce(c.b_rev, (${removalSql} AND r.seq < c.seq)) ` +
    "FROM chain JOIN change c ON c.seq = chain.seq) " +
    `SELECT c.seq, c.op, s.called, c.id, c.time, c.by, ${versionColumns} ` +
    "FROM chain JOIN change c ON c.seq = chain.seq JOIN store s ON s.n = c.store " +
    "WHERE c.seq > ? LIMIT ?"
  );
}

/** `LIMIT` of SQLite. */
function bounded(countMax: number): number {
  return Number.isFinite(countMax) ? countMax : -1;
}

function beforeOf({ entity, numbers }: Numbered): Values {
  const { time, at, revision, body } = entity;
  return [numbers.group, numbers.owner, numbers.access, time, at, revision, body];
}

/** Its revision is the sequence number of the change. */
function afterOf(version: Numbered | null): Values {
  if (!version) return [null, null, null, null, null, null];
  const { entity, numbers } = version;
  return [numbers.group, numbers.owner, numbers.access, entity.time, entity.at, entity.body];
}

function changeOf(row: ChangeRow, dictionary: SqliteDictionary): Change {
  const [sequence, op, store, id, time, by, ...versions] = row;
  const before = [id, ...versions.slice(0, 7)] as unknown as Row;
  const [group, owner, access, made, at, body] = versions.slice(7);
  const after = [id, group, owner, access, made, at, sequence, body] as unknown as Row;
  return {
    sequence,
    op: changeOps[op] as Change["op"],
    store,
    id,
    time,
    by,
    before: before[1] === null ? null : entityOf(before, dictionary),
    after: after[1] === null ? null : entityOf(after, dictionary),
  };
}

const afterColumns = "a_grp, a_own, a_acc, a_time, a_at, a_body";
const versionColumns = `b_grp, b_own, b_acc, b_time, b_at, b_rev, b_body, ${afterColumns}`;

const removalSql =
  "SELECT max(r.seq) FROM change r INDEXED BY change_removed " +
  "WHERE r.op = 2 AND r.store = ? AND r.id = ?";

/** Of what was not there before. */
const insertedSql =
  `INSERT INTO change (seq, op, store, id, time, by, ${afterColumns}) ` +
  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const insertSql =
  `INSERT INTO change (seq, op, store, id, time, by, ${versionColumns}) ` +
  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const selectSql =
  `SELECT c.seq, c.op, s.called, c.id, c.time, c.by, ${versionColumns} ` +
  "FROM change c JOIN store s ON s.n = c.store WHERE c.seq > ? ORDER BY c.seq LIMIT ?";
