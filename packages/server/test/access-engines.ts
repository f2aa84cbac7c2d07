/**
 * The engines that the oracle and the tests of the rules run on: in memory, or a folder that goes
 * away when the engine is closed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine, EngineOptions } from "../src/storage/engine.ts";
import { MemoryEngine } from "../src/storage/memory-engine.ts";
import { openEngine } from "../src/storage/open-engine.ts";

export type EngineName = "memory" | "sqlite";
export const engineNames: readonly EngineName[] = ["memory", "sqlite"];

/** An empty engine. */
export async function newEngine(name: EngineName, options: EngineOptions): Promise<Engine> {
  if (name === "memory") return new MemoryEngine(options);
  const folder = await mkdtemp(join(tmpdir(), "stoa-"));
  const engine = await openEngine(folder, options);
  const close = engine.close.bind(engine);
  engine.close = async () => {
    await close();
    await rm(folder, { recursive: true, force: true });
  };
  return engine;
}
