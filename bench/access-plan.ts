/**
 * The statements by which the engine answers the works of the bench of access, with the plans that
 * SQLite makes for them.
 */
import { join } from "node:path";
import { and, visibleTo } from "@stoa/domain";
import { SqliteConnection } from "../packages/server/src/storage/sqlite-connection.ts";
import { countOf } from "../packages/server/src/storage/sqlite-count.ts";
import type { Values } from "../packages/server/src/storage/sqlite-database.ts";
import { readCatalog, type StoreTable } from "../packages/server/src/storage/sqlite-store.ts";
import { readWindow } from "../packages/server/src/storage/sqlite-window.ts";
import { accessData, accessStore } from "./access-data.ts";
import { type AccessWork, accessWorks, callerOf, teamOf } from "./access-work.ts";
import { openBenchEngine } from "./engine-fill.ts";
import { copied } from "./kept-folder.ts";

/** Remembers what it was asked. */
class HeardConnection extends SqliteConnection {
  heard: { sql: string; values: Values }[] = [];

  override all<T extends readonly unknown[]>(sql: string, values: Values = []): T[] {
    this.heard.push({ sql, values });
    return super.all<T>(sql, values);
  }

  override first<T extends readonly unknown[]>(sql: string, values: Values = []): T | undefined {
    this.heard.push({ sql, values });
    return super.first<T>(sql, values);
  }
}

/** For each caller and work a chapter: statements, and below each the steps of its plan. */
export async function planText(entities: number): Promise<string> {
  const { data, about: world } = await accessData(entities);
  const copy = copied(data, "run-plans");
  const engine = await openBenchEngine(copy);
  const connection = new HeardConnection(join(copy, "stoa.db"), "reader");
  connection.dictionary.loadGroups();
  connection.tree = engine.tree;
  const table = readCatalog(connection).get(accessStore.name) as StoreTable;
  const chapters = world.callers.flatMap((caller) =>
    accessWorks(teamOf(world, caller)).map((work) => {
      const filter = and(visibleTo(callerOf(caller), "shared", engine.tree), work.filter);
      const steps = stepsOf(connection, table, { ...work, filter });
      return `## ${entities} entities, ${caller.name}: ${work.title}\n${steps.join("\n")}`;
    }),
  );
  connection.close();
  await engine.close();
  return chapters.join("\n\n");
}

function stepsOf(connection: HeardConnection, table: StoreTable, work: AccessWork): string[] {
  connection.heard = [];
  const { filter, order } = work;
  const found =
    work.kind === "count"
      ? countOf({ connection, table }, filter)
      : readWindow({ connection, table, filter, order }, { cursor: null, skip: 0, left: 100 });
  const left = typeof found === "object" && "sql" in found ? [found] : [];
  const heard = connection.heard.map(({ sql, values }) => planOf(connection, sql, values));
  const dear = left.map(({ sql, values }) => `(in a worker) ${planOf(connection, sql, values)}`);
  return [...new Set([...heard, ...dear])];
}

function planOf(connection: HeardConnection, sql: string, values: Values): string {
  const plan = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(values as string[]));
  const steps = plan.map((row) => `    ${String((row as unknown as unknown[])[3])}`);
  return [sql.replaceAll(keyExpression, "[$1]"), ...steps].join("\n");
}

/** The key of a field, which is long and always the same. */
const keyExpression = /CASE json_type\(e\.body, '\$\."(\w+)"'\).*?ELSE \S+ END/g;
