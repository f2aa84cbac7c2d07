/**
 * Searches on PostgreSQL: along the index of words, and complete though a definition is prepared
 * while others write, or was left half prepared.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { and, parseSearch, type Search } from "@stoa/domain";
import { draft, id, insert, query, store, textsOf, update } from "../../test/engine-world.ts";
import { newSchema, run } from "../../test/postgres-schemas.ts";
import { parseAddress } from "./postgres-address.ts";
import { PostgresConnection } from "./postgres-connection.ts";
import { openPostgres, type PostgresEngine } from "./postgres-engine.ts";
import { foundSql, searchOf } from "./postgres-search.ts";

const options = { now: Date.now, onCommit: () => undefined };
const found = (text: string): Search => {
  return { kind: "search", paths: [["name"]], words: parseSearch(text) };
};
const towns = store("towns", { search: [["name"]] });

describe("a search on PostgreSQL", () => {
  let url: string;
  let engine: PostgresEngine;
  let connection: PostgresConnection;

  before(async () => {
    ({ url } = await newSchema());
    engine = await openPostgres(url, options);
    await engine.transact((tx) => tx.define(store("towns")));
    const drafts = Array.from({ length: 3_000 }, (_, at) => {
      return draft(100 + at, { name: at % 100 === 0 ? "Rare Town" : "Common Town", size: at });
    });
    await insert(engine, "towns", ...drafts);
    connection = await PostgresConnection.open(parseAddress(url), "searcher");
  });

  after(async () => {
    await connection.close();
    await engine.close();
  });

  const count = (text: string) => engine.count("towns", found(text));

  it("is the same before, while and after the words are indexed", async () => {
    assert.equal(await count("rare"), 30, "by looking at each");
    await engine.prepare(towns);
    await update(engine, "towns", 101, { name: "Rare now" });
    await update(engine, "towns", 100, { name: "Common now" });
    await insert(engine, "towns", draft(5_000, { name: "Rare too" }));
    assert.equal(await count("rare"), 31);
    await engine.transact((tx) => tx.define(towns));
    assert.equal(await count("rare"), 31);
    assert.equal(await count("rare now"), 1);
    assert.equal(await count("com* now"), 1);
    await update(engine, "towns", 101, { name: "Common again" });
    assert.equal(await count("rare"), 30);
  });

  it("goes along the index of words, under access and in any order", async () => {
    await run(url, `ANALYZE ${new URL(url).searchParams.get("schema")}.e1`);
    const { sql = "", values = [] } = foundSql(searchOf([["name"]]), found("rare")) ?? {};
    const explained = await connection.ask<[string]>(
      `EXPLAIN SELECT e.body FROM e1 e WHERE ${sql} AND e.grp = 1 ORDER BY e.id LIMIT 100`,
      values,
    );
    const plan = explained.map(([line]) => line).join("\n");
    assert.match(plan, /Bitmap Index Scan on e1_s_[0-9a-f]{16}/);
    const order = [{ path: ["size"], descending: true }];
    const texts = await textsOf(engine, "towns", query({ filter: found("rare"), order, limit: 5 }));
    assert.equal(texts.length, 5);
  });

  it("goes on with what another node has left half prepared", async () => {
    const next = store("towns", { search: [["name"], ["size"]] });
    const column = searchOf(next.search)?.column;
    const schema = new URL(url).searchParams.get("schema");
    await run(url, `ALTER TABLE ${schema}.e1 ADD COLUMN ${column} tsvector`);
    await engine.prepare(next);
    await engine.transact((tx) => tx.define(next));
    const asked: Search = { ...found("rare"), paths: next.search };
    assert.equal(await engine.count("towns", asked), 30);
    assert.equal(
      await engine.count("towns", and(asked, found("rare"))),
      30,
      "others are looked at",
    );
    await engine.transact((tx) => tx.define(store("towns")));
    assert.equal(await engine.count("towns", asked), 30);
    assert.equal((await engine.read("towns", id(5_000)))?.body, '{"name":"Rare too"}');
  });
});
