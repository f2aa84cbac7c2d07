/**
 * Moves everything from one database into another: copies, compares, and only then lets the target
 * be opened. Killed at any moment it goes on where it was. Knows the port and no engine.
 */
import { createHash } from "node:crypto";
import { StoaError } from "@stoa/domain";
import {
  isEntityTransfer,
  recordTransfer,
  storeTransfer,
  type TransferHead,
  type TransferMark,
  type TransferRow,
  type TransferSource,
  type TransferTable,
  type TransferTarget,
  transferTables,
} from "./transfer.ts";

/** Told as it goes, so that somebody can watch. */
export interface MoveWatcher {
  /** A step begins: so many rows, of which some were done before. */
  readonly begin: (step: "copy" | "build" | "compare", rows: number, done: number) => void;
  readonly done: (rows: number) => void;
}

/** `{rows: 412, stores: 7}` */
export interface MoveReport {
  readonly rows: number;
  readonly stores: number;
}

/**
 * Copies all rows, builds the indexes, compares counts and checksums of every table, finishes the
 * target. Errors: `conflict` where the target holds something else or the source has changed since
 * the move began; `internal` where the copy is not the same, which is left unfinished.
 */
export async function move(
  source: TransferSource,
  target: TransferTarget,
  watcher: MoveWatcher,
): Promise<MoveReport> {
  const stores = await allRows(source, storeTransfer);
  if (stores.length === 0)
    throw new StoaError("conflict", `${source.address} holds nothing to move`);
  const head = await source.head();
  const tables = transferTables(stores);
  const counts = await countAll(source, tables);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (!target.isDone) {
    await copyAll(source, target, { head, tables, rows }, watcher);
    watcher.begin("build", 0, 0);
    await target.build(head);
    watcher.begin("compare", rows, 0);
    for (const [at, table] of tables.entries()) {
      await compare(source, target, table, counts[at] ?? 0, watcher);
    }
    await target.finish(head);
  }
  return { rows, stores: tables.filter(isEntityTransfer).length };
}

interface Extent {
  readonly head: TransferHead;
  readonly tables: readonly TransferTable[];
  readonly rows: number;
}

async function copyAll(
  source: TransferSource,
  target: TransferTarget,
  { head, tables, rows }: Extent,
  watcher: MoveWatcher,
): Promise<void> {
  const mark = await begun(source, target, head);
  const first = tables.findIndex(({ name }) => name === mark.table);
  const before = await countAll(target, mark.key ? tables.slice(0, first + 1) : []);
  watcher.begin(
    "copy",
    rows,
    before.reduce((sum, count) => sum + count, 0),
  );
  for (const table of tables.slice(first)) {
    let key = table.name === mark.table ? mark.key : null;
    for (;;) {
      const part = await source.rows(table, key);
      const last = part.at(-1);
      if (!last) break;
      key = last.slice(0, table.keyColumns);
      await target.write(table, part, { ...mark, table: table.name, key });
      watcher.done(part.length);
    }
  }
}

/** Where to go on, or a beginning. */
async function begun(
  source: TransferSource,
  target: TransferTarget,
  { sequence }: TransferHead,
): Promise<TransferMark> {
  const { mark } = target;
  if (!mark) {
    const beginning = { source: source.address, sequence, table: storeTransfer.name, key: null };
    await target.begin(beginning);
    return beginning;
  }
  const what = `${target.address} holds an unfinished move`;
  if (mark.source !== source.address) {
    throw new StoaError("conflict", `${what} from ${mark.source}: --anew throws it away`);
  }
  if (mark.sequence !== sequence) {
    const why = `, and ${source.address} has changed since it began`;
    throw new StoaError("conflict", `${what}${why}: --anew throws it away and begins again`);
  }
  if (mark.table !== recordTransfer.name) return mark;
  await target.empty(recordTransfer);
  return { ...mark, key: null };
}

async function compare(
  source: TransferSource,
  target: TransferTarget,
  table: TransferTable,
  count: number,
  watcher: MoveWatcher,
): Promise<void> {
  const [original, copy] = await Promise.all([
    digestOf(source, table, watcher),
    digestOf(target, table, undefined),
  ]);
  if (original.digest === copy.digest && original.count === copy.count && copy.count === count) {
    return;
  }
  const found = `${copy.count} rows of ${original.count}`;
  const what = `the copy of table ${table.name} is not the same (${found})`;
  const message = `${what}; move again with --anew`;
  throw new StoaError("internal", message);
}

async function digestOf(
  from: TransferSource,
  table: TransferTable,
  watcher: MoveWatcher | undefined,
): Promise<{ count: number; digest: string }> {
  const hash = createHash("sha256");
  let count = 0;
  for await (const rows of partsOf(from, table)) {
    for (const row of rows) hash.update(`${JSON.stringify(row)}\n`);
    count += rows.length;
    watcher?.done(rows.length);
  }
  return { count, digest: hash.digest("hex") };
}

async function* partsOf(
  from: TransferSource,
  table: TransferTable,
): AsyncGenerator<readonly TransferRow[]> {
  for (let key: TransferRow | null = null; ; ) {
    const rows: readonly TransferRow[] = await from.rows(table, key);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    key = last.slice(0, table.keyColumns);
  }
}

async function allRows(from: TransferSource, table: TransferTable): Promise<TransferRow[]> {
  const all: TransferRow[] = [];
  for await (const rows of partsOf(from, table)) all.push(...rows);
  return all;
}

async function countAll(from: TransferSource, tables: readonly TransferTable[]): Promise<number[]> {
  const counts: number[] = [];
  for (const table of tables) counts.push(await from.count(table));
  return counts;
}
