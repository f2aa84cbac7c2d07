/**
 * Copies of the database of a folder, beside it in `backups/`: each one is a whole database of its
 * own. Made by a thread, so that nobody waits. Knows no callers.
 */
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { limit, StoaError } from "@stoa/domain";

/** `{name: "stoa-20261122T041819123Z.db", time: 1478724243000, bytes: 81920}` */
export interface Backup {
  readonly name: string;
  /** When it was begun, Unix milliseconds: it holds what was committed by then. */
  readonly time: number;
  readonly bytes: number;
}

export type BackupEvent =
  | { readonly kind: "progress"; readonly bytes: number; readonly total: number }
  | { readonly kind: "end"; readonly backup: Backup };

/** What the thread is given. */
export interface BackupWork {
  readonly file: string;
  readonly target: string;
}

export class SqliteBackups {
  readonly #file: string;
  readonly #folder: string;
  readonly #now: () => number;
  #isBusy = false;

  /** @param data the folder of the database: `/var/lib/stoa`. */
  constructor(data: string, now: () => number) {
    this.#file = join(data, "stoa.db");
    this.#folder = join(data, "backups");
    this.#now = now;
  }

  /** The newest first. */
  async list(): Promise<readonly Backup[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const found = await Promise.all(names.filter(isName).map((name) => this.#read(name)));
    return found.filter((one) => one !== undefined).sort((a, b) => b.time - a.time);
  }

  /**
   * Who stops asking gives it up, and nothing is left of it. Errors: `conflict` while another one
   * is being made, and when there are as many as may be.
   */
  async *make(): AsyncGenerator<BackupEvent> {
    if (this.#isBusy) throw new StoaError("conflict", "A backup is being made just now.");
    this.#isBusy = true;
    try {
      yield* this.#make();
    } finally {
      this.#isBusy = false;
    }
  }

  /** How many bytes, and those. Errors: `not_found`. */
  async open(name: string): Promise<{ readonly bytes: number; read(): Readable }> {
    const backup = await this.#find(name);
    return {
      bytes: backup.bytes,
      read: () => createReadStream(join(this.#folder, backup.name)),
    };
  }

  /** Errors: `not_found`. */
  async remove(name: string): Promise<void> {
    const backup = await this.#find(name);
    await rm(join(this.#folder, backup.name), { force: true });
  }

  async *#make(): AsyncGenerator<BackupEvent> {
    await mkdir(this.#folder, { recursive: true });
    if ((await this.list()).length >= limit.backupsMax) {
      const message = `There are ${limit.backupsMax} backups, which is all: remove one first.`;
      throw new StoaError("conflict", message);
    }
    await this.#sweep();
    const time = this.#now();
    const name = nameOf(time);
    const target = join(this.#folder, `${name}${partSuffix}`);
    const copying = new Copying({ file: this.#file, target });
    try {
      while (!copying.isOver) {
        const bytes = await sizeOf(target);
        yield { kind: "progress", bytes: Math.min(bytes, copying.total), total: copying.total };
        await Promise.race([copying.done, sleep(progressEveryMs)]);
      }
      await copying.done;
      await settle(target);
      await rename(target, join(this.#folder, name));
      await settle(this.#folder);
      yield { kind: "end", backup: { name, time, bytes: await sizeOf(join(this.#folder, name)) } };
    } finally {
      copying.done.catch(() => {}).finally(() => rm(target, { force: true }));
    }
  }

  async #find(name: string): Promise<Backup> {
    const backup = isName(name) ? await this.#read(name) : undefined;
    if (backup) return backup;
    throw new StoaError("not_found", "There is no such backup.");
  }

  async #read(name: string): Promise<Backup | undefined> {
    const bytes = await sizeOf(join(this.#folder, name));
    return bytes === 0 ? undefined : { name, time: timeOf(name), bytes };
  }

  /** What processes that ended in the middle have left; others may be at work. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith(partSuffix)) continue;
      const path = join(this.#folder, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > leftAfterMs) await rm(path, { force: true });
    }
  }
}

/** The thread at work. */
class Copying {
  readonly done: Promise<void>;
  isOver = false;
  /** Bytes that there will be; 0 before that is known. */
  total = 0;

  constructor(work: BackupWork) {
    const name = import.meta.url.endsWith(".ts")
      ? "./sqlite-backup-worker.ts"
      : "./sqlite-backup-worker.js";
    const worker = new Worker(new URL(name, import.meta.url), { workerData: work });
    // It cannot be stopped within its statement, and is not waited for at the end.
    worker.unref();
    worker.on("message", (total: number) => {
      this.total = total;
    });
    this.done = new Promise<void>((resolve, reject) => {
      worker.on("error", (cause) => {
        reject(new StoaError("unavailable", "The copy could not be written.", { cause }));
      });
      worker.on("exit", () => resolve());
    }).finally(() => {
      this.isOver = true;
    });
    this.done.catch(() => {});
  }
}

/** On the disk for good. */
async function settle(path: string): Promise<void> {
  const handle = await open(path, "r");
  await handle.sync();
  await handle.close();
}

function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/** `stoa-20261122T041819123Z.db` */
function nameOf(time: number): string {
  return `stoa-${new Date(time).toISOString().replaceAll(/[-:.]/g, "")}.db`;
}

function timeOf(name: string): number {
  const [, day = "", hours = "", ms = ""] = nameShape.exec(name) ?? [];
  const parts = (text: string) => text.match(/\d\d/g) ?? [];
  const date = `${day.slice(0, 4)}-${parts(day.slice(4)).join("-")}`;
  return Date.parse(`${date}T${parts(hours).join(":")}.${ms}Z`);
}

function isName(name: string): boolean {
  return nameShape.test(name);
}

const nameShape = /^stoa-(\d{8})T(\d{6})(\d{3})Z\.db$/;
const partSuffix = ".part";
const progressEveryMs = 200;
const leftAfterMs = 24 * 60 * 60 * 1000;
