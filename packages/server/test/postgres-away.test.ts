/**
 * A server whose database is away, as those who run it meet it: what it says when that is so at its
 * start, what its log says while requests are refused, and that it goes on by itself.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { observer } from "../src/app/observe.ts";
import { startStoa } from "../src/app/wire.ts";
import { createDatabase, startCluster } from "./postgres-cluster.ts";
import { ServerProcess } from "./server-process.ts";

const cluster = await startCluster();
after(() => cluster.end());
const { url } = await createDatabase(cluster);
const password = "correct horse";

test("the log has a line as the database goes and one as it is back, whoever asks", async (t) => {
  const lines: string[] = [];
  const write = (text: string) => void lines.push(text);
  const stoa = await startStoa({
    ...{ host: "127.0.0.1", port: 0, data: url, adminLogin: "admin", adminPassword: password },
    ...observer({ level: "info", write }),
  });
  t.after(() => stoa.close());
  const signedIn = await fetch(`${stoa.url}/api/v1/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: "admin", password }),
  });
  const { token } = (await signedIn.json()) as { token: string };
  const ask = async () => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${stoa.url}/api/v1/users`, { headers });
    await response.arrayBuffer();
    return response.status;
  };
  const until = async (isSo: () => Promise<boolean> | boolean) => {
    for (let tries = 0; !(await isSo()); tries++) {
      assert(tries < 3_000, "it becomes so in time");
      await sleep(10);
    }
  };
  const told = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const ofDatabase = () => told().filter(({ msg }) => String(msg).startsWith("database "));
  assert.equal(await ask(), 200);
  await cluster.stop("fast");
  await until(() => ofDatabase().length === 1);
  const refused = [];
  for (let times = 0; times < 20; times++) refused.push(await ask());
  assert.deepEqual(new Set(refused), new Set([503]));
  await cluster.start();
  await until(async () => (await ask()) === 200);
  await until(() => ofDatabase().length === 2);
  const [gone, back] = ofDatabase();
  assert.equal(gone?.["level"], "error");
  assert.match(String(gone?.["why"]), /terminat|ECONN|ended/);
  assert.equal(back?.["msg"], "database back");
  assert(Number(back?.["refused"]) >= 20, JSON.stringify(back));
  assert.deepEqual(
    told().filter((line) => line["err"] !== undefined || line["msg"] === "request"),
    [],
  );
});

test("a node that starts before its database says so, waits, and begins", async () => {
  await cluster.stop("fast");
  const server = start(url);
  await server.said(/^stoa waits: cannot open the database at 127\.0\.0\.1:\d+\/stoa_\w+: .*$/m);
  await cluster.start();
  const address = await server.ready();
  assert.equal((await fetch(`${address}/healthz`)).status, 200);
  await server.stop("SIGTERM");
  assert.equal((await server.end()).code, 0);
});

test("a node that waits ends when it is told to", async () => {
  await cluster.stop("fast");
  const server = start(url);
  await server.said(/^stoa waits: /m);
  await server.stop("SIGTERM");
  const { output, code } = await server.end();
  assert.equal(code, 0);
  assert.doesNotMatch(output, /did not start|ready/);
  await cluster.start();
});

test("what does not mend by itself ends the start, with one line that says why", async () => {
  const missing = new URL(url);
  missing.pathname = "/stoa_missing";
  const server = start(missing.href);
  const { output, code } = await server.end();
  assert.equal(code, 1);
  assert.match(output, /^stoa did not start: cannot open the database at .*does not exist\n$/);
});

function start(data: string): ServerProcess {
  const words = ["--port", "0", "--data", data];
  return new ServerProcess(words, { STOA_ADMIN_PASSWORD: password });
}
