/**
 * A row of the file as an entity. Knows no plans.
 */
import type { StoredEntity } from "@stoa/domain";
import type { Row } from "./sql-row.ts";
import type { SqliteDictionary } from "./sqlite-dictionary.ts";

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
