/**
 * A store by name, with the type of what is in it. Knows the calls of the entity API; no transport
 * and no subscription.
 */
import { type Explanation, type JsonObject, limit as limits } from "@stoa/domain";
import {
  bodyOf,
  type Draft,
  type Entity,
  entityOf,
  entityOfText,
  type Merge,
  type PatchOperation,
} from "./entity.ts";
import type { EntityCalls, ListCall } from "./entity-calls.ts";
import { type FollowEvent, type FollowOptions, followed } from "./follow.ts";
import {
  type Choice,
  choiceParameters,
  type ListQuery,
  listParameters,
  orderOf,
  readParameters,
} from "./list-query.ts";
import { type LiveQuery, LiveSet } from "./live-set.ts";
import type { Subscriptions, Wish } from "./subscriptions.ts";
import type { CallOptions } from "./transport.ts";

export interface ListOptions extends CallOptions {
  /** How many entities one request fetches: 1 to 1,000, which is the default. */
  readonly pageSize?: number;
}

export interface ReadQuery extends CallOptions {
  readonly only?: readonly string[];
  readonly unwind?: readonly string[];
}

export interface CreateOptions extends CallOptions {
  /**
   * What is sent twice under one key is made once. Made up where none is given, so that a creation
   * that got no answer can be repeated; null for none.
   */
  readonly idempotencyKey?: string | null;
}

export interface WriteOptions extends CallOptions {
  /** The version that it must still be, by `etagOf`; else `precondition`. */
  readonly ifMatch?: string | null;
  /** What some stores ask besides: `{confirm: "cities"}`, `{into: "<group>"}`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface ListPage<T> {
  readonly entities: readonly Entity<T>[];
  /** Give it as `after` to have what follows; null at the end. */
  readonly next: string | null;
}

/** A list that is fetched while it is read. */
export interface List<T> extends AsyncIterable<Entity<T>> {
  /** The same, page by page. */
  pages(): AsyncIterable<ListPage<T>>;
}

/** What a store needs of its client. */
export interface StoreHouse {
  readonly calls: EntityCalls;
  readonly newKey: () => string;
  readonly subscriptions: Subscriptions;
}

/** Which changes are followed: of entities that fit, that come to fit, and that fit no more. */
export type FollowQuery = Pick<Wish, "filter" | "only"> & Pick<ListQuery, "where">;

/**
 * Every method rejects with a StoaError as the server refused (docs/errors.md), with `unavailable`
 * where it was not reached, and with the signal's reason where that was aborted.
 */
export class Store<T extends object = JsonObject> {
  readonly name: string;
  readonly #house: StoreHouse;
  readonly #calls: EntityCalls;

  constructor(name: string, house: StoreHouse) {
    this.name = name;
    this.#house = house;
    this.#calls = house.calls;
  }

  /**
   * All that fit, in order, fetched page by page as they are taken: `for await (const city of
   * cities.find({where: {country: "NL"}, sortBy: ["-population"], limit: 10}))`.
   */
  find(query: ListQuery = {}, options: ListOptions = {}): List<T> {
    const pages = () => this.#pages(query, options);
    return { pages, [Symbol.asyncIterator]: () => flat(pages()) };
  }

