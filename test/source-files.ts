/**
 * Lists the files of this tree and reads them for the checks of style; it must not know a rule.
 */

import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");

/** One file, e.g. `{path: "test/tidy.test.ts", text: "/** ..."}`; `/` on every system. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const sourcePatterns = [
  "packages/*/{src,test}/**/*.{ts,tsx,mjs}",
  "packages/*/*.{ts,mjs}",
  "{test,bench,scripts}/**/*.{ts,tsx,mjs}",
];

export function isSource(path: string): boolean {
  return /^(packages|test|bench|scripts)\/.*\.(ts|tsx|mjs|js|cjs|mts|cts|jsx)$/.test(path);
}

/** Every source file in the file system, whether git knows it yet or not. */
export function readSources(): SourceFile[] {
  const paths = globSync(sourcePatterns, { cwd: root }).map((path) => path.replaceAll("\\", "/"));
  return paths.sort().flatMap(readExisting);
}

/** Every file that git tracks and that is text; undefined where this is no git work tree. */
export function readTracked(): SourceFile[] | undefined {
  if (!existsSync(join(root, ".git"))) return undefined;
  const options = { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 } as const;
  const paths = execFileSync("git", ["ls-files", "-z"], options).split("\0").filter(Boolean);
  return paths.flatMap(readExisting).filter(({ text }) => !text.includes("\0"));
}

/** A file may be removed between its listing and its reading. */
function readExisting(path: string): SourceFile[] {
  const file = join(root, path);
  return existsSync(file) ? [{ path, text: readFileSync(file, "utf8") }] : [];
}
