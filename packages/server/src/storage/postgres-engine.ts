/**
 * The engine that keeps everything in a PostgreSQL database, which any number of nodes share: each
 * has readers, one writer, and follows the log of all. Wires them; SQL stands in the files beside
 * this one.
 */
import {
  type Change,
  cursorOf,
  entityText,
  type Filter,
  type GroupTree,
  type JsonObject,
  type Page,
  project,
  type Query,
  StoaError,
  type StoreDefinition,
  type StoredEntity,
  textPage,
} from "@stoa/domain";
import type {
  ChangesAbout,
  Engine,
  EngineOptions,
  KeptRecord,
  RecordSpace,
  Transaction,
  TransactOptions,
} from "./engine.ts";
import { type PostgresAddress, parseAddress } from "./postgres-address.ts";
import { buildIndexes } from "./postgres-build.ts";
import { readChanges, readChangesAbout } from "./postgres-change.ts";
import { countOf } from "./postgres-count.ts";
import { PostgresDictionary } from "./postgres-dictionary.ts";
import { isUndefinedTable, translated } from "./postgres-error.ts";
import { type FollowOptions, PostgresFollower } from "./postgres-follow.ts";
import { PostgresLinks } from "./postgres-links.ts";
import { asks, linksRunner, readEntity } from "./postgres-read.ts";
import { readRecord } from "./postgres-record.ts";
import type { PostgresBounds } from "./postgres-runner.ts";
import { migrate } from "./postgres-schema.ts";
import { type PostgresState, readHead, readState } from "./postgres-state.ts";
import { type PostgresTable, tableOf } from "./postgres-store.ts";
import { windowsOf } from "./postgres-window.ts";
import { PostgresWriter } from "./postgres-writer.ts";

export interface PostgresEngineOptions extends EngineOptions {
  /** How much is read at once; else `postgresBounds`. */
  readonly bounds?: PostgresBounds;
  /** Time from one look at the log to the next, where nothing wakes. */
  readonly pollMs?: number;
  /** How long a question may take; else `limit.queryMsMax`. */
  readonly queryMsMax?: number;
}

/**
 * @param data `postgres://user:password@host:5432/database?schema=stoa`
 * Errors: `unavailable` for a database that cannot be reached, or will not do.
 */
export async function openPostgres(
  data: string,
  options: PostgresEngineOptions,
): Promise<PostgresEngine> {
  const address = parseAddress(data);
  const links = new PostgresLinks(address, options.queryMsMax);
  const dictionary = new PostgresDictionary();
  try {
    const builder = await links.builder();
    await migrate(builder, address.schema).finally(() => builder.close());
    const state = await firstState(links, dictionary);
    return new PostgresEngine({ ...options, links, dictionary, ...channelOf(address) }, state);
  } catch (error) {
    await links.close();
    throw unopened(data, error);
  }
}

export class PostgresEngine implements Engine {
  readonly #options: FollowOptions & PostgresEngineOptions;
  readonly #links: PostgresLinks;
  readonly #dictionary: PostgresDictionary;
  readonly #follower: PostgresFollower;
  readonly #writer: PostgresWriter;
  #isClosed = false;

  constructor(options: FollowOptions & PostgresEngineOptions, state: PostgresState) {
    this.#options = options;
    this.#links = options.links;
    this.#dictionary = options.dictionary;
    this.#follower = new PostgresFollower(options, state);
    this.#writer = new PostgresWriter(options, this.#follower);
    this.#follower.begin();
  }

  get tree(): GroupTree {
    return this.#follower.state.tree;
  }

  get keptSince(): number {
    return this.#follower.state.keptSince;
  }

  async transact<T>(work: (tx: Transaction) => Promise<T>, options?: TransactOptions): Promise<T> {
    this.#mustBeOpen();
    return this.#writer.transact(work, options);
  }

