/**
 * A schema of a PostgreSQL database as source and as target of a move. A source is kept from all
 * writers by the lock that orders them; a target is marked, so that no node opens it too early.
 */
import { createHash } from "node:crypto";
import { StoaError, type StoreDefinition } from "@stoa/domain";
import { type PostgresAddress, parseAddress } from "./postgres-address.ts";
import { arrayText, PostgresConnection } from "./postgres-connection.ts";
import { copyRows } from "./postgres-copy.ts";
import { makeStore } from "./postgres-define.ts";
import { translated } from "./postgres-error.ts";
import { migrate, movingMark, ownMark, storeTable } from "./postgres-schema.ts";
import { readHead } from "./postgres-state.ts";
import { tableOf } from "./postgres-store.ts";
import {
  accessTransfer,
  isLiving,
  storeTransfer,
  type TransferHead,
  type TransferMark,
  type TransferOptions,
  type TransferRow,
  type TransferSource,
  type TransferTable,
  type TransferTarget,
  transferCharactersMax,
  transferRowsMax,
} from "./transfer.ts";

/** Errors: `unavailable` where there is no Stoa, or where it cannot be reached. */
export async function openPostgresSource(data: string): Promise<TransferSource> {
  return opened(data, async (connection, address) => {
    if ((await markOf(connection, address.schema)) !== ownMark) throw notThere(address);
    await migrate(connection, address.schema);
    // Nodes that run go on reading; none of them writes until this ends.
    await connection.execute("BEGIN");
    await readHead(connection, "FOR UPDATE");
    return new PostgresSource(addressText(address), connection);
  });
}

/** Errors: as before; `conflict` for a schema that holds something already. */
export async function openPostgresTarget(
  data: string,
  { anew }: TransferOptions,
): Promise<TransferTarget> {
  return opened(data, async (connection, address) => {
    const { schema } = address;
    const isMoving = (await markOf(connection, schema)) === movingMark;
    await lockAlone(connection, address);
    if (isMoving && anew) await connection.execute(`DROP SCHEMA ${schema} CASCADE`);
    const mark = isMoving && !anew ? await readMark(connection) : null;
    if (!mark) {
      await migrate(connection, schema);
      if ((await connection.first("SELECT 1 FROM store LIMIT 1")) !== undefined) {
        throw new StoaError("conflict", `${addressText(address)} is not empty`);
      }
    }
    return new PostgresTarget(addressText(address), connection, schema, mark);
  });
}

class PostgresSource implements TransferSource {
  readonly address: string;
  protected readonly connection: PostgresConnection;

  constructor(address: string, connection: PostgresConnection) {
    this.address = address;
    this.connection = connection;
  }

  async head(): Promise<TransferHead> {
    return this.#said(readHead(this.connection));
  }

  async count({ name }: TransferTable): Promise<number> {
    const row = this.connection.first<[number]>(`SELECT count(*) FROM ${name}`);
    return (await this.#said(row))?.[0] ?? 0;
  }

  async rows(table: TransferTable, after: TransferRow | null): Promise<readonly TransferRow[]> {
    return this.#said(this.connection.all<TransferRow>(partSql(table, after), after ?? []));
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  async #said<T>(answer: Promise<T>): Promise<T> {
    return answer.catch((error: unknown) => {
      throw translated(error);
    });
  }
}

class PostgresTarget extends PostgresSource implements TransferTarget {
  readonly isDone = false;
  readonly #schema: string;
  #mark: TransferMark | null;

  constructor(
    address: string,
    connection: PostgresConnection,
    schema: string,
    mark: TransferMark | null,
  ) {
    super(address, connection);
    this.#schema = schema;
    this.#mark = mark;
  }

  get mark(): TransferMark | null {
    return this.#mark;
  }

