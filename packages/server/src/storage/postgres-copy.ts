/**
 * Many rows at once by COPY: how they are written down, and how they are sent. Knows no table.
 * https://www.postgresql.org/docs/15/sql-copy.html, "Text Format".
 */
import pg from "pg";
import type { PostgresConnection } from "./postgres-connection.ts";

export type CopyValue = string | number | null;

/**
 * Puts rows into a table, on a connection that has nothing else under way. Columns that number
 * themselves take what is given. Errors: those of the driver; then no row is there.
 * @param columns `["id", "body"]`
 */
export function copyRows(
  { client }: PostgresConnection,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly CopyValue[])[],
): Promise<void> {
  const sql = `COPY ${table} (${columns.join(", ")}) FROM STDIN`;
  return new Promise((resolve, reject) => {
    const done = (error: unknown) => (error ? reject(error) : resolve());
    client.query(new CopyIn(sql, copyText(rows), done) as unknown as pg.Submittable);
  });
}

/** A line for each row: `1\tDelft\t\\N`. */
function copyText(rows: readonly (readonly CopyValue[])[]): string {
  return rows.map((row) => `${row.map(valueText).join("\t")}\n`).join("");
}

function valueText(value: CopyValue): string {
  if (value === null) return "\\N";
  if (typeof value === "number") return String(value);
  return /[\\\n\r\t]/.test(value)
    ? value.replace(/[\\\n\r\t]/g, (sign) => escapes[sign] ?? sign)
    : value;
}

const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** The part of the driver's connection by which data goes out. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** A query of the driver's that answers the server's wish for data, which it else refuses. */
class CopyIn extends (pg.Query as unknown as new (
  sql: string,
  values: undefined,
  done: (error: unknown) => void,
) => object) {
  readonly #text: string;

  constructor(sql: string, text: string, done: (error: unknown) => void) {
    super(sql, undefined, done);
    this.#text = text;
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(Buffer.from(this.#text));
    connection.endCopyFrom();
  }
}
