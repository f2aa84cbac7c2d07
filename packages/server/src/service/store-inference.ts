/**
 * A schema guessed from what is in a store, as far as the caller sees it.
 */
import { and, type Caller, type JsonObject, ownFields, SchemaInference } from "@stoa/domain";
import { openStore } from "./caller-write.ts";
import type { House } from "./house.ts";
import { requireAct } from "./permission.ts";
import type { InferredSchema } from "./services.ts";
import { guarded, visibleFilter } from "./visibility.ts";

/** Half of the samples are the oldest, half the newest, since shapes change with time. */
export async function inferredSchema(
  house: House,
  caller: Caller,
  store: string,
  samplesMax: number,
): Promise<InferredSchema> {
  requireAct(caller, { method: "GET", path: [store] });
  openStore(house, store, "GET");
  const visible = await visibleFilter(house, caller, store, "GET");
  const inference = new SchemaInference();
  const oldest = Math.ceil(samplesMax / 2);
  let last: string | null = null;
  for (const descending of [false, true]) {
    const size = descending ? samplesMax - oldest : oldest;
    if (size === 0) continue;
    const order = [{ path: ["_id"], descending }];
    const later = last === null ? visible : and(visible, laterThan(last));
    const query = { filter: later, order, offset: 0, limit: size, after: null, only: null };
    for await (const page of guarded(house, caller, house.engine.find(store, query))) {
      for (const text of page.texts) {
        const entity = JSON.parse(text) as JsonObject;
        if (!descending) last = String(entity["_id"]);
        inference.add(ownFields(entity));
      }
    }
    if (last === null) break;
  }
  return { schema: inference.schema(), samples: inference.count };
}

function laterThan(id: string) {
  const left = { kind: "property", path: ["_id"] } as const;
  return { kind: "compare", op: ">", left, right: { kind: "constant", value: id } } as const;
}
