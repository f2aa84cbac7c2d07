/**
 * Moving everything from one folder into another: what arrives, what is refused, and that being
 * killed in the middle costs nothing.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { startStoa } from "../src/app/wire.ts";
import { openEngine } from "../src/storage/open-engine.ts";
import { draft, id, insert } from "./engine-world.ts";
import { assertSame, cut, fill, move, newFolder, options, run } from "./move-world.ts";

describe("npm run move", () => {
  it("takes everything along, and what was found before is found", async () => {
    const [from, to] = [await newFolder(), await newFolder()];
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
    const [from, to] = [await newFolder(), await newFolder()];
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
    const [from, to] = [await newFolder(), await newFolder()];
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
    const [from, full, none] = [await newFolder(), await newFolder(), await newFolder()];
    await fill(from, 10);
    await fill(full, 10);
    const refused = await move(from, full);
    assert.deepEqual([refused.code, refused.errors], [1, `${full} is not empty\n`]);
    const nothing = await move(none, from);
    assert.deepEqual([nothing.code, nothing.errors], [1, `there is no stoa.db in ${none}\n`]);
    await (await openEngine(none, options)).close();
    assert.match((await move(none, await newFolder())).errors, /holds nothing to move\n$/);
    assert.equal((await move(from, none)).code, 0, "an empty database is no obstacle");
  });

  it("refuses to go on with another move, or with a source that has changed", async () => {
    const [from, other, to] = [await newFolder(), await newFolder(), await newFolder()];
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
    const [from, to] = [await newFolder(), await newFolder()];
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
    const [from, to] = [await newFolder(), await newFolder()];
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
    const [from, to] = [await newFolder(), await newFolder()];
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
