/**
 * The memory engine passes the suite of every engine.
 */
import { MemoryEngine } from "../src/storage/memory-engine.ts";
import { engineSuite } from "./engine-suite.ts";

engineSuite("memory", async (options) => {
  const engine = new MemoryEngine(options);
  return { engine, close: () => engine.close() };
});
