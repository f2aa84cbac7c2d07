/**
 * Works that need nothing of the database but to be written: they are run on what this node knows
 * and sent as a whole, a second lot behind a first that is on its way, so that node and database
 * are busy at a time. What holds them together is that each says what the log must be. Whatever
 * does not go this way is left in the queue, for the writer to run with the head of the log locked.
 */
import type { Change } from "@stoa/domain";
import { PostgresBatch } from "./postgres-batch.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { hasCommitted } from "./postgres-doubt.ts";
import { isPassing, translated } from "./postgres-error.ts";
import { isOutrun, sendFlight } from "./postgres-flight.ts";
import type { FollowOptions, PostgresFollower } from "./postgres-follow.ts";
import { type PostgresState, readHead } from "./postgres-state.ts";
import { runAll, type WorkQueue } from "./postgres-work.ts";
import { answer, batchWorksMax, type Outcome, type Work } from "./work-answers.ts";

export class PostgresAhead {
  readonly #options: FollowOptions;
  readonly #follower: PostgresFollower;
  readonly #queue: WorkQueue;
  readonly #isSweepDue: () => boolean;
  readonly #workMs: number;
  /** Lots that were sent, those of them behind another, and those that came to nothing. */
  readonly counts = { sent: 0, behind: 0, failed: 0 };
  /** On their way, the first one first. */
  readonly #flights: Flight[] = [];
  /** How many have been sent behind another since the last that was not. */
  #row = 0;
  /** Nothing goes this way before. */
  #fromMs = 0;
  /** Works that are asked for at a time, as far as can be told. */
  #underWay = 0;
  /** What a commit takes that waits for no other. */
  #commitMs = 0;
  /** Works that must wait for the next to be sent behind another. */
  #wanted = 0;
  #arrival = Promise.withResolvers<void>();

  constructor(
    options: FollowOptions,
    follower: PostgresFollower,
    queue: WorkQueue,
    isSweepDue: () => boolean,
  ) {
    this.#options = options;
    this.#follower = follower;
    this.#queue = queue;
    this.#isSweepDue = isSweepDue;
    this.#workMs = options.workMs ?? workMsDefault;
  }

