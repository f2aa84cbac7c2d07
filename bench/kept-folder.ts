/**
 * Data directories that are dear to make: made once, kept in `.stoa/bench` for the next run, and
 * copied for what writes to them. Knows nothing of what is in them.
 */
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { root } from "./process.ts";

export const benchFolder = join(root, ".stoa", "bench");

export interface Kept<T> {
  readonly data: string;
  /** What was said about it when it was made. */
  readonly about: T;
}

export interface Making<T> {
  /** `"seed-10000"` */
  readonly name: string;
  /** Files of the tree that decide what the directory holds: it is made anew when they change. */
  readonly files: readonly string[];
  /** Fills an empty directory; what it tells is kept as JSON. */
  make(data: string): Promise<T>;
}

export async function kept<T>({ name, files, make }: Making<T>): Promise<Kept<T>> {
  const folder = join(benchFolder, `${name}-${mark(files)}`);
  if (!existsSync(folder)) {
    const draft = `${folder}-draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(join(draft, "data"), { recursive: true });
    const about = await make(join(draft, "data"));
    writeFileSync(join(draft, "seed.json"), JSON.stringify(about));
    renameSync(draft, folder);
  }
  const about = JSON.parse(readFileSync(join(folder, "seed.json"), "utf8")) as T;
  return { data: join(folder, "data"), about };
}

/** The path of a copy that may be written to. */
export function copied(data: string, name: string): string {
  const copy = join(benchFolder, name);
  rmSync(copy, { recursive: true, force: true });
  cpSync(data, copy, { recursive: true });
  return copy;
}

function mark(files: readonly string[]): string {
  const hash = createHash("sha256");
  const schema = "packages/server/src/storage/sqlite-schema.ts";
  for (const file of [schema, ...files]) hash.update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 12);
}
