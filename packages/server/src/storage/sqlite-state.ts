/**
 * What the writer keeps in memory of the file between transactions, and how a batch of works adds
 * to it. Knows no queue.
 */
import { type Change, GroupTree } from "@stoa/domain";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { type Moved, movedWith, nothingMoved } from "./sqlite-line.ts";
import { type Catalog, readCatalog } from "./sqlite-store.ts";

export interface SqliteState {
  readonly tree: GroupTree;
  readonly moved: Moved;
  readonly catalog: Catalog;
  /** Of the last change. */
  readonly sequence: number;
  /** The sequence number of the last change of each store, by name. */
  readonly lasts: ReadonlyMap<string, number>;
}

/** Entities gained or lost, by table and group. */
class Tallies extends Map<number, Map<number, number>> {
  add(table: number, group: number, change: number): void {
    const groups = this.get(table);
    if (groups) groups.set(group, (groups.get(group) ?? 0) + change);
    else this.set(table, new Map([[group, change]]));
  }
}

/** The state within a transaction, to which each work adds what it does. */
export class SqliteBatch implements SqliteState {
  tree: GroupTree;
  moved: Moved;
  catalog: Catalog;
  sequence: number;
  readonly lasts: Map<string, number>;
  tallies = new Tallies();
  changes: Change[] = [];

  constructor({ tree, moved, catalog, sequence, lasts }: SqliteState) {
    this.tree = tree;
    this.moved = moved;
    this.catalog = catalog;
    this.sequence = sequence;
    this.lasts = new Map(lasts);
  }

  /** As it is now: to go back to when the next work fails. */
  copy(): SqliteBatch {
    const copy = new SqliteBatch(this);
    copy.changes = [...this.changes];
    for (const [table, groups] of this.tallies) copy.tallies.set(table, new Map(groups));
    return copy;
  }

  get state(): SqliteState {
    const { tree, moved, catalog, sequence, lasts } = this;
    return { tree, moved, catalog, sequence, lasts };
  }
}

export function readState(connection: SqliteConnection): SqliteState {
  const catalog = readCatalog(connection);
  const lasts = "SELECT called, max(last) FROM store GROUP BY called";
  connection.dictionary.loadGroups();
  return {
    tree: readTree(connection, catalog),
    moved: readMoved(connection),
    catalog,
    sequence: readSequence(connection),
    lasts: new Map(connection.all<[string, number]>(lasts)),
  };
}

export function readSequence(connection: SqliteConnection): number {
  const sql =
    "SELECT max(ifnull((SELECT value FROM meta WHERE name = 'sequence'), 0), " +
    "ifnull((SELECT max(seq) FROM change), 0))";
  return connection.first<[number]>(sql)?.[0] ?? 0;
}

export function readTree(connection: SqliteConnection, catalog: Catalog): GroupTree {
  const table = catalog.get(groupStore);
  if (!table) return new GroupTree();
  const parent = "CASE json_type(body, '$.parent') WHEN 'text' THEN body ->> '$.parent' END";
  const rows = connection.all<[string, string | null, number]>(
    `SELECT id, ${parent}, rev FROM e${table.n}`,
  );
  return new GroupTree(rows.map(([id, parent, revision]) => ({ id, parent, revision })));
}

export function readMoved(connection: SqliteConnection): Moved {
  const sql = "SELECT n, moved FROM group_id WHERE moved IS NOT NULL";
  const rows = connection.all<[number, number]>(sql);
  const last = rows.reduce((most, [, sequence]) => Math.max(most, sequence), 0);
  return movedWith(
    nothingMoved,
    rows.map(([n]) => n),
    last,
  );
}

/** Writes what a batch gathered: one row for each group that it touched. */
export function writeBatch(connection: SqliteConnection, state: SqliteBatch): void {
  if (state.changes.length === 0) return;
  const living = new Set([...state.catalog.values()].map(({ n }) => n));
  for (const [n, groups] of state.tallies) {
    if (!living.has(n)) continue;
    for (const [group, count] of groups) {
      if (count !== 0) connection.run(tallySql, [n, group, count]);
    }
  }
  for (const name of new Set(state.changes.map(({ store }) => store))) {
    const last = state.lasts.get(name) ?? 0;
    connection.run("UPDATE store SET last = max(last, ?) WHERE called = ?", [last, name]);
  }
  connection.run(metaSql, ["sequence", state.sequence]);
}

/** The store whose entities are the groups themselves. */
export const groupStore = "groups";

const tallySql =
  "INSERT INTO tally (store, grp, count) VALUES (?, ?, ?) " +
  "ON CONFLICT DO UPDATE SET count = count + excluded.count";
const metaSql =
  "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
