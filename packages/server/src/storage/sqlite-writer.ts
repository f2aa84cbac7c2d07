/**
 * The one queue of writes: works that arrive together share a transaction, and each is answered
 * when that is durable. While one commit is on its way to disk, the works of the next run already:
 * those that only touch single entities in memory, to be written by a thread; others on the spot.
 * Knows no SQL but that of transactions.
 */
import { StoaError, type StoredEntity } from "@stoa/domain";
import type { EngineOptions, Transaction, TransactOptions } from "./engine.ts";
import { RecentEntities } from "./recent-entities.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { pendingOf, SqliteDeferredRun } from "./sqlite-deferred.ts";
import type { SqliteDurability } from "./sqlite-durability.ts";
import { writeSums, writeTogether } from "./sqlite-entry.ts";
import { translated } from "./sqlite-error.ts";
import { type Flight, SqliteFlights } from "./sqlite-flights.ts";
import { changesSince, stateAfter } from "./sqlite-follow.ts";
import { readKeptSince } from "./sqlite-log.ts";
import { readState, type SqliteState } from "./sqlite-state.ts";
import { SqliteSweep } from "./sqlite-sweep.ts";
import { beginWriting, SqliteWorkRun } from "./sqlite-work.ts";
import { RefusedError } from "./sqlite-writing.ts";
import type { Written } from "./sqlite-writing-message.ts";
import { batchWorksMax, type Work, type WorkAnswers } from "./work-answers.ts";

export interface WriterOptions extends EngineOptions {
  readonly connection: SqliteConnection;
  /** Makes commits durable; undefined while each is so by itself, as others share the file. */
  readonly durability: () => SqliteDurability | undefined;
  /** An entity as readers see it. */
  readonly read: (n: number, id: string) => StoredEntity | undefined;
  /** Keeps readers at what they see now. */
  readonly holdView: () => void;
  /** Lets readers see what is committed. */
  readonly releaseView: () => void;
  /** Called for each durable commit, before its listener, so that reads see what that tells. */
  readonly onState: (state: SqliteState) => void;
}

export class SqliteWriter {
  readonly #connection: SqliteConnection;
  readonly #options: WriterOptions;
  readonly #queue: Entry[] = [];
  /** As of the last commit, which may be on its way to disk: what the next works build on. */
  #state: SqliteState;
  /** As of the last one that is on disk. */
  #told: SqliteState;
  #running: Promise<void> | undefined;
  readonly #flights = new SqliteFlights();
  #recent = new RecentEntities();
  /** How many works at the head of the queue are to be run on the spot. */
  #direct = 0;
  /** How many of them were put back there, since what they were written with was refused. */
  #backs = 0;
  /** How many more are, since a conflict seldom comes alone. */
  #wary = 0;
  /** Why nothing is written any more. */
  #failure: StoaError | undefined;
  #wake: () => void = () => undefined;
  readonly #sweep: SqliteSweep;
  #keptSince: number;

