/**
 * A server with a store of cities, and clients that have signed in. Knows no test.
 */

import {
  administrator,
  type TemporaryStoa,
  temporaryStoa,
} from "../../server/test/temporary-stoa.ts";
import type { Store } from "../src/index.ts";
import { type ClientOptions, StoaClient } from "../src/index.ts";

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
    await client.account.signIn(administrator);
    return client;
  };
  const client = await another();
  await client.stores.create({ name: "cities", indexes: [["country"], ["population"]] });
  return { stoa, client, cities: client.store<City>("cities"), another };
}
