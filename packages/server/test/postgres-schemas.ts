/**
 * An empty schema for each engine that a test opens, all in one database of the file's own. Knows
 * nothing of what stands in them.
 */
import { after } from "node:test";
import pg from "pg";
import { createDatabase, type TestDatabase } from "./postgres-cluster.ts";

let database: Promise<TestDatabase> | undefined;
let count = 0;

// Not where it is made, which may be within a test.
after(async () => (await database)?.remove());

export interface TestSchema {
  /** `"postgres://stoa@127.0.0.1:41234/stoa_5f0c11?schema=world_1"` */
  readonly url: string;
  remove(): Promise<void>;
}

/** A schema that nobody uses yet; it goes with the file's database at the latest. */
export async function newSchema(): Promise<TestSchema> {
  database ??= createDatabase();
  const { url } = await database;
  const name = `world_${++count}`;
  const own = new URL(url);
  own.searchParams.set("schema", name);
  return { url: own.href, remove: () => run(url, `DROP SCHEMA IF EXISTS ${name} CASCADE`) };
}

/** Lets nobody commit, as another node does whose transaction takes long. Gives what ends that. */
export async function holdHead(url: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: url.replace(/\?.*/, "") });
  await client.connect();
  const schema = new URL(url).searchParams.get("schema");
  await client.query(`BEGIN; SELECT FROM ${schema}.head FOR UPDATE`);
  return () => client.end();
}

/** Runs statements in a database, apart from any engine. */
export async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SET client_min_messages = error; ${sql}`);
  } finally {
    await client.end();
  }
}
