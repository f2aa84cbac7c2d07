/**
 * Runs files of rows (`api-table.ts`) once more, on PostgreSQL. A file of tests may do so once, for
 * files that do not import each other.
 */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { rowsRunOn } from "./api-table.ts";

/** @param pattern of their names: `"socket-api-*.test.ts"`. */
export function testRowsOnPostgres(pattern: string, filesMin: number): void {
  rowsRunOn.engine = "postgres";
  const files = globSync(pattern, { cwd: import.meta.dirname }).sort();
  test("there are files of rows to run", () => assert.ok(files.length >= filesMin, files.join()));
  // Within a test of its own, which waits for what the file registers.
  for (const file of files) {
    test(`on PostgreSQL, the rows of ${file}`, () => import(`./${file}`));
  }
}
