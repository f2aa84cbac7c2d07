/**
 * Reads of single entities: those that arrive while others are on their way are asked for together,
 * so that a busy node sends one statement for many of them. Knows no caller.
 */
import type { StoredEntity } from "@stoa/domain";
import { arrayText, type PostgresConnection } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import type { PostgresFollower } from "./postgres-follow.ts";
import type { PostgresLinks } from "./postgres-links.ts";
import { type Packed, packedSql, unpacked } from "./postgres-pack.ts";
import { type Head, type HeadRow, headColumns, headOf } from "./postgres-state.ts";
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
  readonly #follower: PostgresFollower | undefined;
  #waiting: Waiting[] = [];
  #isDue = false;
  #sending = 0;

  /** @param follower reaches what was committed when an entity was read, before that is told */
  constructor(
    links: PostgresLinks,
    dictionary: PostgresDictionary,
    follower?: PostgresFollower | undefined,
  ) {
    this.#links = links;
    this.#dictionary = dictionary;
    this.#follower = follower;
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
      const found = await this.#found(connection, table, ids);
      for (const { id, resolve } of some) resolve(found.get(id));
    } catch (cause) {
      for (const { reject } of some) reject(cause);
    }
  }

  async #found(connection: PostgresConnection, table: PostgresTable, ids: readonly string[]) {
    const follower = this.#follower;
    if (!follower) return readEntities(connection, this.#dictionary, table, ids);
    const { sequence } = follower.state;
    const read = await readWithHead(connection, this.#dictionary, table, ids);
    await follower.reach(connection, read.head, sequence);
    return read.entities;
  }
}

/** Those that are there, by their ids: by lookups in the index of ids. */
export async function readEntities(
  connection: PostgresConnection,
  dictionary: PostgresDictionary,
  { n }: PostgresTable,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredEntity>> {
  const packed = await connection.first<Packed>(sqlsOf(n).read, [arrayText(ids)]);
  return entitiesById(connection, dictionary, packed as Packed);
}

/** The same, with how far the log goes as of the very moment: one statement sees one moment. */
async function readWithHead(
  connection: PostgresConnection,
  dictionary: PostgresDictionary,
  { n }: PostgresTable,
  ids: readonly string[],
): Promise<{ entities: ReadonlyMap<string, StoredEntity>; head: Head }> {
  const row = await connection.first<PackedWithHead>(sqlsOf(n).readWithHead, [arrayText(ids)]);
  const [count, text, ...head] = row as PackedWithHead;
  const entities = await entitiesById(connection, dictionary, [count, text]);
  return { entities, head: headOf(head) };
}

type PackedWithHead = readonly [...Packed, ...HeadRow];

async function entitiesById(
  connection: PostgresConnection,
  dictionary: PostgresDictionary,
  packed: Packed,
): Promise<ReadonlyMap<string, StoredEntity>> {
  const entities = await dictionary.entitiesOf(connection, unpacked(packed));
  return new Map(entities.map((entity) => [entity.id, entity]));
}

interface ReadSqls {
  readonly read: string;
  readonly readWithHead: string;
}

/** The same texts each time: finding a statement by a new one costs as much as a column. */
function sqlsOf(n: number): ReadSqls {
  const known = readSqls.get(n);
  if (known !== undefined) return known;
  const all = `SELECT ${rowColumns("")} FROM e${n} WHERE id = ANY(?::text[])`;
  const { sql: read } = packedSql({ sql: all, values: [] });
  const readWithHead = `SELECT r.*, ${headColumns} FROM (${read}) r, head`;
  const sqls = { read, readWithHead };
  readSqls.set(n, sqls);
  return sqls;
}

const readSqls = new Map<number, ReadSqls>();
/** Statements on their way at a time: one for each connection. */
const sendingMax = 2;
/** Entities in one statement; past it the first would wait for the last. */
const togetherMax = 100;
