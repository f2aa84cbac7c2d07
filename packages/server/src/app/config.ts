/**
 * Flags and environment -> one frozen Config. Knows how each is written and bounded; must not know
 * what is done with it, and opens, resolves and listens to nothing.
 */

import { isIP } from "node:net";
import { limit } from "@stoa/domain";
import { addressMistake, isPostgres } from "../storage/postgres-address.ts";
import { type Flag, parseArguments } from "./config-arguments.ts";

/** e.g. `{port: 8080, host: "127.0.0.1", data: "./data", adminLogin: "admin", ...}`. */
export interface Config {
  /** 0 asks the system for a free port. */
  readonly port: number;
  readonly host: string;
  /** The directory, or the URL of the database, that holds everything: `"./data"`. */
  readonly data: string;
  /** The URL of a standby of that database, for reads that may lag. */
  readonly replica?: string;
  /** How long a query without an index may run. */
  readonly queryMsMax: number;
  /** The first user's login; of use only while the data directory is empty. */
  readonly adminLogin: string;
  readonly adminPassword?: string;
  /** Addresses and CIDR blocks whose `X-Forwarded-For` is believed: `["10.0.0.0/8"]`. */
  readonly trustedProxies: readonly string[];
  /** Origins whose pages may call with the user's session: `["https://app.example.org"]`. */
  readonly corsOrigins: readonly string[];
  /** What a reader of `/metrics` must show; without it no token opens them. */
  readonly metricsToken?: string;
  /** Processes that serve together: 1 to 64. */
  readonly workers: number;
  /** Whether one of them serves alone while mostly is written, or always all do. */
  readonly workersMode: "auto" | "all";
  readonly logLevel: LogLevel;
  /** How much of the log of changes is kept for those who resume. */
  readonly changeLog: { readonly ageMsMax: number; readonly bytesMax: number };
  /** How Socket.IO finds out that a client is gone. */
  readonly pings: { readonly intervalMs: number; readonly timeoutMs: number };
  /** Life of a session; no flag sets it, only tests shorten it. */
  readonly sessionLifeMs: number;
}

export type LogLevel = (typeof logLevels)[number];
const logLevels = ["silent", "error", "warn", "info", "debug"] as const;

/** Everything that is wrong with flags and environment: `["--port: ... is no port"]`. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("; "));
    this.mistakes = mistakes;
  }
}

/** What the words ask for: `"help"` and `"version"` win over every mistake beside them. */
export function readAction(args: readonly string[]): "help" | "version" | "serve" {
  if (args.includes("--help")) return "help";
  return args.includes("--version") ? "version" : "serve";
}

const {
  workersMax,
  queryMsMax,
  pingIntervalMsDefault: interval,
  pingTimeoutMsDefault: timeout,
} = limit;

export const helpText = `Usage: npm start -- [options]

  --port <0..65535>        port to listen on, 0 for a free one    STOA_PORT         8080
  --host <address>         address to listen on                   STOA_HOST         127.0.0.1
  --data <directory|url>   where everything is kept               STOA_DATA         ./data
  --replica <url>          a standby of it, for what may lag      STOA_REPLICA
  --query-timeout <ms>     how long a query without index runs    STOA_QUERY_TIMEOUT ${queryMsMax}
  --trust-proxy <list>     proxies (address, CIDR) to believe     STOA_TRUST_PROXY
  --cors <list>            origins whose pages may call           STOA_CORS
  --workers <1..${workersMax}>        processes that share the work          STOA_WORKERS      1
  --workers-mode <mode>    auto: one alone while that is faster;
                           all: always all of them                STOA_WORKERS_MODE auto
  --log <level>            ${logLevels.join(", ")}       STOA_LOG          info
  --log-days <1..3650>     how long changes are kept              STOA_LOG_DAYS     7
  --log-size <MiB>         how much of them at most               STOA_LOG_SIZE     4096
  --ping-interval <ms>     how often sockets are pinged           STOA_PING_INTERVAL ${interval}
  --ping-timeout <ms>      silence that ends one, besides         STOA_PING_TIMEOUT ${timeout}
  --help, --version

Only in the environment, as arguments show in the list of processes:
  STOA_ADMIN_LOGIN         login of the first user                                  admin
  STOA_ADMIN_PASSWORD      its password, ${limit.passwordCharactersMin} characters or more
  STOA_METRICS_TOKEN       opens /metrics to who shows it as a bearer token

The URL of a PostgreSQL database, postgres://user:password@host:5432/database?sslmode=verify-full,
serves any number of nodes; &schema=name puts it elsewhere than in the schema "stoa". A password is
safer in the environment, as STOA_DATA or PGPASSWORD.

A list is separated by commas. A flag wins over its variable; an empty variable counts as absent.
`;

