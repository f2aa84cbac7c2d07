/**
 * The thread that copies a database: one statement that reads as of its beginning, however much is
 * written meanwhile. Knows two paths.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { BackupWork } from "./sqlite-backup.ts";
import { SqliteConnection } from "./sqlite-connection.ts";

const { file, target } = workerData as BackupWork;
// With the functions that its indexes call, since they are built anew.
const connection = new SqliteConnection(file, "worker");
const numberOf = (name: string) => connection.first<[number]>(`PRAGMA ${name}`)?.[0] ?? 0;

parentPort?.postMessage(
  (numberOf("page_count") - numberOf("freelist_count")) * numberOf("page_size"),
);
connection.run("VACUUM INTO ?", [target]);
connection.close();
