/**
 * The thread that writes what works have put off: each order is one transaction, committed once
 * the one before it was heard of, and forced to disk. Decides nothing.
 */
import assert from "node:assert/strict";
import { fdatasyncSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { SqliteConnection } from "./sqlite-connection.ts";
import { writeTogether } from "./sqlite-entry.ts";
import { unpackEntries } from "./sqlite-entry-packing.ts";
import { setSharing } from "./sqlite-schema.ts";
import { readSequence } from "./sqlite-state.ts";
import type { WritingAnswer, WritingOrder, WritingPlace } from "./sqlite-writing-message.ts";

const { file, log, heard } = workerData as WritingPlace;
const connection = new SqliteConnection(file, "background");
setSharing(connection.database, false);
let orders = 0;

parentPort?.on("message", (order: WritingOrder) => parentPort?.postMessage(answerTo(order)));
parentPort?.postMessage({ kind: "done", groups: 0 } satisfies WritingAnswer);

function answerTo(order: WritingOrder): WritingAnswer {
  if (order.kind === "close") {
    connection.close();
    return { kind: "done", groups: 0 };
  }
  const { dictionary } = connection;
  const before = orders++;
  try {
    const { lasts, sequence } = order;
    const entries = unpackEntries(order.entries);
    const begin = () => {
      assert.equal(readSequence(connection), order.base, "it builds on what is there");
      dictionary.loadGroups();
    };
    const beforeCommit = () => waitFor(before);
    writeTogether(connection, { entries, lasts, sequence }, { begin, beforeCommit });
  } catch (error) {
    return { kind: "refused", message: String(error) };
  }
  // What fails from here on is committed, and may not be on disk: that ends the thread.
  if (order.isForced) fdatasyncSync(log);
  return { kind: "done", groups: dictionary.groupCount };
}

/** Readers take their view of a commit before the next one comes. */
function waitFor(count: number): void {
  for (;;) {
    const now = Atomics.load(heard, 0);
    assert(now >= 0, "the disk has failed");
    if (now >= count) return;
    Atomics.wait(heard, 0, now);
  }
}
