/**
 * A server with a store of cities, and clients that have signed in; they are closed after the file.
 * Knows no test.
 */
import assert from "node:assert/strict";
import { after } from "node:test";

import {
  administrator,
  type TemporaryStoa,
  temporaryStoa,
} from "../../server/test/temporary-stoa.ts";
import type { Store } from "../src/index.ts";
import { type ClientOptions, StoaClient, StoaError } from "../src/index.ts";

export { administrator };

export interface City {
  readonly name: string;
  readonly country?: string;
  readonly population?: number;
  readonly tags?: readonly string[];
}

export interface CitiesHouse {
  readonly stoa: TemporaryStoa;
  readonly client: StoaClient;
  readonly cities: Store<City>;
  /** Somebody else with the same rights. */
  another(options?: ClientOptions): Promise<StoaClient>;
}

export async function citiesHouse(): Promise<CitiesHouse> {
  const stoa = await temporaryStoa();
  const another = async (options: ClientOptions = {}) => {
    const client = new StoaClient({ url: stoa.url, ...options });
    after(() => client.close());
    await client.account.signIn(administrator);
    return client;
  };
  const client = await another();
  await client.stores.create({ name: "cities", indexes: [["country"], ["population"]] });
  return { stoa, client, cities: client.store<City>("cities"), another };
}

/** The error that a work must end with. */
export async function refused(code: string, work: Promise<unknown>): Promise<StoaError> {
  const error = await work.then(
    () => assert.fail(`should be refused as ${code}`),
    (cause: unknown) => cause,
  );
  assert(error instanceof StoaError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}
