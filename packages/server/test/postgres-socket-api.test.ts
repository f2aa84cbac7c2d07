/** The rows of the entity API over sockets, on PostgreSQL. */
import { testRowsOnPostgres } from "./postgres-rows.ts";

testRowsOnPostgres("socket-api-*.test.ts", 5);
