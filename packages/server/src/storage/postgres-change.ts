/**
 * Rows of the change log: both versions of an entity, whole, so that a change can be read long
 * after the entity. Knows no transactions.
 */
import { type Change, limit, type StoredEntity } from "@stoa/domain";
import type { ChangesAbout } from "./engine.ts";
import {
  arrayText,
  joinedTexts,
  type PostgresConnection,
  textsSql,
} from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import type { Sql } from "./sql-filter.ts";
import { type ChangeRow, changeOps, type Numbers, type Row } from "./sql-row.ts";

/** A change that is to be written, with the number of its store. */
export type NumberedChange = Change & { readonly n: number };

/** Writes changes whose heads have numbers. */
export function changesSql(
  dictionary: PostgresDictionary,
  changes: readonly NumberedChange[],
): Sql {
  const columns = changeColumns.map(([, valueIn, type]) => {
    const values = changes.map((change) => valueIn(change, dictionary));
    return type === "body" ? joinedTexts(values as (string | null)[]) : arrayText(values);
  });
  return { sql: insertSql, values: columns };
}

/** Changes later than a sequence number, in order; of much text fewer, at least one. */
export async function readChanges(
  connection: PostgresConnection,
  dictionary: PostgresDictionary,
  since: number,
  countMax: number,
): Promise<readonly Change[]> {
  const rows = await connection.all<ChangeRow>(selectSql, [since, bounded(countMax)]);
  return changesOf(connection, dictionary, rows);
}

/**
 * Changes of one entity, the newest first: from each to the one that made the version before it,
 * which is in every row.
 */
export async function readChangesAbout(
  connection: PostgresConnection,
  dictionary: PostgresDictionary,
  asked: { since: number; limit: number; n: number; about: ChangesAbout },
): Promise<readonly Change[]> {
  const { since, n, about } = asked;
  const { id, from } = about;
  const isLast = !Number.isFinite(from);
  const start = isLast ? [id, n, id] : [from, n, id];
  const values = [...start, n, id, since, bounded(asked.limit)];
  const rows = await connection.all<ChangeRow>(chainSql(isLast ? lastSql(n) : oneSql), values);
  return changesOf(connection, dictionary, rows);
}

async function changesOf(
  connection: PostgresConnection,
  dictionary: PostgresDictionary,
  rows: readonly ChangeRow[],
): Promise<readonly Change[]> {
  const versions = rows.map(versionsOf);
  const present = versions.flat().filter((row) => row !== null);
  await dictionary.learn(connection, present.map(numbersIn));
  return rows.map(([sequence, op, store, id, time, by], at) => {
    const [before, after] = (versions[at] as (Row | null)[]).map((row) => {
      return row && dictionary.entityOf(row);
    }) as [StoredEntity | null, StoredEntity | null];
    return { sequence, op: changeOps[op] as Change["op"], store, id, time, by, before, after };
  });
}

function versionsOf(row: ChangeRow): readonly (Row | null)[] {
  const [sequence, , , id] = row;
  const before = [id, ...row.slice(6, 13)] as unknown as Row;
  const [group, owner, access, time, at, body] = row.slice(13);
  const after = [id, group, owner, access, time, at, sequence, body] as unknown as Row;
  return [before[1] === null ? null : before, after[1] === null ? null : after];
}

function numbersIn([, group, owner, access]: Row): Numbers {
  return { group, owner, access };
}

function bounded(countMax: number): number | null {
  return Number.isFinite(countMax) ? countMax : null;
}

type Side = "before" | "after";

const version = (
  side: Side,
  valueIn: (entity: StoredEntity, numbers: Numbers) => string | number | null,
) => {
  return (change: NumberedChange, dictionary: PostgresDictionary) => {
    const entity = change[side];
    return entity && valueIn(entity, dictionary.numbersOf(entity));
  };
};

type ValueOf = (change: NumberedChange, of: PostgresDictionary) => string | number | null;

const changeColumns: readonly (readonly [name: string, valueIn: ValueOf, type: string])[] = [
  ["seq", ({ sequence }) => sequence, "bigint"],
  ["op", ({ op }) => changeOps.indexOf(op), "smallint"],
  ["store", ({ n }) => n, "integer"],
  ["id", ({ id }) => id, "text"],
  ["time", ({ time }) => time, "double precision"],
  ["by", ({ by }) => by, "text"],
  ["b_grp", version("before", (_, { group }) => group), "integer"],
  ["b_own", version("before", (_, { owner }) => owner), "integer"],
  ["b_acc", version("before", (_, { access }) => access), "integer"],
  ["b_time", version("before", ({ time }) => time), "double precision"],
  ["b_at", version("before", ({ at }) => at), "double precision"],
  ["b_rev", version("before", ({ revision }) => revision), "bigint"],
  ["b_body", version("before", ({ body }) => body), "body"],
  ["a_grp", version("after", (_, { group }) => group), "integer"],
  ["a_own", version("after", (_, { owner }) => owner), "integer"],
  ["a_acc", version("after", (_, { access }) => access), "integer"],
  ["a_time", version("after", ({ time }) => time), "double precision"],
  ["a_at", version("after", ({ at }) => at), "double precision"],
  ["a_body", version("after", ({ body }) => body), "body"],
];

function arraySql(type: string): string {
  return type === "body" ? textsSql : `?::${type}[]`;
}

const insertSql =
  `INSERT INTO change (${changeColumns.map(([name]) => name).join(", ")}) ` +
  `SELECT * FROM unnest(${changeColumns.map(([, , type]) => arraySql(type)).join(", ")})`;

const versionColumns = changeColumns
  .slice(6)
  .map(([name]) => name)
  .join(", ");
const rowColumns = `c.seq, c.op, s.called, c.id, c.time, c.by, ${versionColumns}`;

const bytes = "coalesce(octet_length(c.b_body), 0) + coalesce(octet_length(c.a_body), 0)";
const selectSql =
  `SELECT ${rowColumns} FROM (SELECT c.*, sum(${bytes}) OVER (ORDER BY c.seq ` +
  "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ahead FROM (SELECT * FROM change " +
  "WHERE seq > ? ORDER BY seq LIMIT ?) c) c JOIN store s ON s.n = c.store " +
  `WHERE coalesce(c.ahead, 0) < ${limit.logPieceBytesMax} ORDER BY c.seq`;

/** The newest removal of an entity. Removal is 2. */
const removalSql = "SELECT r.seq FROM change r WHERE r.op = 2 AND r.store = ? AND r.id = ?";
const newestSql = "ORDER BY r.seq DESC LIMIT 1";
const oneSql = "SELECT seq FROM change WHERE seq = ? AND store = ? AND id = ?";

/** The change that made what is there, or removed what was. */
function lastSql(n: number): string {
  return `SELECT coalesce((SELECT rev FROM e${n} WHERE id = ?), (${removalSql} ${newestSql}))`;
}

/** Ends where the log no longer holds a change; an id that was removed may have come again. */
function chainSql(start: string): string {
  return (
    `WITH RECURSIVE chain (seq, place) AS (SELECT f.seq, 0 FROM (${start}) f(seq) UNION ALL ` +
    `SELECT coalesce(c.b_rev, (${removalSql} AND r.seq < c.seq ${newestSql})), chain.place + 1 ` +
    "FROM chain JOIN change c ON c.seq = chain.seq) " +
    `SELECT ${rowColumns} FROM chain JOIN change c ON c.seq = chain.seq ` +
    "JOIN store s ON s.n = c.store WHERE c.seq > ? ORDER BY chain.place LIMIT ?"
  );
}
