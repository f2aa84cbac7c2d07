/**
 * One entity by its id for those who show it, with the text that was written ahead. Knows no
 * plans.
 */
import { bodyOfText, type StoredEntity } from "@stoa/domain";
import { type HeadRow, headColumns } from "./sql-row.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { SqliteDictionary } from "./sqlite-dictionary.ts";
import { lineSql } from "./sqlite-line.ts";

/** By a lookup in the index of ids; with its text. */
export function readShown(
  connection: SqliteConnection,
  n: number,
  id: string,
): StoredEntity | undefined {
  const { sql, values } = lineSql(connection.moved);
  const all = values.length === 0 ? [id] : [...values, id];
  const row = connection.first<Row & readonly unknown[]>(readSql(n, sql), all);
  return row && new ReadEntity(row, connection.dictionary);
}

/** The same text each time: finding a statement by a new one costs as much as a column. */
function readSql(n: number, line: string): string {
  const sqls = readSqls.get(line) ?? new Map<number, string>();
  const known = sqls.get(n);
  if (known !== undefined) return known;
  const sql = `SELECT ${headColumns("e.")}, ${line} FROM e${n} e WHERE e.id = ?`;
  readSqls.set(line, sqls.set(n, sql));
  return sql;
}

/** By the line, of which there are two. */
const readSqls = new Map<string, Map<number, string>>();

type Row = readonly [...head: HeadRow, text: string];

/** Few ask for the body alone: most send the text as it is. */
class ReadEntity implements StoredEntity {
  readonly id: string;
  readonly owner: string;
  readonly group: string;
  readonly access: readonly string[];
  readonly time: number;
  readonly at: number | null;
  readonly revision: number;
  readonly text: string;

  constructor(row: Row, dictionary: SqliteDictionary) {
    this.id = row[0];
    this.group = dictionary.groupId(row[1]);
    this.owner = dictionary.ownerId(row[2]);
    this.access = dictionary.accessIds(row[3]);
    this.time = row[4];
    this.at = row[5];
    this.revision = row[6];
    this.text = row[7];
  }

  get body(): string {
    return bodyOfText(this.text);
  }
}
