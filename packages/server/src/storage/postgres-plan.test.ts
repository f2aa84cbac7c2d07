/**
 * What PostgreSQL does for the statements that are asked most: each by an index, in its order, with
 * no sort and no scan of a table, also where it knows nothing about what is in it yet.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { and, everything, type Filter, type OrderKey, systemStore } from "@stoa/domain";
import { draft, id, is, mark, store } from "../../test/engine-world.ts";
import { newSchema } from "../../test/postgres-schemas.ts";
import type { PostgresAddress } from "./postgres-address.ts";
import { parseAddress } from "./postgres-address.ts";
import { readChanges } from "./postgres-change.ts";
import { PostgresConnection, type Role } from "./postgres-connection.ts";
import { countOf } from "./postgres-count.ts";
import { PostgresDictionary } from "./postgres-dictionary.ts";
import { openPostgres, type PostgresEngine } from "./postgres-engine.ts";
import { PostgresLinks } from "./postgres-links.ts";
import { readEntities } from "./postgres-point.ts";
import { asks, linksRunner, type ReadRunner } from "./postgres-read.ts";
import { readRecord } from "./postgres-record.ts";
import { readHead } from "./postgres-state.ts";
import { type PostgresTable, readCatalog } from "./postgres-store.ts";
import { windowsOf } from "./postgres-window.ts";

interface PlanNode {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly PlanNode[];
}

const rows = 3_000;

describe("PostgreSQL", () => {
  let engine: PostgresEngine;
  let address: PostgresAddress;
  let links: PostgresLinks;
  let dictionary: PostgresDictionary;
  let runner: ReadRunner;
  let table: PostgresTable;
  /** What was sent to readers, and how often. */
  const sent = new Map<string, number>();

  before(async () => {
    const schema = await newSchema();
    address = parseAddress(schema.url);
    engine = await openPostgres(schema.url, { now: Date.now, onCommit: () => undefined });
    await engine.transact(async (tx) => {
      await tx.define(systemStore("groups"));
      await tx.define(store("cities", { indexes: [[["country"]], [["type"], ["name"]]] }));
      for (let group = 1; group <= 40; group++) {
        const parent = group === 1 ? null : id(1);
        await tx.insert("groups", draft(group, { name: `g${group}`, parent }), mark);
      }
      for (let n = 0; n < rows; n++) {
        const own = { name: `n${n % 97}`, country: `c${n % 30}`, type: `t${n % 7}`, n };
        const access = n % 50 === 0 ? [id(78)] : [];
        const head = { group: id(2 + (n % 39)), owner: id(1_000 + (n % 20)), access };
        await tx.insert("cities", draft(10_000 + n, own, head), mark);
      }
    });
    links = new PostgresLinks(address);
    dictionary = new PostgresDictionary();
    for (const reader of [await links.reader(), await links.reader()]) {
      await dictionary.loadGroups(reader);
      const found = (await readCatalog(reader)).get("cities");
      assert(found);
      table = found;
      const { client } = reader;
      const query = client.query.bind(client) as (config: { text: string }) => unknown;
      client.query = ((config: { text: string }) => {
        sent.set(config.text, (sent.get(config.text) ?? 0) + 1);
        return query(config);
      }) as typeof client.query;
    }
    runner = linksRunner(links, dictionary, { tree: engine.tree });
  });
  after(async () => {
    await links.close();
    await engine.close();
  });

  /** The plans of what a task sends, as they are for any values. */
  async function plansOf(task: () => Promise<unknown>, role: Role = "reader"): Promise<PlanNode[]> {
    sent.clear();
    await task();
    assert(sent.size > 0, "something is asked");
    const connection = await PostgresConnection.open(address, role);
    const plans: PlanNode[] = [];
    for (const [at, text] of [...sent.keys()].entries()) {
      await connection.execute(`PREPARE p${at} AS ${text}`);
      const count = new Set(text.match(/\$\d+/g)).size;
      const values = count > 0 ? `(${Array(count).fill("NULL").join()})` : "";
      const explain = `EXPLAIN (FORMAT JSON) EXECUTE p${at}${values}`;
      const [row] = (await connection.execute(explain)).rows as [[{ Plan: PlanNode }]][];
      plans.push((row as unknown as [[{ Plan: PlanNode }]])[0][0].Plan);
    }
    await connection.close();
    return plans;
  }

  async function find(filter: Filter, order: readonly OrderKey[], left = 100): Promise<number> {
    const plan = await asks(runner, { table, filter, order });
    let count = 0;
    for await (const window of windowsOf(runner, plan, { after: null, skip: 0, left })) {
      count += window.length;
    }
    return count;
  }

  function requireQuick(plans: readonly PlanNode[], { sorts = false } = {}): string[] {
    const nodes = plans.flatMap(nodesOf);
    const types = nodes.map((node) => node["Node Type"]);
    const scanned = nodes.filter(isScan).map((node) => node["Relation Name"] ?? "");
    assert.deepEqual(
      scanned.filter((name) => !small.has(name)),
      [],
      "no table is scanned",
    );
    if (!sorts)
      assert.deepEqual(
        types.filter((type) => /Sort/.test(type)),
        [],
        "nothing is sorted",
      );
    return nodes.flatMap((node) => node["Index Name"] ?? []);
  }

  const visible = (...groups: number[]): Filter => {
    const reach = new Set(groups.map(id));
    return { kind: "visible", owner: id(1_000), principals: new Set([id(78)]), reach, self: null };
  };

  it("reads one entity, a record, the head and the log by their keys", async () => {
    const reader = await links.reader();
    const index = async (task: () => Promise<unknown>) => requireQuick(await plansOf(task));
    const one = () => readEntities(reader, dictionary, table, [id(10_000), id(10_007)]);
    assert.deepEqual((await index(one))[0], `e${table.n}_id`);
    assert.deepEqual(await index(() => readRecord(reader, "token", "x", 0)), ["record_pkey"]);
    assert((await index(() => readChanges(reader, dictionary, 5, 100))).includes("change_pkey"));
    requireQuick(await plansOf(() => readHead(reader)));
  });

  it("lists everything in the order of ids", async () => {
    const plans = await plansOf(async () => assert.equal(await find(everything, []), 100));
    assert.deepEqual(requireQuick(plans), [`e${table.n}_id`]);
  });

  it("lists what one sees by passing over the index of ids", async () => {
    const many = Array.from({ length: 30 }, (_, at) => 2 + at);
    const plans = await plansOf(async () => assert.equal(await find(visible(...many), []), 100));
    assert(
      requireQuick(plans).every((name) => name === `e${table.n}_id` || /access|owner/.test(name)),
    );
  });

  it("merges what sparse callers see, of which it sorts a page", async () => {
    const plans = await plansOf(async () => assert((await find(visible(2), [], 250)) > 200));
    const names = requireQuick(plans, { sorts: true });
    for (const source of ["grp", "own", "acc"]) assert(names.includes(`e${table.n}_${source}`));
  });

  it("lists by declared indexes, where the filter binds their first fields", async () => {
    const country = table.indexes.find(({ paths }) => String(paths[0]) === "country")?.name;
    const pair = table.indexes.find(({ paths }) => paths.length === 2)?.name;
    const byCountry = () => find(is(["country"], "c1"), []);
    assert.deepEqual(requireQuick(await plansOf(byCountry)), [country]);
    const order = [{ path: ["name"], descending: true }];
    const byName = () => find(is(["type"], "t1"), order);
    assert.deepEqual(requireQuick(await plansOf(byName)), [pair]);
    const sorted = () => find(everything, [{ path: ["country"], descending: false }]);
    assert.deepEqual(requireQuick(await plansOf(sorted)), [country]);
  });

  it("counts a store and a group from their tallies", async () => {
    const count = (filter: Filter) => async () =>
      countOf(runner, await asks(runner, { table, filter, order: [] }), filter);
    assert.equal(await count(everything)(), rows);
    assert.deepEqual(requireQuick(await plansOf(count(everything))), ["tally_pkey"]);
    assert.deepEqual(requireQuick(await plansOf(count(is(["group"], id(2))))), ["tally_pkey"]);
  });

  it("finds few among many by an index, whatever else is asked", async () => {
    const filter = and(is(["country"], "c1"), is(["n"], 31));
    const plan = await asks(runner, { table, filter, order: [{ path: ["n"], descending: false }] });
    const { sql, values } = plan.where;
    const explain = `EXPLAIN (FORMAT JSON) SELECT * FROM e${table.n} e WHERE ${sql}`;
    const answer = await links.search((connection) =>
      connection.ask<[[{ Plan: PlanNode }]]>(explain, values),
    );
    const names = nodesOf((answer[0] as [[{ Plan: PlanNode }]])[0][0].Plan).map(
      (n) => n["Index Name"],
    );
    assert(
      names.some((name) => name?.startsWith(`e${table.n}_i_`)),
      String(names),
    );
    assert.equal(await find(filter, [{ path: ["n"], descending: false }]), 1);
  });
});

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

function isScan(node: PlanNode): boolean {
  return node["Node Type"] === "Seq Scan";
}

/** Of which there is a row, or one for each store. */
const small: ReadonlySet<string> = new Set(["head", "store"]);
