/**
 * How the state in memory catches up with what other processes have committed: by their changes,
 * and by the file where a change is not enough. Knows no queue and no listener.
 */
import type { Change } from "@stoa/domain";
import { readAllChanges } from "./sqlite-change.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { readKeptSince } from "./sqlite-log.ts";
import { groupStore, readMoved, readSequence, readTree, type SqliteState } from "./sqlite-state.ts";
import { type Catalog, readCatalog, type StoreTable, widestFor } from "./sqlite-store.ts";

/**
 * The changes that a state does not hold yet, as far as the connection sees them. `"lost"` where
 * the log no longer holds all of them.
 */
export function changesSince(
  connection: SqliteConnection,
  { sequence }: SqliteState,
): readonly Change[] | "none" | "lost" {
  if (readSequence(connection) <= sequence) return "none";
  if (readKeptSince(connection) > sequence) return "lost";
  return readAllChanges(connection, sequence);
}

/** The state with changes taken in: all there are, in the view that the connection has now. */
export function stateAfter(
  connection: SqliteConnection,
  state: SqliteState,
  changes: readonly Change[],
): SqliteState {
  const stores = new Set(changes.map(({ store }) => store));
  const catalog = stores.has("stores") ? readCatalog(connection) : widened(state.catalog, changes);
  const lasts = new Map(state.lasts);
  for (const { store, sequence } of changes) lasts.set(store, sequence);
  return {
    catalog,
    tree: stores.has(groupStore) ? readTree(connection, catalog) : state.tree,
    moved: stores.has(groupStore) ? readMoved(connection) : state.moved,
    sequence: readSequence(connection),
    lasts,
  };
}

/** With the longest body that each store has had. */
function widened(catalog: Catalog, changes: readonly Change[]): Catalog {
  let wider: Map<string, StoreTable> | undefined;
  for (const { store, after } of changes) {
    const table = (wider ?? catalog).get(store);
    if (!table || !after || after.body.length <= table.widest) continue;
    wider ??= new Map(catalog);
    wider.set(store, { ...table, widest: widestFor(after.body.length) });
  }
  return wider ?? catalog;
}
