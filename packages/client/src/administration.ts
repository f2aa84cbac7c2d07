/**
 * What looking after a server needs beside stores: history and restoring, counts, what rights can
 * name, schemas out of samples, what the move of a group would bring, how the server is doing.
 */
import type { Json, JsonObject } from "@stoa/domain";
import { type Entity, entityOf } from "./entity.ts";
import { parameter } from "./list-query.ts";
import type { CallOptions, Request, Transport } from "./transport.ts";

/** One change: `{seq: 417, op: "update", time: .., by: "<user>", changed: ["lat"]}`. */
export interface HistoryChange {
  readonly seq: number;
  readonly op: "insert" | "update" | "remove" | "enter" | "leave";
  /** Unix milliseconds. */
  readonly time: number;
  /** Id of the user that did it. */
  readonly by: string;
  /** The top fields that differ from the version before; null where that may not be seen. */
  readonly changed: readonly string[] | null;
  /** That version; null for what went, and for what may not be seen. */
  readonly entity: Entity<JsonObject> | null;
}

export interface HistoryPage {
  /** The newest first. */
  readonly changes: readonly HistoryChange[];
  /** Give it as `before`; null at the end. */
  readonly next: number | null;
  /** There was more, which the server no longer keeps. */
  readonly gap?: boolean;
}

/** Something that roles and scopes can hold, and whether the caller holds it. */
export interface Permission {
  readonly credential: string;
  readonly held: boolean;
}

export interface PermissionGroup {
  readonly kind: "store" | "system" | "server";
  readonly name: string;
  readonly title?: string;
  readonly permissions: readonly Permission[];
}

export interface Sight {
  readonly groups: readonly { readonly _id: string; readonly name: string }[];
  readonly users: number;
  readonly people: readonly { readonly _id: string; readonly name: string }[];
  readonly next: string | null;
  readonly others: boolean;
}

/** What the move of a group would change: docs/access.md. */
export interface Impact {
  readonly moved: {
    readonly groups: number;
    readonly users: number;
    readonly entities: number;
    readonly stores: Readonly<Record<string, number>>;
    readonly others: boolean;
  };
  readonly gain: Sight;
  readonly lose: Sight;
}

/** How the server is doing: docs/administration.md. */
export interface Statistics {
  readonly version: string;
  readonly startedAt: number;
  readonly processes: number;
  readonly everyMs: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly points: readonly Readonly<Record<string, number | null>>[];
  readonly database: {
    readonly engine: string;
    /** Null where nothing is kept. */
    readonly bytes: number | null;
    readonly replica?: ReplicaStatistics;
  };
  readonly stores: readonly StoreStatistics[];
}

/** How a copy of the database that is read from stands: docs/postgres.md. */
export interface ReplicaStatistics {
  readonly isUp: boolean;
  /** How far it is behind, milliseconds. */
  readonly lagMs: number | null;
  readonly reads: number;
  /** Reads that went to the database itself instead. */
  readonly fallbacks: number;
}

export interface StoreStatistics {
  readonly name: string;
  readonly entities: number;
  readonly bytes: number;
}

/** Errors of all: as the server refuses, `forbidden` above all. */
export class Administration {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What became of an entity, the newest first; 100 changes, or `limit` up to 1,000. */
  async history(
    store: string,
    id: string,
    question: { readonly limit?: number; readonly before?: number | undefined } = {},
    options: CallOptions = {},
  ): Promise<HistoryPage> {
    const { limit, before } = question;
    const query = [
      ...(limit === undefined ? [] : [`limit=${limit}`]),
      ...(before === undefined ? [] : [`before=${before}`]),
    ].join("&");
    return this.#send("GET", [store, id, "history"], { query, ...options });
  }

  /** Makes the body of a version the present one; also of what was removed. */
  async restore(
    store: string,
    id: string,
    sequence: number,
    { ifMatch, ...options }: CallOptions & { readonly ifMatch?: string | null } = {},
  ): Promise<Entity<JsonObject>> {
    const path = [store, id, "restore"];
    const match = ifMatch ? { ifMatch: [ifMatch] } : {};
    const body = { sequence };
    const request = { method: "POST", api: "entity", path, body } as const;
    return entityOf(await this.#transport.send({ ...request, ...match, ...options }));
  }

  /** How many entities one sees in each store that one may read: `{cities: 171075}`. */
  async counts(options: CallOptions = {}): Promise<Readonly<Record<string, number>>> {
    const { counts } = await this.#send<{ counts: Record<string, number> }>(
      "GET",
      ["counts"],
      options,
    );
    return counts;
  }

  async permissions(options: CallOptions = {}): Promise<readonly PermissionGroup[]> {
    const { groups } = await this.#send<{ groups: PermissionGroup[] }>(
      "GET",
      ["permissions"],
      options,
    );
    return groups;
  }

  /** A schema that all samples satisfy. */
  async inferFrom(samples: readonly JsonObject[], options: CallOptions = {}): Promise<JsonObject> {
    const body = samples as Json;
    const answer = await this.#send<{ schema: JsonObject }>("POST", ["infer"], {
      body,
      ...options,
    });
    return answer.schema;
  }

  /** The same of what one sees in a store. */
  async inferOf(store: string, options: CallOptions = {}): Promise<JsonObject> {
    const path = [store, "infer"];
    return (await this.#send<{ schema: JsonObject }>("POST", path, options)).schema;
  }

  async impact(group: string, parent: string, options: CallOptions = {}): Promise<Impact> {
    const query = parameter("parent", parent);
    return this.#send("GET", ["groups", group, "impact"], { query, ...options });
  }

  async statistics(options: CallOptions = {}): Promise<Statistics> {
    return this.#send("GET", ["statistics"], options);
  }

  async #send<T>(
    method: Request["method"],
    path: readonly string[],
    more: Partial<Request>,
  ): Promise<T> {
    return (await this.#transport.send({ method, api: "entity", path, ...more })).value as T;
  }
}
