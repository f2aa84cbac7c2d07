/**
 * Who a secret stands for. Keeps what it found in a bounded cache that the change log empties, and
 * reads it anew inside a transaction when anything that matters has changed (rule 13).
 */
import {
  type Caller,
  type Change,
  type JsonObject,
  limit,
  parseCredentials,
  StoaError,
  type StoredEntity,
} from "@stoa/domain";
import type { Engine, Transaction } from "../storage/engine.ts";
import { hashOf } from "./secret.ts";

/** Stores whose changes may change who a caller is. */
const decisiveStores = ["users", "roles", "tokens", "sessions"] as const;
/** Of each way. */
const callersKeptMax = 5_000;

type Reader = Pick<Engine, "read" | "recall" | "follow">;

export class Callers {
  readonly #engine: Reader;
  readonly #now: () => number;
  /**
   * By the secret itself: its hash is what the storage knows it by, and costs more than all else;
   * to join the way and the secret into one key costs as much as to find the caller.
   */
  readonly #known = { session: new Map<string, Caller>(), token: new Map<string, Caller>() };
  /** Callers that nothing committed so far has changed. */
  #current = new WeakSet<Caller>();
  /** The last committed change that could have. */
  #version = 0;

  constructor(engine: Reader, now: () => number) {
    this.#engine = engine;
    this.#now = now;
  }

  /** Takes in what has changed before the start, so that callers read from now on count as new. */
  async begin(engine: Engine): Promise<void> {
    this.#version = await engine.transact(async (tx) => tx.lastChange(decisiveStores));
  }

  /**
   * At once for somebody known, where no other process has a say. Errors: `unauthorized`, in one
   * form for unknown, ended, revoked and disabled.
   */
  find(way: "session" | "token", secret: string): Caller | Promise<Caller> {
    // What another process has answered by now counts here.
    const following = this.#engine.follow();
    if (following === undefined) return this.#find(way, secret);
    return following.then(() => this.#find(way, secret));
  }

  /** As of the last commit that this process has heard of: others may have changed it since. */
  known(way: "session" | "token", secret: string): Caller | undefined {
    const known = this.#known[way].get(secret);
    return known && known.expiresAt > this.#now() ? known : undefined;
  }

  #find(way: "session" | "token", secret: string): Caller | Promise<Caller> {
    const known = this.known(way, secret);
    if (known) return known;
    this.#known[way].delete(secret);
    return this.#read(way, secret);
  }

