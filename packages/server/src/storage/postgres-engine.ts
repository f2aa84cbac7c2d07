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
  projectedPage,
  type Query,
  StoaError,
  type StoreDefinition,
  type StoredEntity,
  textPage,
} from "@stoa/domain";
import type {
  ChangesAbout,
  Commit,
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
import { codeOf, isUndefinedTable, mayComeBack, translated } from "./postgres-error.ts";
import { type FollowOptions, PostgresFollower } from "./postgres-follow.ts";
import { PostgresLinks } from "./postgres-links.ts";
import { PostgresPoints } from "./postgres-point.ts";
import { asks, linksRunner } from "./postgres-read.ts";
import { readRecord } from "./postgres-record.ts";
import {
  identityOf,
  isLeftToPrimary,
  type LaggingQuestion,
  PostgresReplica,
} from "./postgres-replica.ts";
import type { PostgresBounds } from "./postgres-runner.ts";
import { migrate } from "./postgres-schema.ts";
import { type PostgresState, readHead, readState } from "./postgres-state.ts";
import { type PostgresTable, tableOf } from "./postgres-store.ts";
import { ahead, windowsOf } from "./postgres-window.ts";
import { PostgresWriter } from "./postgres-writer.ts";

export interface PostgresEngineOptions extends EngineOptions {
  /** How much is read at once; else `postgresBounds`. */
  readonly bounds?: PostgresBounds;
  /** Time from one look at the log, and at the replica, to the next, where nothing wakes. */
  readonly pollMs?: number;
  /**
   * How long the database and its replica may say nothing before they count as away; else
   * `limit.databaseSilenceMsMax` and `limit.replicaSilenceMsMax`.
   */
  readonly silenceMsMax?: number;
  /** What a node takes for a work at least: see `FollowOptions`. */
  readonly workMs?: number;
  /** How far behind the replica may be to be read at all; else `limit.replicaLagMsMax`. */
  readonly lagMsMax?: number;
}

/**
 * @param data `postgres://user:password@host:5432/database?schema=stoa`
 * Errors: `unavailable` for a database that cannot be reached, with `retryAfterS` where it may be
 * soon, or that will not do.
 */
export async function openPostgres(
  data: string,
  options: PostgresEngineOptions,
): Promise<PostgresEngine> {
  const address = parseAddress(data);
  const { silenceMsMax: connectMsMax, onDatabase: onTurn } = options;
  const links = new PostgresLinks(address, { ...options, connectMsMax, onTurn });
  const dictionary = new PostgresDictionary();
  try {
    const builder = await links.builder();
    await migrate(builder, address.schema).finally(() => builder.close());
    const state = await firstState(links, dictionary);
    const standby = await openReplica(options, address, links, state);
    const onCommit = (commit: Commit) => {
      standby?.follow(commit);
      options.onCommit(commit);
    };
    const parts = { links, dictionary, standby, onCommit, ...channelOf(address) };
    return new PostgresEngine({ ...options, ...parts }, state);
  } catch (error) {
    await links.close();
    throw unopened(data, error);
  }
}

type EngineParts = PostgresEngineOptions & FollowOptions;

export class PostgresEngine implements Engine {
  readonly #options: EngineParts;
  readonly #links: PostgresLinks;
  readonly #dictionary: PostgresDictionary;
  readonly #follower: PostgresFollower;
  readonly #writer: PostgresWriter;
  /** Of the primary and of the replica. */
  readonly #points = new Map<PostgresLinks, PostgresPoints>();
  /** Of the primary, with what is new since. */
  readonly #followed: PostgresPoints;
  #isClosed = false;
  readonly isShared = true;

  constructor(options: EngineParts, state: PostgresState) {
    this.#options = options;
    this.#links = options.links;
    this.#dictionary = options.dictionary;
    this.#follower = new PostgresFollower(options, state);
    this.#writer = new PostgresWriter(options, this.#follower);
    this.#followed = new PostgresPoints(options.links, options.dictionary, this.#follower);
    this.#follower.begin();
  }

  get tree(): GroupTree {
    return this.#follower.state.tree;
  }

  get sequence(): number {
    return this.#follower.state.sequence;
  }

  /** How many questions that may lag the replica has answered, and how many were without it. */
  get replicaReads(): { reads: number; fallbacks: number } | undefined {
    return this.#options.standby?.counts;
  }

  /** Lots of works that were sent without asking first, since the start. */
  get sentAhead(): { readonly sent: number; readonly behind: number; readonly failed: number } {
    return this.#writer.sentAhead;
  }

  get keptSince(): number {
    return this.#follower.state.keptSince;
  }

  async transact<T>(work: (tx: Transaction) => Promise<T>, options?: TransactOptions): Promise<T> {
    this.#mustBeOpen();
    return this.#writer.transact(work, options);
  }

  read(store: string, id: string, asOf?: number): Promise<StoredEntity | undefined> {
    return this.#askAny(store, asOf, async (links) => {
      const table = this.#table(store);
      if (!table) return undefined;
      return this.#pointsOf(links).read(table, id);
    });
  }

  readThenFollow(store: string, id: string): Promise<StoredEntity | undefined> {
    this.#mustBeOpen();
    const table = this.#table(store);
    const readAfter = () => this.follow().then(() => this.read(store, id));
    if (!table) return readAfter();
    return this.#followed.read(table, id).then(
      // Another store of that name may have been made meanwhile.
      (entity) => (this.#table(store)?.n === table.n ? entity : this.read(store, id)),
      (error) => (isUndefinedTable(error) ? readAfter() : Promise.reject(translated(error))),
    );
  }

  async *find(store: string, query: Query, asOf?: number): AsyncIterable<Page> {
    this.#mustBeOpen();
    const replica = await this.#replicaFor(store, asOf);
    let rest = query;
    try {
      if (replica) {
        for await (const page of this.#pages(replica.links, store, rest)) {
          yield page;
          rest = restOf(rest, page);
          if (!replica.mayGoOn(this.#lagging(store, asOf as number))) throw leftBehind();
        }
        return;
      }
    } catch (error) {
      if (!isLeftToPrimary(error)) throw translated(error);
      replica?.count(false);
    }
    try {
      yield* this.#pages(this.#links, store, rest);
    } catch (error) {
      // A store that was dropped on the way has nothing more.
      if (!isUndefinedTable(error)) throw translated(error);
    }
  }

  count(store: string, filter: Filter, asOf?: number): Promise<number> {
    return this.#askAny(store, asOf, async (links) => {
      const table = this.#table(store);
      if (!table) return 0;
      const runner = this.#runner(links);
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
      if (!about) return readChanges(connection, this.#dictionary, since, limit);
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
    await this.#options.standby?.close();
    await this.#links.close();
  }

  #pointsOf(links: PostgresLinks): PostgresPoints {
    const known = this.#points.get(links);
    if (known) return known;
    const points = new PostgresPoints(links, this.#dictionary);
    this.#points.set(links, points);
    return points;
  }

  #runner(links: PostgresLinks) {
    const { bounds } = this.#options;
    return linksRunner(links, this.#dictionary, { tree: this.tree, bounds });
  }

  async *#pages(links: PostgresLinks, store: string, query: Query): AsyncIterable<Page> {
    const { filter, order, after, offset, limit } = query;
    const table = this.#table(store);
    if (!table) return;
    const runner = this.#runner(links);
    const start = { after, skip: offset, left: limit };
    const plan = await asks(runner, { table, filter, order });
    for await (const window of ahead(windowsOf(runner, plan, start))) {
      if (window.length > 0) yield this.#page(window, query);
      this.#mustBeOpen();
    }
  }

  #table(store: string): PostgresTable | undefined {
    return this.#follower.state.catalog.get(store);
  }

  #page(entities: readonly StoredEntity[], { only, order }: Query): Page {
    const { tree } = this;
    const whole = entities.map((entity) => entityText(entity, tree.branchText(entity.group)));
    const cursor = cursorOf(order, JSON.parse(whole.at(-1) as string) as JsonObject);
    const page = textPage(whole, cursor);
    return only ? projectedPage(page, only) : page;
  }

  /** By the replica where it may answer and does, else by the primary. */
  async #askAny<T>(
    store: string,
    asOf: number | undefined,
    question: (links: PostgresLinks) => Promise<T>,
  ): Promise<T> {
    this.#mustBeOpen();
    const replica = asOf === undefined ? undefined : await this.#replicaFor(store, asOf);
    if (!replica) return this.#ask(() => question(this.#links));
    try {
      return await question(replica.links);
    } catch (error) {
      if (!isLeftToPrimary(error)) throw translated(error);
      replica.count(false);
      return this.#ask(() => question(this.#links));
    }
  }

  /** The replica, where the question may be put to it. */
  async #replicaFor(store: string, asOf?: number): Promise<PostgresReplica | undefined> {
    const { standby } = this.#options;
    if (asOf === undefined || !standby) return undefined;
    const mayAnswer = await standby.mayAnswer(this.#lagging(store, asOf));
    standby.count(mayAnswer);
    return mayAnswer ? standby : undefined;
  }

  #lagging(store: string, asOf: number): LaggingQuestion {
    return { store, asOf, catalogVersion: this.#follower.state.catalogVersion };
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

/** What it is a copy of is known by then; whether it is there is seen later. */
async function openReplica(
  { replica, ...options }: PostgresEngineOptions,
  { schema }: PostgresAddress,
  links: PostgresLinks,
  { sequence }: PostgresState,
): Promise<PostgresReplica | undefined> {
  if (replica === undefined) return undefined;
  const identity = await identityOf(await links.reader());
  const address = parseAddress(replica, schema);
  return new PostgresReplica({ ...options, address, identity, sequence });
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

/** What is wanted behind a page. */
function restOf(query: Query, { cursor, count }: Page): Query {
  return { ...query, after: cursor, offset: 0, limit: query.limit - count };
}

function leftBehind(): StoaError {
  return new StoaError("unavailable", "the replica lacks what the list must have");
}

/** Says where, without the password, and what was wrong. */
function unopened(data: string, error: unknown): unknown {
  const translation = translated(error);
  if (!(translation instanceof StoaError)) return error;
  // What the migration refuses has its own words.
  const { code, retryAfterS, cause: first } = translation;
  if (translation === error && code === "unavailable" && retryAfterS === undefined) return error;
  const { hostname, port, pathname } = new URL(data);
  const why = first instanceof Error ? first.message || codeOf(first) : "no answer";
  const where = `${hostname || "the local socket"}${port ? `:${port}` : ""}${pathname}`;
  return new StoaError("unavailable", `cannot open the database at ${where}: ${why}`, {
    cause: error,
    ...(mayComeBack(first) && { retryAfterS: 1 }),
  });
}
