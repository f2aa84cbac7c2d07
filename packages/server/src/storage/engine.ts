/**
 * The port of storage: keep entities and find them again, with every change in one log. Engines
 * know nothing of principals, HTTP or events; what a caller may see comes to them as a part of
 * the filter.
 */
import type {
  Change,
  EntityHead,
  Filter,
  GroupTree,
  Page,
  Query,
  StoreDefinition,
  StoredEntity,
} from "@stoa/domain";

export interface Engine {
  /** The groups as of the last commit. */
  readonly tree: GroupTree;

  /** The number of the last change that this process knows of: its own are always among them. */
  readonly sequence: number;

  /** Changes up to this number may be no longer kept; 0 while all are. */
  readonly keptSince: number;

  /**
   * Runs `work` in a transaction that is durable when the promise resolves; works that arrive
   * together may share one. A work that throws changes nothing and harms no neighbour. It may be
   * run again from its start, so it has no effect but through `tx`, and awaits nothing but `tx` and
   * the engine's own reads, which see what is durable.
   * Errors: those of the work; `conflict` for ids and unique sets; `unavailable`.
   */
  transact<T>(work: (tx: Transaction) => Promise<T>, options?: TransactOptions): Promise<T>;

  /**
   * One entity, or undefined. What is asked for in one turn of the event loop is read together.
   * With `asOf`, here and below, a copy of the data may answer that has taken in the change of that
   * number, and whatever took an entity of the store away from somebody; 0 asks for no other.
   */
  read(store: string, id: string, asOf?: number): Promise<StoredEntity | undefined>;

  /**
   * One entity, as of a moment after the call, with everything taken in that was committed by that
   * moment: as `follow` and then `read`, in one way to the storage. Only where `follow` costs such
   * a way.
   */
  readThenFollow?(store: string, id: string): Promise<StoredEntity | undefined>;

  /** What the query asks for, in order, a window at a time; needs constant memory. */
  find(store: string, query: Query, asOf?: number): AsyncIterable<Page>;

  /** How many entities the filter lets through. */
  count(store: string, filter: Filter, asOf?: number): Promise<number>;

  /** A kept record that is not over, or undefined. */
  recall(space: RecordSpace, name: string): Promise<KeptRecord | undefined>;

  /**
   * Changes later than a sequence number, in order; where they hold much text fewer than asked
   * for, at least one (`logPieceBytesMax`). With `about` those of one entity only, in the opposite
   * order: the newest first.
   */
  changes(since: number, limit: number, about?: ChangesAbout): Promise<readonly Change[]>;

  /** Builds indexes that a definition will need, without stopping reads. Errors: `conflict`. */
  prepare(definition: StoreDefinition): Promise<void>;

  /** Whether other processes may write what this one reads now. */
  readonly isShared: boolean;

  /**
   * Takes in what other processes have committed so far, and tells the listener of it. Undefined
   * where there are none: then nothing is to be waited for.
   */
  follow(): Promise<void> | undefined;

  /**
   * Tells one that has peers whether they are there, where that makes a difference: it writes more
   * with less while they are not. Only when all others have closed their engines; they may open
   * them again when this has ended.
   */
  share?(isShared: boolean): Promise<void>;

  /** Ends: what was promised is done first. */
  close(): Promise<void>;
}

/** `{store: "cities", id: "58238a935baa56173b24f0e4", from: 417}` */
export interface ChangesAbout {
  /** The store that has this name now: what was in an earlier one of that name does not count. */
  readonly store: string;
  /** Of an entity that is there, or was, as far back as the log holds it. */
  readonly id: string;
  /**
   * Where to begin, that change included; none are found where it is not about this entity.
   * Infinity for the last one.
   */
  readonly from: number;
}

export interface TransactOptions {
  /** Shares its transaction with no other work: for what others are decided by. */
  readonly alone?: boolean;
}

/**
 * What was committed together; handed to the listener in order, before its works are answered. Of
 * works that are `alone` it hears before any later work begins.
 */
export interface Commit {
  /** The highest sequence number so far. */
  readonly sequence: number;
  readonly changes: readonly Change[];
}

