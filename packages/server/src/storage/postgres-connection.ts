/**
 * One connection to PostgreSQL with its prepared statements, whose rows are arrays. Statements are
 * written with `?`. Knows nothing of what the database holds.
 */
import type { Socket } from "node:net";
import { limit } from "@stoa/domain";
import pg from "pg";
import type { PostgresAddress } from "./postgres-address.ts";
import { isWithoutTls } from "./postgres-error.ts";
import { type NamedStatement, StatementsTogether } from "./postgres-together.ts";
import type { Sql, SqlValue } from "./sql-filter.ts";

/**
 * What a connection is for: `reader` answers what an index answers, many questions at once;
 * `searcher` one question at a time that may take long; `writer` holds the transaction;
 * `builder` takes as long as an index takes; `listener` hears of commits.
 */
export type Role = "reader" | "searcher" | "writer" | "builder" | "listener";

export type Values = readonly (SqlValue | boolean)[];

export interface Outcome {
  readonly rows: readonly unknown[];
  /** Rows that were found or changed. */
  readonly count: number;
  /** `SELECT`, `COMMIT`, or `ROLLBACK` where a commit was asked for in vain. */
  readonly command: string;
}

/** A process of the database: its number and when it began, since numbers are given again. */
export interface Backend {
  readonly processId: number;
  readonly since: string;
}

/** How long things may take, milliseconds. */
export interface Times {
  /** A question; else `limit.queryMsMax`. */
  readonly queryMsMax?: number | undefined;
  /** Until the connection is open; else five seconds. */
  readonly connectMsMax?: number | undefined;
}

export class PostgresConnection {
  readonly client: pg.Client;
  /** Whether it broke or was ended. */
  isOver = false;
  /** Whether it was ended here. */
  isClosed = false;
  /** What broke it. */
  failure: unknown;
  /** Statements that were sent and not answered yet. */
  waiting = 0;
  readonly #names = new Map<string, string>();
  /** Of statements sent together, which the driver does not know. */
  readonly #togetherNames = new Map<string, string>();
  #togetherCount = 0;
  #backend: Promise<Backend> | undefined;
  #isGathering = false;

  private constructor(client: pg.Client) {
    this.client = client;
    client.on("error", (error) => {
      this.isOver = true;
      this.failure = error;
    });
    client.on("end", () => {
      this.isOver = true;
    });
  }

  /** Errors: those of the driver. */
  static async open(
    address: PostgresAddress,
    role: Role,
    times: Times = {},
  ): Promise<PostgresConnection> {
    const client = new pg.Client(clientOptions(address, role, times));
    const connection = new PostgresConnection(client);
    try {
      await client.connect();
    } catch (error) {
      client.end().catch(() => {});
      const { plainString, schema } = address;
      if (plainString === undefined || !isWithoutTls(error)) throw error;
      const plain = { connectionString: plainString, schema };
      return PostgresConnection.open(plain, role, times);
    }
    return connection;
  }

  /** Of a statement that comes again and again: prepared once. */
  async all<T extends readonly unknown[]>(sql: string, values: Values = []): Promise<readonly T[]> {
    return (await this.run(sql, values)).rows as readonly T[];
  }

  async first<T extends readonly unknown[]>(
    sql: string,
    values: Values = [],
  ): Promise<T | undefined> {
    return (await this.run(sql, values)).rows[0] as T | undefined;
  }

  run(sql: string, values: Values = []): Promise<Outcome> {
    return this.#send(sql, values, this.#nameOf(sql));
  }

  /** Of a statement that is planned for its values, each time anew. */
  async ask<T extends readonly unknown[]>(sql: string, values: Values = []): Promise<readonly T[]> {
    return (await this.#send(sql, values, undefined)).rows as readonly T[];
  }

  /**
   * All of them in a transaction of their own, which is committed when this resolves. Their rows
   * are not given.
   */
  together(statements: readonly Sql[]): Promise<void> {
    this.waiting++;
    this.#gather();
    const named = statements.map((statement) => this.#namedTogether(statement));
    return new Promise<void>((resolve, reject) => {
      const ended = (error?: Error) => {
        this.waiting--;
        if (!error) return resolve();
        // Perhaps the database has not come to what it was to prepare.
        for (const { text, isFresh } of named) if (isFresh) this.#togetherNames.delete(text);
        reject(error);
      };
      this.client.query(new StatementsTogether(named, ended));
    });
  }

  /** Who serves it. */
  backend(): Promise<Backend> {
    this.#backend ??= this.first<[number, string]>(backendSql).then((row) => {
      const [processId, since] = row as [number, string];
      return { processId, since };
    });
    return this.#backend;
  }

  /** Statements as they stand, without parameters. */
  async execute(sql: string): Promise<Outcome> {
    this.#gather();
    const { rows, rowCount, command } = await this.client.query({ text: sql, rowMode: "array" });
    return { rows, count: rowCount ?? 0, command };
  }

  async close(): Promise<void> {
    this.isOver = this.isClosed = true;
    await this.client.end().catch(() => {});
  }

  /** At once, whatever is under way. */
  cut(): void {
    this.isOver = true;
    streamOf(this.client).destroy();
  }

