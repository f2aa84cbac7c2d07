/**
 * What the writer keeps in memory of the file between transactions, and how a batch of works adds
 * to it. Knows no queue.
 */
import { type Change, GroupTree } from "@stoa/domain";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { type Sums, Tallies } from "./sqlite-entry.ts";
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

  add(change: Change): void {
    this.sequence = change.sequence;
    this.lasts.set(change.store, change.sequence);
    this.changes.push(change);
  }

  /** What there is to write of it besides rows: nothing of stores that are gone. */
  get sums(): Sums {
    const living = new Set([...this.catalog.values()].map(({ n }) => n));
    for (const n of this.tallies.keys()) if (!living.has(n)) this.tallies.delete(n);
    const names = new Set(this.changes.map(({ store }) => store));
    const lasts = [...names].map((name) => [name, this.lasts.get(name) ?? 0] as const);
    return { tallies: this.tallies, lasts, sequence: this.sequence };
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

/** The store whose entities are the groups themselves. */
export const groupStore = "groups";
