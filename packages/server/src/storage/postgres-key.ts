/**
 * Keys that are too long for an index: found out where a body is written, so that an index that
 * holds one in part is not taken for the order. Knows no SQL.
 */
import { type JsonObject, orderKey, readPath, systemFields } from "@stoa/domain";
import type { PostgresTable } from "./postgres-store.ts";

/** The indexes, exact so far, that cannot hold a key of this body whole, by name. */
export function isCutBy({ indexes }: PostgresTable, body: string): readonly string[] {
  const short = indexes.filter(({ isExact, keyBytes, sql, isUnique }) => {
    // A unit of UTF-16 takes three bytes at most.
    return sql !== null && !isUnique && isExact && body.length * 3 > keyBytes;
  });
  if (short.length === 0) return [];
  const value = JSON.parse(body) as JsonObject;
  return short.flatMap(({ name, paths, keyBytes }) => {
    const isCut = paths.some((path) => {
      if (systemFields.has(path[0] as string)) return false;
      return orderKey(readPath(value, path)).length > keyBytes;
    });
    return isCut ? [name] : [];
  });
}
