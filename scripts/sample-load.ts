/**
 * Loads the cities into a server so that it can be stopped at any moment and run again: what is
 * there already is asked of the server, and the unique `n` refuses a batch that would repeat a
 * city.
 */
import { createHash, randomUUID } from "node:crypto";
import { citiesAt, citiesStore, citiesTotal } from "./sample-cities.ts";
import { expected, type SampleConnection, SampleError } from "./sample-connection.ts";

/** With its answer a batch is kept for its idempotency key: together below 1 MiB. */
const batchEntities = 500;
const batchesInFlight = 4;

export interface LoadOptions {
  /** The first so many of the source. */
  readonly limit: number;
  /** Aborted: what is in flight is finished, nothing more is sent. */
  readonly signal: AbortSignal;
  /** Told once, before anything is sent. */
  readonly begin: (counts: { readonly present: number; readonly total: number }) => void;
  readonly loaded: (count: number) => void;
}

/** How many were created by this run. Errors: SampleError. */
export async function loadCities(
  connection: SampleConnection,
  { limit, signal, begin, loaded }: LoadOptions,
): Promise<number> {
  await makeStore(connection);
  const total = Math.min(limit, citiesTotal);
  const missing = await missingPlaces(connection, total);
  begin({ present: total - missing.length, total });
  const batches = batchesOf(missing);
  const run = randomUUID();
  const broken = new AbortController();
  const stop = AbortSignal.any([signal, broken.signal]);
  let created = 0;
  const work = async () => {
    for (let batch = batches.next(); !batch.done && !stop.aborted; batch = batches.next()) {
      await sendBatch(connection, batch.value, run).catch((cause) => {
        broken.abort();
        throw cause;
      });
      created += batch.value.length;
      loaded(batch.value.length);
    }
  };
  const works = Array.from({ length: batchesInFlight }, () => work());
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  return created;
}

/** Errors: SampleError where a store of that name is another one. */
async function makeStore(connection: SampleConnection): Promise<void> {
  const { name } = citiesStore;
  const found = await connection.send("GET", `stores?where.name=${name}`);
  const [store] = expected(found, "read the stores") as { unique?: unknown }[];
  if (store === undefined) {
    const made = await connection.send("POST", "stores", { body: citiesStore });
    // Another loader may have been quicker; what it made is looked at then.
    if (made.status === 409) return makeStore(connection);
    expected(made, `make the store ${name}`);
  } else if (JSON.stringify(store.unique) !== JSON.stringify(citiesStore.unique)) {
    throw new SampleError(
      `There is a store "${name}" that this loader did not make (its "unique" is not [["n"]]): ` +
        "rename or remove it, or start a server on another --data",
    );
  }
}

/** Places of the source that no entity has yet, in order. Exact, whatever was removed meanwhile. */
async function missingPlaces(connection: SampleConnection, total: number): Promise<number[]> {
  const answer = await connection.send("GET", `${citiesStore.name}?only=n&nolimit=true`);
  const present = expected(answer, "read what is there") as { n: number }[];
  const places = new Set(present.map(({ n }) => n));
  return Array.from({ length: total }, (_, n) => n).filter((n) => !places.has(n));
}

async function sendBatch(
  connection: SampleConnection,
  places: readonly number[],
  run: string,
): Promise<void> {
  const key = createHash("sha256").update(`${run} ${places.join()}`).digest("hex");
  const body = citiesAt(places);
  const answer = await connection.send("POST", citiesStore.name, { body, idempotencyKey: key });
  if (answer.status === 409) {
    throw new SampleError(
      "Another loader is at work on this server; run this again when it is done",
    );
  }
  expected(answer, `create the cities from ${places[0]} on`);
}

function* batchesOf(places: readonly number[]): Generator<readonly number[], undefined> {
  for (let at = 0; at < places.length; at += batchEntities) {
    yield places.slice(at, at + batchEntities);
  }
}
