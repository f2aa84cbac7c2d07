/**
 * Entities as one caller may see and change them: each method is one pipeline, authorise, load,
 * apply, keep. Access is decided here, by the rules of the domain, and nowhere else.
 */
import assert from "node:assert/strict";
import {
  type Act,
  and,
  type Caller,
  type CreateOptions,
  type EntityService,
  type Explanation,
  equals,
  type Filter,
  type FindOptions,
  type Found,
  isSystemStore,
  type JsonObject,
  type LagOptions,
  type Meta,
  type Method,
  type Page,
  type Patch,
  type Query,
  type ReadOptions,
  StoaError,
  type StoreDefinition,
  type StoredEntity,
  TextProjection,
  violation,
  type WriteOptions,
} from "@stoa/domain";
import { openStore, requireMatch, settle, writeAs } from "./caller-write.ts";
import { lookUp } from "./entity-lookup.ts";
import { explainEntity, grantEntity, revokeEntity, transferEntity } from "./entity-sharing.ts";
import { createOne, etagOf, foundOf, markOf, updateOne } from "./entity-writing.ts";
import type { House, StoreRules, Write } from "./house.ts";
import {
  type KeyedRequest,
  rememberAnswer,
  rememberedAnswer,
  rememberRefusal,
} from "./idempotency.ts";
import { type RouteValues, requireAct } from "./permission.ts";
import type { Attempt } from "./services.ts";
import { noStore, type Store } from "./store-catalog.ts";
import { unwindPages, unwindText } from "./unwind.ts";
import { guarded, notFound, requireVisible, sees, visibleFilter } from "./visibility.ts";

export interface CallerEntitiesOptions {
  readonly keyed: KeyedRequest | null;
  /** Whose rights count: those on `reference/<store>`, or those on `<store>`. */
  readonly room: "reference" | null;
  readonly attempt?: Attempt | undefined;
}

export class CallerEntities implements EntityService {
  readonly #house: House;
  readonly #caller: Caller;
  readonly #keyed: KeyedRequest | null;
  readonly #room: "reference" | null;
  readonly #attempt: Attempt | undefined;

  constructor(house: House, caller: Caller, { keyed, room, attempt }: CallerEntitiesOptions) {
    this.#house = house;
    this.#caller = caller;
    this.#keyed = keyed;
    this.#room = room;
    this.#attempt = attempt;
  }

