/**
 * The contract of Stoa: what a caller can do with entities, the same in process and over the wire.
 * One conformance suite runs against every implementation.
 */
import type { Decision, EntityVerb } from "./access.ts";
import type { SearchWord } from "./filter-search.ts";
import type { JsonObject } from "./json.ts";
import type { Page } from "./page.ts";
import type { JsonPatch } from "./patch.ts";
import type { Path } from "./path.ts";
import type { Query } from "./query.ts";

/** An entity as text, ready to be served. */
export interface Found {
  /** `{"_id":"58238a935baa56173b24f0e4","owner":...}` */
  readonly text: string;
  /** The version, for If-Match: `"417.3"`; null where the text is not the whole entity. */
  readonly etag: string | null;
}

export type Patch =
  | { readonly kind: "merge"; readonly patch: JsonObject }
  | { readonly kind: "json"; readonly patch: JsonPatch };

/** How old an answer may be, where it can come from a copy that lags. */
export interface LagOptions {
  /**
   * The number of a change that must be in the answer with all before it: 417; 0 where none must.
   * Without it the answer is of now. What takes something out of somebody's sight is always in it.
   */
  readonly asOf?: number;
}

export interface ReadOptions extends LagOptions {
  readonly only?: readonly Path[] | null;
  /** References to replace by what they refer to. */
  readonly unwind?: readonly Path[];
}

export interface WriteOptions {
  /** ETags of which one must be the present version's; null = any. */
  readonly ifMatch?: readonly string[] | null;
  /** Answers of stores and users that ask for more: `{"confirm": "cities"}`, `{"into": "<id>"}`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface CreateOptions {
  /** For reference stores, whose ids may be given: 8-4-4-4-12 hex digits of either case. */
  readonly id?: string;
}

export interface FindOptions extends LagOptions {
  /** Words that the texts of an entity must have; where its store declares which texts. */
  readonly search?: readonly SearchWord[];
  readonly unwind?: readonly Path[];
  /** False narrows to entities whose `group` is the caller's own. */
  readonly withChildGroups?: boolean;
}

export interface Meta {
  readonly total: number;
  readonly first: string | null;
  readonly last: string | null;
}

/**
 * Errors of every method, in the order in which they are looked for (rule 15): `forbidden` by the
 * route, `not_found` for the store, then for the entity, `forbidden` for control, `precondition`,
 * `validation`, `conflict`.
 */
export interface EntityService {
  /** Checks first, then streams: errors come before the first page, or the stream breaks. */
  find(store: string, query: Query, options?: FindOptions): Promise<AsyncIterable<Page>>;
  count(store: string, query: Query, options?: FindOptions): Promise<number>;
  meta(store: string, query: Query, options?: FindOptions): Promise<Meta>;
  read(store: string, id: string, options?: ReadOptions): Promise<Found>;
  /** `conflict` too for a given id that is there; `validation` where the store gives ids. */
  create(store: string, body: JsonObject, options?: CreateOptions): Promise<Found>;
  /** All or none. */
  createAll(store: string, bodies: readonly JsonObject[]): Promise<readonly Found[]>;
  /** Ids of the objects of a reference store whose id or type this is; a number is its text. */
  lookup(store: string, key: string | number, options?: LagOptions): Promise<readonly string[]>;
  update(store: string, id: string, patch: Patch, options?: WriteOptions): Promise<Found>;
  remove(store: string, id: string, options?: WriteOptions): Promise<Found>;
  grant(store: string, id: string, principals: readonly string[]): Promise<Found>;
  revoke(store: string, id: string, principal: string): Promise<Found>;
  transfer(store: string, id: string, to: { owner?: string; group?: string }): Promise<Found>;
  explain(store: string, id: string, user?: string): Promise<Explanation>;
}

/** `{user: "<id>", visible: true, verbs: {GET: {allowed: true, because: [..]}}}` */
export interface Explanation {
  readonly user: string;
  readonly visible: boolean;
  readonly verbs: Record<EntityVerb, Decision>;
}
