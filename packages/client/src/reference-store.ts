/**
 * Objects of the reference API (docs/reference-api.md), with their ids, masks and lookup. Knows its
 * routes; the same objects are entities of a store of the same name.
 */
import type { Json } from "@stoa/domain";
import { bodyOf, withEtag } from "./entity.ts";
import type { EntityCalls } from "./entity-calls.ts";
import { parameter } from "./list-query.ts";
import type { CreateOptions, WriteOptions } from "./store.ts";
import type { CallOptions, Request, Transport } from "./transport.ts";

export interface ReferenceDraft<V> {
  /** 8-4-4-4-12 hex digits; made up where none is given. */
  readonly id?: string;
  readonly type: string;
  readonly value?: V;
  readonly opts?: ReferenceOptions;
  readonly ext?: Readonly<Record<string, Json>>;
}

export interface ReferenceOptions {
  readonly title?: string;
  readonly comment?: string;
  readonly user_tags?: readonly string[];
}

export interface ReferenceObject<V> {
  /** `"f199b9f2-016c-b30f-e345-50e54938780c"` */
  readonly id: string;
  readonly type: string;
  readonly value: V;
  readonly opts: ReferenceOptions;
  /** `ct` and `lwt` are when it was made and last written, RFC 3339. */
  readonly ext: { readonly ct: string; readonly lwt: string } & Readonly<Record<string, Json>>;
}

/** What lists show, as far as the mask lets them. */
export type ReferenceListed = Partial<{
  readonly id: string;
  readonly type: string;
  readonly opts: Pick<ReferenceOptions, "title">;
  readonly ext: { readonly ct?: string; readonly lwt?: string };
}>;

export interface ReferenceQuery {
  readonly type?: string;
  readonly filter?: Json;
  /** `["-type", {"opts.title": "asc"}]`; by creation where nothing is said. */
  readonly order?: readonly (string | Readonly<Record<string, "asc" | "desc">>)[];
  readonly mask?: readonly string[];
  readonly offset?: number;
  /** 1 to 10,000; 100 where nothing is said. */
  readonly limit?: number;
}

/** Errors of all: as `Store`. */
export class ReferenceStore<V = Json> {
  readonly name: string;
  readonly #transport: Transport;
  readonly #calls: EntityCalls;

  constructor(name: string, transport: Transport, calls: EntityCalls) {
    this.name = name;
    this.#transport = transport;
    this.#calls = calls;
  }

  /** One list: what the mask shows of at most `limit` objects. */
  async find(
    { type, filter, order, mask, offset, limit }: ReferenceQuery = {},
    options: CallOptions = {},
  ): Promise<readonly ReferenceListed[]> {
    const query = [
      ...(filter === undefined ? [] : [parameter("filter", JSON.stringify(filter))]),
      ...(order === undefined ? [] : [parameter("order", JSON.stringify(order))]),
      ...(mask === undefined ? [] : [parameter("mask", mask.join(","))]),
      ...(offset === undefined ? [] : [`offset=${offset}`]),
      ...(limit === undefined ? [] : [`limit=${limit}`]),
    ].join("&");
    const path = type === undefined ? [] : [type];
    const store = type === undefined ? this.name : `${this.name}_by_type`;
    const { value } = await this.#send("GET", [store, ...path], { query, ...options });
    return value as readonly ReferenceListed[];
  }

  async read(
    id: string,
    { mask, ...options }: CallOptions & { readonly mask?: readonly string[] } = {},
  ): Promise<ReferenceObject<V>> {
    const query = mask === undefined ? "" : parameter("mask", mask.join(","));
    return withEtag(await this.#send("GET", [this.name, id], { query, ...options }));
  }

  /** Errors: `conflict` for an id that is taken. */
  async create(
    draft: ReferenceDraft<V>,
    { idempotencyKey, ...options }: CreateOptions = {},
  ): Promise<ReferenceObject<V>> {
    const key = idempotencyKey === null ? undefined : (idempotencyKey ?? crypto.randomUUID());
    const more = { body: bodyOf(draft), idempotencyKey: key, ...options };
    return withEtag(await this.#send("POST", [this.name], more));
  }

  /** `opts` and `ext` are merged one level deep, `type` and `value` replaced. */
  async update(
    id: string,
    patch: Partial<Omit<ReferenceDraft<V>, "id">>,
    { ifMatch, ...options }: WriteOptions = {},
  ): Promise<ReferenceObject<V>> {
    const more = { body: bodyOf(patch), ...(ifMatch && { ifMatch: [ifMatch] }), ...options };
    return withEtag(await this.#send("PATCH", [this.name, id], more));
  }

  async remove(id: string, { ifMatch, ...options }: WriteOptions = {}): Promise<void> {
    const more = { ...(ifMatch && { ifMatch: [ifMatch] }), ...options };
    await this.#send("DELETE", [this.name, id], more);
  }

  /** Ids of the objects whose id or type it is; none is an empty list. */
  lookup(key: string | number, options: CallOptions = {}): Promise<readonly string[]> {
    return this.#calls.lookup(this.name, key, options);
  }

  #send(method: Request["method"], path: readonly string[], more: Partial<Request>) {
    const whole = ["reference", ...path];
    return this.#transport.send({ method, api: "reference", path: whole, ...more });
  }
}
