/**
 * The statements behind lists, lists by type and LOOKUP of the reference API: along an index,
 * without a scan of a table and without a sort, for those who see all or a part.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  and,
  createReference,
  equals,
  everything,
  type Filter,
  type Path,
  storeDefinition,
  systemStore,
  type Visibility,
} from "@stoa/domain";
import { WatchedConnection } from "../../test/watched-connection.ts";
import { SqliteEngine } from "./sqlite-engine.ts";
import { readCatalog, type StoreTable } from "./sqlite-store.ts";
import { isDear, readWindow } from "./sqlite-window.ts";

const root = "a".repeat(24);
const team = "b".repeat(24);
const mark = { by: "c".repeat(24), time: 1 };

describe("in a store of the reference API", () => {
  let folder: string;
  let engine: SqliteEngine;
  let connection: WatchedConnection;
  let table: StoreTable;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-"));
    const file = join(folder, "stoa.db");
    engine = new SqliteEngine(file, { now: Date.now, onCommit: () => undefined });
    await engine.transact(async (tx) => {
      const { id, name } = { id: "1", name: "extobjs" };
      await tx.define(systemStore("groups"));
      for (const group of [root, team]) {
        const body = JSON.stringify({ name: "g", parent: group === root ? null : root });
        await tx.insert("groups", { ...headOf(group, group), body }, mark);
      }
      await tx.define(storeDefinition(id, { name, flavour: "reference" }));
      for (let n = 0; n < 9_000; n++) await tx.insert(name, draft(n), mark);
    });
    connection = new WatchedConnection(file, "reader");
    connection.dictionary.loadGroups();
    table = readCatalog(connection).get("extobjs") as StoreTable;
  });

  after(async () => {
    connection.close();
    await engine.close();
    await rm(folder, { recursive: true });
  });

  function plan(filter: Filter, order: readonly Path[], count: number): string {
    connection.asked = [];
    const keys = order.map((path) => ({ path, descending: false }));
    const position = { cursor: null, skip: 0, left: 100 };
    const found = readWindow({ connection, table, filter, order: keys }, position);
    assert(!isDear(found), "the main thread answers it");
    assert.equal(found.rows.length, count);
    const steps = connection.asked.flatMap(({ sql, values }) =>
      connection
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...(values as string[]))
        .map((row) => String((row as unknown as unknown[])[3])),
    );
    const text = steps.join("\n");
    assert(!/TEMP B-TREE/.test(text), text);
    assert(!steps.some((step) => /^SCAN e(\d+)?$/.test(step)), text);
    return text;
  }

  for (const [who, visible] of [
    ["everything", everything],
    ["a part", part()],
  ] as const) {
    it(`a list follows the index of times, for who sees ${who}`, () => {
      assert.match(plan(visible, [["time"]], 100), /USING (COVERING )?INDEX e\d+_i_/);
    });

    it(`a list by type searches its index, for who sees ${who}`, () => {
      const text = plan(and(visible, equals("type", "frequent")), [["time"]], 100);
      assert.match(text, /SEARCH e\d* USING (COVERING )?INDEX e\d+_i_/);
    });

    it(`LOOKUP searches the index of types, for who sees ${who}`, () => {
      for (const [type, count] of [
        ["rare", visible === everything ? 3 : 1],
        ["none", 0],
      ] as const) {
        const text = plan(and(visible, equals("type", type)), [["time"]], count);
        assert.match(text, /SEARCH e\d* USING (COVERING )?INDEX e\d+_i_/);
      }
    });
  }
});

function headOf(id: string, group: string, time = 1) {
  return { id, owner: mark.by, group, access: [], time };
}

function draft(n: number) {
  const id = `${n.toString(16).padStart(8, "0")}-0000-0000-0000-000000000000`;
  const type = [7, 3_008, 6_008].includes(n) ? "rare" : "frequent";
  const fields = createReference({ type, value: n, opts: { title: `Object ${n}` } }, n);
  return { ...headOf(id, n % 2 === 0 ? root : team, n), body: JSON.stringify(fields) };
}

function part(): Visibility {
  return {
    kind: "visible",
    owner: null,
    principals: new Set(["d".repeat(24)]),
    reach: new Set([team]),
    self: null,
  };
}
