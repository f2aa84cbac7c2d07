/**
 * The state of a node, and how it keeps up with the log: asked at each request, woken by LISTEN,
 * and by a clock in case a notification is lost. Knows no works.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { limit } from "@stoa/domain";
import type { EngineOptions } from "./engine.ts";
import { inTime } from "./in-time.ts";
import { readChanges } from "./postgres-change.ts";
import { type PostgresConnection, quoted } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import type { PostgresLinks } from "./postgres-links.ts";
import type { PostgresReplica } from "./postgres-replica.ts";
import {
  type Head,
  type PostgresState,
  readHead,
  readState,
  stateAfter,
} from "./postgres-state.ts";

export interface FollowOptions extends EngineOptions {
  readonly links: PostgresLinks;
  readonly dictionary: PostgresDictionary;
  readonly channel: string;
  /** Time from one look at the log to the next, where nothing wakes. */
  readonly pollMs?: number;
  /** How long the database may say nothing; else `limit.databaseSilenceMsMax`. */
  readonly silenceMsMax?: number;
  /**
   * What a node takes for a work at least, milliseconds; else 0.09. Works are sent behind a commit
   * that takes less than all that are under way.
   */
  readonly workMs?: number;
  /** Is told of commits by `onCommit`. */
  readonly standby?: PostgresReplica | undefined;
}

export class PostgresFollower {
  readonly #options: FollowOptions;
  /** By which its own notifications are known: it has taken in what they tell of. */
  readonly #mark = randomBytes(8).toString("hex");
  #state: PostgresState;
  /** Who takes in changes, or commits some, does it alone: so all are told once and in order. */
  #gate: Promise<unknown> = Promise.resolve();
  /** Who is at it, or waits for that. */
  #alone = 0;
  /** Resolves with the next commit of this node, or when the one who is alone ends. */
  #step = Promise.withResolvers<void>();
  /** A question how far the log goes that is on its way, and the one after it. */
  #asking: Promise<void> | undefined;
  #askingNext: Promise<void> | undefined;
  /** Whether the question is sent: who comes later must ask anew. */
  #isAsked = false;
  readonly #ending = new AbortController();
  #listening: Promise<void> | undefined;

  constructor(options: FollowOptions, state: PostgresState) {
    this.#options = options;
    this.#state = state;
  }

  get state(): PostgresState {
    return this.#state;
  }

  /** From now on it is woken. */
  begin(): void {
    this.#listening = this.#listen();
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#listening;
    await this.#gate;
  }

