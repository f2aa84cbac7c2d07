/**
 * Writes that are done but not sent: entities as they will be, their changes, records, tallies.
 * Sent together they cost one way to the database and back. Knows no transactions.
 */
import type { Change, StoredEntity } from "@stoa/domain";
import type { KeptRecord, RecordSpace } from "./engine.ts";
import { changesSql, type NumberedChange } from "./postgres-change.ts";
import {
  arrayText,
  joinedTexts,
  type PostgresConnection,
  textsSql,
} from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import { togetherSql } from "./postgres-insert.ts";
import { type RecordWrite, recordSqls } from "./postgres-record.ts";
import { bodyWords, type PostgresSearch, vectorSql } from "./postgres-search.ts";
import type { Catalog, PostgresTable } from "./postgres-store.ts";
import type { Sql } from "./sql-filter.ts";

/** An entity as it will be, or null where it goes. */
interface PendingEntity {
  readonly entity: StoredEntity | null;
  /** Whether the database, or what is sent before this, holds an earlier version. */
  readonly isKept: boolean;
}

export class PostgresPending {
  readonly #changes: NumberedChange[] = [];
  readonly #entities = new Map<number, Map<string, PendingEntity>>();
  readonly #records = new Map<string, RecordWrite>();
  /** Tables that hold longer bodies or keys than before, by number. */
  readonly #tables = new Map<number, PostgresTable>();
  /** Characters of texts in it. */
  size = 0;

  get isEmpty(): boolean {
    return this.#changes.length === 0 && this.#records.size === 0 && this.#tables.size === 0;
  }

  get changeCount(): number {
    return this.#changes.length;
  }

  /** The entity; null where it goes, undefined where nothing is pending about it. */
  entity(n: number, id: string): StoredEntity | null | undefined {
    return this.#entities.get(n)?.get(id)?.entity;
  }

  /** A record; null where it is forgotten, undefined where nothing is pending about it. */
  record(space: RecordSpace, name: string): KeptRecord | null | undefined {
    return this.#records.get(recordKey(space, name))?.record;
  }

  addChange(n: number, change: Change): void {
    this.#changes.push({ ...change, n });
    this.#put(n, change.id, { entity: change.after, isKept: change.before !== null });
    this.size += (change.before?.body.length ?? 0) + 2 * (change.after?.body.length ?? 0);
  }

  addRecord(write: RecordWrite): void {
    this.#records.set(recordKey(write.space, write.name), write);
    this.size += write.record?.value.length ?? 0;
  }

  addTable(table: PostgresTable): void {
    this.#tables.set(table.n, table);
  }

