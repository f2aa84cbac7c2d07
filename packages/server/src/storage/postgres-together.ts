/**
 * Prepared statements that go out in one piece and are done as one: a transaction of their own, in
 * one way to the database and back. Knows no SQL.
 */
import pg from "pg";
import type { SqlValue } from "./sql-filter.ts";

/** A statement by the name under which it is, or will be, prepared. */
export interface NamedStatement {
  readonly name: string;
  /** With `$1`. */
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** Whether the database must be told its text, as it was not by this connection. */
  readonly isFresh: boolean;
}

/**
 * The driver sends a Sync behind each statement, which the database answers by itself. Between one
 * Sync and the next PostgreSQL runs all as one transaction, undone by the first that fails:
 * https://www.postgresql.org/docs/15/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
export class StatementsTogether extends pg.Query {
  readonly #statements: readonly NamedStatement[];
  readonly #callback: (error?: Error) => void;

  /** @param callback when all of them are committed, or with what went wrong */
  constructor(statements: readonly NamedStatement[], callback: (error?: Error) => void) {
    super({ text: "" });
    this.#statements = statements;
    this.#callback = callback;
  }

  override submit = (connection: pg.Connection): null => {
    const wire = connection as unknown as Wire;
    for (const { name, text, values, isFresh } of this.#statements) {
      if (isFresh) wire.parse({ name, text });
      wire.bind({ statement: name, values: values.map(wireValue) });
      wire.execute();
    }
    wire.sync();
    return null;
  };

  /** Their rows are not asked for. */
  handleDataRow(): void {}

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.#callback(error);
  }

  handleReadyForQuery(): void {
    this.#callback();
  }
}

/** What the driver's connection can say. */
interface Wire {
  parse(statement: { name: string; text: string }): void;
  bind(portal: { statement: string; values: readonly unknown[] }): void;
  execute(): void;
  sync(): void;
}

function wireValue(value: SqlValue): unknown {
  if (typeof value === "number") return String(value);
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}
