/**
 * Reads from a real standby, made by `pg_basebackup`: what is behind is behind because its replay
 * is paused, and who answered is counted.
 */
import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { StoredEntity } from "@stoa/domain";
import { everything } from "@stoa/domain";
import {
  changed,
  draft,
  id,
  insert,
  is,
  mark,
  query,
  readPresent,
  store,
} from "../../test/engine-world.ts";
import {
  type Cluster,
  createDatabase,
  query as sql,
  startCluster,
  startStandby,
} from "../../test/postgres-cluster.ts";
import type { ReplicaStanding } from "./engine.ts";
import { openPostgres, type PostgresEngine } from "./postgres-engine.ts";

/** The same database in another cluster. */
function copyIn(cluster: Cluster, url: string): string {
  const own = new URL(url);
  own.port = new URL(cluster.url).port;
  return own.href;
}

describe("a replica", () => {
  let primary: Cluster;
  let standby: Cluster;
  let url = "";
  let replica = "";
  let engine: PostgresEngine;
  let standing: ReplicaStanding | undefined;
  const turns: boolean[] = [];

  before(async () => {
    // Else commits wait before they are sent.
    primary = await startCluster({ settings: { synchronous_commit: "on" } });
    url = (await createDatabase(primary)).url;
    const own = await openPostgres(url, { now: Date.now, onCommit: () => {} });
    await own.transact(async (tx) => {
      await tx.define(store("cities"));
      await tx.define(store("notes"));
    });
    await insert(own, "cities", ...[1, 2, 3].map((n) => draft(n, { visits: 0 })));
    await insert(own, "notes", draft(9, { visits: 0 }));
    await own.close();
    standby = await startStandby(primary);
    replica = copyIn(standby, url);
    engine = await openPostgres(url, {
      now: Date.now,
      onCommit: () => {},
      replica,
      pollMs: 20,
      onReplica: (now) => {
        standing = now;
        if (now.hasTurned) turns.push(now.isUp);
      },
    });
    await until("it is found", () => standing?.isUp === true);
  });

  after(async () => {
    await engine?.close();
    await standby?.end();
    await primary?.end();
  });

  const hold = () => sql(replica, "SELECT pg_wal_replay_pause()");
  const resume = () => sql(replica, "SELECT pg_wal_replay_resume()");

  /** A change that nobody loses sight by; gives its number. */
  async function visit(name: string, n: number): Promise<number> {
    await engine.transact(async (tx) => {
      const entity = await readPresent(tx, name, n);
      const { visits } = JSON.parse(entity.body) as { visits: number };
      await tx.update(name, entity, changed(entity, { visits: visits + 1 }), mark);
    });
    return engine.sequence;
  }

  /** How often an entity was visited by then, and whether the replica says so. */
  async function visits(name: string, n: number, asOf?: number) {
    const before = { ...counted() };
    const entity = await engine.read(name, id(n), asOf);
    return { visits: visitsOf(entity), by: whoAnswered(before) };
  }

  function counted() {
    const { reads = 0, fallbacks = 0 } = engine.replicaReads ?? {};
    return { reads, fallbacks };
  }

  function whoAnswered(before: { reads: number; fallbacks: number }): string {
    const { reads, fallbacks } = counted();
    if (fallbacks > before.fallbacks) return "primary instead";
    return reads > before.reads ? "replica" : "primary";
  }

  /** Until the replica has taken in what there is, and is known to have. */
  async function caughtUp(): Promise<void> {
    for (let tries = 0; tries < 5_000; tries++) {
      const before = counted();
      await engine.read("cities", id(1), engine.sequence);
      if (whoAnswered(before) === "replica") return;
      await sleep(10);
    }
    assert.fail("the replica did not catch up");
  }

  it("answers what may lag, and nothing else", async () => {
    await caughtUp();
    assert.deepEqual(await visits("cities", 1, 0), { visits: 0, by: "replica" });
    assert.deepEqual(await visits("cities", 1), { visits: 0, by: "primary" });
    const before = counted();
    assert.equal(await engine.count("cities", everything, 0), 3);
    assert.equal((await bodiesOf(engine, 0)).length, 3);
    assert.deepEqual(counted(), { ...before, reads: before.reads + 2 });
  });

  it("shows what was, and not to who has seen more", async () => {
    await caughtUp();
    await hold();
    try {
      const sequence = await visit("cities", 1);
      assert.deepEqual(await visits("cities", 1, 0), { visits: 0, by: "replica" });
      assert.deepEqual(await visits("cities", 1, sequence - 1), { visits: 0, by: "replica" });
      assert.deepEqual(await visits("cities", 1, sequence), { visits: 1, by: "primary instead" });
      assert.deepEqual(await visits("cities", 1), { visits: 1, by: "primary" });
      const filter = is(["visits"], 1);
      assert.deepEqual(
        [await engine.count("cities", filter, 0), await engine.count("cities", filter, sequence)],
        [0, 1],
      );
      assert.deepEqual(
        [visitsIn(await bodiesOf(engine, 0)), visitsIn(await bodiesOf(engine, sequence))],
        [0, 1],
      );
    } finally {
      await resume();
    }
    await caughtUp();
    assert.deepEqual(await visits("cities", 1, engine.sequence), { visits: 1, by: "replica" });
  });

  it("is waited for where it is close behind", async () => {
    await caughtUp();
    const answers = new Set<string>();
    for (let times = 0; times < 20; times++) {
      const sequence = await visit("cities", 2);
      const { visits: seen, by } = await visits("cities", 2, sequence);
      assert.equal(seen, times + 1);
      answers.add(by);
    }
    assert(answers.has("replica"), [...answers].join());
  });

  it("hides what was taken from somebody's sight at once, in that store alone", async () => {
    await caughtUp();
    await hold();
    try {
      await engine.transact(async (tx) => {
        const entity = await readPresent(tx, "cities", 3);
        const given = { ...changed(entity, { visits: 5 }), owner: id(77) };
        await tx.update("cities", entity, given, mark);
      });
      assert.deepEqual(await visits("cities", 3, 0), { visits: 5, by: "primary instead" });
      assert.deepEqual(await visits("notes", 9, 0), { visits: 0, by: "replica" });
      await engine.transact(async (tx) => {
        await tx.remove("notes", await readPresent(tx, "notes", 9), mark);
      });
      assert.deepEqual(await visits("notes", 9, 0), { visits: null, by: "primary instead" });
      assert.equal(await engine.count("notes", everything, 0), 0);
    } finally {
      await resume();
    }
    await caughtUp();
    assert.deepEqual(await visits("cities", 3, 0), { visits: 5, by: "replica" });
  });

  it("knows nothing of a store that it has not got yet", async () => {
    await caughtUp();
    await hold();
    try {
      await engine.transact((tx) => tx.define(store("fresh")));
      await insert(engine, "fresh", draft(1, { visits: 3 }));
      assert.deepEqual(await visits("fresh", 1, 0), { visits: 3, by: "primary instead" });
      assert.equal(await engine.count("fresh", everything, 0), 1);
    } finally {
      await resume();
    }
  });

  it("is done without as long as it is too far behind", async () => {
    let lagMs: number | null = 0;
    const near = await openPostgres(url, {
      ...{ now: Date.now, onCommit: () => {}, replica, pollMs: 20, lagMsMax: 200 },
      onReplica: (now) => {
        lagMs = now.lagMs;
      },
    });
    const read = async () => {
      const before = near.replicaReads?.fallbacks ?? 0;
      const entity = await near.read("cities", id(2), 0);
      return { visits: visitsOf(entity), isLate: (near.replicaReads?.fallbacks ?? 0) > before };
    };
    await until("it is found", async () => !(await read()).isLate);
    const { visits: before } = await read();
    await hold();
    try {
      await visit("cities", 2);
      await near.follow();
      await until("it is seen to be behind", () => (lagMs ?? 0) > 200);
      assert.deepEqual(await read(), { visits: (before ?? 0) + 1, isLate: true });
    } finally {
      await resume();
    }
    await until("it has followed", async () => !(await read()).isLate);
    await near.close();
  });

  it("is done without while it says nothing, also by who asked it before", async () => {
    let isSilent = false;
    const clients = new Set<Socket>();
    const target = new URL(standby.url);
    const proxy = createServer((client) => {
      const server = connect(Number(target.port), target.hostname);
      clients.add(client);
      client.on("data", (data) => server.write(data));
      server.on("data", (data) => isSilent || client.write(data));
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        one.on("error", () => {});
        one.on("close", () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const through = new URL(replica);
    through.port = String((proxy.address() as AddressInfo).port);
    let isUp = false;
    const near = await openPostgres(url, {
      ...{ now: Date.now, onCommit: () => {}, replica: through.href, pollMs: 20 },
      silenceMsMax: 300,
      onReplica: (now) => {
        isUp = now.isUp;
      },
    });
    try {
      await until("it is read from", async () => {
        await near.read("cities", id(1), 0);
        return (near.replicaReads?.reads ?? 0) > 0;
      });
      isSilent = true;
      const before = near.replicaReads?.fallbacks ?? 0;
      assert((await near.read("cities", id(1), 0)) !== undefined);
      assert.equal(near.replicaReads?.fallbacks, before + 1);
      await until("it is missed", () => !isUp);
      isSilent = false;
      for (const client of clients) client.destroy();
      await until("it is back", () => isUp);
    } finally {
      await near.close();
      proxy.close();
    }
  });

  it("is done without while it is away, in a list that runs too, and then used again", async () => {
    const many = Array.from({ length: 40 }, (_, n) => draft(100 + n, { visits: 0 }));
    await insert(engine, "cities", ...many);
    await caughtUp();
    const windows = { windowEntitiesMax: 5, windowCharactersMax: 1e6 };
    const small = await openPostgres(url, {
      ...{ now: Date.now, onCommit: () => {}, replica, pollMs: 20 },
      bounds: { ...windows, scannedMax: 8_000, sortedMax: 20_000 },
    });
    await until("it is found", async () => {
      await small.read("cities", id(1), 0);
      return (small.replicaReads?.reads ?? 0) > 0;
    });
    const before = { ...small.replicaReads };
    const found: string[] = [];
    for await (const page of small.find("cities", query(), 0)) {
      if (found.length === 0) await standby.stop("immediate");
      found.push(...page.texts);
    }
    assert.equal(small.replicaReads?.reads, (before.reads ?? 0) + 1);
    assert.equal(small.replicaReads?.fallbacks, (before.fallbacks ?? 0) + 1);
    await small.close();
    assert.equal(found.length, 43);
    assert.equal(new Set(found).size, 43);
    const sequence = await visit("cities", 1);
    assert.equal((await visits("cities", 1, 0)).by, "primary instead");
    assert.equal((await visits("cities", 1, sequence)).by, "primary instead");
    await until("it is missed", () => standing?.isUp === false && standing.lagMs === null);
    await standby.start();
    await caughtUp();
    assert.equal((await visits("cities", 1, sequence)).by, "replica");
    assert.deepEqual(turns.slice(-2), [false, true]);
  });

  it("is not read any more once it is a primary itself", async () => {
    await caughtUp();
    await sql(replica, "SELECT pg_promote()");
    await until("it is seen", () => standing?.isUp === false);
    assert.match(String(standing?.cause), /no standby/);
    await visit("cities", 1);
    assert.equal((await visits("cities", 1, 0)).by, "primary instead");
  });
});

describe("what is no copy of the database", () => {
  it("is never read", async () => {
    const primary = await startCluster();
    const [one, other] = [await createDatabase(primary), await createDatabase(primary)];
    for (const { url } of [one, other]) {
      const engine = await openPostgres(url, { now: Date.now, onCommit: () => {} });
      await engine.transact((tx) => tx.define(store("cities")));
      await insert(engine, "cities", draft(1));
      await engine.close();
    }
    const standby = await startStandby(primary);
    try {
      for (const [replica, why] of [
        [one.url, /no standby/],
        [copyIn(standby, other.url), /no copy/],
      ] as const) {
        let standing: ReplicaStanding | undefined;
        const engine = await openPostgres(one.url, {
          ...{ now: Date.now, onCommit: () => {}, pollMs: 20, replica },
          onReplica: (now) => {
            standing = now;
          },
        });
        await until("it is refused", () => standing !== undefined);
        assert.equal(standing?.isUp, false);
        assert.match(String(standing?.cause), why);
        assert((await engine.read("cities", id(1), 0)) !== undefined);
        assert.deepEqual(engine.replicaReads, { reads: 0, fallbacks: 1 });
        await engine.close();
      }
    } finally {
      await standby.end();
      await primary.end();
    }
  });
});

function visitsOf(entity: StoredEntity | undefined): number | null {
  return entity ? (JSON.parse(entity.body) as { visits: number }).visits : null;
}

async function bodiesOf(engine: PostgresEngine, asOf: number) {
  const found: { _id: string; visits: number }[] = [];
  for await (const { texts } of engine.find("cities", query(), asOf)) {
    for (const text of texts) found.push(JSON.parse(text));
  }
  return found;
}

function visitsIn(found: readonly { _id: string; visits: number }[]): number | undefined {
  return found.find(({ _id }) => _id === id(1))?.visits;
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    assert(performance.now() < end, what);
    await sleep(10);
  }
}
