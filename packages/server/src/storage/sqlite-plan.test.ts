/**
 * The statements that are run most: along an index, without a scan of a table and without a sort.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { everything, type Filter, GroupTree, type OrderKey, type Visibility } from "@stoa/domain";
import { WatchedConnection } from "../../test/watched-connection.ts";
import type { Sql } from "./sql-filter.ts";
import { countOf } from "./sqlite-count.ts";
import { SqliteEngine } from "./sqlite-engine.ts";
import { lineSql, nothingMoved } from "./sqlite-line.ts";
import { readShown } from "./sqlite-point.ts";
import { readCatalog, type StoreTable } from "./sqlite-store.ts";
import { isDear, type Position, readEntity, readWindow, type Window } from "./sqlite-window.ts";

describe("the plan of", () => {
  let folder: string;
  let engine: SqliteEngine;
  let connection: WatchedConnection;
  let table: StoreTable;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "stoa-"));
    const file = join(folder, "stoa.db");
    engine = new SqliteEngine(file, { now: Date.now, onCommit: () => undefined });
    await engine.transact(async (tx) => {
      await tx.define(cities);
      for (let n = 0; n < 6_600; n++) await tx.insert("cities", draft(n), mark);
    });
    connection = new WatchedConnection(file, "reader");
    connection.dictionary.loadGroups();
    table = readCatalog(connection).get("cities") as StoreTable;
  });

  after(async () => {
    connection.close();
    await engine.close();
    await rm(folder, { recursive: true });
  });

  function steps(run: () => void): string[] {
    connection.asked = [];
    run();
    assert(connection.asked.length > 0, "something was asked");
    return connection.asked.flatMap(({ sql, values }) => {
      return connection
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...(values as string[]))
        .map((row) => String((row as unknown as unknown[])[3]));
    });
  }

  function windowOf(
    filter: Filter,
    order: readonly OrderKey[],
    at: Partial<Position> = {},
    line?: Sql,
  ): Window {
    const position = { cursor: null, skip: 0, left: 100, ...at };
    const found = readWindow({ connection, table, filter, order, line }, position);
    assert(!isDear(found), "the main thread answers it");
    assert.equal(found.count, 100);
    return found;
  }

  function page(...asked: Parameters<typeof windowOf>): string[] {
    return steps(() => windowOf(...asked));
  }

  /** Scans are along an index that is named, or of what a subquery gives. */
  function assertCheap(plan: readonly string[], index: string): void {
    const text = plan.join("\n");
    assert(!/TEMP B-TREE/.test(text), text);
    assert(!plan.some((step) => /^SCAN e(\d+)?$/.test(step)), text);
    assert(text.includes(index), text);
  }

  it("reading one entity is a search by id", () => {
    assert.equal(readEntity(connection, table.n, hex(7))?.owner, mark.by);
    const plan = steps(() => assert(readEntity(connection, table.n, hex(7))));
    assert.deepEqual(plan, ["SEARCH e1 USING INDEX e1_id (id=?)"]);
    const shown = steps(() => assert(readShown(connection, table.n, hex(7))?.text));
    assert.deepEqual(shown, ["SEARCH e USING INDEX e1_id (id=?)"]);
  });

  it("a first page, and one after a cursor, follow the index of ids", () => {
    assertCheap(page(everything, []), "e1_id");
    const plan = page(everything, [], { cursor: [hex(99)] });
    assertCheap(plan, "e1_id");
    assert(plan.some((step) => step.includes("(id>?)")));
  });

  it("a page of what is visible reads the index alone until it has found it", () => {
    const groups = Array.from({ length: 20 }, (_, at) => `00000000000000000000f00${at % 4}`);
    const many = {
      ...visible,
      reach: new Set([...groups, ...Array.from({ length: 20 }, (_, n) => hex(n))]),
    };
    for (const cursor of [null, [hex(50)]]) {
      for (const line of [undefined, lineSql(nothingMoved)]) {
        assertCheap(page(many, [], { cursor }, line), "COVERING INDEX e1_id");
      }
    }
  });

  it("a page of texts is put together in one piece", () => {
    for (const filter of [everything, visible]) {
      for (const descending of [false, true]) {
        const order = [{ path: ["_id"], descending }];
        const window = windowOf(filter, order, {}, lineSql(nothingMoved));
        assert.equal(window.rows.length, 0);
        const ids = JSON.parse(`[${Buffer.from(window.bytes as Uint8Array)}]`) as { _id: string }[];
        assert.equal(ids.length, 100);
        assert.equal(ids.at(-1)?._id, window.last?.[0]);
      }
    }
  });

  it("a page by a declared index follows it, both ways and after a cursor", () => {
    for (const descending of [false, true]) {
      const order = [{ path: ["name"], descending }];
      assertCheap(page(everything, order), "e1_i_");
      assertCheap(page(everything, order, { cursor: ["City 3000", hex(3_000)] }), "e1_i_");
      assertCheap(page(visible, order), "COVERING INDEX e1_i_");
    }
  });

  it("a page by an indexed value in the order of ids is one range", () => {
    const plan = page(inNetherlands, []);
    assertCheap(plan, "(<expr>=?)");
    assertCheap(page(inNetherlands, [], { cursor: ["000000000000000000000100"] }), "id>?");
    assertCheap(page({ kind: "all", of: [inNetherlands, visible] }, []), "COVERING INDEX e1_i_");
  });

  it("counting everything, and what a group sees, reads tallies", () => {
    for (const filter of [everything, visible]) {
      const plan = steps(() => assert(Number(countOf({ connection, table }, filter)) > 0));
      assert(plan.some((step) => step.startsWith("SEARCH tally USING PRIMARY KEY")));
      assert(
        plan.every((step) => !step.startsWith("SCAN e")),
        plan.join("\n"),
      );
    }
  });

  it("a page that the groups hold alone is read along these, after a look at the rest", () => {
    const away = { ...visible, owner: hex(1), principals: new Set([hex(2)]) };
    for (const groups of [1, 4]) {
      const reach = new Set(
        Array.from({ length: groups }, (_, at) => `00000000000000000000f00${at}`),
      );
      for (const rule of [
        { ...away, reach },
        { ...away, reach, owner: mark.by, principals: new Set<string>() },
      ]) {
        const plan = page(rule, [], {}, lineSql(nothingMoved));
        const isOwner = groups === 1 && rule.owner === mark.by;
        assert(plan.includes("SEARCH x USING COVERING INDEX e1_grp (grp=? AND id>?)"));
        assert.equal(plan.includes("MERGE (UNION)"), isOwner, plan.join("\n"));
        assert(!plan.some((step) => /TEMP B-TREE/.test(step)), plan.join("\n"));
        const looks = plan.includes(
          "SEARCH x USING COVERING INDEX e1_own (own=? AND id>? AND id<?)",
        );
        assert.equal(looks, rule.owner === mark.by, plan.join("\n"));
      }
    }
  });

  it("a page for somebody who sees little merges what its groups hold", () => {
    const { bounds } = connection;
    connection.bounds = { ...bounds, scannedMax: 10 };
    const lists = [
      { way: "MERGE (UNION)", groups: 2 },
      { way: "MERGE (UNION ALL)", groups: 60 },
      { way: "CO-ROUTINE m", groups: 600 },
    ];
    for (const { way, groups } of lists) {
      const others = Array.from({ length: groups - 2 }, (_, at) => hex(at));
      const rule = { ...visible, owner: mark.by, reach: new Set([...visible.reach, ...others]) };
      for (const descending of [false, true]) {
        const plan = page(rule, [{ path: ["_id"], descending }], {}, lineSql(nothingMoved));
        assert(
          plan.some((step) => step.startsWith("SEARCH x USING COVERING INDEX e1_grp (grp=? AND")),
        );
        assert(
          plan.some((step) => step.startsWith("SEARCH x USING COVERING INDEX e1_own (own=? AND")),
        );
        assert(plan.includes(way), "no more of it is worked out than is wanted");
        assert(plan.includes("SEARCH e USING INTEGER PRIMARY KEY (rowid=?)"));
        assert(!plan.some((step) => /TEMP B-TREE FOR .*ORDER BY/.test(step)), plan.join("\n"));
      }
    }
    connection.bounds = bounds;
  });

  it("who sees little gets that sorted and filtered, and nothing else is looked at", () => {
    const group = "f".repeat(24);
    const rule: Visibility = { ...visible, reach: new Set([group]), owner: null };
    const question = { connection, table, filter: rule, order: [] };
    for (const path of ["name", "size"]) {
      const order = [{ path: [path], descending: false }];
      const plan = steps(() => {
        const found = readWindow({ ...question, order }, { cursor: null, skip: 0, left: 100 });
        assert(!isDear(found), "the main thread answers it");
      });
      assert(plan.includes("SEARCH e USING INTEGER PRIMARY KEY (rowid=?)"), plan.join("\n"));
      assert(!plan.some((step) => /^SCAN (e|x)\b/.test(step)), plan.join("\n"));
    }
  });

  it("what few entities have the words of is looked up by its rows, whatever the order", () => {
    const found: Filter = {
      kind: "search",
      paths: [["note"]],
      words: [{ word: "rare", isPrefix: true }],
    };
    for (const order of [[], [{ path: ["size"], descending: true }]]) {
      const filter: Filter = { kind: "all", of: [found, visible] };
      const plan = page(filter, order);
      assert(
        plan.some((step) => /^SCAN e1_s_\w+ VIRTUAL TABLE INDEX/.test(step)),
        plan.join("\n"),
      );
      assert(plan.includes("SEARCH e USING INTEGER PRIMARY KEY (rowid=?)"), plan.join("\n"));
      assert(!plan.some((step) => /^SCAN (e|e1)$/.test(step)), plan.join("\n"));
    }
    const counted = steps(() => assert.equal(countOf({ connection, table }, found), 264));
    assert(counted.includes("SEARCH e USING INTEGER PRIMARY KEY (rowid=?)"), counted.join("\n"));
    const often: Filter = { ...found, words: [{ word: "often", isPrefix: false }] };
    const question = { connection, table, filter: often, order: [] };
    const { bounds } = connection;
    connection.bounds = { ...bounds, candidatesMax: 1_000 };
    assert(isDear(readWindow(question, { cursor: null, skip: 0, left: 10 })));
    const vague: Filter = { ...found, words: [{ word: "ra", isPrefix: true }] };
    assert(isDear(readWindow({ ...question, filter: vague }, { cursor: null, skip: 0, left: 10 })));
    connection.bounds = bounds;
  });

  it("who sees little of a long index gets the rest of the filters tested on that alone", () => {
    const { bounds } = connection;
    connection.bounds = { ...bounds, candidatesMax: 1_600 };
    const reach = new Set(["00000000000000000000f000", "00000000000000000000f001"]);
    const inGermany: Filter = { kind: "element", op: "==", path: ["country"], value: "DE" };
    const small: Filter = { kind: "element", op: "<", path: ["size"], value: 5 };
    const filter: Filter = { kind: "all", of: [{ ...visible, reach }, inGermany, small] };
    const plan = page(filter, []);
    assert(
      plan.some((step) => /^SEARCH e USING (COVERING )?INDEX e1_i_\w+ \(<expr>=\?/.test(step)),
      plan.join("\n"),
    );
    assert(plan.includes("SEARCH e USING INTEGER PRIMARY KEY (rowid=?)"), plan.join("\n"));
    assert(!plan.some((step) => /^SCAN (e|e1)$/.test(step)), plan.join("\n"));
    connection.bounds = bounds;
  });

  it("a filter or an order without an index is left to the worker", () => {
    const position = { cursor: null, skip: 0, left: 10 };
    const filter: Filter = { kind: "element", op: "==", path: ["size"], value: 5 };
    const unfiltered = { connection, table, filter, order: [] };
    assert(isDear(readWindow(unfiltered, position)));
    const unsorted = {
      ...unfiltered,
      filter: everything,
      order: [{ path: ["size"], descending: false }],
    };
    assert(isDear(readWindow(unsorted, position)));
  });

  const inNetherlands: Filter = { kind: "element", op: "==", path: ["country"], value: "NL" };
});

const cities = {
  id: "cities",
  name: "cities",
  title: "Cities",
  schema: null,
  unique: [],
  indexes: [[["country"]], [["name"]]],
  search: [["note"]],
  time: "server",
  idKind: "objectid",
  flavour: "entity",
} as const;

const visible: Visibility = {
  kind: "visible",
  owner: "00000000000000000000cccc",
  principals: new Set(["00000000000000000000bbbb"]),
  reach: new GroupTree([
    { id: "00000000000000000000f001", parent: null, revision: 1 },
    { id: "00000000000000000000f002", parent: "00000000000000000000f001", revision: 1 },
  ]).reachOf(["00000000000000000000f001"]),
  self: null,
};

const mark = { by: "00000000000000000000aaaa", time: 1 };

function draft(n: number) {
  const note = n % 25 === 0 ? "often rarely" : "Often";
  return {
    id: hex(n),
    owner: mark.by,
    group: n < 6_000 ? `00000000000000000000f00${n % 4}` : hex(n - 6_000),
    access: [],
    time: n,
    body: JSON.stringify({ name: `City ${n}`, country: n % 2 ? "NL" : "DE", size: n % 7, note }),
  };
}

function hex(n: number): string {
  return n.toString(16).padStart(24, "0");
}
