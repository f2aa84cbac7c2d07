/** What the file says of itself, and what happens to files of others and of other times. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { dataBytes, openEngine } from "./open-engine.ts";
import { applicationId, migrate, steps } from "./sqlite-schema.ts";

describe("a file", () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-"));
    file = join(folder, "stoa.db");
  });

  afterEach(() => rm(folder, { recursive: true }));

  const open = () => openEngine(folder, { now: Date.now, onCommit: () => undefined });

  function withDatabase<T>(use: (database: DatabaseSync) => T): T {
    const database = new DatabaseSync(file);
    try {
      return use(database);
    } finally {
      database.close();
    }
  }

  const numberOf = (database: DatabaseSync, name: string) =>
    database.prepare(`PRAGMA ${name}`).get()?.[name];

  it("is made with its folder, and tells whose it is and of which version", async () => {
    const inner = join(folder, "a", "b");
    await (await openEngine(inner, { now: Date.now, onCommit: () => undefined })).close();
    file = join(inner, "stoa.db");
    withDatabase((database) => {
      assert.equal(numberOf(database, "application_id"), applicationId);
      assert.equal(numberOf(database, "user_version"), steps.length);
      assert.equal(numberOf(database, "journal_mode"), "wal");
    });
  });

  it("takes as much of the disk as is told", async () => {
    assert.equal(await dataBytes(folder), 0);
    const engine = await open();
    assert.ok((await dataBytes(folder)) > 50_000);
    await engine.close();
  });

  it("of another program is refused and left as it is", async () => {
    withDatabase((database) =>
      database.exec("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)"),
    );
    const before = await readFile(file);
    await assert.rejects(open(), { code: "unavailable", message: /is not a file of Stoa/ });
    assert.deepEqual(await readFile(file), before);
  });

  it("that is no database is refused and left as it is", async () => {
    await writeFile(file, "Dear diary, ".repeat(1_000));
    await assert.rejects(open(), { code: "unavailable", message: /is not a file of Stoa/ });
    assert.equal((await readFile(file, "utf8")).slice(0, 10), "Dear diary");
  });

  it("of a newer Stoa is refused and left as it is", async () => {
    await (await open()).close();
    withDatabase((database) => database.exec(`PRAGMA user_version = ${steps.length + 1}`));
    await assert.rejects(open(), { code: "unavailable", message: /use a newer Stoa/ });
    withDatabase((database) => {
      assert.equal(numberOf(database, "user_version"), steps.length + 1);
    });
  });

  it("of an older Stoa gets the steps that it has not seen, each once", () => {
    withDatabase((database) => {
      migrate(database, file, ["CREATE TABLE one (a)"]);
      const all = ["CREATE TABLE one (a)", "CREATE TABLE two (b); INSERT INTO two VALUES (7)"];
      migrate(database, file, all);
      migrate(database, file, all);
      assert.equal(numberOf(database, "user_version"), 2);
      assert.equal(database.prepare("SELECT count(*) AS n FROM two").get()?.n, 1);
    });
  });

  it("stays as it was when a step fails", () => {
    withDatabase((database) => migrate(database, file, ["CREATE TABLE one (a)"]));
    const bad = ["CREATE TABLE one (a)", "CREATE TABLE two (b); CREATE TABLE one (a)"];
    withDatabase((database) => assert.throws(() => migrate(database, file, bad)));
    withDatabase((database) => {
      assert.equal(numberOf(database, "user_version"), 1);
      assert.equal(
        database.prepare("SELECT name FROM sqlite_schema WHERE name = 'two'").get(),
        undefined,
      );
    });
  });
});
