/**
 * The client of one server: who it speaks as, the stores, and what belongs to no store. Puts the
 * parts together; each call is described where it is made.
 */
import type { EntityService, Json, JsonObject, StoreFields } from "@stoa/domain";
import { Account } from "./account.ts";
import { Administration } from "./administration.ts";
import { type ChangesPage, type ChangesQuery, changePages } from "./changes.ts";
import { type Consistency, Freshness } from "./consistency.ts";
import { Credentials } from "./credentials.ts";
import { EntityCalls } from "./entity-calls.ts";
import { type FollowEvent, type FollowOptions, followed } from "./follow.ts";
import { type Fetch, HttpTransport } from "./http-transport.ts";
import type { ImportFormat } from "./import-parts.ts";
import { Jobs } from "./jobs.ts";
import { type ListQuery, listParameters } from "./list-query.ts";
import { ReferenceStore } from "./reference-store.ts";
import { defaultRetry, type RetryPolicy, retrying } from "./retry.ts";
import { SocketConnection } from "./socket-connection.ts";
import { SocketTransport } from "./socket-transport.ts";
import { Store } from "./store.ts";
import { Subscriptions, type Wish } from "./subscriptions.ts";
import { type Token, Tokens } from "./tokens.ts";
import type { CallOptions, Transport } from "./transport.ts";
import { WireEntities } from "./wire-entities.ts";

export interface ClientOptions {
  /**
   * Where Stoa stands, with its prefix if any: `https://example.org/stoa`. In a browser that Stoa
   * serves itself it may be left out.
   */
  readonly url?: string;
  /** An issued or a sign-in token; without one, the session cookie of a browser counts. */
  readonly token?: string | null;
  /**
   * By which calls travel: `http` (the default), or `socket`, one connection for all of them.
   * Streams, signing in and lists with `only` or `unwind` go over HTTP either way; what is followed
   * and live goes over the socket either way.
   */
  readonly transport?: "http" | "socket";
  /** How fresh what is read must be; `strong` where nothing is said. */
  readonly consistency?: Consistency;
  /** How often, and after what pauses, requests are repeated that the server was too busy for. */
  readonly retry?: Partial<RetryPolicy>;
  /** How long an answer may take to begin, milliseconds; a minute where nothing is said. */
  readonly timeoutMs?: number;
  /** Sent with every request; a browser's socket sends none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the runtime's own. */
  readonly fetch?: Fetch;
}

export class StoaClient {
  /** `https://example.org/stoa`, without a slash at the end. */
  readonly url: string;
  /** Signing in and out, and what one may know of oneself and others. */
  readonly account: Account;
  /** History, counts, rights, and how the server is doing. */
  readonly administration: Administration;
  /** Work that takes a while and tells how far it is: imports, the sample, backups. */
  readonly jobs: Jobs;
  /** The contract of the domain, which the server implements in process. */
  readonly entities: EntityService;
  readonly #credentials: Credentials;
  readonly #freshness: Freshness;
  readonly #connection: SocketConnection;
  readonly #subscriptions: Subscriptions;
  readonly #transport: Transport;
  readonly #calls: EntityCalls;
  readonly #isPaged: boolean;

  constructor(options: ClientOptions = {}) {
    const { timeoutMs = defaultTimeoutMs, headers = {}, fetch = ownFetch } = options;
    this.url = (options.url ?? ownOrigin()).replace(/\/+$/, "");
    this.#credentials = new Credentials(options.token ?? null);
    const freshness = new Freshness(options.consistency);
    this.#freshness = freshness;
    const wire = { url: this.url, credentials: this.#credentials, headers, timeoutMs };
    this.#isPaged = options.transport === "socket";
    this.#connection = new SocketConnection({ ...wire, isKept: this.#isPaged });
    this.#subscriptions = new Subscriptions(this.#connection);
    const http = new HttpTransport({ ...wire, fetch, freshness });
    const socket = () => new SocketTransport(this.#connection, http, freshness);
    const chosen = this.#isPaged ? socket() : http;
    this.#transport = retrying(chosen, { ...defaultRetry, ...options.retry });
    this.account = new Account(this.#transport, this.#credentials);
    this.administration = new Administration(this.#transport);
    this.jobs = new Jobs(this.#transport, http);
    this.#calls = new EntityCalls(this.#transport, http);
    this.entities = this.#entities(newKey);
  }

  /** `client.store<City>("cities")`; nothing is sent. */
  store<T extends object = JsonObject>(name: string): Store<T> {
    const house = { calls: this.#calls, subscriptions: this.#subscriptions, newKey };
    return new Store<T>(name, house);
  }

  /** Objects of the reference API: `client.reference("extobjs")`. */
  reference<V = Json>(name: string): ReferenceStore<V> {
    return new ReferenceStore<V>(name, this.#transport, this.#calls);
  }

  /** Pages of what has changed since, up to now: for what comes by now and then. */
  changes<T = JsonObject>(
    query: ChangesQuery = {},
    options: CallOptions = {},
  ): AsyncGenerator<ChangesPage<T>> {
    return changePages<T>(this.#transport, query, options);
  }

  /** Changes of all stores that one may read, but not the system's own. */
  follow(query: FollowOptions & Pick<Wish, "only"> = {}): AsyncGenerator<FollowEvent<JsonObject>> {
    const { only, ...options } = query;
    return followed(this.#subscriptions, { store: "*", ...(only && { only }) }, options);
  }

  /**
   * Where all of a list, or with `offset` and `limit` a part, is to be had as a file, by whoever
   * is signed in by a cookie: `https://example.org/api/v1/cities?format=csv&nolimit=true&..`.
   */
  fileAddress(store: string, format: ImportFormat, query: ListQuery = {}): string {
    const { offset, limit } = query;
    const part = [
      ...(offset ? [`offset=${offset}`] : []),
      limit === undefined ? "nolimit=true" : `limit=${limit}`,
    ];
    const parameters = [`format=${format}`, ...part, ...listParameters(query)];
    return `${this.url}/api/v1/${encodeURIComponent(store)}?${parameters.join("&")}`;
  }

  /** Where a copy of the database is to be had: by a link, as above. */
  backupAddress(name: string): string {
    return `${this.url}/api/v1/backups/${encodeURIComponent(name)}`;
  }

  /** Tokens of one's own. */
  get tokens(): Tokens {
    return new Tokens(this.store<Token>("tokens"));
  }

  /** The definitions of stores. */
  get stores(): Store<StoreFields> {
    return this.store<StoreFields>("stores");
  }

  /** The contract, where what is created under the key is created once, also by another client. */
  entitiesUnder(key: string): EntityService {
    return this.#entities(() => key);
  }

  /** The token in use; null where a cookie counts, or nothing. */
  get token(): string | null {
    return this.#credentials.token;
  }

  /**
   * The number of a change that is not before any that this client has made, for another one to ask
   * for: `{consistency: {after: 417}}`; 0 before the first.
   */
  get sequence(): number {
    return this.#freshness.sequence;
  }

  /** Ends the socket, where there is one; nothing is followed any more. */
  close(): void {
    this.#connection.close();
  }

  #entities(key: () => string): EntityService {
    return new WireEntities(this.#calls, { isPaged: this.#isPaged, newKey: key });
  }
}

const newKey = () => crypto.randomUUID();
const ownFetch: Fetch = (...request) => globalThis.fetch(...request);
const defaultTimeoutMs = 60_000;

function ownOrigin(): string {
  const { location } = globalThis as { location?: { origin: string } };
  return location?.origin ?? "";
}
