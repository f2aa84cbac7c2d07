/** The rows of both APIs on PostgreSQL: the same requests have the same answers. */
import { testRowsOnPostgres } from "./postgres-rows.ts";

testRowsOnPostgres("{entity,reference}-api-*.test.ts", 15);
