/**
 * A standby of the database, from which reads may come that may lag: how far it has followed, and
 * whether that is far enough for a question. Knows no question, and never writes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { limit, StoaError } from "@stoa/domain";
import type { Commit, ReplicaStanding } from "./engine.ts";
import { inTime } from "./in-time.ts";
import type { PostgresAddress } from "./postgres-address.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { translated } from "./postgres-error.ts";
import { PostgresLinks } from "./postgres-links.ts";
import { type Head, type HeadRow, headColumns, headOf } from "./postgres-state.ts";
import { ReplicaLag } from "./replica-lag.ts";

export interface ReplicaOptions {
  readonly address: PostgresAddress;
  /** Of the database that it must be a copy of: what `identityOf` says of that. */
  readonly identity: string;
  /** The last change that is known when it is opened. */
  readonly sequence: number;
  readonly queryMsMax?: number | undefined;
  /** Time from one look at how far it is to the next. */
  readonly pollMs?: number | undefined;
  /** How far behind it may be to be read at all; else `limit.replicaLagMsMax`. */
  readonly lagMsMax?: number | undefined;
  /** How long it may be silent before it counts as away; else `limit.replicaSilenceMsMax`. */
  readonly silenceMsMax?: number | undefined;
  readonly onReplica?: ((standing: ReplicaStanding) => void) | undefined;
}

/** `{store: "cities", asOf: 417, catalogVersion: 3}` */
export interface LaggingQuestion {
  readonly store: string;
  /** The change that it must have; 0 for none. */
  readonly asOf: number;
  /** Of the definitions by which the question was made. */
  readonly catalogVersion: number;
}

export class PostgresReplica {
  readonly links: PostgresLinks;
  readonly #options: ReplicaOptions;
  readonly #lag: ReplicaLag;
  readonly #ending = new AbortController();
  readonly #watching: Promise<void>;
  /** How far it is known to have come. */
  #head: Head = { sequence: 0, keptSince: 0, catalogVersion: 0 };
  #isUp = false;
  #cause: unknown;
  #heardAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  /** Questions that were allowed to lag, by whether it answered them. */
  counts = { reads: 0, fallbacks: 0 };

  constructor(options: ReplicaOptions) {
    const { address, queryMsMax, sequence } = options;
    this.#options = options;
    this.#lag = new ReplicaLag(sequence);
    this.links = new PostgresLinks(address, {
      queryMsMax,
      connectMsMax: this.#silenceMsMax,
      admit: (connection) => this.#admit(connection),
    });
    this.#watching = this.#watch();
  }

  /** Takes note of what was committed, by whichever node. */
  follow(commit: Commit): void {
    this.#lag.follow(commit);
  }

  /** From now on only what was committed by now counts. */
  lapse(sequence: number): void {
    this.#lag.lapse(sequence);
  }

  /**
   * Whether a question about the store may go to it: it has all up to `asOf`, whatever took an
   * entity of the store out of somebody's sight, and the stores as they are defined now. Waits a
   * little for what it is about to have.
   */
  async mayAnswer(question: LaggingQuestion): Promise<boolean> {
    if (this.mayGoOn(question)) return true;
    await this.#reach(question);
    return this.mayGoOn(question);
  }

  /** The same at this moment, without waiting: for lists that are under way. */
  mayGoOn(question: LaggingQuestion): boolean {
    const { lagMsMax = limit.replicaLagMsMax } = this.#options;
    return (
      this.#isUp &&
      this.#has(question) &&
      performance.now() - this.#heardAt < this.#silenceMsMax &&
      this.#lag.msBehind(this.#head.sequence) <= lagMsMax
    );
  }

  /** Counts a question that was allowed to lag, by who answered it. */
  count(isAnswered: boolean): void {
    const { reads, fallbacks } = this.counts;
    this.counts = isAnswered
      ? { reads: reads + 1, fallbacks }
      : { reads, fallbacks: fallbacks + 1 };
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.links.close();
    await this.#watching;
  }

