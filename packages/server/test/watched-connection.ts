/**
 * A connection to a file that remembers what it was asked, so that tests can look at the plans of
 * the statements that are really run.
 */
import { SqliteConnection } from "../src/storage/sqlite-connection.ts";
import type { Values } from "../src/storage/sqlite-database.ts";

export class WatchedConnection extends SqliteConnection {
  asked: { sql: string; values: Values }[] = [];

  override all<T extends readonly unknown[]>(sql: string, values: Values = []): T[] {
    this.asked.push({ sql, values });
    return super.all<T>(sql, values);
  }

  override first<T extends readonly unknown[]>(sql: string, values: Values = []): T | undefined {
    this.asked.push({ sql, values });
    return super.first<T>(sql, values);
  }
}
