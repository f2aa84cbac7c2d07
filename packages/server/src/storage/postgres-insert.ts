/**
 * New entities and their changes in one statement, so that each text is sent once. Knows no
 * transactions.
 */
import type { StoredEntity } from "@stoa/domain";
import type { NumberedChange } from "./postgres-change.ts";
import { arrayText, joinedTexts, textsSql } from "./postgres-connection.ts";
import type { PostgresDictionary } from "./postgres-dictionary.ts";
import type { Sql } from "./sql-filter.ts";

/** @param changes insertions into the table `n`, whose heads have numbers */
export function togetherSql(
  dictionary: PostgresDictionary,
  n: number,
  changes: readonly NumberedChange[],
): Sql {
  const entities = changes.map(({ after }) => after as StoredEntity);
  const numbers = entities.map((entity) => dictionary.numbersOf(entity));
  const values = [
    arrayText(changes.map(({ sequence }) => sequence)),
    arrayText(changes.map(({ id }) => id)),
    arrayText(numbers.map(({ group }) => group)),
    arrayText(numbers.map(({ owner }) => owner)),
    arrayText(numbers.map(({ access }) => access)),
    arrayText(entities.map(({ time }) => time)),
    joinedTexts(entities.map(({ body }) => body)),
    arrayText(changes.map(({ time }) => time)),
    arrayText(changes.map(({ by }) => by)),
  ];
  return { sql: insertSql(n), values };
}

/** The version of a new entity is the number of its change; insertion is 0. */
function insertSql(n: number): string {
  const known = insertSqls.get(n);
  if (known !== undefined) return known;
  const sql =
    "WITH u AS MATERIALIZED (SELECT * FROM unnest(?::bigint[], ?::text[], ?::integer[], " +
    `?::integer[], ?::integer[], ?::double precision[], ${textsSql}, ?::double precision[], ` +
    "?::text[]) u(seq, id, grp, own, acc, time, body, made, by)), entities AS (" +
    `INSERT INTO e${n} (id, grp, own, acc, time, rev, body) ` +
    "SELECT id, grp, own, acc, time, seq, body FROM u) " +
    "INSERT INTO change (seq, op, store, id, time, by, a_grp, a_own, a_acc, a_time, a_body) " +
    `SELECT seq, 0, ${n}, id, made, by, grp, own, acc, time, body FROM u`;
  insertSqls.set(n, sql);
  return sql;
}

const insertSqls = new Map<number, string>();
