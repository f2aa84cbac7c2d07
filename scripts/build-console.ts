/**
 * Builds the page that the server shows at `/`, unless what it is made of has not changed since.
 * Every file is kept compressed beside itself, so that nothing is compressed while serving.
 */
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "packages", "console");
const built = join(folder, "dist");
/** Written last: what lies beside it is whole. */
const stamp = join(built, ".made-of");

const made = hashSources();
if (!isBuilt()) await build();

function isBuilt(): boolean {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === made;
}

/** One hash over all that decides what the page is. */
function hashSources(): string {
  const hash = createHash("sha256");
  const patterns = [
    "packages/{console,client,domain}/{src/**/*,package.json}",
    "packages/console/{index.html,vite.config.ts,public/**/*}",
    "package-lock.json",
    "scripts/build-console.ts",
  ];
  const files = globSync(patterns, { cwd: root, withFileTypes: true });
  const paths = files.filter((file) => file.isFile() && !/\.test\.tsx?$/.test(file.name));
  for (const path of paths.map((file) => join(file.parentPath, file.name)).sort()) {
    hash.update(`\n${path.slice(root.length)}\n`).update(readFileSync(path));
  }
  return hash.digest("hex");
}

/** Beside the old files first, which serve until the new ones are whole. */
async function build(): Promise<void> {
  console.error("stoa: building the console, once, a few seconds");
  const next = join(folder, `dist.${process.pid}`);
  const vite = await import("vite");
  try {
    await vite.build({ root: folder, logLevel: "warn", build: { outDir: next } });
    await compressAll(next);
    await writeFile(join(next, ".made-of"), made);
    // Another one that began at the same time was quicker, and is being served from.
    if (isBuilt()) return;
    await rm(built, { recursive: true, force: true });
    await rename(next, built).catch((cause: unknown) => {
      // It was quicker by a moment only.
      if (!isBuilt()) throw cause;
    });
  } finally {
    await rm(next, { recursive: true, force: true });
  }
}

async function compressAll(next: string): Promise<void> {
  const found = await readdir(next, { recursive: true, withFileTypes: true });
  const files = found.filter(
    (file) => file.isFile() && /\.(js|css|html|svg|json)$/.test(file.name),
  );
  await Promise.all(files.map((file) => compress(join(file.parentPath, file.name))));
}

async function compress(path: string): Promise<void> {
  const bytes = await readFile(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 10,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const [small, common] = await Promise.all([
    promisify(brotliCompress)(bytes, { params }),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  await Promise.all([writeFile(`${path}.br`, small), writeFile(`${path}.gz`, common)]);
}
