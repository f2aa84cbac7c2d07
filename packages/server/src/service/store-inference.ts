/**
 * A schema guessed from what is in a store, as far as the caller sees it.
 */
import {
  and,
  type Caller,
  type Filter,
  type JsonObject,
  ownFields,
  type Page,
  SchemaInference,
} from "@stoa/domain";
import { openStore } from "./caller-write.ts";
import type { House } from "./house.ts";
import { requireAct } from "./permission.ts";
import type { InferredSchema } from "./services.ts";
import { guarded, visibleFilter } from "./visibility.ts";

/** From all over the store, by id, since shapes and values change with time. */
export async function inferredSchema(
  house: House,
  caller: Caller,
  store: string,
  samplesMax: number,
): Promise<InferredSchema> {
  requireAct(caller, { method: "GET", path: [store] });
  openStore(house, store, "GET");
  const visible = await visibleFilter(house, caller, store, "LIST");
  const find = (filter: Filter, size: number, descending = false) => {
    const order = [{ path: ["_id"], descending }];
    const query = { filter, order, offset: 0, limit: size, after: null, only: null };
    return entitiesOf(guarded(house, caller, house.engine.find(store, query)));
  };
  const inference = new SchemaInference();
  const seen = new Set<string>();
  const ends = [await firstOf(find(visible, 1)), await firstOf(find(visible, 1, true))];
  const [first, last] = ends.map((entity) => String(entity?.["_id"] ?? ""));
  const size = Math.ceil(samplesMax / Math.min(strata, samplesMax));
  for (const start of startsOf(first ?? "", last ?? "")) {
    for await (const entity of find(and(visible, notBefore(start)), size)) {
      const id = String(entity["_id"]);
      if (seen.has(id) || seen.size >= samplesMax) continue;
      seen.add(id);
      inference.add(ownFields(entity));
    }
  }
  return { schema: inference.schema(), samples: inference.count };
}

async function* entitiesOf(pages: AsyncIterable<Page>): AsyncGenerator<JsonObject> {
  for await (const { texts } of pages) for (const text of texts) yield JSON.parse(text);
}

async function firstOf(entities: AsyncIterable<JsonObject>): Promise<JsonObject | undefined> {
  for await (const entity of entities) return entity;
  return undefined;
}

/** Ids at equal distances, the first and, at the end, the last one among them. */
function startsOf(first: string, last: string): readonly string[] {
  if (first === "") return [];
  const digits = (id: string) => BigInt(`0x${id.replaceAll("-", "")}`);
  const [low, high] = [digits(first), digits(last)];
  const starts = Array.from({ length: strata }, (_, n) => {
    const middle = low + ((high - low) * BigInt(n)) / BigInt(strata - 1);
    return inForm(first, middle.toString(16).padStart(first.replaceAll("-", "").length, "0"));
  });
  return [...new Set(starts)];
}

/** With dashes where the other id has them. */
function inForm(id: string, digits: string): string {
  let at = 0;
  return id.replace(/[0-9a-f]/g, () => digits[at++] as string);
}

function notBefore(id: string): Filter {
  const left = { kind: "property", path: ["_id"] } as const;
  return { kind: "compare", op: ">=", left, right: { kind: "constant", value: id } };
}

const strata = 20;
