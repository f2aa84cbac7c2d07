/**
 * Several processes over one folder and one port, as a person starts them: start, writes from all
 * sides, a kill in the middle, the end.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Connection } from "./connection.ts";
import { Program } from "./program.ts";

/** Though mostly is written. */
const all = ["--workers-mode", "all"];
const password = "correct horse";
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stoa-workers-"));
});

after(() => rm(folder, { recursive: true }));

function start(name: string): Program {
  const args = ["--data", join(folder, name), "--port", "0", "--workers", "2", ...all];
  return Program.node(args, { STOA_ADMIN_PASSWORD: password });
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("two workers make one first start, say once where they stand, end on SIGTERM", async () => {
  const args = ["--data", join(folder, "first"), "--port", "0", "--workers=2"];
  const program = Program.node(args, {});
  const url = await program.ready();
  assert.equal(program.output.match(/^stoa ready on /gm)?.length, 1, program.output);
  const [, made = "", ...more] = /with the password (\S+)$/m.exec(program.output) ?? [];
  assert.deepEqual(more, []);
  assert.equal(program.children().length, 2);
  const second = Program.node(args, {});
  assert.equal(await second.exit(), 1);
  assert.match(second.errors, /in use by another process/);
  const token = await program.signIn(made);
  const connections = Array.from({ length: 4 }, () => new Connection(url, token));
  for (const one of connections) {
    assert.equal((await one.ask("GET", "/api/v1/users")).status, 200);
  }
  const started = performance.now();
  assert.equal(await program.stop("SIGTERM"), 0);
  assert.ok(performance.now() - started < 10_000);
  for (const one of connections) one.close();
  const again = Program.node(args, {});
  await again.ready();
  assert.doesNotMatch(again.output, /password/);
  assert.equal(await again.stop("SIGINT"), 0);
});

test("workers that cannot start say once why, with exit code 1", async () => {
  const args = ["--data", join(folder, "nowhere"), "--host", "192.0.2.1", "--workers", "2"];
  const program = Program.node(args, {});
  assert.equal(await program.exit(), 1);
  assert.equal(program.errors.match(/stoa did not start/g)?.length, 1, program.errors);
});

describe("two workers", () => {
  let program: Program;
  let url = "";
  let token = "";
  const opened: Connection[] = [];

  before(async () => {
    program = start("shared");
    url = await program.ready();
    token = await program.signIn(password);
    const admin = connect();
    await admin.ask("POST", "/api/v1/stores", { name: "notes", unique: [["name"]] });
    await admin.ask("POST", "/api/v1/stores", { name: "lines" });
  });

  after(async () => {
    assert.equal(await program.stop("SIGTERM"), 0);
    for (const one of opened) one.close();
    assert.doesNotMatch(program.errors, /"level":"(error|warn)"/);
  });

  function connect(): Connection {
    const connection = new Connection(url, token);
    opened.push(connection);
    return connection;
  }

  async function idsOf(store: string): Promise<Set<string>> {
    const { text } = await connect().ask("GET", `/api/v1/${store}?nolimit=true&only=_id`);
    return new Set((JSON.parse(text) as { _id: string }[]).map(({ _id }) => _id));
  }

  test("keep all of 2,000 inserts over 32 connections", async () => {
    const ids = new Set<string>();
    const lane = async () => {
      const connection = connect();
      for (let n = 0; n < 63; n++) {
        const { status, body } = await connection.ask("POST", "/api/v1/lines", { n });
        assert.equal(status, 200);
        ids.add(body._id);
      }
    };
    await Promise.all(Array.from({ length: 32 }, lane));
    assert.equal(ids.size, 32 * 63);
    assert.deepEqual(await idsOf("lines"), ids);
    const { body } = await connect().ask("GET", "/api/v1/lines?meta=count");
    assert.equal(body["total"], ids.size);
    const counted = /requests_total\{method="POST",route="\/api\/v1\/:store",status="2xx"\} (\d+)/;
    // A worker that is too busy to say its figures in time is left out.
    await until("metrics are those of all workers", async () => {
      const { text } = await connect().ask("GET", "/metrics");
      return Number(counted.exec(text)?.[1]) >= ids.size;
    });
    await until("and so are statistics", async () => {
      const { body: health } = await connect().ask("GET", "/api/v1/statistics");
      const { requests } = health["totals"] as { requests: number };
      return Number(health["processes"]) > 1 && requests >= ids.size;
    });
  });

  test("give a name of a unique set to one of those who ask for it at the same time", async () => {
    const connections = Array.from({ length: 6 }, connect);
    for (let n = 0; n < 50; n++) {
      const asked = connections.map((one) => one.ask("POST", "/api/v1/notes", { name: `n${n}` }));
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      assert.deepEqual(statuses.sort(), [200, 409, 409, 409, 409, 409]);
    }
  });

  test("find 10,000 times through another connection what one has just answered", async () => {
    const lane = async () => {
      const connections = Array.from({ length: 4 }, connect);
      for (let n = 0; n < 400; n++) {
        const writer = connections[n % 4] as Connection;
        const reader = connections[(n + 1 + (n % 3)) % 4] as Connection;
        const { body } = await writer.ask("POST", "/api/v1/lines", { n });
        const found = await reader.ask("GET", `/api/v1/lines/${body._id}`);
        assert.equal(found.status, 200, `entity ${n} of this lane`);
      }
    };
    await Promise.all(Array.from({ length: 25 }, lane));
  });

  test("use at once a store that another one has made, changed or removed", async () => {
    const connections = Array.from({ length: 6 }, connect);
    const [maker] = connections as [Connection];
    const asked = (method: string, path: string, body?: object) => {
      return Promise.all(connections.map((one) => one.ask(method, path, body)));
    };
    for (let n = 0; n < 10; n++) {
      const name = `made${n}`;
      const made = await maker.ask("POST", "/api/v1/stores", { name });
      const posted = await asked("POST", `/api/v1/${name}`, { size: "large" });
      assert.deepEqual(new Set(posted.map(({ status }) => status)), new Set([200]));
      const path = `/api/v1/stores/${made.body._id}`;
      const schema = { properties: { weight: { type: "integer" } } };
      const changed = await maker.ask("PATCH", path, { schema, indexes: [["weight"]] });
      assert.equal(changed.status, 200, changed.text);
      const refused = await asked("POST", `/api/v1/${name}`, { weight: "much" });
      assert.deepEqual(new Set(refused.map(({ status }) => status)), new Set([400]));
      await asked("POST", `/api/v1/${name}`, { weight: n });
      const lists = await asked("GET", `/api/v1/${name}?where.weight=${n}&only=weight`);
      for (const { text } of lists) assert.equal(JSON.parse(text).length, 6);
      assert.equal((await maker.ask("DELETE", `${path}?confirm=${name}`)).status, 200);
      const gone = await asked("GET", `/api/v1/${name}`);
      assert.deepEqual(new Set(gone.map(({ status }) => status)), new Set([404]));
    }
  });

  test("lose nothing that was answered when one is killed, and are two again", async () => {
    const killed = program.children();
    const answered = new Set<string>();
    let isOver = false;
    let broken = 0;
    const lane = async () => {
      for (let connection = connect(); !isOver; ) {
        try {
          const { status, body } = await connection.ask("POST", "/api/v1/lines", { text: "x" });
          assert.equal(status, 200);
          answered.add(body._id);
        } catch (cause) {
          if (cause instanceof assert.AssertionError) throw cause;
          broken++;
          connection = connect();
        }
      }
    };
    const lanes = Promise.all(Array.from({ length: 8 }, lane));
    await until("writes before", () => answered.size > 200);
    for (const id of killed) {
      program.errors = "";
      process.kill(id, "SIGKILL");
      const before = answered.size;
      // Before that the other one is the last that keeps the port.
      await until("another takes its place", () => program.errors.includes("listening"));
      await until("writes after", () => answered.size > before + 300);
    }
    isOver = true;
    await lanes;
    assert.ok(broken > 0, "some connections were to one that was killed");
    const living = program.children();
    assert.equal(living.length, 2);
    assert.ok(!living.some((id) => killed.includes(id)));
    const kept = await idsOf("lines");
    assert.deepEqual(
      [...answered].filter((id) => !kept.has(id)),
      [],
    );
    assert.match(program.errors, /worker ended/);
    program.errors = "";
  });
});
