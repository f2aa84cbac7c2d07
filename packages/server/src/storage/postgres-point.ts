/**
 * Reads of single entities: those that arrive while others are on their way are asked for together,
 * so that a busy node sends one statement for many of them. Knows no caller.
 */
import type { StoredEntity } from "@stoa/domain";
import { arrayText, type PostgresConnection } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import type { PostgresLinks } from "./postgres-links.ts";
import { type Packed, packedSql, unpacked } from "./postgres-pack.ts";
import type { PostgresTable } from "./postgres-store.ts";
import { rowColumns } from "./sql-row.ts";

interface Waiting {
  readonly table: PostgresTable;
  readonly id: string;
  readonly resolve: (entity: StoredEntity | undefined) => void;
  readonly reject: (cause: unknown) => void;
}

export class PostgresPoints {
  readonly #links: PostgresLinks;
  readonly #dictionary: PostgresDictionary;
  #waiting: Waiting[] = [];
  #isDue = false;
  #sending = 0;

  constructor(links: PostgresLinks, dictionary: PostgresDictionary) {
    this.#links = links;
    this.#dictionary = dictionary;
  }

  /** As it is committed by now. Errors: those of the driver. */
  read(table: PostgresTable, id: string): Promise<StoredEntity | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ table, id, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#isDue || this.#sending >= sendingMax || this.#waiting.length === 0) return;
    this.#isDue = true;
    // Lets in what else arrives in this turn.
    setImmediate(() => this.#send());
  }

  #send(): void {
    this.#isDue = false;
    const all = this.#waiting.splice(0, togetherMax);
    for (const [table, some] of Map.groupBy(all, ({ table }) => table)) {
      this.#sending++;
      void this.#answer(table, some).finally(() => {
        this.#sending--;
        this.#wake();
      });
    }
    this.#wake();
  }

  async #answer(table: PostgresTable, some: readonly Waiting[]): Promise<void> {
    try {
      const connection = await this.#links.reader();
      const ids = some.map(({ id }) => id);
      const found = await readEntities(connection, this.#dictionary, table, ids);
      for (const { id, resolve } of some) resolve(found.get(id));
    } catch (cause) {
      for (const { reject } of some) reject(cause);
    }
  }
}

/** Those that are there, by their ids: by lookups in the index of ids. */
export async function readEntities(
  connection: PostgresConnection,
  dictionary: PostgresDictionary,
  { n }: PostgresTable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredEntity>> {
  const [packed] = await connection.all<Packed>(readSql(n), [arrayText(ids)]);
  const rows = unpacked(packed as Packed);
  const entities = await dictionary.entitiesOf(connection, rows);
  return new Map(entities.map((entity) => [entity.id, entity]));
}

/** The same text each time: finding a statement by a new one costs as much as a column. */
function readSql(n: number): string {
  const known = readSqls.get(n);
  if (known !== undefined) return known;
  const all = `SELECT ${rowColumns("")} FROM e${n} WHERE id = ANY(?::text[])`;
  const { sql } = packedSql({ sql: all, values: [] });
  readSqls.set(n, sql);
  return sql;
}

const readSqls = new Map<number, string>();
/** Statements on their way at a time: one for each connection. */
const sendingMax = 2;
/** Entities in one statement; past it the first would wait for the last. */
const togetherMax = 100;
