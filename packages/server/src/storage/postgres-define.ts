/**
 * Makes, changes and drops stores within a transaction. Knows no entities.
 */
import type { StoreDefinition } from "@stoa/domain";
import { taken } from "./conflict.ts";
import { arrayText, type PostgresConnection } from "./postgres-connection.ts";
import { brokenIndex } from "./postgres-error.ts";
import { storeTable } from "./postgres-schema.ts";
import { makeSearch } from "./postgres-search.ts";
import {
  indexDifference,
  type PostgresIndex,
  type PostgresTable,
  pathLiteral,
  tableOf,
  withInexact,
} from "./postgres-store.ts";
import { setsText } from "./sql-index.ts";

/** Makes a store, or brings its indexes to its new definition. Errors: `conflict`. */
export async function makeStore(
  connection: PostgresConnection,
  known: PostgresTable | undefined,
  definition: StoreDefinition,
): Promise<PostgresTable> {
  const { name } = definition;
  const text = setsText(definition);
  const n = known?.n ?? (await makeTable(connection, name, text));
  const table = tableOf({ n, name, widest: known?.widest ?? 0 }, definition);
  const { missing, surplus } = await indexDifference(connection, table);
  for (const index of surplus) await connection.execute(`DROP INDEX ${index}`);
  for (const index of missing) await makeIndex(connection, table, index);
  await makeSearch(connection, table);
  await connection.run("UPDATE store SET definition = ? WHERE n = ?", [text, n]);
  return withInexact(table, await cutIndexes(connection, table, known));
}

export async function dropStore(
  connection: PostgresConnection,
  { n }: PostgresTable,
): Promise<void> {
  await connection.execute(`DROP TABLE e${n}`);
  await connection.run("DELETE FROM tally WHERE store = ?", [n]);
  await connection.run("UPDATE store SET name = NULL WHERE n = ?", [n]);
  await connection.run("DELETE FROM inexact WHERE name LIKE ?", [`e${n}\\_%`]);
}

/** The conflict that a unique index could not be built for; undefined for other errors. */
export function indexConflict(table: PostgresTable, error: unknown): Error | undefined {
  const name = brokenIndex(error);
  const index = table.indexes.find((one) => one.name === name);
  return index && taken(table.name, index.paths);
}

async function makeTable(
  connection: PostgresConnection,
  name: string,
  text: string,
): Promise<number> {
  const sql =
    "INSERT INTO store (name, called, definition, last, widest) " +
    "VALUES (?, ?, ?, 0, 0) RETURNING n";
  const [n] = (await connection.first<[number]>(sql, [name, name, text])) as [number];
  await connection.execute(storeTable(n));
  return n;
}

async function makeIndex(
  connection: PostgresConnection,
  table: PostgresTable,
  { sql }: PostgresIndex,
): Promise<void> {
  try {
    await connection.execute(`CREATE ${sql}`);
  } catch (error) {
    throw indexConflict(table, error) ?? error;
  }
}

/** Indexes of which some key is too long, by name: found out for those that are new. */
async function cutIndexes(
  connection: PostgresConnection,
  { n, indexes }: PostgresTable,
  known: PostgresTable | undefined,
): Promise<ReadonlySet<string>> {
  const old = new Map(known?.indexes.map((index) => [index.name, index]));
  const cut = new Set<string>();
  for (const { name, paths, keyBytes, isUnique } of indexes) {
    const before = old.get(name);
    if (before && !before.isExact) cut.add(name);
    if (before || isUnique || keyBytes === 0 || !known) continue;
    const tests = paths.map((path) => {
      return `length(stoa_key(stoa_field(body, ${pathLiteral(path)}))) > ${keyBytes}`;
    });
    const isLong = `octet_length(body) > ${keyBytes} AND (${tests.join(" OR ")})`;
    const sql = `SELECT 1 FROM e${n} WHERE ${isLong} LIMIT 1`;
    if ((await connection.ask(sql)).length > 0) cut.add(name);
  }
  const sql = "INSERT INTO inexact SELECT * FROM unnest(?::text[]) ON CONFLICT DO NOTHING";
  if (cut.size > 0) await connection.run(sql, [arrayText([...cut])]);
  return cut;
}
