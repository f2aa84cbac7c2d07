/**
 * What tests of moving share: the program itself, databases with something of everything in them,
 * and what must be the same in a copy. Knows data addresses, and no engine.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { type Change, everything, parseSearch, type StoreDefinition } from "@stoa/domain";
import type { Engine } from "../src/storage/engine.ts";
import { openEngine } from "../src/storage/open-engine.ts";
import { conflictOf, draft, id, insert, query, store, textsOf, update } from "./engine-world.ts";

const script = fileURLToPath(new URL("../../../scripts/move.ts", import.meta.url));
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "stoa-move-"));
  folders.push(folder);
  return folder;
}

interface Said {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** The program itself; once `last` is so it does nothing more, says so, and is killed. */
export async function run(words: readonly string[], last?: string): Promise<Said> {
  const stopping = last === undefined ? [] : ["--import", stoppingAt(last)];
  const stdio = ["ignore", "pipe", "pipe"] as const;
  const child = spawn(process.execPath, [...stopping, script, ...words], { stdio: [...stdio] });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    if (errors.endsWith(stopped)) child.kill("SIGKILL");
  });
  const [code] = await once(child, "close");
  return { code, output, errors };
}

const stopped = "stopped\n";

/**
 * A module that stops its process by itself, since whoever kills it may be slower than its work:
 * when it says something, or looks at the clock, as it does after each part.
 * @param last an expression of JavaScript: `"/comparing/.test(said)"`.
 */
function stoppingAt(last: string): string {
  const code = `
    import { statSync } from "node:fs";
    const { stderr } = process;
    const write = stderr.write.bind(stderr);
    const sizeOf = (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    let said = "";
    const look = () => {
      if (!(${last})) return;
      write(${JSON.stringify(stopped)});
      process.kill(process.pid, "SIGSTOP");
    };
    stderr.write = (text) => {
      write(text);
      said += text;
      look();
      return true;
    };
    const now = performance.now.bind(performance);
    performance.now = () => {
      look();
      return now();
    };`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** Killed when its log is so long, or when it has said so. */
export const cut = (from: string, to: string, when: number | RegExp) => {
  const log = JSON.stringify(join(to, "stoa.moving.db-wal"));
  const last = typeof when === "number" ? `sizeOf(${log}) > ${when}` : `${when}.test(said)`;
  return run(["--from", from, "--to", to], last);
};

export const move = (from: string, to: string, ...more: string[]) =>
  run(["--from", from, "--to", to, ...more]);

export const options = { now: Date.now, onCommit: () => undefined };
const towns = store("towns", { unique: [[["name"]]], indexes: [[["size"]]], search: [["note"]] });

/** Many entities, some changed and removed, a store that is gone, and records. */
export async function fill(data: string, count: number): Promise<void> {
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

export async function assertSame(from: string, to: string, count: number): Promise<void> {
  const [original, copy] = [await contentsOf(from), await contentsOf(to)];
  assert.equal(copy.towns.length, count - 1);
  assert.deepEqual(copy, original);
  if (!to.startsWith("postgres:")) assertFronts(to);
  const engine = await openEngine(to, options);
  const last = original.changes.at(-1)?.sequence ?? 0;
  assert.deepEqual(await conflictOf(insert(engine, "towns", draft(4, { name: "Town 105" }))), [
    "name",
  ]);
  await insert(engine, "towns", draft(4, { name: "New", note: "stad" }));
  assert.equal((await engine.read("towns", id(4)))?.revision, last + 1, "the sequence goes on");
  await engine.close();
}
