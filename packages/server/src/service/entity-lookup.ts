/**
 * LOOKUP of the reference flavour: which entities a key names, their own id or their type. Knows no
 * caller.
 */
import { and, equals, type Filter, isUuid } from "@stoa/domain";
import type { House } from "./house.ts";
import { sees } from "./visibility.ts";

interface Looked {
  readonly store: string;
  readonly visible: Filter;
  readonly key: string;
  readonly asOf: number | undefined;
}

/** By index: the object with this id, where one may be seen, and all with this type. */
export async function lookUp(
  { engine }: House,
  { store, visible, key, asOf }: Looked,
): Promise<readonly string[]> {
  const id = key.toLowerCase();
  const entity = isUuid(id) ? await engine.read(store, id, asOf) : undefined;
  const ids = entity && sees(visible, entity, engine.tree) ? [id] : [];
  const filter = and(visible, equals("type", key));
  const order = [{ path: ["time"], descending: false }];
  const query = {
    filter,
    order,
    offset: 0,
    limit: Number.POSITIVE_INFINITY,
    after: null,
    only: [],
  };
  for await (const { texts } of engine.find(store, query, asOf)) {
    for (const text of texts) {
      const { _id: found } = JSON.parse(text) as { _id: string };
      if (found !== ids[0]) ids.push(found);
    }
  }
  return ids;
}