  async find(store: string, query: Query, options: FindOptions = {}): Promise<AsyncIterable<Page>> {
    const filter = await this.#narrowed(store, query, options);
    const asOf = this.#asOf(store, options);
    const pages = this.#house.engine.find(store, { ...query, filter }, asOf);
    const seen = guarded(this.#house, this.#caller, pages);
    const { unwind } = options;
    if (!unwind?.length) return seen;
    return unwindPages(this.#house, this.#caller, { store, paths: unwind, asOf }, seen);
  }

  async count(store: string, query: Query, options: FindOptions = {}): Promise<number> {
    const filter = await this.#narrowed(store, query, options);
    return this.#house.engine.count(store, filter, this.#asOf(store, options));
  }

  async meta(store: string, query: Query, options: FindOptions = {}): Promise<Meta> {
    const filter = await this.#narrowed(store, query, options);
    const asked = { ...query, filter, offset: 0, limit: 1, after: null };
    const backwards = query.order.length > 0 ? query.order : [{ path: ["_id"], descending: false }];
    const order = backwards.map((key) => ({ ...key, descending: !key.descending }));
    const { engine } = this.#house;
    const asOf = this.#asOf(store, options);
    const [total, first, last] = await Promise.all([
      engine.count(store, filter, asOf),
      firstText(engine.find(store, asked, asOf)),
      firstText(engine.find(store, { ...asked, order }, asOf)),
    ]);
    return { total, first, last };
  }

  async read(store: string, id: string, options: ReadOptions = {}): Promise<Found> {
    requireAct(this.#caller, this.#act("GET", store, ":id"), { id });
    const { rules } = this.#open(store, "GET");
    const asOf = this.#asOf(store, options);
    const { engine } = this.#house;
    const treeBefore = engine.tree;
    const attempt = this.#attempt;
    const entity = await (attempt
      ? readThenFollow(this.#house, store, id)
      : engine.read(store, id, asOf));
    if (attempt) settle(attempt, this.#open(store, "GET").rules === rules, store);
    // Decided behind the read: nobody is shown what was written after its rights had ended.
    const present = this.#house.callers.present(this.#caller);
    const caller = present instanceof Promise ? await present : present;
    if (caller !== this.#caller) requireAct(caller, this.#act("GET", store, ":id"), { id });
    const given = visibleFilter(this.#house, caller, store, "GET");
    const visible = given instanceof Promise ? await given : given;
    const { tree } = engine;
    if (!entity || !sees(visible, entity, tree)) throw notFound(store);
    // A text names the branch as it was when it was read.
    const text = tree === treeBefore ? entity.text : undefined;
    const found = text ? { text, etag: etagOf(entity, tree) } : foundOf(entity, tree);
    if (options.unwind?.length) {
      const unwinding = { store, paths: options.unwind, asOf };
      const text = await unwindText(this.#house, this.#caller, unwinding, found.text);
      return projected({ text, etag: null }, options);
    }
    return projected(found, options);
  }

  async create(store: string, body: JsonObject, { id }: CreateOptions = {}): Promise<Found> {
    const act = this.#act("POST", store);
    requireAct(this.#caller, act);
    const { rules } = this.#open(store, "POST");
    if (!this.#keyed && !rules.prepare) {
      return this.#write(act, store, rules, (write) => createOne(write, rules, body, id));
    }
    const [found] = await this.#create(store, [body], id);
    return found as Found;
  }

  createAll(store: string, bodies: readonly JsonObject[]): Promise<readonly Found[]> {
    return this.#create(store, bodies);
  }

  async lookup(
    store: string,
    key: string | number,
    options: LagOptions = {},
  ): Promise<readonly string[]> {
    requireAct(this.#caller, this.#act("LOOKUP", store));
    const { flavour } = this.#open(store, "GET").store.definition;
    if (flavour !== "reference") {
      throw new StoaError("method", `${store} does not take LOOKUP.`, { allow: ["GET"], store });
    }
    const visible = await visibleFilter(this.#house, this.#caller, store, "LOOKUP");
    const sought = { store, visible, key: String(key), asOf: this.#asOf(store, options) };
    return lookUp(this.#house, sought);
  }

  async #create(
    store: string,
    bodies: readonly JsonObject[],
    givenId?: string,
  ): Promise<readonly Found[]> {
    const act = this.#act("POST", store);
    requireAct(this.#caller, act);
    const { rules } = this.#open(store, "POST");
    // Nothing that is not there is waited for: each wait costs an insert a percent of its time.
    const remembered = this.#keyed && (await rememberedAnswer(this.#house.engine, this.#keyed));
    if (remembered) return remembered;
    try {
      const { prepare } = rules;
      const preparing = (body: JsonObject) =>
        prepare?.(this.#house, this.#caller, { kind: "create", body });
      const prepared = prepare && (await Promise.all(bodies.map(preparing)));
      return await this.#write(act, store, rules, async (write) => {
        const again = this.#keyed && (await rememberedAnswer(write.tx, this.#keyed));
        if (again) return again;
        const made: Found[] = [];
        for (let index = 0; index < bodies.length; index++) {
          const own = prepared ? { ...write, prepared: prepared[index] } : write;
          try {
            made.push(await createOne(own, rules, bodies[index] as JsonObject, givenId));
          } catch (cause) {
            inArray(cause, bodies, index);
          }
        }
        if (this.#keyed) await rememberAnswer(write, this.#keyed, made);
        return made;
      });
    } catch (cause) {
      if (this.#keyed) await rememberRefusal(this.#house, this.#keyed, cause);
      throw cause;
    }
  }

  async update(
    store: string,
    id: string,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<Found> {
    const act = this.#act("PATCH", store, ":id");
    requireAct(this.#caller, act, { id });
    const { rules } = this.#open(store, "PATCH");
    const preparing = { kind: "update", id, patch, parameters: options.parameters ?? {} } as const;
    const prepared = rules.prepare && (await rules.prepare(this.#house, this.#caller, preparing));
    return this.#write(
      act,
      store,
      rules,
      async (write) => {
        const before = await requireVisible(write, id, "PATCH");
        if (rules.control) await rules.control(write, before);
        requireMatch(before, write.tx, options.ifMatch);
        const own = prepared === undefined ? write : { ...write, prepared };
        return updateOne(own, rules, before, patch);
      },
      { id, ...options },
    );
  }

  async remove(store: string, id: string, options: WriteOptions = {}): Promise<Found> {
    const act = this.#act("DELETE", store, ":id");
    requireAct(this.#caller, act, { id });
    const { rules } = this.#open(store, "DELETE");
    return this.#write(
      act,
      store,
      rules,
      async (write) => {
        const before = await requireVisible(write, id, "DELETE");
        await rules.control?.(write, before);
        requireMatch(before, write.tx, options.ifMatch);
        await rules.remove?.(write, before);
        const found = foundOf(before, write.tx.tree);
        await write.tx.remove(store, before, markOf(write));
        await rules.removed?.(write, before);
        return { ...found, etag: null };
      },
      { id, ...options },
    );
  }

  grant(store: string, id: string, principals: readonly string[]): Promise<Found> {
    const act = this.#act("POST", store, ":id", "access");
    return this.#share(store, act, (write) => grantEntity(write, id, principals));
  }

  revoke(store: string, id: string, principal: string): Promise<Found> {
    const act = this.#act("DELETE", store, ":id", "access", ":principal");
    return this.#share(store, act, (write) => revokeEntity(write, id, principal), { principal });
  }

  transfer(store: string, id: string, to: { owner?: string; group?: string }): Promise<Found> {
    const act = this.#act("POST", store, ":id", "transfer");
    return this.#share(store, act, (write, rules) => transferEntity(write, rules, id, to));
  }

  async explain(store: string, id: string, user?: string): Promise<Explanation> {
    requireAct(this.#caller, this.#act("GET", store, ":id", "access"));
    const { rules } = this.#open(store, "GET");
    if (rules.system) {
      const message = `What may be done in ${store} is not decided by sharing.`;
      throw new StoaError("method", message, { allow: [], store });
    }
    return explainEntity(this.#house, this.#caller, store, id, user);
  }

  /** The route is allowed and the store is there: what the caller may see of it, as a filter. */
  async #narrowed(store: string, query: Query, options: FindOptions): Promise<Filter> {
    requireAct(this.#caller, this.#act("GET", store));
    const { definition } = this.#open(store, "GET").store;
    const visible = await visibleFilter(this.#house, this.#caller, store, "LIST");
    const parts = [visible, ...searchFilters(definition, options), query.filter];
    if (options.withChildGroups !== false) return and(...parts);
    return and(equals("group", this.#caller.groups[0] ?? ""), ...parts);
  }

  /** What is in the system's own stores others are decided by: it is never read from a copy. */
  #asOf(store: string, { asOf }: LagOptions): number | undefined {
    return asOf === undefined || isSystemStore(store) ? undefined : asOf;
  }

  #act(method: Method, ...path: readonly string[]): Act {
    return { method, path: this.#room ? [this.#room, ...path] : path };
  }

  #open(store: string, method: Method): { store: Store; rules: StoreRules } {
    const opened = openStore(this.#house, store, method);
    if (this.#room && opened.store.definition.flavour !== this.#room) throw noStore(store);
    return opened;
  }

  #write<T>(
    act: Act,
    store: string,
    rules: StoreRules,
    work: (write: Write) => Promise<T>,
    options: WriteOptions & RouteValues = {},
  ): Promise<T> {
    const attempt = this.#attempt;
    return writeAs(this.#house, this.#caller, { act, store, rules, attempt, ...options }, work);
  }

  #share(
    store: string,
    act: Act,
    work: (write: Write, rules: StoreRules) => Promise<StoredEntity>,
    values: RouteValues = {},
  ): Promise<Found> {
    try {
      requireAct(this.#caller, act, values);
      const { rules } = this.#open(store, act.method);
      const isUserTransfer = rules.transfer && act.path.at(-1) === "transfer";
      if (rules.system && !isUserTransfer) {
        throw new StoaError("method", `Things in ${store} are not shared.`, {
          allow: ["GET"],
          store,
        });
      }
      const share = async (write: Write) => foundOf(await work(write, rules), write.tx.tree);
      return this.#write(act, store, rules, share, values);
    } catch (cause) {
      return Promise.reject(cause);
    }
  }
}

function readThenFollow(
  { engine }: House,
  ...asked: [store: string, id: string]
): Promise<StoredEntity | undefined> {
  assert(engine.readThenFollow, "who reads is presumed only where that is found out");
  return engine.readThenFollow(...asked);
}

function searchFilters(
  { search, name }: StoreDefinition,
  { search: words }: FindOptions,
): Filter[] {
  if (!words) return [];
  if (search.length > 0) return [{ kind: "search", paths: search, words }];
  const message = `${name} declares no fields to search; its definition does, by "search": [..]`;
  throw violation("search", "unsupported", message);
}

/** In an array the paths of an error begin with the position of the element. */
function inArray(cause: unknown, bodies: readonly unknown[], index: number): never {
  if (bodies.length === 1 || !(cause instanceof StoaError) || !cause.details) throw cause;
  const details = cause.details.map((one) => ({ ...one, path: `${index}.${one.path}` }));
  const { store } = cause;
  throw new StoaError(cause.code, `Element ${index}: ${cause.message}`, {
    details,
    cause,
    ...(store && { store }),
  });
}

function projected(found: Found, { only }: ReadOptions): Found {
  if (!only) return found;
  return { text: new TextProjection(only).textOf(found.text), etag: null };
}

async function firstText(pages: AsyncIterable<Page>): Promise<string | null> {
  for await (const { texts } of pages) if (texts[0] !== undefined) return texts[0];
  return null;
}
