/**
 * What the services share: the engine, the definitions, who is who, ids and the clock; and the form
 * in which each system store adds its own rules to the one pipeline of `entity-service.ts`.
 */
import type {
  Caller,
  EntityHead,
  Filter,
  IdKind,
  JsonObject,
  Method,
  Patch,
  StoredEntity,
  VisibilityKind,
} from "@stoa/domain";
import type { Engine, Transaction } from "../storage/engine.ts";
import type { Callers } from "./caller-service.ts";
import type { StoreCatalog } from "./store-catalog.ts";
import type { Throttle } from "./throttle.ts";

export interface House {
  readonly engine: Engine;
  readonly catalog: StoreCatalog;
  readonly callers: Callers;
  readonly throttle: Throttle;
  readonly newId: (kind: IdKind) => string;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** How long a session or sign-in token lives, milliseconds. */
  readonly sessionLifeMs: number;
  readonly rulesOf: (store: string) => StoreRules;
}

/** What an entity is to be seen for: by a verb of its own, or in a list of its store. */
export type Sought = Method | "LIST";

/** One write, as seen by the rules that take part in it. */
export interface Write {
  readonly house: House;
  readonly tx: Transaction;
  /** As of this transaction. */
  readonly caller: Caller;
  readonly store: string;
  /** Unix milliseconds, the same for everything that is written together. */
  readonly time: number;
  readonly parameters: Readonly<Record<string, string>>;
  /** What `prepare` gave. */
  readonly prepared: unknown;
}

/** What is about to be made: `body` as sent, `fields` the own ones among it. */
export interface Creation {
  readonly head: Omit<EntityHead, "at">;
  readonly body: JsonObject;
  readonly fields: JsonObject;
}

export interface Created {
  readonly head: Omit<EntityHead, "at">;
  readonly fields: JsonObject;
  /** Members that only the answer to the maker holds: `{token: "stoa_..."}`. */
  readonly reveal?: JsonObject;
}

/** What is about to change: the fields before, those asked for, and the patch itself. */
export interface Alteration {
  readonly before: StoredEntity;
  readonly old: JsonObject;
  readonly fields: JsonObject;
}

export interface Transfer {
  readonly owner?: string;
  readonly group?: string;
}

export type Preparation =
  | { readonly kind: "create"; readonly body: JsonObject }
  | {
      readonly kind: "update";
      readonly id: string;
      readonly patch: Patch;
      readonly parameters: Readonly<Record<string, string>>;
    };

/** What a store adds to the pipeline. Ordinary stores add nothing. */
export interface StoreRules {
  readonly kind: VisibilityKind;
  /** System stores refuse grant, transfer and import (rule 6). */
  readonly system: boolean;
  /** Verbs of store and entity that do not exist here: 405 (rule 7). */
  readonly without?: readonly Method[];
  /** Decides under others' eyes, so shares no transaction. */
  readonly alone?: boolean;
  /** Narrower or wider than what `kind` says. */
  visible?(house: House, caller: Caller, sought: Sought): Promise<Filter>;
  /** Slow work that needs no transaction, such as hashing; authorised by the route only. */
  prepare?(house: House, caller: Caller, what: Preparation): Promise<unknown>;
  /**
   * Who may not decide here, whatever is sent: refused before precondition and content (rule 15).
   * @param before null where something is about to be made.
   */
  control?(write: Write, before: StoredEntity | null): Promise<void>;
  create?(write: Write, creation: Creation): Promise<Created>;
  /** Ids that a client may give, in the form in which they are kept; absent where it may not. */
  givenId?(id: string): string;
  /** How a merge patch applies to the fields; absent: by RFC 7396. */
  merge?(old: JsonObject, sent: JsonObject): JsonObject;
  /** The fields to keep, or a refusal. */
  update?(write: Write, alteration: Alteration): Promise<JsonObject>;
  updated?(write: Write, before: StoredEntity, after: StoredEntity): Promise<void>;
  remove?(write: Write, before: StoredEntity): Promise<void>;
  removed?(write: Write, before: StoredEntity): Promise<void>;
  /** `transfer {group}` of a user, the only one in a system store (rule 6): the new group. */
  transfer?(write: Write, before: StoredEntity, to: Transfer): Promise<string>;
}
