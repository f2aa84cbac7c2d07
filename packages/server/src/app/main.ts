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
const folder = join(import.meta.dirname, "../../../../node_modules/.cache/stoa");

const { directory } = enableCompileCache(folder);
// Threads look there only if their environment says so; else each strips types by itself.
if (directory !== undefined) process.env["NODE_COMPILE_CACHE"] ??= directory;
await import("./program.ts");
