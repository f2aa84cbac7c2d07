/**
 * What is PostgreSQL's own: values that its texts and indexes cannot hold whole, questions that
 * take too long, commits whose answer is lost.
 */
import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Change,
  everything,
  type Filter,
  limit,
  type Path,
  StoaError,
  systemStore,
} from "@stoa/domain";
import pg from "pg";
import {
  changed,
  draft,
  errorOf,
  id,
  insert,
  is,
  mark,
  numbersOf,
  query,
  readPresent,
  store,
  textsOf,
} from "../../test/engine-world.ts";
import { holdHead, newSchema, run } from "../../test/postgres-schemas.ts";
import {
  openPostgres,
  type PostgresEngine,
  type PostgresEngineOptions,
} from "./postgres-engine.ts";

type Options = Partial<PostgresEngineOptions>;

async function withEngine(
  work: (engine: PostgresEngine, url: string) => Promise<void>,
  options: Options = {},
): Promise<void> {
  const { url } = await newSchema();
  const engine = await openPostgres(url, { now: Date.now, onCommit: () => undefined, ...options });
  try {
    await engine.transact(async (tx) => {
      await tx.define(systemStore("groups"));
      await tx.define(store("cities", { indexes: [[["name"]]] }));
    });
    await work(engine, url);
  } finally {
    await engine.close();
  }
}

function ordered(path: Path) {
  return query({ order: [{ path, descending: false }] });
}

function starts(path: Path, text: string): Filter {
  const pattern = { kind: "constant", value: `${text}*` } as const;
  return { kind: "like", left: { kind: "property", path }, pattern };
}

describe("values longer than an index holds", () => {
  const long = (end: string) => `m${"x".repeat(3_000)}${end}`;

  it("are found, told apart and sorted, whenever they come", async () => {
    await withEngine(async (engine) => {
      await insert(engine, "cities", draft(1, { name: "z" }), draft(2, { name: "a" }));
      assert.deepEqual(await numbersOf(engine, "cities", ordered(["name"])), [2, 1]);
      await insert(engine, "cities", draft(3, { name: long("b") }), draft(4, { name: long("a") }));
      const check = async () => {
        assert.deepEqual(await numbersOf(engine, "cities", ordered(["name"])), [2, 4, 3, 1]);
        const found = (filter: Filter) => numbersOf(engine, "cities", query({ filter }));
        assert.deepEqual(await found(is(["name"], long("a"))), [4]);
        assert.deepEqual(await found(starts(["name"], "m")), [3, 4]);
        assert.deepEqual(await found(is(["name"], "z")), [1]);
      };
      await check();
      // An index that is built where they are already.
      await engine.transact((tx) => tx.define(store("cities")));
      await check();
      const again = store("cities", { indexes: [[["name"]]] });
      await engine.prepare(again);
      await engine.transact((tx) => tx.define(again));
      await check();
    });
  });

  it("are unique as short ones are", async () => {
    await withEngine(async (engine) => {
      await engine.transact((tx) => tx.define(store("towns", { unique: [[["name"]]] })));
      await insert(engine, "towns", draft(1, { name: long("a") }), draft(2, { name: long("b") }));
      const error = await errorOf(insert(engine, "towns", draft(3, { name: long("b") })));
      assert.equal(error.code, "conflict");
    });
  });
});

describe("texts that PostgreSQL does not take", () => {
  it("come back as they were given", async () => {
    await withEngine(async (engine) => {
      const record = { subject: "a\0b", value: "\0\u0001a\u0001", expiresAt: null };
      await engine.transact((tx) => tx.keep("setting", "x\0y", record));
      assert.deepEqual(await engine.recall("setting", "x\0y"), record);
      assert.equal(await engine.recall("setting", "x\u0001ay"), undefined);
      await engine.transact((tx) => tx.forgetAbout("setting", "a\0b"));
      assert.equal(await engine.recall("setting", "x\0y"), undefined);
      const body = '{"name":"a\\u0000b","half":"\\ud800"}';
      await engine.transact((tx) => tx.insert("cities", { ...draft(1), body }, mark));
      assert.equal((await readPresent(engine, "cities", 1)).body, body);
      assert((await textsOf(engine, "cities", ordered(["name"])))[0]?.endsWith(body.slice(1)));
      assert.deepEqual(await textsOf(engine, "cities", query({ filter: is(["_id"], "a\0") })), []);
    });
  });
});

