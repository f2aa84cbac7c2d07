/**
 * The thread that carries the write-ahead log over into the file, so that nobody else waits for
 * it. Each order is answered by how many pages are left. Knows nothing of what is in them.
 */
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { isPassing } from "./sqlite-error.ts";

const database = new DatabaseSync(workerData as string);
// As it ends, too, nothing is carried over but on demand.
database.exec("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0");
const carry = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
carry.setReturnArrays(true);

parentPort?.on("message", (order: "carry" | "close") => {
  if (order === "close") database.close();
  parentPort?.postMessage(order === "close" ? 0 : left());
});

/** Infinity where it cannot be done now. Errors: those that will not pass, which end the thread. */
function left(): number {
  try {
    const [, log, carried] = carry.get() as unknown as [busy: number, log: number, carried: number];
    return log - carried;
  } catch (error) {
    if (isPassing(error)) return Number.POSITIVE_INFINITY;
    throw error;
  }
}
