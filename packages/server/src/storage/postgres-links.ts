/**
 * The connections of a node: opened when they are needed, opened again when they broke, and not
 * tried for a while after the database was away. Knows no SQL.
 */
import { limit, StoaError } from "@stoa/domain";
import type { DatabaseTurn } from "./engine.ts";
import type { PostgresAddress } from "./postgres-address.ts";
import { PostgresConnection, type Role, type Times } from "./postgres-connection.ts";
import { away, isPassing, translated } from "./postgres-error.ts";

/** Waits after failures, so that a database that comes back is not overrun. */
class BackOff {
  #failures = 0;
  #closedUntil = 0;
  #cause: unknown;

  /** Errors: `unavailable` while it is closed. */
  enter(): void {
    if (performance.now() < this.#closedUntil) throw away(this.#cause);
  }

  fail(cause: unknown): void {
    this.#cause = cause;
    const pauseMs = Math.min(pauseMsMin * 2 ** this.#failures, pauseMsMax);
    // Apart from the other nodes, which failed at the same time.
    this.#closedUntil = performance.now() + pauseMs * (0.5 + Math.random() / 2);
    this.#failures++;
  }

  succeed(): void {
    this.#failures = 0;
  }
}

export interface LinkOptions extends Times {
  /** Looks at each connection before it is used; one that it rejects is closed. */
  readonly admit?: (connection: PostgresConnection) => Promise<void>;
  /** Told when the database goes, and when it is back. */
  readonly onTurn?: ((turn: DatabaseTurn) => void) | undefined;
}

export class PostgresLinks {
  readonly #address: PostgresAddress;
  readonly #options: LinkOptions;
  readonly #backOff = new BackOff();
  readonly #links = new Map<string, Promise<PostgresConnection>>();
  readonly #open = new Set<PostgresConnection>();
  readonly #idle: PostgresConnection[] = [];
  readonly #waiting: Waiting[] = [];
  #searching = 0;
  #turn = 0;
  #isAway = false;
  #isClosed = false;

  constructor(address: PostgresAddress, options: LinkOptions = {}) {
    this.#address = address;
    this.#options = options;
  }

  /**
   * For questions that an index answers: shared by all who ask. Errors: `unavailable` too when so
   * many wait that one more would wait in vain.
   */
  reader(): Promise<PostgresConnection> {
    this.#turn = (this.#turn + 1) % readersMax;
    return this.#link("reader", `reader ${this.#turn}`);
  }

  writer(): Promise<PostgresConnection> {
    return this.#link("writer", "writer");
  }

  listener(): Promise<PostgresConnection> {
    return this.#link("listener", "listener");
  }

  /** One of one's own, to be closed by who asked. */
  builder(): Promise<PostgresConnection> {
    return this.#connect("builder");
  }

  /** Lends a connection for what takes long. Errors: `unavailable` when too many wait. */
  async search<T>(task: (connection: PostgresConnection) => Promise<T>): Promise<T> {
    const connection = await this.#borrow();
    try {
      return await task(connection);
    } finally {
      this.#giveBack(connection);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const links = await Promise.allSettled(this.#links.values());
    const open = links.flatMap((link) => (link.status === "fulfilled" ? [link.value] : []));
    await Promise.all([...open, ...this.#idle].map((connection) => connection.close()));
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
  }

  /** Ends all connections at once, whatever is under way; the next question opens others. */
  cut(): void {
    for (const connection of this.#open) connection.cut();
  }

  async #link(role: Role, name: string): Promise<PostgresConnection> {
    const known = this.#links.get(name);
    const connection = await known;
    if (connection && !connection.isOver) {
      const isFull = connection.waiting >= limit.statementsWaitingMax / readersMax;
      if (isFull && role === "reader") throw away(new Error("too many questions wait"));
      return connection;
    }
    // Another one may have opened it anew meanwhile.
    if (this.#links.get(name) !== known) return this.#link(role, name);
    const opening = this.#connect(role);
    this.#links.set(name, opening);
    opening.catch(() => {
      if (this.#links.get(name) === opening) this.#links.delete(name);
    });
    return opening;
  }

  async #connect(role: Role): Promise<PostgresConnection> {
    if (this.#isClosed) throw closed();
    this.#backOff.enter();
    try {
      const { admit } = this.#options;
      const connection = await PostgresConnection.open(this.#address, role, this.#options);
      this.#open.add(connection);
      connection.client.on("end", () => this.#lose(connection, role));
      await admit?.(connection).catch((error: unknown) => {
        connection.cut();
        throw error;
      });
      this.#backOff.succeed();
      this.#tell({ isUp: true });
      return connection;
    } catch (error) {
      if (isPassing(error)) this.#fail(error);
      throw translated(error);
    }
  }

  #fail(cause: unknown): void {
    this.#backOff.fail(cause);
    this.#tell({ isUp: false, cause });
  }

  /** The one that listens is opened again at once, so that what it tells is not told for long. */
  #lose(connection: PostgresConnection, role: Role): void {
    this.#open.delete(connection);
    const isCutOff = role === "listener" && !connection.isClosed;
    if (isCutOff) this.#tell({ isUp: false, cause: connection.failure });
  }

  #tell(turn: DatabaseTurn): void {
    if (this.#isClosed || this.#isAway === !turn.isUp) return;
    this.#isAway = !turn.isUp;
    this.#options.onTurn?.(turn);
  }

  async #borrow(): Promise<PostgresConnection> {
    const idle = this.#idle.pop();
    if (idle && !idle.isOver) return idle;
    // It broke while nobody had it.
    if (idle) this.#searching--;
    if (this.#searching < searchersMax) {
      this.#searching++;
      try {
        return await this.#connect("searcher");
      } catch (error) {
        this.#searching--;
        throw error;
      }
    }
    if (this.#waiting.length >= limit.queriesWaitingMax)
      throw away(new Error("too many queries wait"));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #giveBack(connection: PostgresConnection): void {
    const next = this.#waiting.shift();
    if (this.#isClosed) {
      void connection.close();
      next?.reject(closed());
    } else if (connection.isOver) {
      this.#searching--;
      if (next) this.#borrow().then(next.resolve, next.reject);
    } else if (next) next.resolve(connection);
    else this.#idle.push(connection);
  }
}

interface Waiting {
  readonly resolve: (connection: PostgresConnection) => void;
  readonly reject: (error: unknown) => void;
}

function closed(): StoaError {
  return new StoaError("unavailable", "the storage is closed");
}

/** Connections of a node: these, one that writes, one that listens, one that builds indexes. */
const readersMax = 2;
const searchersMax = 4;
const pauseMsMin = 100;
const pauseMsMax = 5_000;