describe("a question that takes too long", () => {
  it("ends with the index that would help, and harms no other", async () => {
    await withEngine(
      async (engine, url) => {
        const drafts = Array.from({ length: 10 }, (_, n) => draft(10 + n, { nested: { n } }));
        await insert(engine, "cities", ...drafts);
        const filter = is(["nested", "n"], 7);
        const asked = { ...ordered(["text"]), filter };
        assert.equal((await textsOf(engine, "cities", asked)).length, 1);
        await whileLocked(url, "cities", async () => {
          const error = await errorOf(textsOf(engine, "cities", asked));
          assert.equal(error.code, "timeout");
          assert.match(error.message, /nested\.n, text/);
          assert.equal((await errorOf(engine.count("cities", filter))).code, "timeout");
          assert.equal(await engine.count("cities", everything), 10);
        });
        assert.equal((await textsOf(engine, "cities", asked)).length, 1);
        assert.equal((await readPresent(engine, "cities", 10)).body, '{"nested":{"n":0}}');
      },
      { queryMsMax: 300 },
    );
  });
});

/** Keeps everybody away from the entities of a store as long as the work runs. */
async function whileLocked(url: string, name: string, work: () => Promise<void>): Promise<void> {
  const schema = new URL(url).searchParams.get("schema");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query(`SELECT n FROM ${schema}.store WHERE name = '${name}'`);
    const { n } = found.rows[0] as { n: number };
    await client.query(`BEGIN; LOCK TABLE ${schema}.e${n} IN ACCESS EXCLUSIVE MODE`);
    await work();
  } finally {
    await client.end();
  }
}

/** Hands on what is said to a database, until it is told to keep an answer to itself. */
class CuttingProxy {
  readonly #server = createServer((client) => this.#serve(client));
  readonly #target: URL;
  /** What must be said for the connection to be cut, once it is on its way. */
  cutAt: string | undefined;
  cuts = 0;

