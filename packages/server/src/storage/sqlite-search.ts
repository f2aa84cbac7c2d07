/**
 * The words of a store that can be searched: a table of SQLite's full-text index which triggers
 * keep in step with the entities, as an index would be. Words come ready from the domain; the index
 * never takes a text apart. Knows no queries but what finds the rows of words.
 */
import { createHash } from "node:crypto";
import { type Path, pathText, type Search, type SearchWord } from "@stoa/domain";
import type { Sql } from "./sql-filter.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

/** What a store is searched by; `name` is the table: `e3_s_9f86d081884c7d65`. */
export interface StoreSearch {
  readonly name: string;
  readonly paths: readonly Path[];
  /** Make it out of what the store holds, and keep it so. */
  readonly make: readonly string[];
}

/** Of table `e<n>`; null where nothing is declared. */
export function searchOf(n: number, paths: readonly Path[]): StoreSearch | null {
  if (paths.length === 0) return null;
  const text = JSON.stringify(paths);
  const mark = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const name = `e${n}_s_${mark}`;
  const words = (row: string) => `stoa_words(${row}body, '${text.replaceAll("'", "''")}')`;
  const isOther = `old.body <> new.body AND ${words("old.")} <> ${words("new.")}`;
  return {
    name,
    paths,
    make: [
      // The words alone, each as often as it is in an entity at most: once. The tokenizer is one
      // that leaves ready words as they are.
      `CREATE VIRTUAL TABLE ${name} USING fts5(words, content='', contentless_delete=1, ` +
        "detail=none, tokenize='ascii')",
      `INSERT INTO ${name} (rowid, words) SELECT n, ${words("")} FROM e${n}`,
      `CREATE TRIGGER ${name}_insert AFTER INSERT ON e${n} BEGIN ` +
        `INSERT INTO ${name} (rowid, words) VALUES (new.n, ${words("new.")}); END`,
      `CREATE TRIGGER ${name}_update AFTER UPDATE OF body ON e${n} WHEN ${isOther} BEGIN ` +
        `UPDATE ${name} SET words = ${words("new.")} WHERE rowid = new.n; END`,
      `CREATE TRIGGER ${name}_delete AFTER DELETE ON e${n} BEGIN ` +
        `DELETE FROM ${name} WHERE rowid = old.n; END`,
    ],
  };
}

/** The names of those that table `e<n>` has, by its triggers. */
export const presentSql =
  "SELECT replace(name, '_insert', '') FROM sqlite_schema " +
  "WHERE type = 'trigger' AND tbl_name = ? AND name GLOB '*_s_*_insert'";

export function dropSearch(name: string): readonly string[] {
  const triggers = ["insert", "update", "delete"].map((on) => `DROP TRIGGER ${name}_${on}`);
  return [...triggers, `DROP TABLE ${name}`];
}

/** The rows with all of the words: `SELECT rowid FROM e3_s_9f86d081884c7d65 WHERE ... MATCH ?`. */
export function foundSql(name: string, { words }: Search): Sql {
  const terms = words.map(({ word, isPrefix }) => `"${word}"${isPrefix ? " *" : ""}`);
  return { sql: `SELECT rowid FROM ${name} WHERE ${name} MATCH ?`, values: [terms.join(" AND ")] };
}

/** The condition that a row `e` has the words, if no more than `most` have them; else undefined. */
export function fewFoundSql(
  connection: SqliteConnection,
  search: StoreSearch | null,
  asked: Search,
  most: number,
): Sql | undefined {
  if (!isSearchOf(search, asked) || asked.words.some(isVague)) return undefined;
  const { sql, values } = foundSql(search.name, asked);
  const counted = `SELECT count(*) FROM (${sql} LIMIT ${most + 1})`;
  const count = connection.first<[number]>(counted, values)?.[0] ?? 0;
  return count > most ? undefined : { sql: `e.n IN (${sql})`, values };
}

/** Gathers all that begins so before the first row is known: nothing to do on the main thread. */
function isVague({ word, isPrefix }: SearchWord): boolean {
  return isPrefix && word.length < prefixCharactersMin;
}

/** Whether these are the paths that the store is searched by. */
export function isSearchOf(search: StoreSearch | null, asked: Search): search is StoreSearch {
  return search !== null && textOf(search.paths) === textOf(asked.paths);
}

function textOf(paths: readonly Path[]): string {
  return JSON.stringify(paths.map(pathText));
}

const prefixCharactersMin = 3;