  async #read(way: "session" | "token", secret: string): Promise<Caller> {
    const version = this.#version;
    const record = await this.#engine.recall(way, hashOf(secret));
    if (!record) throw notSignedIn();
    const caller = await readCaller(this.#engine, way, record.subject, this.#now());
    if (version === this.#version) this.#keep(way, secret, caller);
    return caller;
  }

  /** The caller as of a transaction. Errors: `unauthorized` when it has ended meanwhile. */
  inside(tx: Transaction, caller: Caller): Caller | Promise<Caller> {
    const isSettled = tx.lastChange(decisiveStores) <= this.#version;
    if (isSettled && this.#current.has(caller) && caller.expiresAt > this.#now()) return caller;
    return this.#again(tx, caller);
  }

  /**
   * The caller as it is by now: for what is decided when a read has come back. Errors:
   * `unauthorized` when it has ended meanwhile.
   */
  present(caller: Caller): Caller | Promise<Caller> {
    if (this.#current.has(caller) && caller.expiresAt > this.#now()) return caller;
    return this.#again(this.#engine, caller);
  }

  /**
   * Whether the caller is still who it was: ends lists and streams that are under way (rule 26).
   */
  async isUnchanged(caller: Caller): Promise<boolean> {
    if (caller.expiresAt <= this.#now()) return false;
    if (this.#current.has(caller)) return true;
    const now = await this.again(caller);
    return now !== null && sameRights(now, caller);
  }

  /** The caller as it is now; null when it has ended. */
  async again(caller: Caller): Promise<Caller | null> {
    if (caller.expiresAt <= this.#now()) return null;
    try {
      return await this.#again(this.#engine, caller);
    } catch (cause) {
      if (cause instanceof StoaError && cause.code === "unauthorized") return null;
      throw cause;
    }
  }

  follow(changes: readonly Change[]): void {
    for (const change of changes) {
      if (!(decisiveStores as readonly string[]).includes(change.store)) continue;
      this.#version = change.sequence;
      if (change.op === "insert") continue;
      if (change.store === "tokens" || change.store === "sessions") this.#drop(change.id);
      else this.#dropAll();
    }
  }

  #drop(wayId: string): void {
    for (const ofWay of Object.values(this.#known)) {
      for (const [secret, caller] of ofWay) {
        if (caller.wayId !== wayId) continue;
        ofWay.delete(secret);
        this.#current.delete(caller);
      }
    }
  }

  #dropAll(): void {
    for (const ofWay of Object.values(this.#known)) ofWay.clear();
    this.#current = new WeakSet();
  }

  #again(reader: Pick<Engine, "read">, caller: Caller): Promise<Caller> {
    const way = caller.way === "session" ? "session" : "token";
    return readCaller(reader, way, caller.wayId, this.#now());
  }

  #keep(way: "session" | "token", secret: string, caller: Caller): void {
    const ofWay = this.#known[way];
    if (ofWay.size >= callersKeptMax) {
      const [oldest] = ofWay;
      if (oldest) {
        ofWay.delete(oldest[0]);
        this.#current.delete(oldest[1]);
      }
    }
    ofWay.set(secret, caller);
    this.#current.add(caller);
  }
}

/** A role's or token's list of patterns, as it was checked when it was written. */
export function credentialsOf(entity: StoredEntity | undefined) {
  if (!entity) return [];
  return parseCredentials((JSON.parse(entity.body) as JsonObject)["credentials"] ?? []);
}

/** Group first, then further groups, of a user's entity. */
export function groupsOf(user: Pick<StoredEntity, "group" | "body">): readonly string[] {
  const { groups } = JSON.parse(user.body) as { groups?: string[] };
  return [user.group, ...(groups ?? []).filter((group) => group !== user.group)].slice(
    0,
    limit.userGroupsMax,
  );
}

/** Reads session or token, user and role. Errors: `unauthorized`. */
async function readCaller(
  reader: Pick<Engine, "read">,
  way: "session" | "token",
  wayId: string,
  now: number,
): Promise<Caller> {
  const via = await reader.read(way === "session" ? "sessions" : "tokens", wayId);
  const user = via && (await reader.read("users", via.owner));
  if (!via || !user) throw notSignedIn();
  const { disabled, role } = JSON.parse(user.body) as { disabled?: boolean; role: string };
  const { expiresAt, type, scopes } = JSON.parse(via.body) as ViaFields;
  const endsAt = expiresAt ?? Number.POSITIVE_INFINITY;
  if (disabled === true || endsAt <= now) throw notSignedIn();
  const roleEntity = await reader.read("roles", role);
  return {
    user: user.id,
    groups: groupsOf(user),
    role: { id: role, name: roleEntity ? String(JSON.parse(roleEntity.body).name) : "" },
    credentials: credentialsOf(roleEntity),
    scopes: scopes ? parseCredentials(scopes, "scopes") : null,
    way: way === "session" ? "session" : type === "sign-in" ? "sign-in" : "token",
    wayId,
    expiresAt: endsAt,
  };
}

interface ViaFields {
  readonly expiresAt?: number | null;
  readonly type?: string;
  readonly scopes?: string[] | null;
}

export function notSignedIn(): StoaError {
  return new StoaError("unauthorized", "Sign in first: the credential is missing, wrong or over.");
}

/** Whether the same is visible and allowed to both. */
export function sameRights(a: Caller, b: Caller): boolean {
  const rights = ({ user, groups, credentials, scopes }: Caller) =>
    JSON.stringify([user, groups, credentials, scopes]);
  return rights(a) === rights(b);
}
