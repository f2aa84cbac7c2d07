/**
 * Reads rows that a statement has picked, in its order: their columns, their texts, or the texts of
 * all in one piece. Knows how much fits a window; not how rows are found.
 */
import { textSeparator } from "@stoa/domain";
import type { Sql, SqlValue } from "./sql-filter.ts";
import { rowColumns } from "./sql-row.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { SortKey } from "./sqlite-plan.ts";
import type { StoreTable } from "./sqlite-store.ts";

export type Values = readonly SqlValue[];

/** What is read, and of which store. */
export interface Reading {
  readonly connection: SqliteConnection;
  readonly table: StoreTable;
  /** The text of a row `e`; without it, the columns of the entity are read. */
  readonly line?: Sql | undefined;
}

/**
 * Rows `s` by their number `n`, with the values of those sort keys that `keysBeside` gives as `k0`,
 * `k1`, ...
 */
export interface Picked extends Sql {
  readonly keys: readonly SortKey[];
  /** Only the keys are wanted, of entities that are passed over. */
  readonly isSkipping: boolean;
  /** At most so many rows. */
  readonly most: number;
}

export interface Gathered {
  /** Columns or id and text of each, then keys; none where `bytes` are there. */
  readonly rows: readonly Values[];
  /** The texts of all, in UTF-8. */
  readonly bytes: Uint8Array | null;
  readonly count: number;
  /** Values of all keys of the last one. */
  readonly last: Values | undefined;
  /** Whether it ended because it became too large. */
  readonly isCut: boolean;
}

/** Entities read in one turn: such as fit into one piece of memory, where that is enough. */
export function windowEntities({ connection, table }: Reading): number {
  const { windowEntitiesMax, windowCharactersMax } = connection.bounds;
  const fitting = Math.floor((windowCharactersMax * sureFactor) / table.widest);
  return Math.min(windowEntitiesMax, Math.max(Math.ceil(windowEntitiesMax / 2), fitting));
}

export function gathered(reading: Reading, picked: Picked): Gathered {
  const { connection, table, line } = reading;
  const { most, isSkipping } = picked;
  const { windowCharactersMax } = connection.bounds;
  const isSmall = most * table.widest <= windowCharactersMax * sureFactor;
  if (!isSkipping && line && isSmall) return piece(reading, line, picked);
  const { sql, values } = isSkipping ? picked : rowsSql(reading, picked);
  if (isSkipping || isSmall) {
    return gatheredOf(picked, connection.all<Values & unknown[]>(sql, values), false);
  }
  const textColumn = line ? 1 : 7;
  const rows: Values[] = [];
  let characters = 0;
  const found = connection.statement(sql).iterate(...(values as SqlValue[]));
  for (const row of found as unknown as Iterable<Values>) {
    rows.push(row);
    characters += String(row[textColumn] ?? "").length;
    if (characters > windowCharactersMax) return gatheredOf(picked, rows, true);
  }
  return gatheredOf(picked, rows, false);
}

/** Row by row: columns, or id and text; then the keys. */
export function rowsSql({ table, line }: Reading, { sql, values, ...picked }: Picked): Sql {
  const keys = keysBeside(picked.keys, false).map((_, at) => `s.k${at}`);
  const columns = line ? ["e.id", line.sql] : [rowColumns("e.")];
  return {
    sql: `WITH s AS (${sql}) SELECT ${[...columns, ...keys].join(", ")} ${fromPicked(table)}`,
    values: [...values, ...(line?.values ?? [])],
  };
}

/** The values of all keys, those bound among them, out of a row that ends with `keysBeside`. */
export function cursorOf(keys: readonly SortKey[], row: Values, isSkipping = false): Values {
  let at = row.length - keysBeside(keys, isSkipping).length;
  return keys.map(({ bound, sql }) => {
    if (bound !== undefined) return bound;
    return !isSkipping && sql === idKey ? (row[0] as SqlValue) : (row[at++] as SqlValue);
  });
}

/** Free keys that stand behind the columns of a row, which begin with the id. */
export function keysBeside(keys: readonly SortKey[], isSkipping: boolean): readonly SortKey[] {
  return free(keys).filter(({ sql }) => isSkipping || sql !== idKey);
}

export function free(keys: readonly SortKey[]): readonly SortKey[] {
  return keys.filter(({ bound }) => bound === undefined);
}

export function isById(keys: readonly SortKey[]): boolean {
  return keys.length === 1 && keys[0]?.sql === idKey;
}

/** SQLite puts the list together: no text crosses over by itself, and none is encoded anew. */
function piece(reading: Reading, line: Sql, picked: Picked): Gathered {
  const { connection, table } = reading;
  const values = [...picked.values, ...line.values];
  type Piece = [bytes: Uint8Array | null, count: number];
  const [found, count] = connection.first<Piece>(pieceSql(table, line, picked), values) as Piece;
  const last = found ? endOf(reading, picked.keys, lastId(found)) : undefined;
  return { rows: [], bytes: found ?? new Uint8Array(0), count, last, isCut: false };
}

/** The same text each time for the same parts: finding a statement by a long new one takes long. */
function pieceSql(table: StoreTable, line: Sql, picked: Picked): string {
  if (pieceSqls.size >= piecesKeptMax) pieceSqls.clear();
  const ofLine = pieceSqls.get(line.sql) ?? new Map<string, string>();
  pieceSqls.set(line.sql, ofLine);
  const known = ofLine.get(picked.sql);
  if (known !== undefined) return known;
  if (ofLine.size >= piecesKeptMax) ofLine.clear();
  const columns = `CAST(group_concat(${line.sql}, '${textSeparator}') AS BLOB), count(*)`;
  const sql = `WITH s AS (${picked.sql}) SELECT ${columns} ${fromPicked(table)}`;
  ofLine.set(picked.sql, sql);
  return sql;
}

const pieceSqls = new Map<string, Map<string, string>>();
const piecesKeptMax = 100;

/** Of lines one behind the other: `{"_id":"1",...}`, or an id and a body, `1{...}`. */
function lastId(lines: Uint8Array): string {
  const line = lines.lastIndexOf(lineBreak) + 1;
  const isWhole = lines[line] === openingBrace;
  const start = isWhole ? line + idStart.length : line;
  const end = lines.indexOf(isWhole ? quote : openingBrace, start);
  return Buffer.from(lines.subarray(start, end)).toString("latin1");
}

/** The values of all keys of one entity. */
function endOf(
  { connection, table: { n } }: Reading,
  keys: readonly SortKey[],
  id: string,
): Values {
  const beside = keysBeside(keys, false).map(({ sql }) => sql);
  if (beside.length === 0) return cursorOf(keys, [id]);
  const columns = [idKey, ...beside].join(", ");
  const sql = `SELECT ${columns} FROM e${n} e INDEXED BY e${n}_id WHERE e.id = ?`;
  return cursorOf(keys, connection.first<Values & unknown[]>(sql, [id]) as Values);
}

function gatheredOf(
  { keys, isSkipping }: Picked,
  rows: readonly Values[],
  isCut: boolean,
): Gathered {
  const last = rows.at(-1);
  const end = last && cursorOf(keys, last, isSkipping);
  return { rows: isSkipping ? [] : rows, bytes: null, count: rows.length, last: end, isCut };
}

function fromPicked({ n }: StoreTable): string {
  return `FROM s CROSS JOIN e${n} e ON e.n = s.n`;
}

const idKey = "e.id";
const idStart = '{"_id":"';
const [lineBreak, quote, openingBrace] = [0x0a, 0x22, 0x7b];
/** A window may be that much larger where it cannot be larger still. */
const sureFactor = 8;
