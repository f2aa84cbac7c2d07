/**
 * What a node keeps in memory of the database, as of one commit, and how it catches up with the
 * commits of others. Knows no queue and no listener.
 */
import { type Change, GroupTree } from "@stoa/domain";
import type { PostgresConnection } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import { isCutBy } from "./postgres-key.ts";
import { type Catalog, type PostgresTable, readCatalog, withInexact } from "./postgres-store.ts";
import { widestFor } from "./sqlite-store.ts";

export interface PostgresState {
  readonly tree: GroupTree;
  readonly catalog: Catalog;
  /** Of the last change. */
  readonly sequence: number;
  /** Changes up to it may be gone. */
  readonly keptSince: number;
  /** Changes with each store that is made, defined anew or dropped. */
  readonly catalogVersion: number;
  /** The sequence number of the last change of each store, by name. */
  readonly lasts: ReadonlyMap<string, number>;
}

export type Head = Pick<PostgresState, "sequence" | "keptSince" | "catalogVersion">;

/** Columns of the row that `headOf` takes. */
export const headColumns = "sequence, kept, catalog";

export type HeadRow = readonly [sequence: number, keptSince: number, catalogVersion: number];

export function headOf([sequence, keptSince, catalogVersion]: HeadRow): Head {
  return { sequence, keptSince, catalogVersion };
}

/** How far the log goes by now; with `lock` nobody else commits until the transaction ends. */
export async function readHead(connection: PostgresConnection, lock = ""): Promise<Head> {
  const sql = `SELECT ${headColumns} FROM head ${lock}`;
  return headOf((await connection.first<HeadRow>(sql)) as HeadRow);
}

/** In a transaction that holds the head. */
export async function readState(
  connection: PostgresConnection,
  dictionary: PostgresDictionary,
  head: Head,
): Promise<PostgresState> {
  const catalog = await readCatalog(connection);
  const sql = "SELECT called, max(last) FROM store GROUP BY called";
  const lasts = new Map(await connection.all<[string, number]>(sql));
  await dictionary.loadGroups(connection);
  return { tree: await readTree(connection, catalog), catalog, ...head, lasts };
}

/** The state with changes taken in that came next. */
export async function stateAfter(
  connection: PostgresConnection,
  state: PostgresState,
  changes: readonly Change[],
  { keptSince, catalogVersion }: Head,
): Promise<PostgresState> {
  const stores = new Set(changes.map(({ store }) => store));
  const isSame = catalogVersion === state.catalogVersion;
  const catalog = isSame ? widened(state.catalog, changes) : await readCatalog(connection);
  const lasts = new Map(state.lasts);
  for (const { store, sequence } of changes) lasts.set(store, sequence);
  return {
    catalog,
    tree: stores.has(groupStore) ? await readTree(connection, catalog) : state.tree,
    sequence: changes.at(-1)?.sequence ?? state.sequence,
    keptSince,
    catalogVersion,
    lasts,
  };
}

/** With the longest body that each store has had, and the indexes whose keys are cut by now. */
function widened(catalog: Catalog, changes: readonly Change[]): Catalog {
  let wider: Map<string, PostgresTable> | undefined;
  for (const { store, after } of changes) {
    const table = (wider ?? catalog).get(store);
    if (!table || !after) continue;
    const next = tableWith(table, after.body);
    if (next === table) continue;
    wider ??= new Map(catalog);
    wider.set(store, next);
  }
  return wider ?? catalog;
}

/** The table as it is once it holds this body. */
export function tableWith(table: PostgresTable, body: string): PostgresTable {
  const cut = isCutBy(table, body);
  const exact = cut.length === 0 ? table : withInexact(table, new Set(cut));
  if (body.length <= table.widest) return exact;
  return { ...exact, widest: widestFor(body.length) };
}

async function readTree(connection: PostgresConnection, catalog: Catalog): Promise<GroupTree> {
  const table = catalog.get(groupStore);
  if (!table) return new GroupTree();
  const parent = "stoa_json(body) -> 'parent'";
  const rows = await connection.all<[string, string | null, number]>(
    `SELECT id, CASE jsonb_typeof(${parent}) WHEN 'string' THEN ${parent} #>> '{}' END, rev ` +
      `FROM e${table.n}`,
  );
  return new GroupTree(rows.map(([id, parent, revision]) => ({ id, parent, revision })));
}

/** The store whose entities are the groups themselves. */
export const groupStore = "groups";