  /** One page: at most `limit` entities, which are 1,000 at most, and where the next one begins. */
  async page(query: ListQuery = {}, options: CallOptions = {}): Promise<ListPage<T>> {
    const limit = Math.min(query.limit ?? limits.linkedPageEntitiesMax, maxPage);
    const call = { ...listCall(query), limit };
    return pageOf<T>(await this.#calls.page(this.name, call, options));
  }

  /** All that fit as one answer, over HTTP, at constant memory however many there are. */
  async *stream(query: ListQuery = {}, options: CallOptions = {}): AsyncGenerator<Entity<T>> {
    for await (const texts of this.#calls.stream(this.name, listCall(query), options)) {
      for (const text of texts) yield entityOfText<T>(text);
    }
  }

  count(choice: Choice = {}, options: CallOptions = {}): Promise<number> {
    return this.#calls.count(this.name, choiceParameters(choice), options);
  }

  /** How many there are, and the first and the last of them. */
  async meta(
    query: Omit<ListQuery, "offset" | "limit" | "after"> = {},
    options: CallOptions = {},
  ): Promise<{ total: number; first: Entity<T> | null; last: Entity<T> | null }> {
    return (await this.#calls.meta(this.name, listParameters(query), options)) as never;
  }

  async read(id: string, { signal, consistency, ...query }: ReadQuery = {}): Promise<Entity<T>> {
    const options = { signal, consistency };
    return entityOf(await this.#calls.read(this.name, id, readParameters(query), options));
  }

  async create(draft: Draft<T>, options: CreateOptions = {}): Promise<Entity<T>> {
    const created = await this.#calls.create(this.name, bodyOf(draft), this.#keyed(options));
    return entityOf(created);
  }

  /** All or none, at most 10,000, in the order in which they were given. */
  async createAll(
    drafts: readonly Draft<T>[],
    options: CreateOptions = {},
  ): Promise<readonly Entity<T>[]> {
    const bodies = drafts.map(bodyOf);
    const { texts } = await this.#calls.createAll(this.name, bodies, this.#keyed(options));
    return texts.map((text) => entityOfText<T>(text));
  }

  /** @param patch an object is merged (RFC 7396), a list of operations applied (RFC 6902). */
  async update(
    id: string,
    patch: Merge<T> | readonly PatchOperation[],
    options: WriteOptions = {},
  ): Promise<Entity<T>> {
    return entityOf(await this.#calls.update(this.name, id, bodyOf(patch), writeCall(options)));
  }

  /** Gives what was removed. */
  async remove(id: string, options: WriteOptions = {}): Promise<Entity<T>> {
    return entityOf(await this.#calls.remove(this.name, id, writeCall(options)));
  }

  /** @param principals ids of users and groups that shall see and change it. */
  async grant(
    id: string,
    principals: readonly string[],
    options: CallOptions = {},
  ): Promise<Entity<T>> {
    return entityOf(await this.#calls.grant(this.name, id, principals, options));
  }

  async revoke(id: string, principal: string, options: CallOptions = {}): Promise<Entity<T>> {
    return entityOf(await this.#calls.revoke(this.name, id, principal, options));
  }

  /** Gives it to another owner, to another group, or to both. */
  async transfer(
    id: string,
    to: { readonly owner?: string; readonly group?: string },
    options: CallOptions = {},
  ): Promise<Entity<T>> {
    return entityOf(await this.#calls.transfer(this.name, id, { ...to }, options));
  }

  /** Which verbs are allowed, and by which rules; for oneself where no user is named. */
  explain(id: string, user?: string, options: CallOptions = {}): Promise<Explanation> {
    return this.#calls.explain(this.name, id, user, options);
  }

  /**
   * The list as it is now and as it becomes: kept in order by what the server tells, within
   * milliseconds of each change, over lost connections too.
   */
  live(query: LiveQuery = {}, options: CallOptions = {}): LiveSet<T> {
    return new LiveSet<T>(this.#house, this.name, query, options);
  }

  /** The changes themselves, one by one and in order, as they come. */
  follow(query: FollowQuery = {}, options: FollowOptions = {}): AsyncGenerator<FollowEvent<T>> {
    const { where, ...rest } = query;
    const wish = { store: this.name, ...rest, ...(where && { where: where as JsonObject }) };
    return followed<T>(this.#house.subscriptions, wish, options);
  }

  #keyed({ idempotencyKey, ...options }: CreateOptions) {
    if (idempotencyKey === null) return options;
    return { ...options, idempotencyKey: idempotencyKey ?? this.#house.newKey() };
  }

  async *#pages(
    query: ListQuery,
    { pageSize = maxPage, ...options }: ListOptions,
  ): AsyncGenerator<ListPage<T>> {
    const call = listCall(query);
    for await (const page of this.#calls.pages(this.name, call, { pageSize, ...options })) {
      yield pageOf<T>(page);
    }
  }
}

const maxPage = limits.linkedPageEntitiesMax;

function listCall(query: ListQuery): ListCall {
  const { sortBy, only, unwind, offset = 0, limit = Number.POSITIVE_INFINITY, after } = query;
  return {
    parameters: listParameters(query),
    order: only || unwind?.length ? null : orderOf(sortBy),
    offset,
    limit,
    after: after ?? null,
  };
}

async function* flat<T>(pages: AsyncIterable<ListPage<T>>): AsyncGenerator<Entity<T>> {
  for await (const { entities } of pages) yield* entities;
}

function pageOf<T>({ texts, next }: { texts: readonly string[]; next: string | null }) {
  return { entities: texts.map((text) => entityOfText<T>(text)), next };
}

function writeCall({ ifMatch, ...options }: WriteOptions) {
  return { ...options, ...(ifMatch && { ifMatch: [ifMatch] }) };
}
