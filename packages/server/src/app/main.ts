/**
 * Where the program begins: keeps what Node compiles for the next start, then runs `program.ts`.
 * Knows nothing of what is run.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

/**
 * Beside the packages: who can write there can change the code itself. Where nothing can be written
 * every start compiles anew, and nothing else changes.
 */
const directory = join(import.meta.dirname, "../../../../node_modules/.cache/stoa");

enableCompileCache(directory);
await import("./program.ts");
