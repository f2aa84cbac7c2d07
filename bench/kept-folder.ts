/**
 * Data directories that are dear to make: made once, kept in `.stoa/bench` for the next run, and
 * copied for what writes to them. Knows nothing of what is in them.
 */
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { root } from "./process.ts";

export const benchFolder = join(root, ".stoa", "bench");

const own = new Set<string>();
process.once("exit", () => {
  for (const folder of own) rmSync(folder, { recursive: true, force: true });
});

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
    const draft = ownFolder("draft");
    mkdirSync(join(draft, "data"), { recursive: true });
    const about = await make(join(draft, "data"));
    writeFileSync(join(draft, "seed.json"), JSON.stringify(about));
    // Another run may have made it meanwhile.
    if (!existsSync(folder)) renameSync(draft, folder);
  }
  const about = JSON.parse(readFileSync(join(folder, "seed.json"), "utf8")) as T;
  return { data: join(folder, "data"), about };
}

/** The path of a copy that may be written to, until this process ends. */
export function copied(data: string, name: string): string {
  const copy = ownFolder(name);
  cpSync(data, copy, { recursive: true });
  return copy;
}

/**
 * The path of an empty place of this process's own, so that several may run at a time. Removes
 * those of processes that have ended without doing so.
 */
function ownFolder(name: string): string {
  mkdirSync(benchFolder, { recursive: true });
  for (const entry of readdirSync(benchFolder)) {
    const pid = /^own-(\d+)-/.exec(entry)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    rmSync(join(benchFolder, entry), { recursive: true, force: true });
  }
  const folder = join(benchFolder, `own-${process.pid}-${name}`);
  rmSync(folder, { recursive: true, force: true });
  own.add(folder);
  return folder;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

function mark(files: readonly string[]): string {
  const hash = createHash("sha256");
  const schema = "packages/server/src/storage/sqlite-schema.ts";
  for (const file of [schema, ...files]) hash.update(readFileSync(join(root, file)));
  return hash.digest("hex").slice(0, 12);
}
