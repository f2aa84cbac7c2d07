/**
 * The columns of an entity and what they are as an entity. Knows no plans.
 */
import type { StoredEntity } from "@stoa/domain";
import type { SqliteDictionary } from "./sqlite-dictionary.ts";

/** The values of `rowColumns`. */
export type Row = readonly [
  id: string,
  group: number,
  owner: number,
  access: number,
  time: number,
  at: number | null,
  revision: number,
  body: string,
];

const names = ["id", "grp", "own", "acc", "time", "at", "rev", "body"];

/** `e.id, e.grp, e.own, ...` */
export function rowColumns(prefix: string): string {
  return names.map((name) => prefix + name).join(", ");
}

export function entityOf(row: Row, dictionary: SqliteDictionary): StoredEntity {
  return {
    id: row[0],
    owner: dictionary.ownerId(row[2]),
    group: dictionary.groupId(row[1]),
    access: dictionary.accessIds(row[3]),
    time: row[4],
    at: row[5],
    revision: row[6],
    body: row[7],
  };
}
