/**
 * Tests of the PostgreSQL that other tests use: databases apart, crashes mended, nothing left.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, createDatabase, query, startCluster } from "./postgres-cluster.ts";

describe("a database of the shared cluster", () => {
  it("is empty, apart from the others, in UTF8 and of locale C, and goes", async () => {
    const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
    await query(one.url, "CREATE TABLE city (name text)");
    const tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert.equal(await query(one.url, tables), "1");
    assert.equal(await query(other.url, tables), "0");
    const kind = `SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database
      WHERE datname = current_database()`;
    assert.equal(await query(one.url, kind), "UTF8|C");
    await Promise.all([one.remove(), other.remove()]);
    await assert.rejects(query(one.url, "SELECT 1"), /does not exist/);
  });
});

describe("a cluster of one's own", () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster({ durable: true, settings: { work_mem: "1MB" } });
  });
  after(() => cluster.end());

  it("has the settings that were asked for", async () => {
    const asked = "SELECT current_setting('fsync'), current_setting('work_mem')";
    assert.equal(await query(cluster.socketUrl, asked), "on|1MB");
  });

  it("keeps what was committed over a crash, at the same address", async () => {
    const { url } = await createDatabase(cluster);
    await query(url, "CREATE TABLE city (name text); INSERT INTO city VALUES ('Delft')");
    await cluster.stop("immediate");
    await assert.rejects(query(url, "SELECT 1"), /[Cc]onnection refused/);
    await cluster.start();
    assert.equal(await query(url, "SELECT name FROM city"), "Delft");
  });

  it("ends with the process that started it, killed or not", async () => {
    const path = JSON.stringify(import.meta.resolve("./postgres-cluster.ts"));
    const program = `const { startCluster } = await import(${path});
      console.log((await startCluster()).socketUrl); setInterval(() => 1, 1_000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [text] = await once(child.stdout.setEncoding("utf8"), "data");
    const folder = new URL(String(text)).searchParams.get("host") ?? "";
    assert.equal(await query(String(text).trim(), "SELECT 1"), "1");
    assert(existsSync(folder));
    child.kill("SIGKILL");
    for (let tries = 0; existsSync(folder) && tries < 1_000; tries += 1) await sleep(50);
    assert.equal(existsSync(folder), false, "its folder is gone");
    await assert.rejects(query(String(text).trim(), "SELECT 1"));
  });
});
