/**
 * The engines that the oracle and the tests of the rules run on: in memory, or a folder or a schema
 * that goes away when the engine is closed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine, EngineOptions } from "../src/storage/engine.ts";
import { MemoryEngine } from "../src/storage/memory-engine.ts";
import { openEngine } from "../src/storage/open-engine.ts";
import { newSchema } from "./postgres-schemas.ts";

export type EngineName = "memory" | "sqlite" | "postgres";
export const engineNames: readonly EngineName[] = ["memory", "sqlite", "postgres"];

/** An empty engine. */
export async function newEngine(name: EngineName, options: EngineOptions): Promise<Engine> {
  if (name === "memory") return new MemoryEngine(options);
  const place = await (name === "sqlite" ? newFolder() : newSchema());
  const engine = await openEngine(place.url, options);
  const close = engine.close.bind(engine);
  engine.close = async () => {
    await close();
    await place.remove();
  };
  return engine;
}

async function newFolder() {
  const folder = await mkdtemp(join(tmpdir(), "stoa-"));
  return { url: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
