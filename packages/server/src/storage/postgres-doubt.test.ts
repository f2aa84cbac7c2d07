/**
 * Writes that are under way when PostgreSQL crashes: what is answered is kept, and what the crash
 * has taken with it is never answered, though its numbers are given to another one.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Change, StoaError } from "@stoa/domain";
import pg from "pg";
import { draft, id, insert, store } from "../../test/engine-world.ts";
import { type Cluster, createDatabase, query, startCluster } from "../../test/postgres-cluster.ts";
import { openPostgres, type PostgresEngine } from "./postgres-engine.ts";

let cluster: Cluster;
let url: string;
let [one, two] = [undefined as unknown as PostgresEngine, undefined as unknown as PostgresEngine];
const heard: Change[] = [];

before(async () => {
  // What nobody waits for does not reach the disk by itself.
  cluster = await startCluster({ durable: true, settings: { wal_writer_delay: "10s" } });
  ({ url } = await createDatabase(cluster));
  const options = { now: Date.now, onCommit: () => {} };
  one = await openPostgres(url, {
    ...options,
    onCommit: ({ changes }) => heard.push(...changes),
  });
  two = await openPostgres(url, options);
  await one.transact((tx) => tx.define(store("cities")));
  await insert(one, "cities", draft(1));
});
after(async () => {
  await Promise.all([one.close(), two.close()]);
  await cluster.end();
});

test("what a crash took is not answered, though another one has its number", async () => {
  let isReused = false;
  for (let at = 2; !isReused; at += 2) {
    assert(at < 30, "the number of a lost transaction is given again");
    const release = await lock("cities");
    const refusal = insert(one, "cities", draft(at)).then(
      () => "answered",
      (error: unknown) => (error as StoaError).code,
    );
    const lost = await waiting("relation");
    await cluster.stop("immediate");
    await release();
    await cluster.start();
    const next = await numberOf(at + 1);
    assert.equal(await refusal, "unavailable");
    assert.equal(await one.read("cities", id(at)), undefined);
    isReused = next === lost.number;
  }
});

test("what was committed is answered and known, though its end was not heard of", async () => {
  await waitFor("a standby that there is not");
  const writing = insert(one, "cities", draft(50, { name: "Delft" })).then(() => heard.at(-1)?.id);
  const { pid } = await waiting("SyncRep");
  await waitFor("");
  await query(url, `SELECT pg_terminate_backend(${pid})`);
  assert.equal(await writing, id(50));
  assert.equal(JSON.parse((await one.read("cities", id(50)))?.body ?? "").name, "Delft");
});

/** Lets nobody write into a store. Gives what ends that. */
async function lock(name: string): Promise<() => Promise<void>> {
  const n = await query(url, `SELECT n FROM stoa.store WHERE name = '${name}'`);
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE stoa.e${n} IN SHARE MODE`);
  return () => client.end();
}

/** The writer that waits for something: its process, and the number of its transaction. */
async function waiting(event: string): Promise<{ pid: string; number: string }> {
  for (const until = performance.now() + 60_000; ; ) {
    const found = await query(
      url,
      "SELECT string_agg(pid || ' ' || coalesce(backend_xid::text, ''), ',') FROM " +
        `pg_stat_activity WHERE application_name = 'stoa writer' AND wait_event = '${event}'`,
    );
    const [pid, number] = (found ?? "").split(" ");
    if (pid && number !== undefined) return { pid, number };
    assert(performance.now() < until, `a writer waits for ${event}`);
    await sleep(5);
  }
}

/** Writes as soon as that can be; the number of the transaction. */
async function numberOf(number: number): Promise<string> {
  for (const until = performance.now() + 60_000; ; ) {
    const isWritten = await insert(two, "cities", draft(number)).then(
      () => true,
      (error: unknown) => error instanceof StoaError && error.code === "conflict",
    );
    if (isWritten) break;
    assert(performance.now() < until, "the database is back");
    await sleep(5);
  }
  const n = await query(url, "SELECT n FROM stoa.store WHERE name = 'cities'");
  return query(url, `SELECT xmin::text FROM stoa.e${n} WHERE id = '${id(number)}'`);
}

/** Each commit from now on waits for a standby of this name; for none where it is empty. */
async function waitFor(standby: string): Promise<void> {
  await query(url, `ALTER SYSTEM SET synchronous_standby_names = '${standby && `"${standby}"`}'`);
  await query(url, "SELECT pg_reload_conf()");
}
