/**
 * Moving everything from one database into another: what arrives, what is refused, and that being
 * killed in the middle costs nothing.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Change, everything, parseSearch, type StoreDefinition } from "@stoa/domain";
import { startStoa } from "../src/app/wire.ts";
import type { Engine } from "../src/storage/engine.ts";
import { openEngine } from "../src/storage/open-engine.ts";
import { conflictOf, draft, id, insert, query, store, textsOf, update } from "./engine-world.ts";

const script = fileURLToPath(new URL("../../../scripts/move.ts", import.meta.url));
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function newPlace(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stoa-move-"));
  folders.push(folder);
  return folder;
}

interface Said {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** The program itself; with `isTime` it is killed as soon as that holds of what it has said. */
async function run(
  words: readonly string[],
  isTime: (errors: string) => boolean = () => false,
): Promise<Said> {
  const child = spawn(process.execPath, [script, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const look = setInterval(() => {
    if (isTime(errors)) child.kill("SIGKILL");
  }, 1);
  const [code] = await once(child, "close");
  clearInterval(look);
  return { code, output, errors };
}

/** Killed when it has written so much, or has said so. */
const cut = (from: string, to: string, when: number | RegExp) => {
  return run(["--from", from, "--to", to], (errors) => {
    if (typeof when !== "number") return when.test(errors);
    const log = join(to, "stoa.moving.db-wal");
    return existsSync(log) && statSync(log).size > when;
  });
};

const move = (from: string, to: string, ...more: string[]) =>
  run(["--from", from, "--to", to, ...more]);

const options = { now: Date.now, onCommit: () => undefined };
const towns = store("towns", { unique: [[["name"]]], indexes: [[["size"]]], search: [["note"]] });

/** Many entities, some changed and removed, a store that is gone, and records. */
async function fill(data: string, count: number): Promise<void> {
  const engine = await openEngine(data, options);
  await define(engine, towns, store("cities"), store("gone"), store("groups"));
  await insert(engine, "groups", draft(1, { name: "Root", parent: null }));
  await insert(engine, "gone", draft(5, { name: "Atlantis" }));
  for (let first = 0; first < count; first += 1_000) {
    const drafts = Array.from({ length: Math.min(1_000, count - first) }, (_, at) => {
      const number = 100 + first + at;
      const access = number % 3 === 0 ? [id(number % 7), id(9)].sort() : [];
      const head = { access, owner: id(number % 50), group: id(number % 20) };
      const note = number % 2 ? "Oude stad é" : '\\ " \u2028 😀';
      return draft(number, { name: `Town ${number}`, size: number % 9, note }, head);
    });
    await insert(engine, "towns", ...drafts);
  }
  await insert(engine, "cities", draft(7, { big: "x".repeat(300_000), half: 0.1 }), draft(8));
  await update(engine, "towns", 100, { name: "Changed" });
  await engine.transact(async (tx) => {
    const [first] = await tx.find("towns", everything, 1);
    assert(first);
    await tx.remove("towns", first, { by: id(9), time: 1 });
    await tx.undefine("gone");
    await tx.keep("token", "hash", { subject: id(9), value: "{}", expiresAt: null });
    await tx.keep("session", "other", { subject: "", value: "é", expiresAt: Date.now() + 1e7 });
  });
  await engine.close();
}

async function define(engine: Engine, ...definitions: StoreDefinition[]): Promise<void> {
  for (const definition of definitions) await engine.transact((tx) => tx.define(definition));
}

interface Contents {
  readonly towns: readonly string[];
  readonly cities: readonly string[];
  readonly changes: readonly Change[];
  readonly rest: readonly unknown[];
}

async function contentsOf(data: string): Promise<Contents> {
  const engine = await openEngine(data, options);
  try {
    const found = { kind: "search", paths: [["note"]], words: parseSearch("stad") } as const;
    const changes: Change[] = [];
    for (let since = 0; ; ) {
      const page = await engine.changes(since, 1_000);
      if (page.length === 0) break;
      changes.push(...page);
      since = page.at(-1)?.sequence ?? 0;
    }
    return {
      towns: await textsOf(
        engine,
        "towns",
        query({ order: [{ path: ["size"], descending: true }] }),
      ),
      cities: await textsOf(engine, "cities", query()),
      changes,
      rest: [
        await engine.count("towns", everything),
        await engine.count("towns", found),
        await engine.read("gone", id(5)),
        await engine.recall("token", "hash"),
        await engine.recall("session", "other"),
        engine.tree.branchText(id(1)),
        engine.keptSince,
      ],
    };
  } finally {
    await engine.close();
  }
}

/** Rows whose system fields stand ready as text: all but those of the groups. */
function assertFronts(folder: string): void {
  const file = new DatabaseSync(join(folder, "stoa.db"), { readOnly: true });
  const { n } = file.prepare("SELECT n FROM store WHERE name = 'towns'").get() as { n: number };
  const bare = file.prepare(`SELECT count(*) AS count FROM e${n} WHERE front IS NULL`).get();
  file.close();
  assert.deepEqual({ ...bare }, { count: 0 });
}

async function assertSame(from: string, to: string, count: number): Promise<void> {
  const [original, copy] = [await contentsOf(from), await contentsOf(to)];
  assert.equal(copy.towns.length, count - 1);
  assert.deepEqual(copy, original);
  assertFronts(to);
  const engine = await openEngine(to, options);
  const last = original.changes.at(-1)?.sequence ?? 0;
  assert.deepEqual(await conflictOf(insert(engine, "towns", draft(4, { name: "Town 105" }))), [
    "name",
  ]);
  await insert(engine, "towns", draft(4, { name: "New", note: "stad" }));
  assert.equal((await engine.read("towns", id(4)))?.revision, last + 1, "the sequence goes on");
  await engine.close();
}

describe("npm run move", () => {
  it("takes everything along, and what was found before is found", async () => {
    const [from, to] = [await newPlace(), await newPlace()];
    await fill(from, 1_500);
    const { code, output, errors } = await move(from, to);
    assert.equal(code, 0, errors);
    assert.match(
      output,
      /^[\d,]+ rows of 3 stores are in .*: counts and checksums are the same\n$/,
    );
    assert.match(errors, /copying\n.*100 %.*building indexes\ncomparing\n.*100 %/s);
    await assertSame(from, to, 1_500);
  });

  it("loses nothing when it is killed, and goes on where it was", async () => {
    const [from, to] = [await newPlace(), await newPlace()];
    await fill(from, 6_000);
    const killed = await cut(from, to, 2_000_000);
    assert.equal(killed.code, null, "it was killed in the middle");
    assert(!existsSync(join(to, "stoa.db")), "no server can open what is not whole");
    const compared = await cut(from, to, /comparing/);
    assert.equal(compared.code, null);
    const doneBefore = /copying\n +(\d+) %/.exec(compared.errors)?.[1];
    assert(Number(doneBefore) > 0, compared.errors);
    const { code, errors } = await move(from, to);
    assert.equal(code, 0, errors);
    await assertSame(from, to, 6_000);
  });

  it("lets people in by the same passwords and tokens", async () => {
    const [from, to] = [await newPlace(), await newPlace()];
    const password = "correct horse";
    const start = (data: string) =>
      startStoa({
        host: "127.0.0.1",
        port: 0,
        data,
        adminLogin: "admin",
        adminPassword: password,
        version: "1",
      });
    const before = await start(from);
    const { token, user } = await signIn(before.url, password);
    await before.close();
    assert.equal((await move(from, to)).code, 0);
    const stoa = await start(to);
    try {
      const headers = { authorization: `Bearer ${token}` };
      const self = await (await fetch(`${stoa.url}/api/v1/auth`, { headers })).json();
      assert.equal((self as { user: { _id: string } }).user._id, user);
      assert.equal((await signIn(stoa.url, password)).user, user);
    } finally {
      await stoa.close();
    }
  });

  it("refuses a target that holds something, and a source that holds nothing", async () => {
    const [from, full, none] = [await newPlace(), await newPlace(), await newPlace()];
    await fill(from, 10);
    await fill(full, 10);
    const refused = await move(from, full);
    assert.deepEqual([refused.code, refused.errors], [1, `${full} is not empty\n`]);
    const nothing = await move(none, from);
    assert.deepEqual([nothing.code, nothing.errors], [1, `there is no stoa.db in ${none}\n`]);
    await (await openEngine(none, options)).close();
    assert.match((await move(none, await newPlace())).errors, /holds nothing to move\n$/);
    assert.equal((await move(from, none)).code, 0, "an empty database is no obstacle");
  });

  it("refuses to go on with another move, or with a source that has changed", async () => {
    const [from, other, to] = [await newPlace(), await newPlace(), await newPlace()];
    await fill(from, 3_000);
    await fill(other, 10);
    await cut(from, to, 2_000_000);
    const another = await move(other, to);
    assert.equal(another.code, 1);
    assert.equal(
      another.errors,
      `${to} holds an unfinished move from ${from}: --anew throws it away\n`,
    );
    const engine = await openEngine(from, options);
    await insert(engine, "cities", draft(9));
    await engine.close();
    const changed = await move(from, to);
    assert.match(changed.errors, /has changed since it began: --anew throws it away and begins/);
    const anew = await move(from, to, "--anew");
    assert.equal(anew.code, 0, anew.errors);
    await assertSame(from, to, 3_000);
  });

  it("takes the sessions and failures of now when it goes on", async () => {
    const [from, to] = [await newPlace(), await newPlace()];
    await fill(from, 2_000);
    assert.equal((await cut(from, to, /building/)).code, null);
    const engine = await openEngine(from, options);
    await engine.transact(async (tx) => {
      await tx.keep("token", "hash", { subject: id(9), value: '{"later":1}', expiresAt: null });
      await tx.forget("session", "other");
    });
    await engine.close();
    assert.equal((await move(from, to)).code, 0);
    await assertSame(from, to, 2_000);
  });

  it("finds out a copy that is not the same, and leaves it unfinished", async () => {
    const [from, to] = [await newPlace(), await newPlace()];
    await fill(from, 2_000);
    assert.equal((await cut(from, to, /building/)).code, null);
    const file = new DatabaseSync(join(to, "stoa.moving.db"));
    file.exec("UPDATE record SET value = 'another' WHERE name = 'hash'");
    file.exec("UPDATE change SET a_body = '{}' WHERE seq = 700");
    file.close();
    const { code, errors } = await move(from, to);
    assert.equal(code, 1);
    assert.match(errors, /the copy of table change is not the same \(\d+ rows of \d+\)/);
    assert(!existsSync(join(to, "stoa.db")));
  });

  it("leaves alone what a server has open", async () => {
    const [from, to] = [await newPlace(), await newPlace()];
    await fill(from, 10);
    const engine = await openEngine(from, options);
    const { code, errors } = await move(from, to);
    await engine.close();
    assert.deepEqual([code, errors], [1, `the folder ${from} is in use by another process\n`]);
  });

  it("says how it is used", async () => {
    const [lost, odd, help] = [await run([]), await run(["--form", "x"]), await run(["--help"])];
    assert.deepEqual([lost.code, odd.code, help.code], [2, 2, 0]);
    assert.match(lost.errors, /^Name both --from and --to\n\nUsage: npm run move/);
    assert.match(odd.errors, /^Unknown option '--form'/);
    assert.match(help.output, /--anew/);
  });
});

async function signIn(url: string, password: string): Promise<{ token: string; user: string }> {
  const answer = await fetch(`${url}/api/v1/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login: "admin", password }),
  });
  const { token } = (await answer.json()) as { token: string };
  const headers = { authorization: `Bearer ${token}` };
  const self = await (await fetch(`${url}/api/v1/auth`, { headers })).json();
  return { token, user: (self as { user: { _id: string } }).user._id };
}
