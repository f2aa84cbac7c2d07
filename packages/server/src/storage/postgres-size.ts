/**
 * How much of the disk of its server a schema takes. Knows nothing of what stands in it.
 */
import { parseAddress } from "./postgres-address.ts";
import { PostgresConnection } from "./postgres-connection.ts";
import { translated } from "./postgres-error.ts";

/** Tables with their indexes and long texts, bytes. Errors: `unavailable`. */
export async function schemaBytes(data: string): Promise<number> {
  const sql =
    "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class " +
    "WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'";
  let connection: PostgresConnection | undefined;
  try {
    connection = await PostgresConnection.open(parseAddress(data), "searcher");
    return (await connection.first<[number]>(sql))?.[0] ?? 0;
  } catch (error) {
    throw translated(error);
  } finally {
    await connection?.close();
  }
}
