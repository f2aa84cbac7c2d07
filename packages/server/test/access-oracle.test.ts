/** Access by a model against every answer, in memory and on SQLite. */
import { accessOracleSuite } from "./access-oracle-suite.ts";

accessOracleSuite("memory", 1_000);
accessOracleSuite("sqlite", 40);