  /**
   * Resolves when everything is taken in that was committed when it was called. Those who ask while
   * an answer is on its way share the next question. Errors: `unavailable`.
   */
  follow(): Promise<void> {
    if (this.#asking && !this.#isAsked) return this.#asking;
    if (!this.#asking) {
      this.#isAsked = false;
      this.#asking = this.#ask().finally(() => {
        this.#asking = undefined;
      });
      return this.#asking;
    }
    this.#askingNext ??= this.#asking
      .catch(() => {})
      .then(() => {
        this.#askingNext = undefined;
        return this.follow();
      });
    return this.#askingNext;
  }

  /**
   * Resolves when everything is taken in up to a head that the database has told.
   * @param known how far the log went for this node when it asked
   */
  async reach(connection: PostgresConnection, head: Head, known: number): Promise<void> {
    if (head.sequence < known) {
      await this.alone(async () => this.hasGoneBack(connection, await readHead(connection)));
      return;
    }
    // What this node has committed itself it knows as soon as it hears of that.
    while (isBehind(this.#state, head) && this.#alone > 0) await this.#step.promise;
    if (!isBehind(this.#state, head) && head.keptSince <= this.#state.keptSince) return;
    await this.alone(() => this.takeIn(connection, head));
  }

  /** Runs a task while nothing else is taken in. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    this.#alone++;
    const result = this.#gate.then(task).finally(() => {
      this.#alone--;
      this.#tellStep();
    });
    this.#gate = result.catch(() => {});
    return result;
  }

  /** Whether somebody waits until the one who is alone ends. */
  get isWaitedFor(): boolean {
    return this.#alone > 1;
  }

  /** Within `alone`: takes in what others have committed, as the connection sees it. */
  async takeIn(connection: PostgresConnection, head: Head): Promise<void> {
    const { dictionary, onCommit } = this.#options;
    let until = head;
    while (isBehind(this.#state, until)) {
      if (until.keptSince > this.#state.sequence) return this.#lapse(connection, until);
      const { sequence } = this.#state;
      const changes = await readChanges(connection, dictionary, sequence, changesAtOnce);
      const state = await stateAfter(connection, this.#state, changes, until);
      this.#state = changes.length > 0 ? state : { ...state, sequence: until.sequence };
      if (changes.length > 0) onCommit({ sequence: this.#state.sequence, changes });
      // The log may have been swept on the way.
      until = await readHead(connection);
    }
    const keptSince = Math.max(until.keptSince, this.#state.keptSince);
    this.#state = { ...this.#state, keptSince };
  }

  /**
   * Within `alone`: whether the database lacks what it had once, as a standby may that takes over,
   * or what is restored. Then much that this node knows was never there, and it must start anew.
   */
  async hasGoneBack(connection: PostgresConnection, head: Head): Promise<boolean> {
    if (head.sequence >= this.#state.sequence) return false;
    await this.#lapse(connection, head);
    return true;
  }

  /** What wakes the other nodes when its transaction commits: `pg_notify('stoa_stoa', '8a1f')`. */
  get notifySql(): string {
    return `pg_notify(${quoted(this.#options.channel)}, '${this.#mark}')`;
  }

  /** Within `alone`: the state after a commit of this node. */
  advance(state: PostgresState): void {
    this.#state = state;
    this.#tellStep();
  }

  /** The log no longer holds what others did: who follows it cannot be told. */
  async #lapse(connection: PostgresConnection, head: Head): Promise<void> {
    this.#state = await readState(connection, this.#options.dictionary, head);
    this.#options.standby?.lapse(head.sequence);
    this.#options.peers?.lapse();
  }

  async #ask(): Promise<void> {
    // Lets in who else asks in this turn.
    await new Promise((resolve) => setImmediate(resolve));
    const connection = await this.#options.links.reader();
    this.#isAsked = true;
    const { sequence } = this.#state;
    await this.reach(connection, await readHead(connection), sequence);
  }

  #tellStep(): void {
    const { resolve } = this.#step;
    this.#step = Promise.withResolvers<void>();
    resolve();
  }

  /** Looks now and then, and when it is notified; goes on when the database comes back. */
  async #listen(): Promise<void> {
    const { links, channel, pollMs = pollMsDefault } = this.#options;
    const { silenceMsMax = limit.databaseSilenceMsMax } = this.#options;
    let known: PostgresConnection | undefined;
    let wake = () => {};
    while (!this.#ending.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      try {
        const connection = await links.listener();
        const isNew = connection !== known;
        if (isNew) {
          connection.client.on("notification", ({ payload }) => {
            if (payload !== this.#mark) wake();
          });
        }
        const { sequence } = this.#state;
        const asking = headHeard(connection, isNew ? channel : undefined);
        // Where the way to it is gone nothing else would end what waits for it.
        const head = await inTime(asking, silenceMsMax, () => links.cut());
        known = connection;
        await this.reach(connection, head, sequence);
      } catch {
        // It is tried again; who asks meanwhile is told that the database is away.
      }
      const { signal } = this.#ending;
      const pause = sleep(pollMs, undefined, { signal, ref: false }).catch(() => {});
      await Promise.race([woken, pause]);
    }
  }
}

/** How far the log goes by now; from then on the channel is heard, where one is named. */
async function headHeard(connection: PostgresConnection, channel?: string): Promise<Head> {
  if (channel !== undefined) await connection.execute(`LISTEN ${quotedName(channel)}`);
  return readHead(connection);
}

function isBehind(state: PostgresState, { sequence, catalogVersion }: Head): boolean {
  return sequence > state.sequence || catalogVersion > state.catalogVersion;
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const pollMsDefault = 500;
/** Changes that are taken in at once. */
const changesAtOnce = 1_000;
