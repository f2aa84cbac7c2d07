/**
 * The one composition root: engine, services, transport, in this order; and their end in the other.
 * Reads neither environment nor flags.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { limit } from "@stoa/domain";
import type { Observation } from "../service/observation.ts";
import { openServices } from "../service/open-services.ts";
import type { Services } from "../service/services.ts";
import type {
  Engine,
  EngineOptions,
  LogRetention,
  Peers,
  ReplicaStanding,
} from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { dataBytes, openEngine } from "../storage/open-engine.ts";
import { isPostgres } from "../storage/postgres-address.ts";
import { SqliteBackups } from "../storage/sqlite-backup.ts";
import { createHttpServer } from "../transport/http-server.ts";
import type { Pings } from "../transport/socket-gateway.ts";
import { citySample } from "./city-sample.ts";
import { openInTime, type Patience } from "./patient-start.ts";

export interface StoaOptions {
  readonly host: string;
  readonly port: number;
  /** A folder, or the URL of a PostgreSQL database; `memory` keeps nothing. */
  readonly data: string;
  /** The URL of a standby of that database. */
  readonly replica?: string;
  /** How long a query without an index may run; else `limit.queryMsMax`. */
  readonly queryMsMax?: number;
  readonly adminLogin: string;
  readonly adminPassword?: string;
  readonly trustedProxies?: readonly string[];
  readonly corsOrigins?: readonly string[];
  readonly metricsToken?: string;
  /** Of Socket.IO; else those of `limit`. */
  readonly pings?: Pings;
  readonly sessionLifeMs?: number;
  /** How much of the log of changes is kept; without it, all. */
  readonly changeLog?: LogRetention;
  /** The folder of the built console; without it nothing is at `/`. */
  readonly consoleFiles?: string;
  readonly version?: string;
  /** Unix milliseconds. */
  readonly now?: () => number;
  readonly observe?: (observation: Observation) => void;
  readonly metrics?: () => Promise<string>;
  /** The load of the last hour, of all processes. */
  readonly load?: () => Promise<object>;
  /** Given where a database that is away is waited for; else the start fails. */
  readonly patience?: Patience;
  /** The other processes that serve the same data, which is then locked for all of them. */
  readonly peers?: Peers;
}

export interface Stoa {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly services: Services;
  readonly engine: Engine;
  /** To be shown once; null unless this was the first start and no password was given. */
  readonly firstPassword: string | null;
  /** A part of the connections goes, to be made anew with other processes: `0.5` for half. */
  shed(share: number): void;
  /** Accepts no connection any more; ends when all have gone, as they are answered. */
  leave(): Promise<void>;
  /** Drains, then ends: what was answered is kept. */
  close(): Promise<void>;
}

