/**
 * Changes as SQL: the row of an entity, the row of the log, and what is summed up of many. Knows no
 * works and no transactions.
 */
import assert from "node:assert/strict";
import type { Change, StoredEntity } from "@stoa/domain";
import type { SqlValue } from "./sql-filter.ts";
import type { Numbers } from "./sql-row.ts";
import { insertChange, type Numbered } from "./sqlite-change.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { tableSql } from "./sqlite-database.ts";

/** One change, and what its rows hold beside it. */
export interface Entry {
  readonly change: Change;
  /** The number of the table. */
  readonly n: number;
  /** The text of the system fields after it; "" where the entity goes. */
  readonly front: string;
}

/** What a transaction has done to more than single entities. */
export interface Sums {
  readonly tallies: Tallies;
  /** The last change of each store that has any. */
  readonly lasts: Iterable<readonly [store: string, sequence: number]>;
  readonly sequence: number;
}

/** Changes that are written together, and what is known of their sums. */
export interface Together extends Omit<Sums, "tallies"> {
  readonly entries: Iterable<Entry>;
}

/** What is called within the transaction: before anything is written, and when all is. */
interface Around {
  readonly begin?: () => void;
  readonly beforeCommit?: () => void;
}

/**
 * Writes and commits changes in a transaction of their own. Errors: those of SQLite, and of what is
 * called; then nothing is written.
 */
export function writeTogether(
  connection: SqliteConnection,
  { entries, ...sums }: Together,
  { begin, beforeCommit }: Around = {},
): void {
  try {
    connection.run("BEGIN IMMEDIATE");
    begin?.();
    const tallies = new Tallies();
    for (const entry of entries) writeEntry(connection, entry, tallies);
    writeSums(connection, { ...sums, tallies });
    beforeCommit?.();
    connection.run("COMMIT");
    connection.dictionary.settle();
  } catch (error) {
    connection.rollBack();
    throw error;
  }
}

/** Entities gained or lost, by table and group. */
export class Tallies extends Map<number, Map<number, number>> {
  add(table: number, group: number, change: number): void {
    const groups = this.get(table);
    if (groups) groups.set(group, (groups.get(group) ?? 0) + change);
    else this.set(table, new Map([[group, change]]));
  }
}

/**
 * Writes one change and counts it. Errors: those of SQLite, the first thing that can fail being an
 * id or a unique set that is taken.
 */
export function writeEntry(connection: SqliteConnection, entry: Entry, tallies: Tallies): void {
  const { change, n } = entry;
  const before = change.before && numbered(connection, change.before);
  const after = change.after && numbered(connection, change.after);
  if (after === null) removeRow(connection, n, change.before as StoredEntity);
  else if (before === null) insertRow(connection, entry, after);
  else updateRow(connection, entry, before, after);
  insertChange(connection, { ...change, n }, before, after);
  if (before) tallies.add(n, before.numbers.group, -1);
  if (after) tallies.add(n, after.numbers.group, 1);
}

/** One row for each group that it touched. */
export function writeSums(connection: SqliteConnection, { tallies, lasts, sequence }: Sums): void {
  for (const [n, groups] of tallies) {
    for (const [group, count] of groups) {
      if (count !== 0) connection.run(tallySql, [n, group, count]);
    }
  }
  for (const [name, last] of lasts) {
    connection.run("UPDATE store SET last = max(last, ?) WHERE called = ?", [last, name]);
  }
  connection.run(metaSql, ["sequence", sequence]);
}

function numbered({ dictionary }: SqliteConnection, entity: StoredEntity): Numbered {
  const numbers: Numbers = {
    group: dictionary.giveGroup(entity.group),
    owner: dictionary.giveOwner(entity.owner),
    access: dictionary.giveAccess(entity.access),
  };
  return { entity, numbers };
}

function insertRow(connection: SqliteConnection, { n, front }: Entry, after: Numbered): void {
  const { group, owner, access } = after.numbers;
  const { id, time, revision, body } = after.entity;
  connection.run(insertSql(n), [id, group, owner, access, time, revision, front, body]);
}

function updateRow(
  connection: SqliteConnection,
  { n, front }: Entry,
  before: Numbered,
  after: Numbered,
): void {
  const { id, at, revision, body } = after.entity;
  const own: SqlValue[] = [at, revision, front, body];
  const head = headNumbers(after);
  const earlier = headNumbers(before);
  const isMoved = head.some((value, index) => value !== earlier[index]);
  const { changes } = connection
    .statement(isMoved ? moveSql(n) : updateSql(n))
    .run(...own, ...(isMoved ? head : []), id, before.entity.revision);
  assert.equal(Number(changes), 1, "only what was read here may be changed");
}

function removeRow(connection: SqliteConnection, n: number, before: StoredEntity): void {
  const { changes } = connection.statement(removeSql(n)).run(before.id, before.revision);
  assert.equal(Number(changes), 1, "only what was read here may be changed");
}

function headNumbers({ numbers, entity }: Numbered): readonly number[] {
  return [numbers.group, numbers.owner, numbers.access, entity.time];
}

const ownSql = "at = ?, rev = ?, front = ?, body = ?";
const headSql = "grp = ?, own = ?, acc = ?, time = ?";

/**
 * Fails where the id is taken, since no id is null. The look for it is part of the statement, which
 * saves one; as `INSERT ... SELECT` it would copy each page before it changes it.
 */
const insertSql = tableSql((n) => {
  const columns = "id, grp, own, acc, time, rev, front, body";
  const isTaken = `EXISTS (SELECT 1 FROM e${n} WHERE id = ?1)`;
  const values = `iif(${isTaken}, NULL, ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8`;
  return `INSERT INTO e${n} (${columns}) VALUES (${values})`;
});

/** Names the columns of the head only if they change: each named one costs its indexes a write. */
const updateSql = tableSql((n) => `UPDATE e${n} SET ${ownSql} WHERE id = ? AND rev = ?`);
const moveSql = tableSql((n) => `UPDATE e${n} SET ${ownSql}, ${headSql} WHERE id = ? AND rev = ?`);
const removeSql = tableSql((n) => `DELETE FROM e${n} WHERE id = ? AND rev = ?`);

const tallySql =
  "INSERT INTO tally (store, grp, count) VALUES (?, ?, ?) " +
  "ON CONFLICT DO UPDATE SET count = count + excluded.count";
const metaSql =
  "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