const flags: readonly Flag[] = [
  { name: "--port", variable: "STOA_PORT" },
  { name: "--host", variable: "STOA_HOST" },
  { name: "--data", variable: "STOA_DATA" },
  { name: "--replica", variable: "STOA_REPLICA" },
  { name: "--query-timeout", variable: "STOA_QUERY_TIMEOUT" },
  { name: "--trust-proxy", variable: "STOA_TRUST_PROXY" },
  { name: "--cors", variable: "STOA_CORS" },
  { name: "--workers", variable: "STOA_WORKERS" },
  { name: "--workers-mode", variable: "STOA_WORKERS_MODE" },
  { name: "--log", variable: "STOA_LOG" },
  { name: "--log-days", variable: "STOA_LOG_DAYS" },
  { name: "--log-size", variable: "STOA_LOG_SIZE" },
  { name: "--ping-interval", variable: "STOA_PING_INTERVAL" },
  { name: "--ping-timeout", variable: "STOA_PING_TIMEOUT" },
];

/**
 * For words that ask to serve (`readAction`).
 *
 * @param args the words after the program: `["--port", "0", "--log=warn"]`.
 * @throws ConfigError with every mistake, not only the first.
 */
export function parseConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config {
  const { values, mistakes } = parseArguments(args, flags);
  const source: Source = { values, env, mistakes };
  const adminPassword = readText(source, "STOA_ADMIN_PASSWORD", judgePassword);
  const metricsToken = readText(source, "STOA_METRICS_TOKEN", judgeToken);
  const replica = readText(source, "STOA_REPLICA", judgeReplica);
  const config: Config = {
    port: Number(readText(source, "STOA_PORT", judgePort) ?? 8080),
    host: readText(source, "STOA_HOST", judgeHost) ?? "127.0.0.1",
    data: readText(source, "STOA_DATA", judgeData) ?? "./data",
    ...(replica === undefined ? {} : { replica }),
    queryMsMax: Number(readText(source, "STOA_QUERY_TIMEOUT", judgeQueryTime) ?? queryMsMax),
    adminLogin: readText(source, "STOA_ADMIN_LOGIN", judgeLogin) ?? "admin",
    ...(adminPassword === undefined ? {} : { adminPassword }),
    trustedProxies: readList(source, "STOA_TRUST_PROXY", judgeProxy),
    corsOrigins: readList(source, "STOA_CORS", judgeOrigin),
    ...(metricsToken === undefined ? {} : { metricsToken }),
    workers: Number(readText(source, "STOA_WORKERS", judgeWorkers) ?? 1),
    workersMode: readText(source, "STOA_WORKERS_MODE", judgeMode) === "all" ? "all" : "auto",
    logLevel: readLogLevel(source),
    changeLog: readChangeLog(source),
    pings: readPings(source),
    sessionLifeMs: limit.sessionLifeMs,
  };
  if (config.workers > 1 && config.data === "memory") {
    mistakes.push("--workers: what is kept in memory belongs to one process; give a directory");
  }
  if (config.replica !== undefined && !isPostgres(config.data)) {
    mistakes.push("--replica: only a PostgreSQL database has one; name that by --data");
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return Object.freeze(config);
}

/** Whether one of several may serve alone: nodes of one database lose nothing by company. */
export function isBalanced({ data, workersMode }: Config): boolean {
  return workersMode === "auto" && !isPostgres(data);
}

interface Source {
  readonly values: ReadonlyMap<string, string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly mistakes: string[];
}

/** Says what is wrong with a value, or undefined. */
type Judge = (value: string) => string | undefined;

/** The value of a flag or else of its variable; a bad one is noted and counts as absent. */
function readText(source: Source, variable: string, judge: Judge): string | undefined {
  const { value, origin } = findValue(source, variable);
  const mistake = value === undefined ? undefined : judge(value);
  if (mistake === undefined) return value;
  source.mistakes.push(`${origin}: ${mistake}`);
  return undefined;
}

function readList(source: Source, variable: string, judge: Judge): readonly string[] {
  const { value, origin } = findValue(source, variable);
  const items = (value ?? "").split(",").map((item) => item.trim());
  const given = items.filter((item) => item !== "");
  for (const item of given) {
    const mistake = judge(item);
    if (mistake !== undefined) source.mistakes.push(`${origin}: ${mistake}`);
  }
  return Object.freeze(given);
}

function readLogLevel(source: Source): LogLevel {
  const value = readText(source, "STOA_LOG", judgeLogLevel) ?? "info";
  return logLevels.find((level) => level === value) ?? "info";
}

function readChangeLog(source: Source): Config["changeLog"] {
  const days = readText(source, "STOA_LOG_DAYS", judgeDays);
  const size = readText(source, "STOA_LOG_SIZE", judgeSize);
  return Object.freeze({
    ageMsMax: days === undefined ? limit.logAgeMsDefault : Number(days) * dayMs,
    bytesMax: size === undefined ? limit.logBytesDefault : Number(size) * 1024 * 1024,
  });
}

function readPings(source: Source): Config["pings"] {
  const interval = readText(source, "STOA_PING_INTERVAL", judgePing);
  const timeout = readText(source, "STOA_PING_TIMEOUT", judgePing);
  return Object.freeze({
    intervalMs: Number(interval ?? limit.pingIntervalMsDefault),
    timeoutMs: Number(timeout ?? limit.pingTimeoutMsDefault),
  });
}

function judgePing(value: string): string | undefined {
  return judgeTime(value, { min: limit.pingMsMin, max: limit.pingMsMax });
}

function judgeQueryTime(value: string): string | undefined {
  return judgeTime(value, { min: limit.queryTimeoutMsMin, max: limit.queryTimeoutMsMax });
}

function judgeTime(value: string, { min, max }: { min: number; max: number }) {
  if (/^\d{1,6}$/.test(value) && Number(value) >= min && Number(value) <= max) return undefined;
  return `"${value}" is no time; give whole milliseconds, from ${min} to ${max}`;
}

const dayMs = 24 * 60 * 60 * 1000;

function judgeDays(value: string): string | undefined {
  if (/^\d{1,4}$/.test(value) && Number(value) >= 1 && Number(value) <= 3_650) return undefined;
  return `"${value}" is no number of days; give a whole number from 1 to 3650`;
}

function judgeSize(value: string): string | undefined {
  if (/^\d{1,7}$/.test(value) && Number(value) >= 1) return undefined;
  return `"${value}" is no size; give whole mebibytes, from 1 to 9999999`;
}

function findValue({ values, env }: Source, variable: string) {
  const name = flags.find((flag) => flag.variable === variable)?.name;
  const value = name === undefined ? undefined : values.get(name);
  if (name !== undefined && value !== undefined) return { value, origin: name };
  return { value: env[variable] || undefined, origin: variable };
}

function judgePort(value: string): string | undefined {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return undefined;
  return `"${value}" is no port; give a whole number from 0 to 65535`;
}

function judgeHost(value: string): string | undefined {
  if (isIP(value) !== 0 || /^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$/i.test(value)) return undefined;
  return `"${value}" is neither an address nor a host name, as 127.0.0.1, :: or localhost are`;
}

/** Quotes only the scheme: what follows may hold a password. */
function judgeData(value: string): string | undefined {
  if (isPostgres(value)) return addressMistake(value);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase();
  if (scheme === undefined) return value.includes("\0") ? "no path holds a NUL" : undefined;
  return `no ${scheme}: here; give a directory, as in --data ./data, or a postgres: URL`;
}

/** Likewise. The schema is that of the database that it is a copy of. */
function judgeReplica(value: string): string | undefined {
  if (!isPostgres(value)) return "give the URL of a standby, postgres://user@host:5432/database";
  const mistake = addressMistake(value);
  if (mistake !== undefined || !new URL(value).searchParams.has("schema")) return mistake;
  return "schema= stands in --data alone";
}

function judgeLogin(value: string): string | undefined {
  const length = [...value].length;
  const max = limit.loginCharactersMax;
  if (length > max) return `a login has at most ${max} characters, this one has ${length}`;
  const isPlain = value === value.trim() && !/\p{Cc}/u.test(value);
  return isPlain ? undefined : "a login has no control characters and no space around it";
}

/** Never quotes the value. */
function judgePassword(value: string): string | undefined {
  const length = [...value].length;
  const { passwordCharactersMin: min, passwordCharactersMax: max } = limit;
  if (length >= min && length <= max) return undefined;
  return `a password has ${min} to ${max} characters, this one has ${length}`;
}

/** Never quotes the value. A bearer token is visible ASCII (RFC 6750, 2.1). */
function judgeToken(value: string): string | undefined {
  const isVisible = /^[!-~]{1,1000}$/.test(value);
  return isVisible ? undefined : "a token has 1 to 1000 visible ASCII characters and no spaces";
}

function judgeProxy(value: string): string | undefined {
  const [address = "", bits, ...rest] = value.split("/");
  const family = isIP(address);
  const bitsMax = family === 4 ? 32 : 128;
  const isBlock = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  if (family !== 0 && isBlock && rest.length === 0) return undefined;
  return `"${value}" is neither an address nor a block, as 10.0.0.1 and 10.0.0.0/8 are`;
}

function judgeOrigin(value: string): string | undefined {
  if (value === "*") return "* would lend every site its visitors' sessions; name the origins";
  const origin = URL.canParse(value) ? new URL(value).origin : undefined;
  if (origin === value && /^https?:/.test(value)) return undefined;
  return `"${value}" is no origin, as https://app.example.org is (no path, no slash at the end)`;
}

function judgeWorkers(value: string): string | undefined {
  const count = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (count >= 1 && count <= workersMax) return undefined;
  return `"${value}" is no number of processes; give a whole number from 1 to ${workersMax}`;
}

function judgeMode(value: string): string | undefined {
  if (value === "auto" || value === "all") return undefined;
  return `"${value}" is no mode; give auto or all`;
}

function judgeLogLevel(value: string): string | undefined {
  if (logLevels.some((level) => level === value)) return undefined;
  return `"${value}" is no level; give one of ${logLevels.join(", ")}`;
}
