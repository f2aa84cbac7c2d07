/**
 * What the service floor offers to the transports: one object, made in `app/wire.ts`. Knows callers
 * and entities; nothing of HTTP, of cookies or of status numbers.
 */
import type {
  Act,
  Caller,
  EntityService,
  Found,
  JsonObject,
  StoaError,
  StoreDefinition,
} from "@stoa/domain";
import type { ChangesPage, ChangesQuestion } from "./changes-page.ts";
import type { FeedChange } from "./feed-event.ts";
import type { Follower, Receiver } from "./feed-follower.ts";

export interface Services {
  /**
   * Entities as this caller may see and change them. With a key, what is created is created once:
   * the same principal, route, key and body within 24 h get the first answer again. Errors:
   * `conflict` for another body under the same key.
   */
  entitiesOf(caller: Caller, options?: EntitiesOptions): EntityService;
  /** The number of the last change that this process knows of: what it has answered is in it. */
  sequence(): number;
  readonly sessions: Sessions;
  readonly directory: Directory;
  readonly stores: Stores;
  readonly feed: Feed;
  readonly history: History;
  readonly imports: Imports;
  readonly samples: Samples;
  readonly backups: Backups;
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

/** What has become of one entity, and the way back. */
export interface History {
  /**
   * Its changes, newest first, as far as the caller may see them now (rule 19): a body only if that
   * version and the entity as it is may be seen; of what is removed the removal alone. Errors:
   * `forbidden` without GET on the store and on its history; `not_found`.
   */
  read(caller: Caller, question: HistoryQuestion): Promise<HistoryPage>;
  /**
   * Makes the body of a version the present one; a removed entity comes back under its id. Owner,
   * group and grants of what is there stay. Errors: those of the write that it is; `validation` on
   * `sequence`; `method` for what was removed from a system store.
   */
  restore(caller: Caller, asked: Restoration): Promise<Found>;
}

/**
 * Copies of the whole database. Errors of each: `forbidden` without the right on its route and
 * membership of the root; `unavailable` where this database is copied by its own means.
 */
export interface Backups {
  /** The newest first. */
  list(caller: Caller): Promise<readonly Backup[]>;
  /** Errors: `conflict` while one is being made, and when there are as many as may be. */
  make(caller: Caller): AsyncGenerator<BackupEvent>;
  /** Errors: `forbidden` too without `*`; `not_found`. */
  open(caller: Caller, name: string): Promise<BackupContent>;
  /** Errors: `not_found`. */
  remove(caller: Caller, name: string): Promise<void>;
}

/** `{name: "stoa-20261122T041819123Z.db", time: 1478724243000, bytes: 81920}` */
export interface Backup {
  readonly name: string;
  /** When it was begun, Unix milliseconds: it holds what was committed by then. */
  readonly time: number;
  readonly bytes: number;
}

export type BackupEvent =
  | { readonly kind: "progress"; readonly bytes: number; readonly total: number }
  | { readonly kind: "end"; readonly backup: Backup };

export interface BackupContent {
  readonly bytes: number;
  /** Its bytes, from the first on. */
  read(): AsyncIterable<Uint8Array>;
}

/** Where copies are kept; the program knows. The same errors but `forbidden`. */
export interface BackupFiles {
  list(): Promise<readonly Backup[]>;
  make(): AsyncGenerator<BackupEvent>;
  open(name: string): Promise<BackupContent>;
  remove(name: string): Promise<void>;
}

/** Data for a first look around. */
export interface Samples {
  /**
   * Makes the store of a sample if it is not there, and what is missing in it. What is made is kept
   * when its progress is told. Errors: `not_found` for no such sample; `conflict` where the store
   * is another one; `unavailable` where the sample is not installed; those of making a store and of
   * importing into it.
   */
  load(caller: Caller, question: SampleQuestion): AsyncGenerator<SampleEvent>;
}

export interface SampleQuestion {
  /** `"cities"` */
  readonly name: string;
  /** The first so many; Infinity for all. */
  readonly entitiesMax: number;
}

export interface SampleEvent {
  readonly kind: "progress" | "end";
  readonly total: number;
  /** Of them, with those that were there before. */
  readonly done: number;
  readonly created: number;
}

/** Where a sample comes from; the program knows. */
export interface SampleSource {
  /** Of the store, as it is sent to be made. */
  readonly definition: JsonObject;
  /** The field by which it is known what is there already: unique in the store. */
  readonly key: string;
  /** From the first on, each time that it is called. */
  entities(): AsyncIterable<JsonObject>;
}

/** Many entities out of a file. */
export interface Imports {
  /**
   * Keeps row by row, in batches that are durable when their progress is told. Errors of rows are
   * events; others end it: `forbidden`, `not_found`, `method` for system stores, `unauthorized`
   * when the caller's way in has ended meanwhile.
   */
  run(caller: Caller, question: ImportQuestion): AsyncGenerator<ImportEvent>;
  /** What the first rows would come to; nothing is kept. Same errors. */
  preview(
    caller: Caller,
    question: ImportQuestion & { readonly limit: number },
  ): Promise<readonly PreviewRow[]>;
}

export interface ImportQuestion {
  readonly store: string;
  readonly rows: AsyncIterable<ImportRow>;
  /** Rows whose `_id` is there and may be seen change it by merge patch. */
  readonly upsert: boolean;
}

/** A row, or why it is none: `{row: 1, value: {name: "Delft"}, bytes: 16, error: null}`. */
export type ImportRow = {
  /** From 1. */
  readonly row: number;
  /** About as much memory as it takes. */
  readonly bytes: number;
} & (
  | { readonly value: JsonObject; readonly error: null }
  | { readonly value: null; readonly error: StoaError }
);

export type ImportEvent =
  /** At most `importErrorsMax` of them. */
  | { readonly kind: "error"; readonly row: number; readonly error: StoaError }
  | ({ readonly kind: "progress" | "end" } & ImportCounts);

export interface ImportCounts {
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly failed: number;
}

export interface PreviewRow {
  readonly row: number;
  /** The entity as it would be; null where the row is refused. */
  readonly text: string | null;
  readonly error: StoaError | null;
}

/** `{store: "cities", id: "58238a935baa56173b24f0e4", before: 417, limit: 100}` */
export interface HistoryQuestion {
  readonly store: string;
  readonly id: string;
  /** The `next` of the page before; Infinity for the newest. */
  readonly before: number;
  readonly limit: number;
}

export interface HistoryPage {
  /** Fewer than were asked for where some may not be seen. */
  readonly changes: readonly HistoryChange[];
  /** Where the next page begins: give it as `before`; null at the end. */
  readonly next: number | null;
  /** There was more, which the log no longer holds. */
  readonly gap: boolean;
}

export interface HistoryChange extends FeedChange {
  /** The top fields that differ from the version before; null where that may not be seen. */
  readonly changed: readonly string[] | null;
}

export interface Restoration {
  readonly store: string;
  readonly id: string;
  /** That of the change that made the version, or removed it. */
  readonly sequence: number;
  readonly ifMatch?: readonly string[] | null;
}

export interface EntitiesOptions {
  readonly keyed?: Keyed | undefined;
  /** The reference API: rights are those on `reference/<store>`, and only such stores are there. */
  readonly room?: "reference";
  readonly attempt?: Attempt | undefined;
}

/** What a caller asks who may no longer be who it was: see `Sessions.presume`. */
export interface Attempt {
  /** Set once all that was committed before decides: within a transaction, or behind a read. */
  isDecided: boolean;
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
  /** Whether other processes may now change who a secret stands for. */
  readonly isShared: boolean;
  /** Whether `read` of an entity finds out behind it what they have done. */
  readonly mayPresumeReaders: boolean;
  /**
   * Who a secret stood for when this process last heard of it; undefined where it does not know.
   * Whatever is refused before an `Attempt` is decided must be tried again with `authenticate`.
   */
  presume(way: "session" | "token", secret: string): Caller | undefined;
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
  /**
   * What moving a group would bring about. Errors: those of the move, in its order; `forbidden`
   * also without GET on groups.
   */
  impact(caller: Caller, question: ImpactQuestion): Promise<GroupImpact>;
  /** Names for display: everybody of the caller's tenants (design 10). Sorted by name, then id. */
  find(caller: Caller, question: DirectoryQuestion): Promise<readonly DirectoryEntry[]>;
}

export interface DirectoryQuestion {
  readonly ids?: readonly string[];
  readonly prefix?: string;
  readonly limit?: number;
}

/** A group, and the one that it would stand below. */
export interface ImpactQuestion {
  readonly group: string;
  readonly parent: string;
  /** People of each side: those with ids later than this, "" for all, and how many. */
  readonly after: string;
  readonly limit: number;
}

export interface GroupImpact {
  readonly moved: Moved;
  /** Who would come to see what is moved, and who would see it no longer. */
  readonly gain: ImpactSide;
  readonly lose: ImpactSide;
}

/** What stands in the group and beneath it. */
export interface Moved {
  readonly groups: number;
  readonly users: number;
  readonly entities: number;
  /** By the stores that the caller may read; empty ones are absent. */
  readonly stores: ReadonlyMap<string, number>;
  /** Whether there are more, in stores that it may not read. */
  readonly others: boolean;
}

/** Without those who own or were granted an entity: that stays. */
export interface ImpactSide {
  readonly groups: readonly { readonly _id: string; readonly name: string }[];
  /** Enabled users for whom something changes. */
  readonly users: number;
  readonly people: readonly { readonly _id: string; readonly name: string }[];
  /** Where the next people begin: give it as `after`; null at the end. */
  readonly next: string | null;
  /** Whether there are groups or users whom the caller does not know. */
  readonly others: boolean;
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
  /**
   * How many entities the caller sees in each store, by name; of system stores those whose GET its
   * role and scopes hold.
   */
  counts(caller: Caller): Promise<ReadonlyMap<string, number>>;
  /**
   * A JSON Schema that samples of the store satisfy: some of all that the caller sees, of any age.
   * Errors: `forbidden` without GET on the store, `not_found`.
   */
  inferred(caller: Caller, store: string, samplesMax: number): Promise<InferredSchema>;
  /** What rights can name, as far as the caller is shown it. */
  permissions(caller: Caller, acts: readonly Act[]): readonly PermissionGroup[];
  /** Errors: `forbidden` for all but members of the root that hold `GET statistics`. */
  statistics(caller: Caller): Promise<readonly StoreStatistics[]>;
}

/** `{schema: {type: "object", properties: {name: {type: "string"}}}, samples: 1000}` */
export interface InferredSchema {
  readonly schema: JsonObject;
  /** How many were looked at. */
  readonly samples: number;
}

/** What rights can name of one store, or of the server: what the console lists scopes by. */
export interface PermissionGroup {
  readonly kind: "everything" | "store" | "reference" | "system" | "server";
  /** As the credentials begin: `"cities"`, `"reference/extobjs"`. */
  readonly name: string;
  readonly title: string;
  readonly permissions: readonly Permission[];
}

/** `{credential: "PATCH cities/:id", held: true}` */
export interface Permission {
  readonly credential: string;
  /** Whether the caller holds all of it, and so may give it on. */
  readonly held: boolean;
}

/** `{name: "cities", entities: 171075, bytes: 47216700}` */
export interface StoreStatistics {
  readonly name: string;
  readonly entities: number;
  /** About how long its entities are together as JSON, by those of a sample. */
  readonly bytes: number;
}

/** `{route: "POST cities", key: "7a1c...", body: "{\"name\":\"Delft\"}"}` */
export interface Keyed {
  readonly route: string;
  /** As the client named it: at most 255 characters. */
  readonly key: string;
  /** The canonical text of the body. */
  readonly body: string;
}