  get #silenceMsMax(): number {
    return this.#options.silenceMsMax ?? limit.replicaSilenceMsMax;
  }

  #has({ store, asOf, catalogVersion }: LaggingQuestion): boolean {
    const { sequence, catalogVersion: known } = this.#head;
    return sequence >= Math.max(asOf, this.#lag.neededFor(store)) && known === catalogVersion;
  }

  /** Waits for it where it is close behind; what nobody has committed yet is not waited for. */
  async #reach(question: LaggingQuestion): Promise<void> {
    const until = performance.now() + limit.replicaWaitMsMax;
    if (question.asOf > this.#lag.sequence) return;
    while (this.#isUp && this.#lag.msBehind(this.#head.sequence) < limit.replicaWaitMsMax) {
      const left = until - performance.now();
      if (left <= 0) return;
      await Promise.race([this.#look().catch(() => {}), sleep(left)]);
      if (this.#has(question)) return;
      await sleep(reachPauseMs);
    }
  }

  /** Asks how far it is; those who want to know at the same time share the question. */
  #look(): Promise<void> {
    this.#looking ??= this.#ask().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #ask(): Promise<void> {
    const head = await replayedOn(await this.links.reader());
    if (head.sequence >= this.#head.sequence) this.#head = head;
    this.#lag.replayed(this.#head.sequence);
    this.#heardAt = performance.now();
  }

  /** It may have come back from an older copy: what was known of it no longer counts. */
  async #admit(connection: PostgresConnection): Promise<void> {
    if ((await identityOf(connection)) !== this.#options.identity) {
      throw new StoaError("unavailable", "it is no copy of the database that --data names");
    }
    const head = await replayedOn(connection);
    if (head.sequence < this.#head.sequence) this.#head = head;
  }

  async #watch(): Promise<void> {
    const { pollMs = pollMsDefault } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.#heed(signal);
      await sleep(pollMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #heed(signal: AbortSignal): Promise<void> {
    const wasUp = this.#isUp;
    try {
      await inTime(this.#look(), this.#silenceMsMax);
      this.#isUp = true;
      this.#cause = undefined;
    } catch (error) {
      this.#isUp = false;
      this.#cause = error;
      // What waits for it goes to the primary instead.
      this.links.cut();
    }
    if (!signal.aborted) this.#tell(wasUp !== this.#isUp || this.#isNew);
    this.#isNew = false;
  }

  /** Nothing was told yet. */
  #isNew = true;

  #tell(hasTurned: boolean): void {
    const lagMs = Math.round(this.#lag.msBehind(this.#head.sequence));
    this.#options.onReplica?.({
      isUp: this.#isUp,
      lagMs: this.#isUp ? lagMs : null,
      ...this.counts,
      hasTurned,
      cause: this.#cause,
    });
  }
}

/** What all copies of a database have in common: the cluster and the name. */
export async function identityOf(connection: PostgresConnection): Promise<string> {
  const sql =
    "SELECT system_identifier::text || ' ' || current_database() FROM pg_control_system()";
  const [identity = ""] = (await connection.first<[string]>(sql)) ?? [];
  return identity;
}

/** Errors: `unavailable` for a server that follows no other: what it has may be its own. */
async function replayedOn(connection: PostgresConnection): Promise<Head> {
  const sql = `SELECT pg_is_in_recovery(), ${headColumns} FROM head`;
  const [isStandby = false, ...head] = (await connection.first<[boolean, ...HeadRow]>(sql)) ?? [];
  if (!isStandby) throw new StoaError("unavailable", "it is no standby, or not any more");
  return headOf(head as unknown as HeadRow);
}

/** Whether the primary is asked instead: for all but what would take too long there as well. */
export function isLeftToPrimary(error: unknown): boolean {
  const known = translated(error);
  return !(known instanceof StoaError && known.code === "timeout");
}

const pollMsDefault = 500;
/** From one look to the next, while a question waits. */
const reachPauseMs = 5;
