/**
 * The client of one server: who it speaks as, the stores, and what belongs to no store. Puts the
 * parts together; each call is described where it is made.
 */
import type { EntityService, JsonObject, StoreFields } from "@stoa/domain";
import { Account } from "./account.ts";
import { Credentials } from "./credentials.ts";
import { EntityCalls } from "./entity-calls.ts";
import { type Fetch, HttpTransport } from "./http-transport.ts";
import { defaultRetry, type RetryPolicy, retrying } from "./retry.ts";
import { Store } from "./store.ts";
import { WireEntities } from "./wire-entities.ts";

export interface ClientOptions {
  /**
   * Where Stoa stands, with its prefix if any: `https://example.org/stoa`. In a browser that Stoa
   * serves itself it may be left out.
   */
  readonly url?: string;
  /** An issued or a sign-in token; without one, the session cookie of a browser counts. */
  readonly token?: string | null;
  /** How often, and after what pauses, requests are repeated that the server was too busy for. */
  readonly retry?: Partial<RetryPolicy>;
  /** How long an answer may take to begin, milliseconds. */
  readonly timeoutMs?: number;
  /** Instead of the runtime's own. */
  readonly fetch?: Fetch;
}

export class StoaClient {
  /** `https://example.org/stoa`, without a slash at the end. */
  readonly url: string;
  /** Signing in and out, and what one may know of oneself and others. */
  readonly account: Account;
  /** The contract of the domain, which the server implements in process. */
  readonly entities: EntityService;
  readonly #credentials: Credentials;
  readonly #calls: EntityCalls;

  constructor(options: ClientOptions = {}) {
    const {
      timeoutMs = defaultTimeoutMs,
      retry,
      fetch = (...args) => globalThis.fetch(...args),
    } = options;
    this.url = (options.url ?? ownOrigin()).replace(/\/+$/, "");
    this.#credentials = new Credentials(options.token ?? null);
    const credentials = this.#credentials;
    const http = new HttpTransport({ url: this.url, credentials, fetch, timeoutMs });
    const transport = retrying(http, { ...defaultRetry, ...retry });
    this.account = new Account(transport, credentials);
    this.#calls = new EntityCalls(transport, http);
    this.entities = new WireEntities(this.#calls, { isPaged: false, newKey });
  }

  /** The contract, where what is created under the key is created once, also by another client. */
  entitiesUnder(key: string): EntityService {
    return new WireEntities(this.#calls, { isPaged: false, newKey: () => key });
  }

  /** `client.store<City>("cities")`; nothing is sent. */
  store<T extends object = JsonObject>(name: string): Store<T> {
    return new Store<T>(name, { calls: this.#calls, newKey });
  }

  /** The definitions of stores. */
  get stores(): Store<StoreFields> {
    return this.store<StoreFields>("stores");
  }

  /** The token in use; null where a cookie counts, or nothing. */
  get token(): string | null {
    return this.#credentials.token;
  }
}

const newKey = () => crypto.randomUUID();
const defaultTimeoutMs = 60_000;

function ownOrigin(): string {
  const { location } = globalThis as { location?: { origin: string } };
  return location?.origin ?? "";
}
