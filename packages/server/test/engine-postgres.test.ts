/**
 * The PostgreSQL engine passes the suite of every engine, each case in a schema of its own.
 */
import { openEngine } from "../src/storage/open-engine.ts";
import { engineSuite } from "./engine-suite.ts";
import { newSchema } from "./postgres-schemas.ts";

engineSuite("postgres", async (options) => {
  const schema = await newSchema();
  let engine = await openEngine(schema.url, options);
  return {
    engine,
    reopen: async () => {
      await engine.close();
      engine = await openEngine(schema.url, options);
      return engine;
    },
    close: async () => {
      await engine.close();
      await schema.remove();
    },
  };
});