  /** Told of each work that is put into the queue. */
  arrived(): void {
    if (this.#wanted > 0 && this.#queue.length >= this.#wanted) this.#arrival.resolve();
  }

  /** Ends when nothing is on its way, and the queue is empty or holds what must go another way. */
  async run(): Promise<void> {
    if (performance.now() < this.#fromMs) return;
    // Who finds the database away is told so by the writer.
    const connection = await this.#options.links.writer().catch(() => undefined);
    const backend = await connection?.backend().catch(() => undefined);
    if (!connection || !backend) return;
    await this.#follower.alone(() => this.#runOn(connection));
  }

  async #runOn(connection: PostgresConnection): Promise<void> {
    for (;;) {
      if (this.#maySend(connection)) {
        await this.#send(connection);
        continue;
      }
      const [first] = this.#flights;
      if (!first) return;
      if (this.#mayFollow(this.#flights.length)) await Promise.race([first.ended, this.#more()]);
      else await first.ended;
      if (!first.hasEnded) continue;
      if (first.error !== undefined) return this.#comeDown(connection, first.error);
      await this.#land(first, connection);
    }
  }

  #maySend({ isOver }: PostgresConnection): boolean {
    const { first, length } = this.#queue;
    if (isOver || !first || first.alone || performance.now() < this.#fromMs) return false;
    if (this.#follower.isWaitedFor || this.#isSweepDue()) return false;
    const count = this.#flights.length;
    return count === 0 || (length >= this.#half && this.#mayFollow(count));
  }

  /** Whether one may be sent behind those. */
  #mayFollow(count: number): boolean {
    return count < flightsMax && this.#row < rowMax && this.#isQuick;
  }

  /** Whether the database is as quick as the node: then one lot goes behind another. */
  get #isQuick(): boolean {
    return this.#commitMs < this.#underWay * this.#workMs;
  }

  /** Half of what is under way, so that commits do not become small. */
  get #half(): number {
    return Math.max(1, Math.ceil(this.#underWay / 2));
  }

  /**
   * Lots of two sizes stay so, as those who were answered together ask again together; the smaller
   * one is then never enough to be sent behind the larger one, and the database waits for it.
   */
  get #most(): number {
    return this.#isQuick ? Math.min(this.#half, batchWorksMax) : batchWorksMax;
  }

  /** Resolves when so many works wait that they may be sent. */
  async #more(): Promise<void> {
    this.#arrival = Promise.withResolvers<void>();
    this.#wanted = this.#half;
    await this.#arrival.promise;
    this.#wanted = 0;
    // Lets in what else arrives in this turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Runs what waits upon what is on its way, and sends it. */
  async #send(connection: PostgresConnection): Promise<void> {
    const { dictionary, now } = this.#options;
    const last = this.#flights.at(-1);
    const before = last?.state ?? this.#follower.state;
    const inFlight = this.#flights.reduce((sum, { works }) => sum + works.length, 0);
    this.#underWay = Math.max(inFlight + this.#queue.length, this.#underWay * underWayKept);
    const works = this.#queue.take(this.#most);
    const options = { connection: undefined, dictionary, state: before, now, isCareful: false };
    const batch = new PostgresBatch(options);
    const outcomes = await runAll(batch, works);
    const isWhole = batch.hasWritten && !batch.hasDefined;
    if (!outcomes || !isWhole || !dictionary.knows(batch.pending.heads)) {
      this.#queue.putBack(works);
      this.#fromMs = performance.now() + otherwiseMs;
      return;
    }
    this.counts.sent++;
    if (last) this.counts.behind++;
    const name = String(this.counts.sent);
    this.#row = last ? this.#row + 1 : 0;
    const { notifySql } = this.#follower;
    const behind = last?.name ?? null;
    const sent = sendFlight(batch, { connection, before, name, behind, notifySql });
    const state = batch.state(before.keptSince);
    const flight = flightOf({ name, works, outcomes, state, changes: batch.changes }, sent);
    if (!last) void flight.ended.then(() => this.#measure(flight));
    this.#flights.push(flight);
  }

  #measure({ durationMs }: Flight): void {
    this.#commitMs += (durationMs - this.#commitMs) / 8;
  }

  /** The database gets the next before anybody is answered. */
  async #land({ state, changes, works, outcomes }: Flight, on: PostgresConnection): Promise<void> {
    this.#flights.shift();
    this.#follower.advance(state);
    this.#options.onCommit({ sequence: state.sequence, changes });
    if (this.#maySend(on)) await this.#send(on);
    answer(works, outcomes);
  }

  /** The first one has failed, and so has what was sent behind it. */
  async #comeDown(connection: PostgresConnection, error: unknown): Promise<void> {
    const flights = this.#flights.splice(0);
    this.counts.failed += flights.length;
    await Promise.all(flights.map(({ ended }) => ended));
    if (isPassing(error)) return this.#clear(connection, flights, error);
    this.#queue.putBack(flights.flatMap(({ works }) => works));
    this.#fromMs = performance.now() + (isOutrun(error) ? outrunMs : otherwiseMs);
  }

  /** Finds out which of them are committed. */
  async #clear(
    connection: PostgresConnection,
    flights: readonly Flight[],
    error: unknown,
  ): Promise<void> {
    const { links } = this.#options;
    connection.cut();
    const backend = await connection.backend();
    let isThere = true;
    for (const { changes, works, outcomes } of flights) {
      try {
        isThere = isThere && (await hasCommitted(links, { backend, changes }));
        if (!isThere) throw error;
        const reader = await links.reader();
        await this.#follower.takeIn(reader, await readHead(reader));
        answer(works, outcomes);
      } catch (cause) {
        for (const { reject } of works) reject(translated(cause));
      }
    }
  }
}

interface Sent {
  readonly name: string;
  readonly works: readonly Work[];
  readonly outcomes: readonly Outcome[];
  /** As it is once this is committed. */
  readonly state: PostgresState;
  readonly changes: readonly Change[];
}

/** A transaction on its way. */
interface Flight extends Sent {
  /** Never rejects. */
  readonly ended: Promise<void>;
  hasEnded: boolean;
  /** Why it was not committed. */
  error: unknown;
  durationMs: number;
}

function flightOf(what: Sent, done: Promise<void>): Flight {
  const startMs = performance.now();
  const end = (error?: unknown) => {
    flight.hasEnded = true;
    flight.error = error;
    flight.durationMs = performance.now() - startMs;
  };
  const ended = done.then(() => end(), end);
  const flight: Flight = { ...what, ended, hasEnded: false, error: undefined, durationMs: 0 };
  return flight;
}

/** On their way at a time: one that the database does, one that waits for that. */
const flightsMax = 2;
/** Sent behind each other without a pause, in which another node can have its turn. */
const rowMax = 16;
const workMsDefault = 0.09;
const underWayKept = 0.98;
/** Until this way is tried again: after works that needed more, and after other nodes wrote. */
const otherwiseMs = 20;
const outrunMs = 1_000;
