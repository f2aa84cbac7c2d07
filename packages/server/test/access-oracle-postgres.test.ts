/** Access by a model against every answer, on PostgreSQL. */
import { accessOracleSuite } from "./access-oracle-suite.ts";

accessOracleSuite("postgres", 20);
