/**
 * The program as a person starts it: `npm start`, the ready line, signals, wrong flags, and what a
 * crash leaves behind.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Program } from "./program.ts";

const password = "correct horse";
let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stoa-start-"));
});

after(() => rm(folder, { recursive: true }));

function npmStart(...args: string[]): Program {
  return new Program("npm", ["start", "--silent", "--", "--port", "0", ...args], {
    STOA_ADMIN_PASSWORD: password,
  });
}

test("npm start says alone on a line where it stands, and answers there", async () => {
  const program = npmStart("--data", join(folder, "ready"));
  const url = await program.ready();
  assert.match(program.output, /^stoa ready on http:\/\/127\.0\.0\.1:\d+$/m);
  const answer = await fetch(`${url}/healthz`);
  assert.deepEqual(await answer.json(), { success: true });
  assert.equal(await program.stop("SIGTERM"), 0);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} to npm start ends it within ten seconds with exit code 0`, async () => {
    const program = npmStart("--data", join(folder, signal));
    const url = await program.ready();
    const idle = await fetch(`${url}/healthz`, { headers: { connection: "keep-alive" } });
    await idle.text();
    const started = performance.now();
    assert.equal(await program.stop(signal), 0);
    assert.ok(performance.now() - started < 10_000);
  });
}

test("a second start with nothing to do is ready in under two seconds", async () => {
  const data = join(folder, "again");
  const first = npmStart("--data", data);
  await first.ready();
  await first.stop("SIGTERM");
  assert.ok(existsSync("node_modules/.cache/stoa"), "what was compiled is kept for the next start");
  const times: string[] = [];
  let isQuick = false;
  // Where others keep the machine busy, one start may wait for them; not all of them do.
  while (times.length < 8 && !isQuick) {
    const started = performance.now();
    const second = npmStart("--data", data);
    await second.ready();
    const ms = performance.now() - started;
    assert.equal(await second.stop("SIGTERM"), 0);
    const bareMs = msOfBareStart();
    isQuick = ms < Math.max(2_000, bareStartsMax * bareMs);
    times.push(`${Math.round(ms)} ms, and ${Math.round(bareMs)} ms for Node alone`);
  }
  assert.ok(isQuick, times.join("; "));
});

/** What two seconds are where Node alone takes 40 ms to start; more where all takes longer. */
const bareStartsMax = 50;

function msOfBareStart(): number {
  const started = performance.now();
  execFileSync(process.execPath, ["--eval", "0"]);
  return performance.now() - started;
}

test("a first start without a password prints one that signs in, the next none", async () => {
  const data = join(folder, "first");
  const first = new Program("npm", ["start", "--silent", "--", "--port", "0", "--data", data], {});
  const url = await first.ready();
  const [, made] = /sign in as admin with the password (\S+)/.exec(first.output) ?? [];
  assert.ok(made, first.output);
  const body = JSON.stringify({ login: "admin", password: made });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/api/v1/auth/token`, { method: "POST", headers, body });
  assert.equal(answer.status, 200);
  await first.stop("SIGTERM");
  const second = new Program("npm", ["start", "--silent", "--", "--port", "0", "--data", data], {});
  await second.ready();
  assert.doesNotMatch(second.output, /password/);
  await second.stop("SIGTERM");
});

test("every wrong flag and value is listed, with exit code 2", async () => {
  const program = new Program("npm", ["start", "--silent", "--", "--port", "70000", "--nonsense"], {
    STOA_ADMIN_PASSWORD: "short",
  });
  assert.equal(await program.exit(), 2);
  for (const word of [/--port/, /--nonsense/, /STOA_ADMIN_PASSWORD/]) {
    assert.match(program.errors, word);
  }
  assert.doesNotMatch(program.errors, /\bat .*:\d+:\d+/, "no stack");
});

test("a folder in use by another server is refused, and free again after kill -9", async () => {
  const args = ["--data", join(folder, "locked"), "--port", "0"];
  const first = Program.node(args, {});
  await first.ready();
  const second = Program.node(args, {});
  assert.equal(await second.exit(), 1);
  assert.match(second.errors, /in use by another process/);
  await first.stop("SIGKILL");
  const third = Program.node(args, {});
  await third.ready();
  assert.equal(await third.stop("SIGTERM"), 0);
});

test("what was answered is there after kill -9", async () => {
  const data = join(folder, "killed");
  const program = Program.node(["--data", data, "--port", "0"], { STOA_ADMIN_PASSWORD: password });
  const url = await program.ready();
  const authorization = `Bearer ${await program.signIn(password)}`;
  const headers = { authorization, "content-type": "application/json" };
  const post = (path: string, body: object) =>
    fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  await post("/api/v1/stores", { name: "notes" });
  const answered = new Set<string>();
  const write = async () => {
    for (;;) {
      const answer = await post("/api/v1/notes", { text: "x".repeat(50) });
      const { _id } = (await answer.json()) as { _id: string };
      answered.add(_id);
    }
  };
  const writers = Promise.allSettled(Array.from({ length: 8 }, write));
  while (answered.size < 300) await new Promise((resolve) => setTimeout(resolve, 10));
  await program.stop("SIGKILL");
  await writers;
  const again = Program.node(["--data", data, "--port", "0"], {});
  const second = await again.ready();
  const list = await fetch(`${second}/api/v1/notes?nolimit=true&only=_id`, { headers });
  const kept = new Set(((await list.json()) as { _id: string }[]).map(({ _id }) => _id));
  await again.stop("SIGTERM");
  assert.ok(answered.size >= 300);
  assert.deepEqual(
    [...answered].filter((id) => !kept.has(id)),
    [],
  );
});
