/**
 * Moving everything between a folder and PostgreSQL, both ways, and between two schemas.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openEngine } from "../src/storage/open-engine.ts";
import { draft, insert } from "./engine-world.ts";
import { assertSame, cut, fill, move, newFolder, options, run } from "./move-world.ts";
import { newSchema } from "./postgres-schemas.ts";

const newPlace = { folder: newFolder, schema: async () => (await newSchema()).url };
const ways = [
  ["folder", "schema"],
  ["schema", "folder"],
  ["schema", "schema"],
] as const;

describe("npm run move", () => {
  for (const [one, other] of ways) {
    it(`takes everything from a ${one} to a ${other}, though it is killed on the way`, async () => {
      const [from, to] = [await newPlace[one](), await newPlace[other]()];
      await fill(from, 1_500);
      for (const when of [/copying\n +\d+ %/, /building/, /comparing/]) {
        const killed = await cut(from, to, when);
        assert.equal(killed.code, null, killed.errors);
      }
      const { code, errors, output } = await move(from, to);
      assert.equal(code, 0, errors);
      assert.match(output, /rows of 3 stores are in .*: counts and checksums are the same/);
      await assertSame(from, to, 1_500);
    });
  }

  it("lets no server open a schema that is not yet whole", async () => {
    const [from, to] = [await newPlace.folder(), await newPlace.schema()];
    await fill(from, 10);
    assert.equal((await cut(from, to, /building/)).code, null);
    await assert.rejects(openEngine(to, options), {
      code: "unavailable",
      message: /holds a move that is not finished/,
    });
    assert.equal((await move(from, to, "--anew")).code, 0);
    await assertSame(from, to, 10);
  });

  it("refuses a schema that holds something, and one that holds nothing", async () => {
    const [from, full, none] = [
      await newPlace.schema(),
      await newPlace.schema(),
      await newPlace.schema(),
    ];
    await fill(from, 10);
    await fill(full, 10);
    assert.match((await move(from, full)).errors, /^postgres:\/\/127.*schema=\w+ is not empty\n$/);
    assert.match((await move(none, full)).errors, /^there is no Stoa in postgres:.*schema=\w+\n$/);
    const away = new URL(full);
    away.port = "1";
    away.password = "secret";
    const unreachable = await run(["--from", away.href, "--to", from]);
    assert.equal(unreachable.code, 1);
    assert.doesNotMatch(unreachable.errors, /secret/);
  });

  it("keeps nodes from writing to the source as long as it runs, and lets them read", async () => {
    const [from, to] = [await newPlace.schema(), await newPlace.folder()];
    await fill(from, 3_000);
    const engine = await openEngine(from, options);
    const moved = move(from, to);
    const written = insert(engine, "cities", draft(9));
    assert.equal((await moved).code, 0);
    await written;
    const before = await engine.changes(0, 100_000);
    await engine.close();
    const copy = await openEngine(to, options);
    const arrived = await copy.changes(0, 100_000);
    await copy.close();
    assert.deepEqual(arrived, before.slice(0, arrived.length), "all of it up to some moment");
    assert(before.length - arrived.length <= 1);
  });
});
