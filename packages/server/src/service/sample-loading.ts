/**
 * A sample into a store of its own, for a first look around: with the rights of the caller, and so
 * that it can be stopped at any moment and begun again.
 */
import {
  type Caller,
  everything,
  type Json,
  type JsonObject,
  ownValue,
  StoaError,
  textField,
} from "@stoa/domain";
import { HouseImports } from "./entity-import.ts";
import { CallerEntities } from "./entity-service.ts";
import type { House } from "./house.ts";
import type { ImportRow, SampleEvent, SampleQuestion, SampleSource } from "./services.ts";

export async function* loadSample(
  house: House,
  caller: Caller,
  { source, entitiesMax }: SampleQuestion & { readonly source: SampleSource },
): AsyncGenerator<SampleEvent> {
  const entities = new CallerEntities(house, caller, { keyed: null, room: null });
  const store = await makeStore(house, entities, source);
  const present = await presentKeys(entities, store, source.key);
  const total = Math.min(await countOf(source), entitiesMax);
  const missing = missingRows(source, present, entitiesMax);
  const done = Math.min(present.size, total);
  yield { kind: "progress", total, done, created: 0 };
  let created = 0;
  const imports = new HouseImports(house);
  for await (const event of imports.run(caller, { store, rows: missing, upsert: false })) {
    // Somebody else may be loading it at the same time: then it is there.
    if (event.kind === "error") {
      if (event.error.code !== "conflict") throw event.error;
      continue;
    }
    created = event.created;
    yield { kind: event.kind, total, done: done + event.rows, created };
  }
}

/** Errors: `conflict` where a store of that name is another one. */
async function makeStore(
  { catalog }: House,
  entities: CallerEntities,
  { definition }: SampleSource,
): Promise<string> {
  const name = textField(definition, "name") ?? "";
  if (!catalog.has(name)) {
    await entities.create("stores", definition);
    return name;
  }
  const same = JSON.stringify(catalog.get(name).definition.unique.map((set) => set.flat()));
  if (same === JSON.stringify(ownValue(definition, "unique"))) return name;
  const message = `There is a store "${name}" that is not of this sample: rename or remove it.`;
  throw new StoaError("conflict", message);
}

async function presentKeys(
  entities: CallerEntities,
  store: string,
  key: string,
): Promise<ReadonlySet<Json>> {
  const page = { order: [], offset: 0, limit: Number.POSITIVE_INFINITY, after: null };
  const query = { filter: everything, ...page, only: [[key]] };
  const present = new Set<Json>();
  for await (const { texts } of await entities.find(store, query)) {
    for (const text of texts) present.add((JSON.parse(text) as JsonObject)[key] as Json);
  }
  return present;
}

async function countOf(source: SampleSource): Promise<number> {
  let count = 0;
  for await (const _ of source.entities()) count++;
  return count;
}

async function* missingRows(
  source: SampleSource,
  present: ReadonlySet<Json>,
  entitiesMax: number,
): AsyncGenerator<ImportRow> {
  let row = 0;
  for await (const value of source.entities()) {
    row++;
    if (row > entitiesMax) return;
    if (present.has(value[source.key] as Json)) continue;
    yield { row, value, bytes: sampleRowBytes, error: null };
  }
}

/** About; they are alike. */
const sampleRowBytes = 200;
