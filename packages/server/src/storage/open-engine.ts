/**
 * Opens the engine that a data address names; today a folder, which holds one SQLite file.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { StoaError } from "@stoa/domain";
import type { Engine, EngineOptions } from "./engine.ts";
import { SqliteEngine } from "./sqlite-engine.ts";

/**
 * @param data a folder, made if it is missing: `/var/lib/stoa`; the file in it is `stoa.db`.
 * Errors: `unavailable` where it cannot be made or read, or is not Stoa's, or is of a newer Stoa.
 */
export async function openEngine(data: string, options: EngineOptions): Promise<Engine> {
  try {
    await mkdir(data, { recursive: true });
  } catch (cause) {
    throw new StoaError("unavailable", `cannot make the folder ${data}`, { cause });
  }
  return new SqliteEngine(join(data, "stoa.db"), options);
}
