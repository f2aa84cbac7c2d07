/**
 * `npm run build:client`: the client, and the domain that it stands on, as packages of JavaScript
 * with types in `packages/*\/dist`, ready for `npm publish packages/client/dist`. Node strips no
 * types below `node_modules`, so that the sources alone would not do there.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build as bundle, type Rolldown } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = join(
  dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin",
  "tsc",
);

// In this order: the client is compiled against the types of the domain.
for (const name of ["domain", "client"]) build(join(root, "packages", name));
console.log(`in a page: ${await pageSize()}`);

function build(folder: string): void {
  const dist = join(folder, "dist");
  rmSync(dist, { recursive: true, force: true });
  const words = [compiler, "-p", join(folder, "tsconfig.build.json")];
  execFileSync(process.execPath, words, { stdio: "inherit" });
  writeFileSync(join(dist, "package.json"), `${JSON.stringify(described(folder), null, 2)}\n`);
}

/** The same package, entered by what was compiled. */
function described(folder: string): object {
  const { private: _, ...own } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { ...own, exports: { ".": { types: "./index.d.ts", default: "./index.js" } } };
}

/** What all of it takes in a page, `socket.io-client` and the domain included. */
async function pageSize(): Promise<string> {
  const lib = { entry: join(root, "packages/client/src/index.ts"), formats: ["es" as const] };
  const quiet = { root, configFile: false, logLevel: "error", publicDir: false } as const;
  const [built] = (await bundle({ ...quiet, build: { lib, write: false } })) as [
    Rolldown.RolldownOutput,
  ];
  const { code } = built.output[0];
  const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  return `${kilobytes(Buffer.byteLength(code))}, ${kilobytes(gzipSync(code).length)} gzipped`;
}
