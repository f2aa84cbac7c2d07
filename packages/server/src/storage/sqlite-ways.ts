/**
 * Ways of lists in the order of ids, kept until the next commit: most filters of these are those
 * of a caller, who asks again. Reads nothing.
 */
import type { Filter } from "@stoa/domain";
import type { SqliteState } from "./sqlite-state.ts";
import type { StoreTable } from "./sqlite-store.ts";
import { type Way, type Windowed, wayOf } from "./sqlite-window.ts";

export class SqliteWays {
  readonly #known = new WeakMap<Filter, KnownWay>();

  /** @param state the one that the list is read in. */
  of(asked: Windowed, state: SqliteState): Way {
    const { filter, table, order } = asked;
    if (order.length > 0) return wayOf(asked);
    const known = this.#known.get(filter);
    if (known?.state === state && known.table === table) return known.way;
    const way = wayOf(asked);
    if (way.plan.kind === "scan") this.#known.set(filter, { state, table, way });
    return way;
  }
}

interface KnownWay {
  readonly state: SqliteState;
  readonly table: StoreTable;
  readonly way: Way;
}
