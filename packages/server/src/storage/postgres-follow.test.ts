/**
 * Two nodes over one database: what one has committed the other knows, once and in order, whatever
 * else goes on in the database.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Change, everything, type StoaError, systemStore } from "@stoa/domain";
import pg from "pg";
import {
  changed,
  draft,
  id,
  insert,
  is,
  mark,
  numbersOf,
  query,
  readPresent,
  remove,
  store,
  update,
} from "../../test/engine-world.ts";
import { newSchema, run, type TestSchema } from "../../test/postgres-schemas.ts";
import type { Commit } from "./engine.ts";
import { openPostgres, type PostgresEngine } from "./postgres-engine.ts";

interface Node {
  readonly engine: PostgresEngine;
  readonly heard: Change[];
  readonly commits: Commit[];
}

async function openNode(schema: TestSchema, pollMs = 60_000): Promise<Node> {
  const commits: Commit[] = [];
  const heard: Change[] = [];
  const onCommit = (commit: Commit) => {
    commits.push(commit);
    heard.push(...commit.changes);
  };
  return {
    engine: await openPostgres(schema.url, { now: Date.now, onCommit, pollMs }),
    heard,
    commits,
  };
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!isSo()) {
    assert(performance.now() < end, what);
    await sleep(5);
  }
}

describe("two nodes", () => {
  let schema: TestSchema;
  let nodes: [Node, Node];
  let [one, two] = [undefined as unknown as PostgresEngine, undefined as unknown as PostgresEngine];

  before(async () => {
    schema = await newSchema();
    // Without a clock that looks, so that only notifications and questions do.
    nodes = [await openNode(schema), await openNode(schema)];
    [one, two] = [nodes[0].engine, nodes[1].engine];
    await one.transact(async (tx) => {
      await tx.define(systemStore("groups"));
      await tx.define(store("cities", { unique: [[["name"]]] }));
      await tx.insert("groups", draft(1, { name: "Root", parent: null }), mark);
      await tx.define(systemStore("stores"));
      await tx.insert("stores", draft(2, { name: "cities" }), mark);
    });
  });
  after(() => Promise.all(nodes.map(({ engine }) => engine.close())));

  it("know each other's stores, groups and entities at the next question", async () => {
    await two.follow();
    assert.equal(two.tree.root, id(1));
    await insert(two, "cities", draft(10, { name: "Delft" }, { owner: id(77), access: [id(78)] }));
    await one.follow();
    assert.equal((await readPresent(one, "cities", 10)).owner, id(77));
    await insert(one, "groups", draft(11, { name: "Below", parent: id(1) }));
    await insert(one, "cities", draft(12, { name: "Gent" }, { group: id(11) }));
    await two.follow();
    assert(two.tree.has(id(11)));
    assert.deepEqual(
      await numbersOf(two, "cities", query({ filter: is(["group"], id(11)) })),
      [12],
    );
    assert.equal(await two.count("cities", everything), 2);
    await one.transact((tx) => tx.define(store("ponds")));
    await two.transact((tx) => tx.define(store("ponds", { indexes: [[["a"]]] })));
    await insert(one, "ponds", draft(1));
    assert.equal(await two.count("ponds", everything), 1);
  });

  it("decide about unique values together", async () => {
    const tries = Array.from({ length: 20 }, (_, at) =>
      insert(at % 2 ? one : two, "cities", draft(100 + at, { name: "Lier" })),
    );
    const settled = await Promise.allSettled(tries);
    const refused = settled.flatMap((outcome) =>
      outcome.status === "rejected" ? [(outcome.reason as StoaError).code] : [],
    );
    assert.equal(settled.length - refused.length, 1, "one of them has it");
    assert.deepEqual(new Set(refused), new Set(["conflict"]));
    assert.equal(await one.count("cities", is(["name"], "Lier")), 1);
  });

  it("lose no update of the other", async () => {
    await insert(one, "cities", draft(20, { name: "Visits", visits: 0 }));
    const visit = (engine: PostgresEngine) =>
      engine.transact(async (tx) => {
        const before = await readPresent(tx, "cities", 20);
        const { visits } = JSON.parse(before.body) as { visits: number };
        const own = { name: "Visits", visits: visits + 1 };
        await tx.update("cities", before, changed(before, own), mark);
      });
    await Promise.all(Array.from({ length: 60 }, (_, at) => visit(at % 2 ? one : two)));
    assert.equal(JSON.parse((await readPresent(two, "cities", 20)).body).visits, 60);
  });

  it("decide by what the other has committed, within the transaction", async () => {
    const last = await one
      .transact(async (tx) => {
        await tx.insert("groups", draft(30, { name: "Thirty", parent: id(1) }), mark);
        return tx.lastChange(["groups"]);
      })
      .then(() => one.transact(async (tx) => tx.lastChange(["groups"])));
    const seen = await two.transact(async (tx) => [tx.lastChange(["groups"]), tx.tree.has(id(30))]);
    assert.deepEqual(seen, [last, true]);
  });

  it("are told of every change once, in order, by notifications alone", async () => {
    const writes = Array.from({ length: 300 }, async (_, at) => {
      await sleep(at % 7);
      const engine = at % 3 ? one : two;
      await insert(engine, "cities", draft(1_000 + at, { name: `n${at}` }));
      if (at % 5 === 0) {
        await engine.transact(async (tx) => {
          const before = await readPresent(tx, "cities", 1_000 + at);
          await tx.update("cities", before, changed(before, { name: `m${at}` }), mark);
        });
      }
      if (at % 11 === 0) {
        await engine
          .transact(async (tx) => {
            await tx.insert("cities", draft(5_000 + at, { name: `x${at}` }), mark);
            throw new Error("given up");
          })
          .catch(() => {});
      }
    });
    await Promise.all(writes);
    const log = await one.changes(0, Number.POSITIVE_INFINITY);
    const last = log.at(-1)?.sequence ?? 0;
    assert(log.length > 400);
    for (const { heard, commits } of nodes) {
      await until("the last change is heard of", () => heard.at(-1)?.sequence === last);
      const sequences = heard.map(({ sequence }) => sequence);
      const kept = log.map(({ sequence }) => sequence).filter((one) => one >= (sequences[0] ?? 0));
      assert.deepEqual(sequences, kept);
      assert(
        commits.every(
          ({ sequence, changes }) => (changes.at(-1)?.sequence ?? sequence) === sequence,
        ),
      );
    }
  });

  it("miss no change beside slow and broken transactions of others", async () => {
    const { url } = schema;
    const name = new URL(url).searchParams.get("schema");
    const stranger = new pg.Client({ connectionString: url });
    await stranger.connect();
    // A transaction that writes, and stays open, far longer than those of the nodes.
    await stranger.query(`BEGIN; CREATE TABLE ${name}_other (n integer)`);
    // One that takes a number and then gives it back: as a node that dies in the middle.
    const dying = new pg.Client({ connectionString: url });
    dying.on("error", () => {});
    await dying.connect();
    await dying.query(`SET search_path = ${name}; BEGIN; SELECT * FROM head FOR UPDATE`);
    await dying.query("UPDATE head SET sequence = sequence + 5");
    const held = insert(two, "cities", draft(40, { name: "held" }));
    await sleep(50);
    await dying.end();
    await held;
    for (let at = 0; at < 40; at++)
      await insert(at % 2 ? one : two, "cities", draft(41 + at, { name: `s${at}` }));
    await stranger.query("ROLLBACK");
    await stranger.end();
    const log = await one.changes(0, Number.POSITIVE_INFINITY);
    const sequences = log.map(({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      sequences.map((_, at) => at + 1),
      "no number is left out",
    );
    for (const { heard } of nodes) {
      await until("all is heard", () => heard.at(-1)?.sequence === sequences.at(-1));
      const numbers = heard.map(({ sequence }) => sequence);
      assert.deepEqual(numbers, sequences.slice(-numbers.length));
    }
  });

  it("find by their clock what no notification told them", async () => {
    const third = await openNode(schema, 50);
    const silent = "SET application_name = 'test'";
    await run(schema.url, silent);
    await run(
      schema.url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " +
        "WHERE application_name = 'stoa listener' AND datname = current_database()",
    );
    await insert(one, "cities", draft(90, { name: "after" }));
    await until("the clock finds it", () => third.heard.some((change) => change.id === id(90)));
    await third.engine.close();
  });

  it("start anew where the database has gone back to what it was before", async () => {
    const schema = await newSchema();
    let lapses = 0;
    const open = () =>
      openPostgres(schema.url, {
        ...{ now: Date.now, onCommit: () => {}, pollMs: 60_000 },
        peers: { announce: () => {}, lapse: () => lapses++ },
      });
    const engine = await open();
    const name = new URL(schema.url).searchParams.get("schema");
    const goBackTo = (sequence: number) => {
      const log = `DELETE FROM ${name}.change WHERE seq > ${sequence}`;
      return run(schema.url, `UPDATE ${name}.head SET sequence = ${sequence}; ${log}`);
    };
    try {
      await engine.transact((tx) => tx.define(store("cities")));
      for (const n of [1, 2, 3]) await insert(engine, "cities", draft(n));
      await engine.follow();
      assert.equal(lapses, 0);
      await goBackTo(2);
      await engine.follow();
      assert.equal(lapses, 1);
      assert.equal(engine.sequence, 2);
      await goBackTo(1);
      const refused = await insert(engine, "cities", draft(4)).catch((error: unknown) => error);
      assert.equal((refused as StoaError).code, "unavailable");
      assert.equal(lapses, 2);
    } finally {
      await engine.close();
      await schema.remove();
    }
  });

  it("know by a read what the other had done before, whatever that was", async () => {
    const third = await openNode(schema);
    const look = async (store: string, n: number) => {
      const entity = await third.engine.readThenFollow(store, id(n));
      assert.equal(third.engine.sequence, one.sequence, `${store} ${n}`);
      return entity && JSON.parse(entity.body).a;
    };
    const define = (more = {}) => one.transact((tx) => tx.define(store("tides", more)));
    try {
      assert.equal(await look("tides", 1), undefined);
      await define();
      await insert(one, "tides", draft(1, { a: 0 }));
      assert.equal(await look("tides", 1), 0, "a store it did not know");
      for (let a = 1; a <= 30; a++) {
        await update(one, "tides", 1, { a });
        assert.equal(await look("tides", 1), a);
        await insert(one, "groups", draft(1_000 + a, { name: `G${a}`, parent: id(1) }));
        await Promise.all([look("tides", 1), look("tides", 2), look("cities", 10)]);
        assert(third.engine.tree.has(id(1_000 + a)));
      }
      await remove(one, "tides", 1);
      assert.equal(await look("tides", 1), undefined);
      await insert(one, "tides", draft(1, { a: 31 }));
      await one.transact(async (tx) => tx.undefine("tides"));
      await define();
      await insert(one, "tides", draft(1, { a: 32 }));
      assert.equal(await look("tides", 1), 32, "a store made anew");
      await one.transact(async (tx) => tx.undefine("tides"));
      assert.equal(await look("tides", 1), undefined, "a store that is gone");
      const sequences = third.heard.map(({ sequence }) => sequence);
      assert.deepEqual(
        sequences,
        [...new Set(sequences)].sort((a, b) => a - b),
      );
    } finally {
      await third.engine.close();
    }
  });

  it("see a store that the other has made anew", async () => {
    await one.transact(async (tx) => {
      await tx.define(store("lakes"));
      await tx.insert("lakes", draft(1), mark);
      await tx.insert("stores", draft(3, { name: "lakes" }), mark);
    });
    await two.follow();
    assert.equal(await two.count("lakes", everything), 1);
    await one.transact(async (tx) => {
      await tx.undefine("lakes");
      await tx.define(store("lakes"));
      await tx.update(
        "stores",
        await readPresent(tx, "stores", 3),
        draft(3, { name: "lakes" }),
        mark,
      );
    });
    // Without asking first: the table is gone under its hands.
    assert.equal(await two.count("lakes", everything), 0);
    assert.equal(await two.read("lakes", id(1)), undefined);
  });
});
