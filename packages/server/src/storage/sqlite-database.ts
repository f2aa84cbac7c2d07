/**
 * A database with its prepared statements, whose rows are arrays. Knows nothing of what it holds.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqlValue } from "./sql-filter.ts";

export type Values = readonly SqlValue[];

export class SqliteDatabase {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  /** A statement out of the cache: it must be done with before the same SQL runs again. */
  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.prepare(sql);
    if (this.#statements.size >= statementsKeptMax) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  /** A statement of one's own, whose rows are arrays. */
  prepare(sql: string): StatementSync {
    const statement = this.database.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  }

  all<T extends readonly unknown[]>(sql: string, values: Values = []): T[] {
    return this.statement(sql).all(...(values as SqlValue[])) as unknown as T[];
  }

  /** One after another, as long as they are asked for; then the statement may run again. */
  each<T extends readonly unknown[]>(sql: string, values: Values = []): Iterable<T> {
    return this.statement(sql).iterate(...(values as SqlValue[])) as unknown as Iterable<T>;
  }

  first<T extends readonly unknown[]>(sql: string, values: Values = []): T | undefined {
    return this.statement(sql).get(...(values as SqlValue[])) as unknown as T | undefined;
  }

  run(sql: string, values: Values = []): void {
    // As `run()` it would make an object of what it has changed, for nobody.
    this.statement(sql).get(...(values as SqlValue[]));
  }

  close(): void {
    this.#statements.clear();
    if (this.database.isOpen) this.database.close();
  }
}

/** Generated statements kept; past it all are prepared anew. */
const statementsKeptMax = 500;

/**
 * SQL that is the same but for the number of a table. Made once for each: to join a text, and to
 * find a statement by a new one, costs as much as to write a row.
 */
export function tableSql(make: (n: number) => string): (n: number) => string {
  const texts = new Map<number, string>();
  return (n) => {
    const known = texts.get(n);
    if (known !== undefined) return known;
    const text = make(n);
    // Numbers of stores that are gone do not come again.
    if (texts.size >= tablesKeptMax) texts.clear();
    texts.set(n, text);
    return text;
  };
}

const tablesKeptMax = 1_000;