export async function startStoa(options: StoaOptions): Promise<Stoa> {
  const startedAt = performance.now();
  const { observe = () => {}, metrics = async () => "", version = "0.0.0", now } = options;
  const { load = async () => ({}) } = options;
  const standings = new Standings(observe);
  const { services, engine, firstPassword } = await openServices({
    openEngine: (engineOptions) => {
      const { data, replica, queryMsMax, changeLog: log, peers } = options;
      const given: EngineOptions = {
        ...engineOptions,
        ...(log && { log }),
        ...(peers && { peers }),
        onDatabase: (turn) => observe({ kind: "storage", ...turn }),
        ...(queryMsMax !== undefined && { queryMsMax }),
        ...(replica !== undefined && { replica, onReplica: standings.take }),
      };
      const open = () => engineAt(data, given);
      return options.patience ? openInTime(open, options.patience) : open();
    },
    administrator: { login: options.adminLogin, password: options.adminPassword },
    observe,
    samples: new Map([["cities", citySample]]),
    backups: backupsOf(options.data, now ?? Date.now),
    ...(now && { now }),
    ...(options.sessionLifeMs !== undefined && { sessionLifeMs: options.sessionLifeMs }),
  });
  const server = createHttpServer(services, {
    observe,
    metrics,
    statistics: async () => {
      const database = { ...(await databaseOf(options.data)), ...standings.shown };
      return { ...(await load()), database };
    },
    version,
    trustedProxies: options.trustedProxies ?? [],
    corsOrigins: options.corsOrigins ?? [],
    pings: options.pings ?? usualPings,
    ...(options.metricsToken !== undefined && { metricsToken: options.metricsToken }),
    ...(options.consoleFiles !== undefined && { consoleFiles: options.consoleFiles }),
    ready: () => true,
    isShared: options.peers !== undefined,
  });
  const url = await listenOr(server.listen(options), engine);
  const telling = setInterval(() => observe(memoryNow()), limit.loadPointMs).unref();
  observe(memoryNow());
  const measuring = tellSize(options.data, observe);
  observe({ kind: "started", version, ms: performance.now() - startedAt });
  observe({ kind: "listening", url });
  const close = async () => {
    observe({ kind: "draining" });
    clearInterval(telling);
    clearInterval(measuring);
    // A storage that is away would keep it for as long.
    await Promise.race([services.feed.settle(), sleep(settleMsMax, undefined, { ref: false })]);
    await server.drain();
    // What runs on behind an answer, such as the time of a token's use, may still be written.
    await sleep(0);
    await engine.close();
  };
  const { shed, leave } = server;
  return { url, services, engine, firstPassword, shed, leave, close };
}

/** What is known of the replica: reported, and told to who asks how the server is doing. */
class Standings {
  readonly #observe: (observation: Observation) => void;
  #last: ReplicaStanding | undefined;

  constructor(observe: (observation: Observation) => void) {
    this.#observe = observe;
  }

  readonly take = (standing: ReplicaStanding): void => {
    this.#last = standing;
    this.#observe({ kind: "replica", ...standing });
  };

  /** `{replica: {isUp: true, lagMs: 12, reads: 417, fallbacks: 3}}` where there is one. */
  get shown(): object {
    if (!this.#last) return {};
    const { hasTurned: _, cause: __, ...replica } = this.#last;
    return { replica };
  }
}

const usualPings: Pings = {
  intervalMs: limit.pingIntervalMsDefault,
  timeoutMs: limit.pingTimeoutMsDefault,
};

function engineAt(data: string, options: EngineOptions): Promise<Engine> {
  return data === "memory" ? Promise.resolve(new MemoryEngine(options)) : openEngine(data, options);
}

/** Copies of the database, or what to do instead. */
function backupsOf(data: string, now: () => number): SqliteBackups | string {
  if (data === "memory") return "Nothing is kept here, so there is nothing to copy.";
  if (isPostgres(data)) {
    return "This database is copied by its own means: for PostgreSQL that is pg_dump.";
  }
  return new SqliteBackups(data, now);
}

function memoryNow(): Observation {
  const { rss, heapUsed } = process.memoryUsage();
  return { kind: "memory", rssBytes: rss, heapBytes: heapUsed };
}

/** From now on, now and then. A database that is away has no size. */
function tellSize(data: string, observe: (observation: Observation) => void): NodeJS.Timeout {
  const tell = () =>
    databaseOf(data).then(
      ({ bytes }) => bytes !== null && observe({ kind: "database", bytes }),
      () => undefined,
    );
  void tell();
  return setInterval(() => void tell(), limit.databaseSizeEveryMs).unref();
}

/** `{engine: "sqlite", bytes: 81920}`, or `"postgres"`; null where nothing is kept. */
async function databaseOf(data: string) {
  if (data === "memory") return { engine: "memory", bytes: null };
  return { engine: isPostgres(data) ? "postgres" : "sqlite", bytes: await dataBytes(data) };
}

/** A server that cannot listen leaves no engine open behind it. */
async function listenOr(listening: Promise<string>, engine: Engine): Promise<string> {
  try {
    return await listening;
  } catch (cause) {
    await engine.close();
    throw cause;
  }
}

/** How long a stop waits until all has been told. */
const settleMsMax = 3_000;
