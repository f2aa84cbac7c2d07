/**
 * How much is in each store: what a caller sees of it, and for those who look after the whole
 * server all there is (rule 8).
 */
import {
  type Caller,
  everything,
  hasRootReach,
  holds,
  limit,
  StoaError,
  systemStoreNames,
} from "@stoa/domain";
import { definitionsShownTo } from "./definition-rules.ts";
import type { House } from "./house.ts";
import { requireAct } from "./permission.ts";
import type { StoreStatistics } from "./services.ts";
import { visibleFilter } from "./visibility.ts";

export async function countsOf(house: House, caller: Caller): Promise<ReadonlyMap<string, number>> {
  const mayCount = (name: string) => holds(caller, { method: "GET", path: [name] });
  const names = [
    ...definitionsShownTo(house, caller).map(({ name }) => name),
    ...systemStoreNames.filter(mayCount),
  ];
  const counts = new Map<string, number>();
  for (const name of names) {
    const visible = await visibleFilter(house, caller, name, "LIST");
    counts.set(name, await house.engine.count(name, visible));
  }
  return counts;
}

/** Errors: `forbidden`. */
function requireStatistics({ engine }: House, caller: Caller): void {
  requireAct(caller, { method: "GET", path: ["statistics"] });
  if (hasRootReach(caller, engine.tree)) return;
  throw new StoaError("forbidden", "Only members of the root group are told of all stores.");
}

export async function statisticsOf(
  house: House,
  caller: Caller,
): Promise<readonly StoreStatistics[]> {
  requireStatistics(house, caller);
  const found: StoreStatistics[] = [];
  for (const { name } of definitionsShownTo(house, caller)) {
    const entities = await house.engine.count(name, everything);
    const charactersMean = await meanCharacters(house, name);
    found.push({ name, entities, bytes: Math.round(entities * charactersMean) });
  }
  return found;
}

/** Of the oldest and the newest. */
async function meanCharacters({ engine }: House, store: string): Promise<number> {
  const limitEach = limit.sizeSampleEntitiesMax / 2;
  let characters = 0;
  let count = 0;
  for (const descending of [false, true]) {
    const order = [{ path: ["_id"], descending }];
    const query = {
      filter: everything,
      order,
      offset: 0,
      limit: limitEach,
      after: null,
      only: null,
    };
    for await (const { texts } of engine.find(store, query)) {
      count += texts.length;
      for (const text of texts) characters += Buffer.byteLength(text);
    }
  }
  return count === 0 ? 0 : characters / count;
}
