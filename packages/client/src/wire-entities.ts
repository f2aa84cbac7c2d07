/**
 * The contract of the domain over the wire: the same interface that the server implements in
 * process. Knows queries and texts; how they travel is for the transports.
 */
import {
  type CreateOptions,
  cursorOf,
  type EntityService,
  type Explanation,
  type FindOptions,
  type Found,
  type Json,
  type JsonObject,
  jsonPatchBody,
  type LagOptions,
  limit as limits,
  type Meta,
  type OrderKey,
  type Page,
  type Patch,
  type Path,
  pathText,
  project,
  type Query,
  type ReadOptions,
  searchText,
  textPage,
  type WriteOptions,
} from "@stoa/domain";
import { type EntityCalls, foundOf, type ListCall } from "./entity-calls.ts";
import {
  filterParameters,
  listParameters,
  type Parameters,
  pathTexts,
  readParameters,
  sortKeys,
} from "./list-query.ts";
import type { CallOptions } from "./transport.ts";

export interface WireOptions {
  /** Lists go page by page, also long ones, instead of as one stream. */
  readonly isPaged: boolean;
  /** Under which a creation is done once; a new one for each, or always the same. */
  readonly newKey: () => string;
}

export class WireEntities implements EntityService {
  readonly #calls: EntityCalls;
  readonly #isPaged: boolean;
  readonly #newKey: () => string;

  constructor(calls: EntityCalls, { isPaged, newKey }: WireOptions) {
    this.#calls = calls;
    this.#isPaged = isPaged;
    this.#newKey = newKey;
  }

  /**
   * `last` holds what the order names, whatever `only` says; where `unwind` replaces a field that
   * the order goes through, it is no place for a cursor.
   */
  async find(store: string, query: Query, options: FindOptions = {}): Promise<AsyncIterable<Page>> {
    const pages = this.#texts(store, query, options)[Symbol.asyncIterator]();
    const first = await pages.next();
    return pagesOf(query, first, pages);
  }

  count(store: string, query: Query, options: FindOptions = {}): Promise<number> {
    return this.#calls.count(store, chosen(query, options), lagOf(options));
  }

  async meta(store: string, query: Query, options: FindOptions = {}): Promise<Meta> {
    const { total, first, last } = await this.#calls.meta(
      store,
      chosen(query, options),
      lagOf(options),
    );
    const text = (entity: JsonObject | null) => (entity === null ? null : JSON.stringify(entity));
    return { total, first: text(first), last: text(last) };
  }

  async read(store: string, id: string, options: ReadOptions = {}): Promise<Found> {
    const { only, unwind } = options;
    const parameters = readParameters({
      ...(only && { only: pathTexts(only) }),
      ...(unwind && { unwind: pathTexts(unwind) }),
    });
    return foundOf(await this.#calls.read(store, id, parameters, lagOf(options)));
  }

  async create(store: string, body: JsonObject, { id }: CreateOptions = {}): Promise<Found> {
    const options = { idempotencyKey: this.#newKey() };
    if (id === undefined) return foundOf(await this.#calls.create(store, body, options));
    return foundOf(await this.#calls.createUnder(store, { ...body, id }, options));
  }

  async createAll(store: string, bodies: readonly JsonObject[]): Promise<readonly Found[]> {
    const { texts } = await this.#calls.createAll(store, bodies, {
      idempotencyKey: this.#newKey(),
    });
    return texts.map((text) => ({ text, etag: null }));
  }

  lookup(
    store: string,
    key: string | number,
    options: LagOptions = {},
  ): Promise<readonly string[]> {
    return this.#calls.lookup(store, key, lagOf(options));
  }

  async update(
    store: string,
    id: string,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<Found> {
    const body = patch.kind === "json" ? jsonPatchBody(patch.patch) : patch.patch;
    return foundOf(await this.#calls.update(store, id, body, options));
  }

  async remove(store: string, id: string, options: WriteOptions = {}): Promise<Found> {
    return foundOf(await this.#calls.remove(store, id, options));
  }

  async grant(store: string, id: string, principals: readonly string[]): Promise<Found> {
    return foundOf(await this.#calls.grant(store, id, principals, {}));
  }

  async revoke(store: string, id: string, principal: string): Promise<Found> {
    return foundOf(await this.#calls.revoke(store, id, principal, {}));
  }

  async transfer(
    store: string,
    id: string,
    to: { owner?: string; group?: string },
  ): Promise<Found> {
    return foundOf(await this.#calls.transfer(store, id, { ...to }, {}));
  }

  explain(store: string, id: string, user?: string): Promise<Explanation> {
    return this.#calls.explain(store, id, user, {});
  }

  async *#texts(
    store: string,
    query: Query,
    options: FindOptions,
  ): AsyncGenerator<readonly string[]> {
    const call = listCall(query, options);
    if (!this.#isPaged && query.limit > limits.linkedPageEntitiesMax) {
      yield* this.#calls.stream(store, call, lagOf(options));
      return;
    }
    const pageSize = limits.linkedPageEntitiesMax;
    for await (const { texts } of this.#calls.pages(store, call, {
      pageSize,
      ...lagOf(options),
    }))
      yield texts;
  }
}

/** Where nothing is said the client's own choice counts. */
function lagOf({ asOf }: LagOptions): CallOptions {
  return asOf === undefined ? {} : { consistency: { after: asOf } };
}

function listCall(query: Query, options: FindOptions): ListCall {
  const { only, order, offset, limit, after } = query;
  const served = only ? listParameters({ only: pathTexts(servedFields(only, order)) }) : [];
  return {
    parameters: [...chosen(query, options), ...served],
    order: options.unwind?.length ? null : order,
    offset,
    limit,
    after: after && JSON.stringify(after),
  };
}

/** Those asked for and those of the order, of which cursors are made. */
function servedFields(only: readonly Path[], order: readonly OrderKey[]): readonly Path[] {
  const asked = new Set(pathTexts(only));
  return [...only, ...order.map(({ path }) => path).filter((path) => !asked.has(pathText(path)))];
}

function chosen({ filter, order }: Query, options: FindOptions): Parameters {
  const { unwind = [], withChildGroups } = options;
  const search = options.search && searchText(options.search);
  const more = { sortBy: sortKeys(order), unwind: pathTexts(unwind), search, withChildGroups };
  return [...filterParameters(filter), ...listParameters(more)];
}

async function* pagesOf(
  { only, order }: Query,
  first: IteratorResult<readonly string[]>,
  rest: AsyncIterator<readonly string[]>,
): AsyncGenerator<Page> {
  const isMore = only !== null && servedFields(only, order).length > only.length;
  const shown = (text: string) =>
    isMore ? JSON.stringify(project(JSON.parse(text) as JsonObject, only)) : text;
  try {
    for (let step = first; !step.done; step = await rest.next()) {
      const last = step.value.at(-1);
      if (last === undefined) continue;
      yield textPage(step.value.map(shown), cursorOf(order, JSON.parse(last) as Json));
    }
  } finally {
    await rest.return?.(undefined);
  }
}