  async read(store: string, id: string): Promise<StoredEntity | undefined> {
    return this.#ask(async () => {
      const table = this.#table(store);
      if (!table) return undefined;
      return readEntity(await this.#links.reader(), this.#dictionary, table, id);
    });
  }

  async *find(store: string, query: Query): AsyncIterable<Page> {
    const { filter, order, after, offset, limit } = query;
    const table = await this.#ask(async () => this.#table(store));
    if (!table) return;
    const runner = this.#runner();
    const start = { after, skip: offset, left: limit };
    try {
      const plan = await asks(runner, { table, filter, order });
      for await (const window of windowsOf(runner, plan, start)) {
        if (window.length > 0) yield this.#page(window, query);
        this.#mustBeOpen();
      }
    } catch (error) {
      // A store that was dropped on the way has nothing more.
      if (!isUndefinedTable(error)) throw translated(error);
    }
  }

  async count(store: string, filter: Filter): Promise<number> {
    return this.#ask(async () => {
      const table = this.#table(store);
      if (!table) return 0;
      const runner = this.#runner();
      return countOf(runner, await asks(runner, { table, filter, order: [] }), filter);
    });
  }

  async recall(space: RecordSpace, name: string): Promise<KeptRecord | undefined> {
    return this.#ask(async () => {
      return readRecord(await this.#links.reader(), space, name, this.#options.now());
    });
  }

  async changes(since: number, limit: number, about?: ChangesAbout): Promise<readonly Change[]> {
    return this.#ask(async () => {
      const connection = await this.#links.reader();
      if (!about) return this.#changesSince(since, limit);
      const table = this.#table(about.store);
      if (!table) return [];
      const asked = { since, limit, n: table.n, about };
      return readChangesAbout(connection, this.#dictionary, asked);
    });
  }

  async prepare(definition: StoreDefinition): Promise<void> {
    await this.#ask(async () => {
      const known = this.#table(definition.name);
      if (known) await buildIndexes(this.#links, tableOf(known, definition));
    });
  }

  follow(): Promise<void> {
    return this.#ask(() => this.#follower.follow());
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writer.settle();
    await this.#follower.end();
    await this.#links.close();
  }

  /** As many as there are, however much text they have. */
  async #changesSince(since: number, limit: number): Promise<readonly Change[]> {
    const all: Change[] = [];
    for (;;) {
      const connection = await this.#links.reader();
      const from = all.at(-1)?.sequence ?? since;
      const more = await readChanges(connection, this.#dictionary, from, limit - all.length);
      for (const change of more) all.push(change);
      if (more.length === 0 || all.length >= limit) return all;
    }
  }

  #runner() {
    const { bounds } = this.#options;
    return linksRunner(this.#links, this.#dictionary, { tree: this.tree, bounds });
  }

  #table(store: string): PostgresTable | undefined {
    return this.#follower.state.catalog.get(store);
  }

  #page(entities: readonly StoredEntity[], { only, order }: Query): Page {
    const { tree } = this;
    const whole = entities.map((entity) => entityText(entity, tree.branchText(entity.group)));
    const texts = only === null ? whole : whole.map((text) => projected(text, only));
    return textPage(texts, cursorOf(order, JSON.parse(whole.at(-1) as string) as JsonObject));
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    try {
      return await question();
    } catch (error) {
      if (!isUndefinedTable(error)) throw translated(error);
    }
    // Another node has just dropped the store, or made it anew.
    await this.#follower.follow();
    return question().catch((error: unknown) => Promise.reject(translated(error)));
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new StoaError("unavailable", "the storage is closed");
  }
}

/** As of a moment at which nobody commits. */
async function firstState(
  links: PostgresLinks,
  dictionary: PostgresDictionary,
): Promise<PostgresState> {
  const connection = await links.writer();
  await connection.execute("BEGIN");
  const head = await readHead(connection, "FOR UPDATE");
  const state = await readState(connection, dictionary, head);
  await connection.execute("COMMIT");
  return state;
}

function channelOf({ schema }: PostgresAddress): { channel: string } {
  return { channel: `stoa_${schema}` };
}

function projected(text: string, only: NonNullable<Query["only"]>): string {
  return JSON.stringify(project(JSON.parse(text) as JsonObject, only));
}

/** Says where, without the password, and what was wrong. */
function unopened(data: string, error: unknown): unknown {
  const translation = translated(error);
  if (!(translation instanceof StoaError)) return error;
  // What the migration refuses has its own words.
  if (translation === error && translation.retryAfterS === undefined) return error;
  const { hostname, port, pathname } = new URL(data);
  const why = translation.cause instanceof Error ? translation.cause.message : "no answer";
  const where = `${hostname || "the local socket"}${port ? `:${port}` : ""}${pathname}`;
  return new StoaError("unavailable", `cannot open the database at ${where}: ${why}`, {
    cause: error,
  });
}