  async begin(mark: TransferMark): Promise<void> {
    await this.#together(async () => {
      const { connection } = this;
      await connection.execute(`COMMENT ON SCHEMA ${this.#schema} IS '${movingMark}'`);
      await connection.execute("CREATE TABLE move (one boolean PRIMARY KEY, mark text NOT NULL)");
      await this.#keep(mark);
    });
  }

  async write(
    table: TransferTable,
    rows: readonly TransferRow[],
    mark: TransferMark,
  ): Promise<void> {
    const { connection } = this;
    await this.#together(async () => {
      if (table === accessTransfer) await this.#writeAccess(rows);
      else await copyRows(connection, table.name, table.columns, rows);
      if (table === storeTransfer) {
        for (const [n] of rows.filter(isLiving)) await connection.execute(storeTable(Number(n)));
      }
      await this.#keep(mark);
    });
  }

  async empty({ name }: TransferTable): Promise<void> {
    await this.#together(() => this.connection.run(`DELETE FROM ${name}`));
  }

  async build({ keptSince }: TransferHead): Promise<void> {
    const { connection } = this;
    await connection.run("DELETE FROM change WHERE seq <= ?", [keptSince]);
    const stores = "SELECT n, name, widest, definition FROM store WHERE name IS NOT NULL";
    for (const [n, name, widest, text] of await connection.all<StoreRow>(stores)) {
      const bare = tableOf({ n, name, widest }, { unique: [], indexes: [], search: [] });
      const sets = { name, ...JSON.parse(text) } as StoreDefinition;
      await this.#together(async () => {
        await makeStore(connection, bare, sets);
        // As it came, to the letter: the copy is compared with what it is a copy of.
        await connection.run("UPDATE store SET definition = ? WHERE n = ?", [text, n]);
      });
      // Without it index-only scans would look at each row until the first vacuum by itself.
      await connection.execute(`VACUUM (ANALYZE) e${n}`);
    }
  }

  async finish({ sequence, keptSince }: TransferHead): Promise<void> {
    const { connection } = this;
    await this.#together(async () => {
      await connection.run("UPDATE head SET sequence = ?, kept = ?", [sequence, keptSince]);
      for (const name of ["store", "group_id", "owner_id", "access_set"]) {
        await connection.first(
          `SELECT setval(pg_get_serial_sequence('${name}', 'n'), max(n)) FROM ${name}`,
        );
      }
      await connection.execute("DROP TABLE move");
      await connection.execute(`COMMENT ON SCHEMA ${this.#schema} IS '${ownMark}'`);
    });
    await this.close();
  }

  async #writeAccess(rows: readonly TransferRow[]): Promise<void> {
    const hashes = rows.map(([, ids]) => createHash("sha256").update(String(ids)).digest("hex"));
    const sets = rows.map(([n, ids]) => [Number(n), JSON.parse(String(ids)) as string[]] as const);
    const members = sets.flatMap(([n, ids]) => [...new Set(ids)].map((id) => [n, id] as const));
    await this.connection.run(
      "INSERT INTO access_set (n, ids, hash) OVERRIDING SYSTEM VALUE " +
        "SELECT u.n, u.ids, decode(u.hash, 'hex') " +
        "FROM unnest(?::integer[], ?::text[], ?::text[]) u(n, ids, hash)",
      [
        arrayText(rows.map(([n]) => n ?? null)),
        arrayText(rows.map(([, ids]) => ids ?? null)),
        arrayText(hashes),
      ],
    );
    await this.connection.run(
      "INSERT INTO access_member (n, principal) SELECT * FROM unnest(?::integer[], ?::text[])",
      [arrayText(members.map(([n]) => n)), arrayText(members.map(([, id]) => id))],
    );
  }

  async #keep(mark: TransferMark): Promise<void> {
    const sql =
      "INSERT INTO move (one, mark) VALUES (true, ?) " +
      "ON CONFLICT (one) DO UPDATE SET mark = excluded.mark";
    await this.connection.run(sql, [JSON.stringify(mark)]);
    this.#mark = mark;
  }

  async #together(write: () => Promise<unknown>): Promise<void> {
    const { connection } = this;
    try {
      await connection.execute("BEGIN");
      await write();
      await connection.execute("COMMIT");
    } catch (error) {
      await connection.execute("ROLLBACK").catch(() => {});
      throw translated(error);
    }
  }
}

type StoreRow = readonly [n: number, name: string, widest: number, definition: string];

/** As many rows as come to so much text, at least one. */
function partSql({ name, columns, keyColumns }: TransferTable, after: TransferRow | null): string {
  const keys = columns.slice(0, keyColumns).join(", ");
  const marks = columns.slice(0, keyColumns).map(() => "?");
  const where = after === null ? "" : `WHERE (${keys}) > (${marks.join(", ")})`;
  const texts = columns.filter((column) => typeOf(column) === "text");
  const size = ["0", ...texts.map((text) => `coalesce(octet_length(${text}), 0)`)].join(" + ");
  const list = columns.join(", ");
  return (
    `SELECT ${list} FROM (SELECT ${list}, sum(${size}) OVER (ORDER BY ${keys} ` +
    `ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ahead FROM (SELECT ${list} ` +
    `FROM ${name} ${where} ORDER BY ${keys} LIMIT ${transferRowsMax}) p) q ` +
    `WHERE coalesce(ahead, 0) < ${transferCharactersMax} ORDER BY ${keys}`
  );
}

function typeOf(column: string): string {
  const bare = column.replace(/^[ab]_/, "");
  if (["n", "grp", "own", "acc", "store"].includes(bare)) return "integer";
  if (["seq", "rev", "last", "widest", "count"].includes(bare)) return "bigint";
  if (["time", "at", "expires"].includes(bare)) return "double precision";
  return bare === "op" ? "smallint" : "text";
}

async function opened<T>(
  data: string,
  open: (connection: PostgresConnection, address: PostgresAddress) => Promise<T>,
): Promise<T> {
  const address = parseAddress(data);
  let connection: PostgresConnection | undefined;
  try {
    connection = await PostgresConnection.open(address, "builder");
    return await open(connection, address);
  } catch (error) {
    await connection?.close();
    throw translated(error);
  }
}

/** What stands at a schema; undefined where there is none. */
async function markOf(connection: PostgresConnection, schema: string): Promise<string | undefined> {
  const sql = "SELECT obj_description(to_regnamespace(?::text), 'pg_namespace')";
  return (await connection.first<[string | null]>(sql, [schema]))?.[0] ?? undefined;
}

async function readMark(connection: PostgresConnection): Promise<TransferMark | null> {
  const row = await connection.first<[string]>("SELECT mark FROM move");
  return row ? (JSON.parse(row[0]) as TransferMark) : null;
}

/** One move at a time, as long as the connection lasts. */
async function lockAlone(connection: PostgresConnection, address: PostgresAddress): Promise<void> {
  const sql = "SELECT pg_try_advisory_lock(hashtextextended(?, 0))";
  const [isLocked] =
    (await connection.first<[boolean]>(sql, [`stoa move ${address.schema}`])) ?? [];
  if (isLocked) return;
  throw new StoaError("unavailable", `${addressText(address)} is in use by another move`);
}

/** `postgres://db.example.org:5432/app?schema=stoa`, without user and password. */
function addressText({ connectionString, schema }: PostgresAddress): string {
  const { host, pathname, searchParams } = new URL(connectionString);
  const place = host === "" ? (searchParams.get("host") ?? "") : host;
  return `postgres://${place}${pathname}?schema=${schema}`;
}

function notThere(address: PostgresAddress): StoaError {
  return new StoaError("unavailable", `there is no Stoa in ${addressText(address)}`);
}