  constructor(options: WriterOptions) {
    this.#connection = options.connection;
    this.#options = options;
    this.#sweep = new SqliteSweep(options);
    this.#state = this.#told = readState(this.#connection);
    this.#keptSince = readKeptSince(this.#connection);
    this.#connection.dictionary.settle();
    options.onState(this.#state);
  }

  /** Changes up to it may be gone. */
  get keptSince(): number {
    return this.#keptSince;
  }

  transact<T>(
    work: (tx: Transaction) => Promise<T>,
    { alone = false }: TransactOptions = {},
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const done = resolve as (value: unknown) => void;
      this.#enter({ kind: "work", work, alone, resolve: done, reject });
    });
  }

  /** Takes in what other processes have committed, as far as a connection sees it. */
  follow(connection: SqliteConnection): void {
    const changes = changesSince(connection, this.#state);
    if (changes === "none") return;
    // What is read from here on must not be older than what is taken in.
    if (connection === this.#connection) this.#options.releaseView();
    this.#keptSince = readKeptSince(connection);
    this.#connection.dictionary.loadGroups();
    this.#connection.dictionary.settle();
    const isLost = changes === "lost";
    this.#state = isLost ? readState(connection) : stateAfter(connection, this.#state, changes);
    this.#told = this.#state;
    this.#options.onState(this.#state);
    if (isLost) this.#options.peers?.lapse();
    else this.#options.onCommit({ sequence: this.#state.sequence, changes });
  }

  /** What was remembered of entities may be changed by others from now on. */
  forget(): void {
    this.#recent = new RecentEntities();
  }

  /** Runs a task when all is durable and no transaction open; none begins until it has ended. */
  pause<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const done = resolve as (value: unknown) => void;
      this.#enter({ kind: "pause", task, resolve: done, reject });
    });
  }

  /** Ends when all that is committed by now is durable. Errors: `unavailable` if it never will. */
  async durable(): Promise<void> {
    await this.#flights.landed();
    if (this.#failure) throw this.#failure;
  }

  /** Refuses everything from now on, since the disk has failed. @returns how it is refused. */
  stop(cause: unknown): StoaError {
    const message = "The storage cannot write any more: what it wrote could not be forced to disk.";
    this.#failure ??= new StoaError("unavailable", message, { cause });
    return this.#failure;
  }

  /** Ends when everything that was handed in has ended. */
  async settle(): Promise<void> {
    while (this.#running || this.#flights.count > 0) {
      await this.#running;
      await this.#flights.landed();
    }
  }

  #enter(entry: Entry): void {
    this.#queue.push(entry);
    this.#wake();
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    for (let [first] = this.#queue; first; [first] = this.#queue) {
      const isShared = first.kind === "work" && !first.alone;
      const isDeferred = isShared && this.#canDefer;
      const mustLand = isShared ? !isDeferred && this.#flights.areElsewhere : true;
      // It may put works back, before this one.
      if (mustLand && this.#flights.count > 0) await this.#flights.landed();
      else if (isDeferred) await this.#runDeferred();
      else if (first.kind === "pause") await this.#runPause();
      else await this.#runWorks();
    }
    this.#running = undefined;
  }

  /** Also where something on its way has made, changed or dropped a store: readers see the old. */
  get #canDefer(): boolean {
    const isKnown = this.#told.catalog === this.#state.catalog;
    const isCalm = this.#direct === 0 && this.#wary === 0 && !this.#sweep.isDue;
    return this.#isAlone && isKnown && isCalm;
  }

  get #isAlone(): boolean {
    return this.#options.durability() !== undefined;
  }

  async #runPause(): Promise<void> {
    const pause = this.#queue.shift() as Pause;
    if (this.#failure) pause.reject(this.#failure);
    else await pause.task().then(pause.resolve, pause.reject);
  }

  async #runDeferred(): Promise<void> {
    const read = (n: number, id: string) => this.#recent.get(n, id) ?? this.#options.read(n, id);
    const { pending } = this.#flights;
    const run = new SqliteDeferredRun({ state: this.#state, pending, read });
    const isFull = () => run.rest !== undefined || this.#canFly(run);
    await this.#fill(run, (work) => run.add(work), isFull);
    // What it builds on may have been refused, and comes again before it.
    if (this.#direct > 0 || !this.#canFly(run)) await this.#flights.landed();
    if (this.#failure) run.refuse(this.#failure);
    else if (this.#direct > 0) this.#putBack(run.works);
    else if (run.size > 0) this.#take(run);
    if (!run.rest) return;
    // What was taken may yet be refused, and then comes before it.
    this.#queue.splice(this.#backs, 0, run.rest);
    this.#direct++;
  }

  /** Whether the thread is to be handed it at once, also while it still writes another one. */
  #canFly({ entries }: SqliteDeferredRun): boolean {
    const { count, areElsewhere } = this.#flights;
    if (entries.length < flightEntriesMin || count >= flightsMax) return false;
    return count === 0 ? (this.#options.durability()?.canWrite ?? false) : areElsewhere;
  }

  async #runWorks(): Promise<void> {
    const { connection, now } = this.#options;
    let run: SqliteWorkRun | undefined;
    this.#backs = 0;
    try {
      if (this.#failure) throw this.#failure;
      run = await SqliteWorkRun.begin({ connection, now, begin: () => this.#begin() });
      const started = run;
      await this.#fill(run, async (work) => {
        this.#direct = Math.max(0, this.#direct - 1);
        this.#wary = Math.max(0, this.#wary - 1);
        await started.add(work);
      });
      await this.durable();
      this.#commit(run);
    } catch (error) {
      connection.rollBack();
      const reason = translated(error);
      if (run) run.refuse(reason);
      else while (this.#queue[0]?.kind === "work") this.#queue.shift()?.reject(reason);
      this.#direct = run ? this.#direct : 0;
      return;
    }
    // What others are decided by is heard of before they are.
    if (run.isAlone) await this.#flights.landed();
  }

  /** Runs what is there, and what comes until it is full, or time to commit. */
  async #fill(
    run: WorkAnswers,
    add: (work: Work) => Promise<void>,
    isFull = () => false,
  ): Promise<void> {
    for (;;) {
      while (!isFull()) {
        const work = this.#next(run);
        if (!work) break;
        await add(work);
      }
      // A pause, or a work that wants to be alone; or there are too many.
      if (this.#queue.length > 0 || run.isAlone || isFull()) return;
      if (this.#flights.count > 0) await this.#something();
      else if (await this.#isQuiet()) return;
    }
  }

  /** Ends when something comes in, or when what is on its way to disk has arrived. */
  #something(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Lets in what else arrives in this turn; whether nothing did. */
  async #isQuiet(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.#queue.length === 0;
  }

  #next(run: WorkAnswers): Work | undefined {
    const [entry] = this.#queue;
    if (run instanceof SqliteDeferredRun && this.#direct > 0) return undefined;
    if (entry?.kind !== "work" || run.size >= batchWorksMax) return undefined;
    if (run.size > 0 && (entry.alone || run.isAlone)) return undefined;
    this.#queue.shift();
    return entry;
  }

  async #begin(): Promise<SqliteState> {
    await beginWriting(this.#connection, !this.#isAlone);
    if (!this.#isAlone) this.follow(this.#connection);
    return this.#state;
  }

  /** To be run on the spot, behind those that were put back as they were refused. */
  #putBack(works: readonly Work[]): void {
    this.#queue.splice(this.#backs, 0, ...works);
    this.#backs += works.length;
    this.#direct += works.length;
  }

  /** The database has refused them together: run on the spot, it says which of them. */
  #putBackRefused(works: readonly Work[], before: SqliteState): void {
    // Those that build on it are refused after it.
    if (before.sequence < this.#state.sequence) this.#state = before;
    this.#putBack(works);
    this.#wary = waryWorks;
    this.#options.releaseView();
  }

  /** Writes what was put off: by the thread, or here where that is quicker. */
  #take(run: SqliteDeferredRun): void {
    const { entries, lasts, sequence, own: pending } = run;
    const before = this.#state;
    if (entries.length === 0) {
      this.#tell(run, before);
      return;
    }
    const durability = this.#options.durability() as SqliteDurability;
    const written = { entries, lasts, sequence, base: before.sequence };
    const isElsewhere = entries.length >= entriesElsewhereMin && durability.canWrite;
    const flight = { before, after: run.state, isElsewhere, pending };
    if (this.#flights.count === 0) this.#options.holdView();
    try {
      if (!isElsewhere) writeTogether(this.#connection, written);
    } catch {
      this.#putBackRefused(run.works, before);
      return;
    }
    this.#state = flight.after;
    const done = isElsewhere ? this.#writeElsewhere(durability, written) : durability.force();
    this.#fly(done, run, flight);
  }

  async #writeElsewhere(durability: SqliteDurability, written: Written): Promise<void> {
    const groups = await durability.write(written);
    const { dictionary } = this.#connection;
    if (groups !== dictionary.groupCount) dictionary.loadGroups();
  }

  #commit(run: SqliteWorkRun): void {
    const { holdView, releaseView } = this.#options;
    const [durability, batch] = [this.#options.durability(), run.batch];
    if (batch.changes.length > 0) writeSums(this.#connection, batch.sums);
    const { hasWritten, keptSince } = this.#sweep.run(this.#connection);
    const isForced = (run.hasWritten || hasWritten) && durability !== undefined;
    if (isForced) holdView();
    else releaseView();
    this.#connection.run("COMMIT");
    this.#connection.dictionary.settle();
    const [before, after] = [this.#state, batch.state];
    const flight = { before, after, isElsewhere: false, pending: pendingOf(batch), keptSince };
    this.#state = after;
    if (isForced) this.#fly(durability.force(), run, flight);
    else this.#tell(run, after, keptSince);
  }

  #fly(written: Promise<void>, run: Run, flight: Flight): void {
    // It may fail before it is waited for.
    written.catch(() => undefined);
    const after = () => {
      this.#wake();
      if (this.#queue.length > 0) this.#running ??= this.#drain();
    };
    this.#flights.begin(flight, () => this.#land(written, run, flight), after);
  }

  async #land(written: Promise<void>, run: Run, flight: Flight): Promise<void> {
    const { holdView, releaseView, durability } = this.#options;
    try {
      await written;
      releaseView();
      this.#tell(run, flight.after, flight.keptSince);
    } catch (cause) {
      // What is committed but not forced may or may not be lost: readers stay where they are.
      if (!(cause instanceof RefusedError)) {
        run.refuse(this.stop(cause));
        durability()?.stop();
        return;
      }
      this.#putBackRefused(run.works, flight.before);
    }
    if (this.#flights.count > 1) holdView();
    if (flight.isElsewhere) durability()?.heard();
  }

  #tell(run: Run, state: SqliteState, keptSince = this.#keptSince): void {
    const { changes } = run;
    const { onState, onCommit, peers } = this.#options;
    this.#keptSince = keptSince;
    this.#told = state;
    if (this.#isAlone) this.#recent.takeIn(changes, (store) => state.catalog.get(store)?.n);
    onState(state);
    onCommit({ sequence: state.sequence, changes });
    if (changes.length > 0) peers?.announce(run.size);
    run.answer();
  }
}

type Entry = Work | Pause;

interface Pause {
  readonly kind: "pause";
  readonly task: () => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Run = SqliteDeferredRun | SqliteWorkRun;

/** Commits on their way at a time: one that the thread writes, and one that it writes next. */
const flightsMax = 2;
/** Changes that are worth a commit of their own, though more may come. */
const flightEntriesMin = 32;
/** Fewer changes are written before another thread would have heard of them. */
const entriesElsewhereMin = 4;
/** Works after a refusal that are run on the spot, where a conflict costs less. */
const waryWorks = 256;
