/**
 * The connections of a node: how many there are, who waits for one, and what becomes of those that
 * broke while nobody had them.
 */
import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { limit, StoaError } from "@stoa/domain";
import { createDatabase, query, type TestDatabase } from "../../test/postgres-cluster.ts";
import { parseAddress } from "./postgres-address.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { PostgresLinks } from "./postgres-links.ts";

describe("a node whose database is away", () => {
  it("tries now and then, and tells all who ask meanwhile to come again", async () => {
    let attempts = 0;
    const server = createServer((socket) => {
      attempts++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const links = new PostgresLinks(parseAddress(`postgres://stoa@127.0.0.1:${port}/stoa`));
    const until = performance.now() + 1_000;
    let asked = 0;
    while (performance.now() < until) {
      const refused = await links.reader().catch((error: unknown) => error);
      assert(refused instanceof StoaError, String(refused));
      assert.deepEqual([refused.code, refused.retryAfterS], ["unavailable", 1]);
      asked++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await links.close();
    server.close();
    assert(asked > 50, `${asked} asked`);
    // Pauses of 100, 200, 400 and 800 ms, of which each may be half as long.
    assert(attempts >= 2 && attempts <= 6, `${attempts} attempts`);
  });
});

describe("connections for what takes long", () => {
  let database: TestDatabase;
  let links: PostgresLinks;

  before(async () => {
    database = await createDatabase();
    links = new PostgresLinks(parseAddress(database.url));
  });
  after(async () => {
    await links.close();
    await database.remove();
  });

  const answer = (connection: PostgresConnection) => connection.ask<[number]>("SELECT 1");
  const own = "datname = current_database() AND application_name = 'stoa searcher'";
  const backends = async () => {
    return Number(await query(database.url, `SELECT count(*) FROM pg_stat_activity WHERE ${own}`));
  };

  it("are four, opened again where they broke while nobody had them", async () => {
    for (let times = 0; times < 3; times++) {
      const found = await Promise.all(Array.from({ length: 20 }, () => links.search(answer)));
      assert.equal(found.length, 20);
      assert.equal(await backends(), 4);
      await query(
        database.url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${own}`,
      );
      while ((await backends()) > 0) await sleep(10);
    }
    assert.equal((await links.search(answer)).length, 1);
  });

  it("are apart from those for what an index answers, where so many wait as well", async () => {
    const held = await links.reader();
    const other = await links.reader();
    assert.notEqual(held, other);
    const slow = [held, other].map((connection) => connection.ask("SELECT pg_sleep(0.3)"));
    const half = limit.statementsWaitingMax / 2;
    const waiting = [held, other].flatMap((connection) =>
      Array.from({ length: half - 1 }, () => connection.first<[number]>("SELECT 1")),
    );
    const refused = await links.reader().catch((error: unknown) => error);
    assert(refused instanceof StoaError, String(refused));
    assert.deepEqual([refused.code, refused.retryAfterS], ["unavailable", 1]);
    await Promise.all([...slow, ...waiting]);
    assert.equal([held, other].includes(await links.reader()), true);
  });

  it("let so many wait and no more, who are told when to come again", async () => {
    const held = Promise.withResolvers<void>();
    const holders = Array.from({ length: 4 }, () => links.search(() => held.promise));
    const waiting = Array.from({ length: 256 }, () => links.search(answer));
    const refused = await links.search(answer).catch((error: unknown) => error);
    assert(refused instanceof StoaError, String(refused));
    assert.deepEqual([refused.code, refused.retryAfterS], ["unavailable", 1]);
    held.resolve();
    await Promise.all(holders);
    assert.equal((await Promise.all(waiting)).length, 256);
    assert.equal((await links.search(answer)).length, 1);
  });
});
