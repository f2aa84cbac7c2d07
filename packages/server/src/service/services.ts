/**
 * What the service floor offers to the transports: one object, made in `app/wire.ts`. Knows callers
 * and entities; nothing of HTTP, of cookies or of status numbers.
 */
import type { Caller, EntityService, StoreDefinition } from "@stoa/domain";
import type { ChangesPage, ChangesQuestion } from "./changes-page.ts";
import type { Follower, Receiver } from "./feed-follower.ts";

export interface Services {
  /**
   * Entities as this caller may see and change them. With a key, what is created is created once:
   * the same principal, route, key and body within 24 h get the first answer again. Errors:
   * `conflict` for another body under the same key.
   */
  entitiesOf(caller: Caller, options?: EntitiesOptions): EntityService;
  readonly sessions: Sessions;
  readonly directory: Directory;
  readonly stores: Stores;
  readonly feed: Feed;
}

export interface Feed {
  /** Somebody who stays to hear of changes, until it is closed from either side. */
  attach(caller: Caller, receiver: Receiver): Follower;
  /** Errors: `forbidden` without GET on the store, `not_found` where there is none. */
  changes(caller: Caller, question: ChangesQuestion): Promise<ChangesPage>;
  /** Resolves when what has been committed so far has been told. */
  settle(): Promise<void>;
  /** Ends every follower, so that it connects elsewhere. */
  close(): void;
}

export interface EntitiesOptions {
  readonly keyed?: Keyed | undefined;
  /** The reference API: rights are those on `reference/<store>`, and only such stores are there. */
  readonly room?: "reference";
}

export interface Sessions {
  /**
   * Errors: `unauthorized` for a wrong login, a wrong password and a disabled user alike (rule 26);
   * `rate_limit` with `retryAfterS` (rule 27); `validation` for values that are not texts.
   */
  signIn(attempt: SignInAttempt): Promise<SignedIn>;
  /**
   * Who a secret stands for; at once where that is known. Errors: `unauthorized` for unknown, ended
   * and revoked ones.
   */
  authenticate(way: "session" | "token", secret: string): Caller | Promise<Caller>;
  /** Ends the session or sign-in token that the caller came by. */
  signOut(caller: Caller): Promise<void>;
}

export interface SignInAttempt {
  readonly login: unknown;
  readonly password: unknown;
  /** `session` for a cookie, `token` for a 24 h sign-in token. */
  readonly way: "session" | "token";
  /** Remote address, for the throttle and the list of sessions. */
  readonly address: string;
  readonly agent: string;
}

export interface SignedIn {
  /** Value of the cookie or of the token; told once, kept only as a hash. */
  readonly secret: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface Directory {
  /** Names for display: everybody of the caller's tenants (design 10). Sorted by name, then id. */
  find(caller: Caller, question: DirectoryQuestion): Promise<readonly DirectoryEntry[]>;
}

export interface DirectoryQuestion {
  readonly ids?: readonly string[];
  readonly prefix?: string;
  readonly limit?: number;
}

/**
 * `{_id: "58238a935baa56173b24f0e4", kind: "user", name: "Ada"}`; groups have a parent in sight.
 */
export interface DirectoryEntry {
  readonly _id: string;
  readonly kind: "user" | "group";
  readonly name: string;
  readonly parent?: string;
}

export interface Stores {
  /** Definitions of the stores, system stores left out, whose GET the caller holds (rule 18). */
  shownTo(caller: Caller): readonly StoreDefinition[];
}

/** `{route: "POST cities", key: "7a1c...", body: "{\"name\":\"Delft\"}"}` */
export interface Keyed {
  readonly route: string;
  /** As the client named it: at most 255 characters. */
  readonly key: string;
  /** The canonical text of the body. */
  readonly body: string;
}