  /** What is sent in one turn of the event loop goes out by one call of the system. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    const stream = streamOf(this.client);
    stream.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      stream.uncork();
    });
  }

  async #send(sql: string, values: Values, name: string | undefined): Promise<Outcome> {
    this.waiting++;
    this.#gather();
    try {
      const result = await this.client.query({
        text: numbered(sql),
        values: values as unknown[],
        rowMode: "array",
        ...(name !== undefined && { name }),
      });
      return { rows: result.rows, count: result.rowCount ?? 0, command: result.command };
    } finally {
      this.waiting--;
    }
  }

  #namedTogether({ sql, values }: Sql): NamedStatement {
    const text = numbered(sql);
    const known = this.#togetherNames.get(text);
    if (known !== undefined) return { name: known, text, values, isFresh: false };
    this.#togetherCount++;
    const isKept = this.#togetherNames.size < statementsMax;
    // One that is not kept is told each time, without a name.
    const name = isKept ? `t${this.#togetherCount}` : "";
    if (isKept) this.#togetherNames.set(text, name);
    return { name, text, values, isFresh: true };
  }

  #nameOf(sql: string): string | undefined {
    const known = this.#names.get(sql);
    if (known !== undefined || this.#names.size >= statementsMax) return known;
    const name = `s${this.#names.size}`;
    this.#names.set(sql, name);
    return name;
  }
}

function streamOf(client: pg.Client): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

/** A text as a literal in which no `?` stands: `'it''s'`, `E'a\x3fb'`. */
export function quoted(text: string): string {
  const plain = text.replaceAll("'", "''");
  if (!/[?\\]/.test(text)) return `'${plain}'`;
  return `E'${plain.replaceAll("\\", "\\\\").replaceAll("?", "\\x3f")}'`;
}

/** A list as PostgreSQL writes an array, for a parameter: `{"a","b"}`; of numbers `{1,2}`. */
export function arrayText(items: readonly (string | number | null)[]): string {
  return `{${items.map(itemText).join()}}`;
}

function itemText(item: string | number | null): string {
  if (item === null) return "NULL";
  if (typeof item === "number") return String(item);
  return `"${/["\\]/.test(item) ? item.replace(/["\\]/g, "\\$&") : item}"`;
}

/**
 * Bodies as one text for `textsSql`, in which no quote must be escaped: `{"a":1}` and null. A body
 * is never empty, and has no control characters.
 */
export function joinedTexts(bodies: readonly (string | null)[]): string {
  return bodies.join("\x1e");
}

export const textsSql = "string_to_array(?, E'\\x1e', '')";

/** `a = ? AND b = ?` becomes `a = $1 AND b = $2`. */
function numbered(sql: string): string {
  const known = numberedSqls.get(sql);
  if (known !== undefined) return known;
  let count = 0;
  const text = sql.replaceAll("?", () => {
    count++;
    return `$${count}`;
  });
  if (numberedSqls.size >= statementsMax) numberedSqls.clear();
  numberedSqls.set(sql, text);
  return text;
}

const numberedSqls = new Map<string, string>();

function clientOptions(
  address: PostgresAddress,
  role: Role,
  { queryMsMax = limit.queryMsMax, connectMsMax = connectMsDefault }: Times,
): pg.ClientConfig {
  const { connectionString, schema } = address;
  const reads = role === "reader" || role === "searcher";
  const bound = reads && { statement_timeout: `${queryMsMax}` };
  const settings = { search_path: schema, ...shared, ...settingsOf[role], ...bound };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  return {
    connectionString,
    application_name: `stoa ${role}`,
    options: options.join(" "),
    connectionTimeoutMillis: connectMsMax,
    keepAlive: true,
    types: { getTypeParser } as unknown as pg.CustomTypesConfig,
    ...((role === "reader" || role === "writer") && { pipeline: true }),
  } as pg.ClientConfig;
}

/** bigint, smallint, integer, double precision; the rest as the driver does it. */
function getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (oid === 20 || oid === 21 || oid === 23 || oid === 701) return Number;
  return pg.types.getTypeParser(oid, format as "text");
}

const backendSql =
  "SELECT pid, backend_start::text FROM pg_stat_activity WHERE pid = pg_backend_pid()";
const shared = {
  jit: "off",
  client_min_messages: "error",
  timezone: "UTC",
  // A text of ours is never read by another rule for `\`.
  standard_conforming_strings: "on",
};
const byIndex = { enable_seqscan: "off", enable_bitmapscan: "off", enable_sort: "off" };
/** A node that hangs in a transaction gives way to the others. */
const held = { lock_timeout: "10s", idle_in_transaction_session_timeout: "10s" };
const settingsOf: Readonly<Record<Role, Readonly<Record<string, string>>>> = {
  reader: {
    ...byIndex,
    plan_cache_mode: "force_generic_plan",
    default_transaction_read_only: "on",
  },
  searcher: {
    default_transaction_read_only: "on",
    work_mem: "16MB",
  },
  writer: { ...held, enable_seqscan: "off", statement_timeout: "60s" },
  builder: { lock_timeout: "60s" },
  listener: { statement_timeout: "10s" },
};

/** Statements that a connection keeps prepared; further ones are planned each time. */
const statementsMax = 1_000;
const connectMsDefault = 5_000;