  constructor(url: string) {
    this.#target = new URL(url);
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    const url = new URL(this.#target);
    url.hostname = "127.0.0.1";
    url.port = String(typeof address === "object" ? address?.port : "");
    return url.href;
  }

  readonly #clients = new Set<Socket>();

  cutAll(): void {
    for (const client of this.#clients) client.destroy();
  }

  /** Hands on nothing any more, as a network that is gone. */
  isSilent = false;

  close(): void {
    this.#server.close();
  }

  #serve(client: Socket): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    let isDeaf = false;
    this.#clients.add(client);
    client.on("data", (data: Buffer) => {
      if (this.cutAt !== undefined && data.includes(this.cutAt)) {
        this.cutAt = undefined;
        this.cuts++;
        isDeaf = true;
      }
      if (!this.isSilent) server.write(data);
    });
    server.on("data", (data: Buffer) => {
      if (this.isSilent) return;
      if (isDeaf) client.destroy();
      else client.write(data);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => {});
      one.on("close", () => setTimeout(() => other.destroy(), 50));
    }
  }
}

describe("writes that wait", () => {
  it("are so many at most: one more is told to come again, and all others are done", async () => {
    await withEngine(async (engine, url) => {
      const release = await holdHead(url);
      try {
        let done = 0;
        const works = Array.from({ length: limit.writesWaitingMax }, () =>
          engine.transact(async (tx) => {
            await tx.keep("setting", "last", { subject: "", value: "x", expiresAt: null });
            done++;
          }),
        );
        const refused = await errorOf(engine.transact(async () => assert.fail("it was run")));
        assert.deepEqual([refused.code, refused.retryAfterS], ["unavailable", 1]);
        assert.equal(done, 0);
        await release();
        await Promise.all(works);
        assert.equal(done, limit.writesWaitingMax);
        await insert(engine, "cities", draft(1));
      } finally {
        await release();
      }
    });
  });
});

describe("a commit whose answer is lost", () => {
  it("is answered by what has become of it, and told once", async () => {
    const { url } = await newSchema();
    const proxy = new CuttingProxy(url);
    const heard: Change[] = [];
    const onCommit = ({ changes }: { changes: readonly Change[] }) => heard.push(...changes);
    const engine = await openPostgres(await proxy.listen(), { now: Date.now, onCommit });
    try {
      await engine.transact((tx) => tx.define(store("cities")));
      await insert(engine, "cities", draft(1));
      proxy.cutAt = "COMMIT";
      const works = [2, 3, 4].map((n) =>
        engine.transact(async (tx) => {
          assert.equal(await tx.read("cities", id(n)), undefined);
          await tx.insert("cities", draft(n), mark);
        }),
      );
      await Promise.all(works);
      assert.equal(proxy.cuts, 1);
      await insert(engine, "cities", draft(5));
      assert.deepEqual(await numbersOf(engine, "cities", query()), [1, 2, 3, 4, 5]);
      assert.deepEqual(
        heard.map((change) => change.id),
        [1, 2, 3, 4, 5].map(id),
      );
    } finally {
      await engine.close();
      proxy.close();
    }
  });

  it("is answered so as well where more were sent behind it", async () => {
    const { url } = await newSchema();
    const proxy = new CuttingProxy(url);
    const heard: Change[] = [];
    const onCommit = ({ changes }: { changes: readonly Change[] }) => heard.push(...changes);
    const engine = await openPostgres(await proxy.listen(), {
      ...{ now: Date.now, onCommit, workMs: Number.POSITIVE_INFINITY },
    });
    try {
      await engine.transact((tx) => tx.define(store("cities")));
      const { sentAhead } = engine;
      // The first ones need numbers for their owner and group.
      for (let n = 101; sentAhead.sent === 0; n++) await insert(engine, "cities", draft(n));
      const others = heard.length;
      const release = await holdHead(url);
      const { sent } = { ...sentAhead };
      const works = [2, 3, 4].map((n) => insert(engine, "cities", draft(n)));
      while (sentAhead.sent === sent) await sleep(1);
      proxy.cutAt = id(6);
      for (const n of [5, 6, 7]) works.push(insert(engine, "cities", draft(n)));
      while (sentAhead.behind === 0) await sleep(1);
      await release();
      await Promise.all(works);
      assert.equal(proxy.cuts, 1);
      const told = heard.slice(others).map((change) => change.id);
      assert.deepEqual(told, [2, 3, 4, 5, 6, 7].map(id));
      const found = await numbersOf(engine, "cities", query());
      assert.deepEqual(found.slice(0, told.length), [2, 3, 4, 5, 6, 7]);
    } finally {
      await engine.close();
      proxy.close();
    }
  });

  it("is refused where it did not come about", async () => {
    await withEngine(async (engine, url) => {
      await insert(engine, "cities", draft(1, { visits: 0 }));
      const held = engine.transact(async (tx) => {
        const before = await readPresent(tx, "cities", 1);
        await tx.update("cities", before, changed(before, { visits: 1 }), mark);
        await run(
          url,
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " +
            "WHERE application_name = 'stoa writer' AND datname = current_database()",
        );
      });
      const error: unknown = await held.catch((cause: unknown) => cause);
      assert(error instanceof StoaError, String(error));
      assert.deepEqual([error.code, error.retryAfterS], ["unavailable", 1]);
      assert.equal((await readPresent(engine, "cities", 1)).body, '{"visits":0}');
      await insert(engine, "cities", draft(2));
    });
  });
});

describe("a database that vanishes without a word", () => {
  it("is told to be away after a while, and found again", async () => {
    const { url } = await newSchema();
    const proxy = new CuttingProxy(url);
    const engine = await openPostgres(await proxy.listen(), {
      ...{ now: Date.now, onCommit: () => {}, pollMs: 20, silenceMsMax: 300 },
    });
    try {
      await engine.transact((tx) => tx.define(store("cities")));
      await insert(engine, "cities", draft(1));
      await textsOf(engine, "cities", { ...ordered(["name"]), filter: is(["name"], "x") });
      // Both of those who read are there before.
      await Promise.all([1, 1].map((n) => readPresent(engine, "cities", n)));
      proxy.isSilent = true;
      const asked = [
        engine.read("cities", id(1)),
        engine.read("cities", id(1)),
        engine.count("cities", is(["name"], "x")),
        engine.follow(),
      ];
      const errors = await Promise.all(asked.map((one) => errorOf(one)));
      assert.deepEqual(
        errors.map(({ code, retryAfterS }) => [code, retryAfterS]),
        asked.map(() => ["unavailable", 1]),
      );
      proxy.isSilent = false;
      proxy.cutAll();
      for (let tries = 0; ; tries++) {
        const found = await engine.read("cities", id(1)).catch(() => undefined);
        if (found) break;
        assert(tries < 1_000, "it is found again");
        await sleep(10);
      }
    } finally {
      await engine.close();
      proxy.close();
    }
  });
});
