/**
 * Several processes over one folder of which one serves alone while mostly is written: what is
 * written, read and followed while they come and go, and when the one is killed.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { BareSocket, until } from "../packages/server/test/socket-client.ts";
import { Connection } from "./connection.ts";
import { Program } from "./program.ts";

const password = "correct horse";

describe("two workers", () => {
  let folder = "";
  let program: Program;
  let url = "";
  let token = "";
  const opened: { close(): void }[] = [];
  const made = new Set<string>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-balance-"));
    const args = ["--data", folder, "--port", "0", "--workers", "2"];
    program = Program.node(args, { STOA_ADMIN_PASSWORD: password });
    url = await program.ready();
    token = await program.signIn(password);
    await connect().ask("POST", "/api/v1/stores", { name: "lines" });
  });

  after(async () => {
    for (const one of opened) one.close();
    assert.equal(await program.stop("SIGTERM"), 0);
    await rm(folder, { recursive: true });
    assert.doesNotMatch(program.errors, /"level":"(error|warn)"/);
  });

  function connect(): Connection {
    const connection = new Connection(url, token);
    opened.push(connection);
    return connection;
  }

  /** Asks over 32 connections, which are made anew when they are told so, until it is so. */
  async function load(ask: (one: Connection) => Promise<void>, isSo: () => boolean) {
    const end = performance.now() + 60_000;
    const lane = async () => {
      const connection = connect();
      while (!isSo() && performance.now() < end) await ask(connection);
    };
    await Promise.all(Array.from({ length: 32 }, lane));
    assert.ok(isSo(), `it takes too long: ${program.errors}`);
  }

  async function insert(one: Connection): Promise<void> {
    const { status, body, text } = await one.ask("POST", "/api/v1/lines", { text: "x" });
    assert.equal(status, 200, text);
    made.add(body._id);
  }

  /** Dear for who answers, not for who asks. */
  async function list(one: Connection): Promise<void> {
    const path = "/api/v1/lines?limit=1000&only=nothing";
    assert.equal((await one.ask("GET", path)).status, 200);
  }

  const serving = () => [...program.errors.matchAll(/"company":"(\w+)"/g)].map(([, word]) => word);
  const isAlone = () => serving().at(-1) === "alone" && program.children().length === 1;
  const areTwo = () => serving().at(-1) === "together" && program.children().length === 2;

  async function allAreThere(): Promise<void> {
    const { text } = await connect().ask("GET", "/api/v1/lines?nolimit=true&only=_id");
    const ids = new Set((JSON.parse(text) as { _id: string }[]).map(({ _id }) => _id));
    assert.deepEqual(
      [...made].filter((id) => !ids.has(id)),
      [],
    );
    assert.equal(ids.size, made.size);
  }

  /** Asks not at each answer, as it starts a process. */
  function watched(isSo: () => boolean): () => boolean {
    let last = 0;
    let isNow = false;
    return () => {
      if (!isNow && performance.now() > last + 100) {
        last = performance.now();
        isNow = isSo();
      }
      return isNow;
    };
  }

  test("stay two where little is asked, whatever it is", async () => {
    const one = connect();
    for (let n = 0; n < 50; n++) {
      await insert(one);
      await sleep(20);
    }
    assert.deepEqual([serving(), program.children().length], [[], 2]);
  });

  test("stay two while both serve a socket", async () => {
    const children = program.children();
    const sockets: BareSocket[] = [];
    for (const stopped of children) {
      process.kill(stopped, "SIGSTOP");
      try {
        const headers = { authorization: `Bearer ${token}` };
        const path = "/events/stream?store=lines";
        const socket = new BareSocket(url.replace("http", "ws") + path, headers);
        opened.push(socket);
        sockets.push(socket);
        await socket.opened();
      } finally {
        process.kill(stopped, "SIGCONT");
      }
    }
    const end = performance.now() + 2_000;
    await load(insert, () => performance.now() > end);
    assert.deepEqual([serving(), program.children()], [[], children]);
    for (const socket of sockets) socket.close();
  });
  test("become one when mostly is written, and nothing that is asked fails", async () => {
    await load(insert, watched(isAlone));
    assert.deepEqual(serving(), ["alone"]);
    await allAreThere();
    assert.doesNotMatch(program.errors, /worker ended/);
  });

  test("keep what was counted by the one that has gone", async () => {
    const { text } = await connect().ask("GET", "/metrics");
    const counted = /requests_total\{method="POST",route="\/api\/v1\/:store",status="2xx"\} (\d+)/;
    assert.ok(Number(counted.exec(text)?.[1]) >= made.size, "of both");
    const { body } = await connect().ask("GET", "/api/v1/statistics");
    assert.equal(body["processes"], 1);
    assert.ok((body["totals"] as { requests: number }).requests >= made.size);
  });

  test("are two again as one is full of reading, and each hears of the other", async () => {
    await load(list, watched(areTwo));
    await allAreThere();
    const [left = 0, right = 0] = program.children();
    const through = async (stopped: number, ask: (one: Connection) => Promise<void>) => {
      process.kill(stopped, "SIGSTOP");
      try {
        await ask(connect());
      } finally {
        process.kill(stopped, "SIGCONT");
      }
    };
    for (const [from, to] of [[left, right] as const, [right, left] as const]) {
      await through(to, insert);
      await through(from, async (one) => {
        const id = [...made].at(-1);
        assert.equal((await one.ask("GET", `/api/v1/lines/${id}`)).status, 200);
      });
    }
  });

  test("lose nothing when the one is killed, and are two again", async () => {
    await load(insert, watched(isAlone));
    const [only = 0] = program.children();
    const lanes = Array.from({ length: 8 }, async () => {
      for (;;) {
        try {
          await insert(connect());
        } catch (cause) {
          if (cause instanceof assert.AssertionError) throw cause;
          return;
        }
      }
    });
    const before = made.size;
    await until(() => made.size >= before + 200, "writes before");
    process.kill(only, "SIGKILL");
    await Promise.all(lanes);
    const areOthers = (ids: readonly number[]) => ids.length === 2 && !ids.includes(only);
    await until(() => areOthers(program.children()), "others take its place");
    await answers();
    assert.match(program.errors, /worker ended/);
    program.errors = "";
    const { text } = await connect().ask("GET", "/api/v1/lines?nolimit=true&only=_id");
    const ids = (JSON.parse(text) as { _id: string }[]).map(({ _id }) => _id);
    const there = new Set(ids);
    assert.ok([...made].every((id) => there.has(id)));
    // What was on its way when it was killed may have been kept, though nobody was told.
    for (const id of there) made.add(id);
  });

  /** Where none serves, connections are refused for a moment. */
  async function answers(): Promise<void> {
    const end = performance.now() + 20_000;
    for (;;) {
      try {
        await list(connect());
        return;
      } catch (cause) {
        assert.ok(performance.now() < end, String(cause));
        await sleep(20);
      }
    }
  }
});