export interface EngineOptions {
  /** Called once for each durable commit of any process, in order. Must not throw. */
  readonly onCommit: (commit: Commit) => void;
  /** Unix milliseconds; decides which records are over. */
  readonly now: () => number;
  /** How much of the log is kept; without it, all. */
  readonly log?: LogRetention;
  /** How long a query without an index may run; else `limit.queryMsMax`. */
  readonly queryMsMax?: number;
  /** The URL of a copy of the data that answers what may lag; of those who have such copies. */
  readonly replica?: string;
  /** Told now and then of the copy of the data that answers what may lag, where there is one. */
  readonly onReplica?: (standing: ReplicaStanding) => void;
  /** Told when a database that may go cannot be reached any more, and when it is back. */
  readonly onDatabase?: (turn: DatabaseTurn) => void;
  /** Given where other processes share the data; what keeps out strangers is then theirs. */
  readonly peers?: Peers;
}

/** `{isUp: true, lagMs: 12, reads: 417, fallbacks: 3, hasTurned: false}` */
export interface ReplicaStanding {
  readonly isUp: boolean;
  /** How long something has been missing in it; null while it is away. */
  readonly lagMs: number | null;
  /** Questions that it has answered since the start. */
  readonly reads: number;
  /** Those that it might have, and that were answered without it. */
  readonly fallbacks: number;
  /** It came or went since it was told of last. */
  readonly hasTurned: boolean;
  /** Why it is away. */
  readonly cause?: unknown;
}

/** `{isUp: false, cause: Error("connect ECONNREFUSED")}` */
export interface DatabaseTurn {
  readonly isUp: boolean;
  /** Why it is away. */
  readonly cause?: unknown;
}

/** The other processes over the same data, each with an engine of its own. */
export interface Peers {
  /**
   * Called after each commit of changes made here, with how many works it was made of: wakes the
   * others, so that they `follow`.
   */
  readonly announce: (works: number) => void;
  /** Called when the log no longer holds what others did: this process must start anew. */
  readonly lapse: () => void;
}

/** With a commit, once in `sweepEveryMs`, what is older or more goes; the newest stays. */
export interface LogRetention {
  readonly ageMsMax: number;
  /** Of both versions of all changes. */
  readonly bytesMax: number;
}

/** Who does it and when; written into the change. */
export interface Mark {
  readonly by: string;
  readonly time: number;
}

export type Draft = Omit<EntityHead, "at"> & { readonly body: string };

/** Sees its own writes and those of works before it; the committed state otherwise. */
export interface Transaction {
  readonly tree: GroupTree;
  /** The sequence number of the last change of any of the stores, or 0. */
  lastChange(stores: readonly string[]): number;
  read(store: string, id: string): Promise<StoredEntity | undefined>;
  /** At most `limit` entities in the order of their ids. */
  find(store: string, filter: Filter, limit: number): Promise<readonly StoredEntity[]>;
  count(store: string, filter: Filter): Promise<number>;

  /** Errors: `conflict` when the id or a unique set is taken, `not_found` without the store. */
  insert(store: string, draft: Draft, mark: Mark): Promise<StoredEntity>;
  /** The new version of an entity that was read in this transaction. Errors: `conflict`. */
  update(store: string, before: StoredEntity, after: Draft, mark: Mark): Promise<StoredEntity>;
  remove(store: string, before: StoredEntity, mark: Mark): Promise<void>;

  recall(space: RecordSpace, name: string): Promise<KeptRecord | undefined>;
  keep(space: RecordSpace, name: string, record: KeptRecord): Promise<void>;
  forget(space: RecordSpace, name: string): Promise<void>;
  /** Forgets every record about a subject. */
  forgetAbout(space: RecordSpace, subject: string): Promise<void>;

  /** Makes a store, or brings its indexes to its new definition. */
  define(definition: StoreDefinition): Promise<void>;
  /** Drops a store and all that is in it. */
  undefine(store: string): Promise<void>;
}

/**
 * What is kept beside entities and never shows in a text, a query or the log (rule 14):
 * verifiers of passwords by user, hashes of tokens and sessions, answers by idempotency key,
 * failed sign-ins.
 */
export type RecordSpace = "password" | "token" | "session" | "idempotency" | "failure" | "setting";

export interface KeptRecord {
  /** The entity it is about, so that it can be forgotten with it; "" for none. */
  readonly subject: string;
  readonly value: string;
  /** Unix milliseconds; null keeps it for good. */
  readonly expiresAt: number | null;
}
