/**
 * The SQLite engine passes the suite of every engine, each case in a folder of its own.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../src/storage/open-engine.ts";
import { engineSuite } from "./engine-suite.ts";

engineSuite("sqlite", async (options) => {
  const folder = await mkdtemp(join(tmpdir(), "stoa-"));
  let engine = await openEngine(folder, options);
  return {
    engine,
    reopen: async () => {
      await engine.close();
      engine = await openEngine(folder, options);
      return engine;
    },
    close: async () => {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
