/**
 * Whether an entity may be kept beside the others: asked before it is written, so that a work can
 * go on with what it was told. Holds since nobody else writes meanwhile.
 */
import { createHash } from "node:crypto";
import {
  type JsonObject,
  orderKey,
  type Path,
  readPath,
  type StoredEntity,
  systemFields,
} from "@stoa/domain";
import type { PostgresBatch } from "./postgres-batch.ts";
import { type PostgresTable, uniqueKey } from "./postgres-store.ts";
import { joined, type Sql, type SqlValue } from "./sql-filter.ts";
import type { Numbers } from "./sql-row.ts";

/** The first of the unique sets that another entity has taken, or undefined. */
export async function conflictOf(
  { connection, dictionary }: PostgresBatch,
  { n, indexes }: PostgresTable,
  entity: StoredEntity,
): Promise<readonly Path[] | undefined> {
  await dictionary.give(connection, [entity]);
  const numbers = dictionary.numbersOf(entity);
  const body = JSON.parse(entity.body) as JsonObject;
  const sets = indexes.filter(({ isUnique }) => isUnique);
  const probes = sets.flatMap(({ paths }, at): Sql[] => {
    const terms = paths.map((path) => termOf(path, { entity, numbers, body }));
    if (!terms.every((term) => term !== undefined)) return [];
    const { sql, values } = joined(terms, "AND");
    return [
      {
        sql: `(SELECT ${at} AS place FROM e${n} e WHERE ${sql} AND e.id <> ? LIMIT 1)`,
        values: [...values, entity.id],
      },
    ];
  });
  if (probes.length === 0) return undefined;
  const all = probes.map((probe) => probe.sql).join(" UNION ALL ");
  const sql = `SELECT p.place FROM (${all}) p ORDER BY 1 LIMIT 1`;
  const row = await connection.first<[number]>(
    sql,
    probes.flatMap(({ values }) => values),
  );
  return row && sets[row[0]]?.paths;
}

interface Written {
  readonly entity: StoredEntity;
  readonly numbers: Numbers;
  readonly body: JsonObject;
}

/** Undefined where nothing stands, which conflicts with nothing. */
function termOf(path: Path, written: Written): Sql | undefined {
  const value = systemFields.has(path[0] as string)
    ? columnValue(path[0] as string, written)
    : storedKey(written.body, path);
  return value === null ? undefined : { sql: `${uniqueKey(path, "e.")} = ?`, values: [value] };
}

function columnValue(field: string, { entity, numbers }: Written): SqlValue {
  switch (field) {
    case "_id":
      return entity.id;
    case "owner":
      return numbers.owner;
    case "access":
      return numbers.access;
    case "time":
      return entity.time;
    case "_at":
      return entity.at;
    default:
      return numbers.group;
  }
}

/** As the function `stoa_unique` of the schema does it. */
function storedKey(body: JsonObject, path: Path): Buffer | null {
  const value = readPath(body, path) ?? null;
  if (value === null) return null;
  const key = Buffer.from(orderKey(value));
  if (key.length <= wholeBytesMax) return key;
  return Buffer.concat([Buffer.of(0xff), createHash("sha256").update(key).digest()]);
}

const wholeBytesMax = 200;