  /** Takes in what comes later. */
  addAll(later: PostgresPending): void {
    for (const change of later.#changes) this.#changes.push(change);
    for (const [n, entities] of later.#entities) {
      for (const [id, pending] of entities) this.#put(n, id, pending);
    }
    for (const write of later.#records.values()) this.addRecord(write);
    for (const table of later.#tables.values()) this.addTable(table);
    this.size += later.size;
  }

  clear(): void {
    for (const map of [this.#entities, this.#records, this.#tables]) map.clear();
    this.#changes.length = 0;
    this.size = 0;
  }

  /**
   * Sends everything, and is empty then. What it gives resolves when all of it has been done.
   * Errors: those of the database, the first one first.
   */
  async send(
    connection: PostgresConnection,
    dictionary: PostgresDictionary,
    catalog: Catalog,
  ): Promise<Sent> {
    const { heads } = this;
    if (heads.length > 0) await dictionary.give(connection, heads);
    const statements = this.take(dictionary, catalog);
    const done = Promise.all(statements.map(({ sql, values }) => connection.run(sql, values)));
    // It may be waited for later than it fails.
    done.catch(() => {});
    return { done };
  }

  /** What has groups, owners and grants that must have numbers before it is sent. */
  get heads(): readonly StoredEntity[] {
    return this.#changes.flatMap(({ before, after }) => [before, after]).filter(isPresent);
  }

  /** Everything as statements, in this order; it is empty then. */
  take(dictionary: PostgresDictionary, catalog: Catalog): readonly Sql[] {
    const changes = this.#changes;
    const taken: Sql[] = [];
    const searchOf = (n: number) =>
      [...catalog.values()].find((table) => table.n === n)?.search ?? null;
    const onlyMade = this.#onlyMadeIn();
    if (onlyMade !== undefined && !searchOf(onlyMade)) {
      taken.push(togetherSql(dictionary, onlyMade, changes));
    } else {
      for (const [n, entities] of this.#entities) {
        taken.push(...entitySqls({ dictionary, n, search: searchOf(n) }, entities));
      }
      if (changes.length > 0) taken.push(changesSql(dictionary, changes));
    }
    taken.push(...tallySqls(dictionary, changes));
    taken.push(...recordSqls([...this.#records.values()]));
    for (const table of this.#tables.values()) taken.push(...tableSqls(table));
    this.clear();
    return taken;
  }

  /** The table of all changes where each of them makes another entity. */
  #onlyMadeIn(): number | undefined {
    const [first, ...others] = this.#entities;
    if (!first || others.length > 0) return undefined;
    const [n, entities] = first;
    const isOnly = entities.size === this.#changes.length;
    return isOnly && this.#changes.every(({ op }) => op === "insert") ? n : undefined;
  }

  #put(n: number, id: string, { entity, isKept }: PendingEntity): void {
    const entities = this.#entities.get(n) ?? new Map<string, PendingEntity>();
    const before = entities.get(id);
    entities.set(id, { entity, isKept: before?.isKept ?? isKept });
    this.#entities.set(n, entities);
  }
}

/** In an object, since what an async function gives would be waited for. */
export interface Sent {
  readonly done: Promise<unknown>;
}

function recordKey(space: RecordSpace, name: string): string {
  return `${space} ${name}`;
}

function isPresent<T>(value: T | null): value is T {
  return value !== null;
}

interface Addressed {
  readonly dictionary: PostgresDictionary;
  /** Of the table. */
  readonly n: number;
  readonly search: PostgresSearch | null;
}

function* entitySqls(
  { dictionary, n, search }: Addressed,
  entities: ReadonlyMap<string, PendingEntity>,
): Iterable<Sql> {
  const all = [...entities];
  const gone = all.flatMap(([id, { entity, isKept }]) => (!entity && isKept ? [id] : []));
  const kept = all.flatMap(([, { entity, isKept }]) => (entity && isKept ? [entity] : []));
  const made = all.flatMap(([, { entity, isKept }]) => (entity && !isKept ? [entity] : []));
  if (gone.length > 0) {
    yield { sql: `DELETE FROM e${n} WHERE id = ANY(?::text[])`, values: [arrayText(gone)] };
  }
  const values = (sent: readonly StoredEntity[]) => [
    ...columnsOf(sent, dictionary),
    ...(search ? [arrayText(sent.map(({ body }) => bodyWords(search, body)))] : []),
  ];
  if (kept.length > 0) yield { sql: updateSql(n, search), values: values(kept) };
  if (made.length > 0) yield { sql: insertSql(n, search), values: values(made) };
}

function columnsOf(entities: readonly StoredEntity[], dictionary: PostgresDictionary): string[] {
  const numbers = entities.map((entity) => dictionary.numbersOf(entity));
  return [
    arrayText(entities.map(({ id }) => id)),
    arrayText(numbers.map(({ group }) => group)),
    arrayText(numbers.map(({ owner }) => owner)),
    arrayText(numbers.map(({ access }) => access)),
    arrayText(entities.map(({ time }) => time)),
    arrayText(entities.map(({ at }) => at)),
    arrayText(entities.map(({ revision }) => revision)),
    joinedTexts(entities.map(({ body }) => body)),
  ];
}

/** Entities gained and lost, by store and group. */
function tallySqls(
  dictionary: PostgresDictionary,
  changes: readonly NumberedChange[],
): readonly Sql[] {
  const counts = new Map<string, number>();
  const add = (n: number, entity: StoredEntity | null, by: number) => {
    if (!entity) return;
    const key = `${n} ${dictionary.numbersOf(entity).group}`;
    counts.set(key, (counts.get(key) ?? 0) + by);
  };
  for (const { n, before, after } of changes) {
    add(n, before, -1);
    add(n, after, 1);
  }
  const moved = [...counts].filter(([, count]) => count !== 0);
  if (moved.length === 0) return [];
  const part = (at: number) => moved.map(([key]) => Number(key.split(" ")[at]));
  const values = [
    arrayText(part(0)),
    arrayText(part(1)),
    arrayText(moved.map(([, count]) => count)),
  ];
  return [{ sql: tallySql, values }];
}

function tableSqls({ n, widest, indexes }: PostgresTable): readonly Sql[] {
  const cut = indexes.flatMap(({ name, isExact }) => (isExact ? [] : [name]));
  const sql = "INSERT INTO inexact SELECT * FROM unnest(?::text[]) ON CONFLICT DO NOTHING";
  return [
    { sql: "UPDATE store SET widest = greatest(widest, ?) WHERE n = ?", values: [widest, n] },
    ...(cut.length > 0 ? [{ sql, values: [arrayText(cut)] }] : []),
  ];
}

const columns = "id, grp, own, acc, time, at, rev, body";

/** A row for each entity, with its words where they are kept. */
function unnested(search: PostgresSearch | null): string {
  const arrays =
    "?::text[], ?::integer[], ?::integer[], ?::integer[], ?::double precision[], " +
    `?::double precision[], ?::bigint[], ${textsSql}`;
  return search
    ? `unnest(${arrays}, ?::text[]) u(${columns}, words)`
    : `unnest(${arrays}) u(${columns})`;
}

function insertSql(n: number, search: PostgresSearch | null): string {
  const [names, values] = search
    ? [`${columns}, ${search.column}`, `${columns}, ${vectorSql("u.words")}`]
    : [columns, columns];
  return `INSERT INTO e${n} (${names}) SELECT ${values} FROM ${unnested(search)}`;
}

function updateSql(n: number, search: PostgresSearch | null): string {
  const sets = columns
    .split(", ")
    .slice(1)
    .map((name) => `${name} = u.${name}`);
  if (search) sets.push(`${search.column} = ${vectorSql("u.words")}`);
  return `UPDATE e${n} e SET ${sets.join(", ")} FROM ${unnested(search)} WHERE e.id = u.id`;
}

const tallySql =
  "INSERT INTO tally (store, grp, count) SELECT * FROM unnest(?::integer[], ?::integer[], " +
  "?::bigint[]) ON CONFLICT (store, grp) DO UPDATE SET count = tally.count + excluded.count";
