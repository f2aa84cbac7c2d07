/**
 * The thread for what would hold up the main one: queries without an index, and building indexes.
 * Runs one native statement for each query, a batch of rows at a time. Knows no entities.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { GroupTree } from "@stoa/domain";
import type { SqlValue } from "./sql-filter.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { groupStore, readTree } from "./sqlite-state.ts";
import { readCatalog } from "./sqlite-store.ts";
import type { DearStatement } from "./sqlite-window.ts";
import type {
  WorkerAnswer,
  WorkerData,
  WorkerFailure,
  WorkerRequest,
} from "./sqlite-worker-message.ts";

interface Job {
  readonly statement: DearStatement;
  readonly rows: Iterator<readonly unknown[]>;
  readonly tree: GroupTree;
  readonly stop: Int32Array;
  readonly msMax: number;
  /** Time that SQLite has worked for it; a slow reader costs it nothing. */
  usedMs: number;
}

const { file } = workerData as WorkerData;
const connection = new SqliteConnection(file, "worker");
const jobs = new Map<number, Job>();
/** The groups as of their last change. */
let known = { last: -1, tree: connection.tree };

parentPort?.on("message", (request: WorkerRequest) => {
  try {
    handle(request);
  } catch (error) {
    close(request.job);
    answer({ kind: "failed", job: request.job, failure: failureOf(error) });
  }
});

function handle(request: WorkerRequest): void {
  const { job } = request;
  switch (request.kind) {
    case "open":
      open(request);
      pump(job);
      break;
    case "more":
      pump(job);
      break;
    case "close":
      close(job);
      break;
    case "build":
      build(request.statements);
      answer({ kind: "rows", job, rows: [], isLast: true });
      break;
    default:
      request satisfies never;
  }
}

function open({ job, statement, stop, msMax }: WorkerRequest & { kind: "open" }): void {
  const { sql, values } = statement;
  const tree = treeNow();
  // Of its own: jobs with the same SQL may be open at the same time.
  const rows = connection.prepare(sql).iterate(...(values as SqlValue[]));
  jobs.set(job, {
    statement,
    rows: rows as unknown as Iterator<readonly unknown[]>,
    tree,
    stop,
    msMax,
    usedMs: 0,
  });
}

/** Read again when a group has changed. */
function treeNow(): GroupTree {
  const sql = "SELECT last FROM store WHERE name = ?";
  const [last = 0] = connection.first<[number]>(sql, [groupStore]) ?? [];
  if (last !== known.last) known = { last, tree: readTree(connection, readCatalog(connection)) };
  return known.tree;
}

function pump(number: number): void {
  const job = jobs.get(number);
  if (!job) return;
  watch(job);
  const rows: (readonly unknown[])[] = [];
  let bytes = 0;
  let isLast = false;
  while (!isLast && rows.length < batchRowsMax && bytes < batchBytesMax) {
    const { done, value } = job.rows.next();
    if (done) {
      isLast = true;
    } else {
      rows.push(value);
      const text = value[1];
      if (typeof text === "string") bytes += text.length;
    }
  }
  if (isLast) jobs.delete(number);
  answer({ kind: "rows", job: number, rows, isLast });
}

/** Lets the rows that SQLite looks at see to the time and to whether anyone still waits. */
function watch(job: Job): void {
  const start = performance.now() - job.usedMs;
  let ticks = 0;
  connection.filters = job.statement.filters;
  connection.tree = job.tree;
  connection.tick = () => {
    if (++ticks % ticksPerLook !== 0) return;
    job.usedMs = performance.now() - start;
    if (job.usedMs > job.msMax) throw new TimeUp();
    if (Atomics.load(job.stop, 0) === 1) throw new TimeUp();
  };
}

function close(number: number): void {
  const job = jobs.get(number);
  jobs.delete(number);
  job?.rows.return?.();
}

/** On a connection of its own, because open queries hold this one at their snapshot. */
function build(statements: readonly string[]): void {
  const builder = new SqliteConnection(file, "worker");
  // Other processes may be writing; this thread has time.
  builder.run(`PRAGMA busy_timeout = ${busyMsMax}`);
  try {
    for (const sql of ["BEGIN IMMEDIATE", ...statements, "COMMIT"]) builder.database.exec(sql);
  } finally {
    builder.close();
  }
}

function answer(message: WorkerAnswer): void {
  parentPort?.postMessage(message);
}

function failureOf(error: unknown): WorkerFailure {
  const { message, errcode } = error as { message?: string; errcode?: number };
  return {
    isTimeout: error instanceof TimeUp,
    message: message ?? String(error),
    errcode: errcode ?? null,
  };
}

class TimeUp extends Error {}

const busyMsMax = 60_000;
const ticksPerLook = 64;
const batchRowsMax = 500;
const batchBytesMax = 1024 * 1024;
