/**
 * The words of a store that can be searched: a column of them beside each entity, filled from the
 * domain's words, under an index of its own. Knows no queries but what finds the rows of words.
 */
import { createHash } from "node:crypto";
import { type Path, pathText, type Search } from "@stoa/domain";
import { arrayText, type PostgresConnection } from "./postgres-connection.ts";
import type { Sql } from "./sql-filter.ts";
import { wordsText } from "./sqlite-words.ts";

/** What a store is searched by; `column` is `s_9f86d081884c7d65`, a `tsvector`. */
export interface PostgresSearch {
  readonly column: string;
  readonly paths: readonly Path[];
}

/** Null where nothing is declared. */
export function searchOf(paths: readonly Path[]): PostgresSearch | null {
  if (paths.length === 0) return null;
  const mark = createHash("sha256").update(JSON.stringify(paths)).digest("hex").slice(0, 16);
  return { column: `s_${mark}`, paths };
}

/** The rows `e` with all of the words; undefined where others are searched than are asked for. */
export function foundSql(search: PostgresSearch | null, asked: Search): Sql | undefined {
  if (!search || textOf(search.paths) !== textOf(asked.paths)) return undefined;
  // Words are letters and digits alone: none of them ends its quotes.
  const terms = asked.words.map(({ word, isPrefix }) => `'${word}'${isPrefix ? ":*" : ""}`);
  return { sql: `e.${search.column} @@ ?::tsquery`, values: [terms.join(" & ")] };
}

/** The words of a body between spaces, for `vectorSql`. */
export function bodyWords({ paths }: PostgresSearch, body: string): string {
  return wordsText(body, JSON.stringify(paths));
}

/** `array_to_tsvector(string_to_array(u.words, ' '))` */
export function vectorSql(words: string): string {
  return `array_to_tsvector(string_to_array(${words}, ' '))`;
}

/**
 * Ahead of a definition: makes the column, fills it a piece at a time while others write, and
 * builds its index. What others change meanwhile, knowing nothing of it, a trigger leaves empty.
 */
export async function prepareSearch(
  connection: PostgresConnection,
  { n, search, widest }: Searched,
): Promise<void> {
  if (!search || (await isIndexed(connection, n, search))) return;
  const { column } = search;
  const isThere = (await columnsOf(connection, n)).includes(column);
  if (!isThere) await connection.execute(columnSql(n, column));
  for (let after: string | null = ""; after !== null; ) {
    await connection.execute("BEGIN");
    // In the order of all who write, so that nobody waits for a row in another order.
    await connection.first("SELECT 1 FROM head FOR UPDATE");
    after = await fillPiece(connection, { n, search, widest }, after);
    await connection.execute("COMMIT");
  }
  // What a node left unfinished that ended meanwhile is in the way.
  await connection.execute(`DROP INDEX CONCURRENTLY IF EXISTS e${n}_${column}`);
  await connection.execute(
    `CREATE INDEX CONCURRENTLY e${n}_${column} ON e${n} USING gin (${column})`,
  );
}

/** In the transaction of a definition: the column with every word, and no other. */
export async function makeSearch(
  connection: PostgresConnection,
  { n, search, widest }: Searched,
): Promise<void> {
  const present = await columnsOf(connection, n);
  for (const column of present) {
    await connection.execute(`DROP FUNCTION IF EXISTS e${n}_${column} CASCADE`);
    if (column !== search?.column) {
      await connection.execute(`ALTER TABLE e${n} DROP COLUMN ${column}`);
    }
  }
  if (!search) return;
  const { column } = search;
  if (!present.includes(column)) {
    await connection.execute(`ALTER TABLE e${n} ADD COLUMN ${column} tsvector`);
  }
  for (let after: string | null = ""; after !== null; ) {
    after = await fillPiece(connection, { n, search, widest }, after);
  }
  if (await isIndexed(connection, n, search)) return;
  await connection.execute(`DROP INDEX IF EXISTS e${n}_${column}`);
  await connection.execute(`CREATE INDEX e${n}_${column} ON e${n} USING gin (${column})`);
}

/** In one go: without its trigger a column would keep words of bodies that are gone. */
function columnSql(n: number, column: string): string {
  return `BEGIN;
    ALTER TABLE e${n} ADD COLUMN ${column} tsvector;
    CREATE FUNCTION e${n}_${column}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.${column} := NULL; RETURN NEW; END $$;
    CREATE TRIGGER e${n}_${column} BEFORE UPDATE OF body ON e${n} FOR EACH ROW
    WHEN (OLD.body <> NEW.body AND OLD.${column} IS NOT DISTINCT FROM NEW.${column})
    EXECUTE FUNCTION e${n}_${column}();
    COMMIT`;
}

interface Searched {
  readonly n: number;
  readonly search: PostgresSearch | null;
  readonly widest: number;
}

/** Fills some empty ones behind an id; the id of the last of them, or null at the end. */
async function fillPiece(
  connection: PostgresConnection,
  { n, search, widest }: Searched,
  after: string,
): Promise<string | null> {
  if (!search) return null;
  const { column } = search;
  const size = Math.max(1, Math.min(pieceRowsMax, Math.floor(pieceCharactersMax / (widest || 1))));
  const rows = await connection.all<[string, string]>(
    `SELECT id, body FROM e${n} WHERE ${column} IS NULL AND id > ? ORDER BY id LIMIT ${size}`,
    [after],
  );
  if (rows.length > 0) {
    await connection.run(
      `UPDATE e${n} e SET ${column} = ${vectorSql("u.words")} ` +
        "FROM unnest(?::text[], ?::text[]) u(id, words) WHERE e.id = u.id",
      [
        arrayText(rows.map(([id]) => id)),
        arrayText(rows.map(([, body]) => bodyWords(search, body))),
      ],
    );
  }
  return rows.length < size ? null : (rows.at(-1)?.[0] ?? null);
}

async function isIndexed(
  connection: PostgresConnection,
  n: number,
  { column }: PostgresSearch,
): Promise<boolean> {
  const sql = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(?::text)";
  return (await connection.first<[boolean]>(sql, [`e${n}_${column}`]))?.[0] === true;
}

async function columnsOf(connection: PostgresConnection, n: number): Promise<readonly string[]> {
  const sql =
    "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(?::text) " +
    "AND attname ~ '^s_[0-9a-f]{16}$' AND NOT attisdropped";
  return (await connection.all<[string]>(sql, [`e${n}`])).map(([name]) => name);
}

function textOf(paths: readonly Path[]): string {
  return JSON.stringify(paths.map(pathText));
}

const pieceRowsMax = 500;
const pieceCharactersMax = 4 * 1024 * 1024;
