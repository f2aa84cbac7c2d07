/**
 * The schema of PostgreSQL: made once, brought forward, left alone when foreign; and its keys.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Json, orderKey, StoaError } from "@stoa/domain";
import { newSchema, run, type TestSchema } from "../../test/postgres-schemas.ts";
import { parseAddress } from "./postgres-address.ts";
import { PostgresConnection } from "./postgres-connection.ts";
import { openPostgres } from "./postgres-engine.ts";
import { migrate, steps } from "./postgres-schema.ts";

const options = { now: Date.now, onCommit: () => undefined };

async function openIn({ url }: TestSchema): Promise<PostgresConnection> {
  return PostgresConnection.open(parseAddress(url), "builder");
}

function isUnavailable(words: RegExp) {
  return (error: unknown) => {
    assert(error instanceof StoaError);
    assert.equal(error.code, "unavailable");
    assert.match(error.message, words);
    return true;
  };
}

describe("the schema", () => {
  it("is made once by nodes that start at the same time", async () => {
    const schema = await newSchema();
    const nodes = await Promise.all([1, 2, 3].map(() => openPostgres(schema.url, options)));
    assert.equal(nodes.length, 3);
    await Promise.all(nodes.map((node) => node.close()));
  });

  it("is brought forward by the steps that it has not seen, all or none of them", async () => {
    const schema = await newSchema();
    const { schema: name } = parseAddress(schema.url);
    const connection = await openIn(schema);
    await migrate(connection, name);
    const broken = [...steps, "CREATE TABLE new_one (n integer)", "SELECT 1 / 0"];
    await assert.rejects(migrate(connection, name, broken), { code: "internal" });
    const there = () => connection.first<[string | null]>("SELECT to_regclass('new_one')::text");
    assert.deepEqual(await there(), [null]);
    await migrate(connection, name, broken.slice(0, -1));
    assert.deepEqual(await there(), ["new_one"]);
    const [version] = (await connection.first<[number]>("SELECT version FROM head")) ?? [];
    assert.equal(version, steps.length + 1);
    await connection.close();
    await assert.rejects(openPostgres(schema.url, options), isUnavailable(/use a newer Stoa/));
  });

  it("is left as it is when it is somebody else's", async () => {
    const schema = await newSchema();
    const { schema: name } = parseAddress(schema.url);
    await run(schema.url, `CREATE SCHEMA ${name}; CREATE TABLE ${name}.city (name text)`);
    await assert.rejects(openPostgres(schema.url, options), isUnavailable(/is not Stoa's/));
    await run(schema.url, `INSERT INTO ${name}.city VALUES ('Delft')`);
  });

  it("says where a database cannot be reached, and keeps the password to itself", async () => {
    const [port, password] = [1, "hunter2"];
    const url = `postgres://stoa:${password}@127.0.0.1:${port}/nothing`;
    const error = await openPostgres(url, options).catch((cause: unknown) => cause);
    assert(error instanceof StoaError);
    assert.match(error.message, /cannot open the database at 127.0.0.1:1\/nothing: .*REFUSED/);
    assert.doesNotMatch(error.message, new RegExp(password));
  });
});

describe("a key in the database", () => {
  let schema: TestSchema;
  let connection: PostgresConnection;
  before(async () => {
    schema = await newSchema();
    connection = await openIn(schema);
    await migrate(connection, parseAddress(schema.url).schema);
  });
  after(() => connection.close());

  const values: readonly Json[] = [
    ...[null, true, false, 0, 1, -1, 1.5, -1.5, 0.1, 2 ** 53, -(2 ** 60), 1e308, -1e308],
    ...[5e-324, -5e-324, 1e-7, "", "a", "é", "😀", "\uffff", "a\u0001", "\u001f", '"', "\\u0000"],
    ...[[], [null], [1, "a", [true]], {}, { a: 1 }, { b: 1, a: { c: [false] } }, { "": "" }],
  ];

  it("is the key that the domain gives", async () => {
    for (const value of values) {
      const body = JSON.stringify({ a: { "0": value } });
      const sql = "SELECT stoa_key(stoa_field(?, '{a,0}'::text[]))";
      const [key] = (await connection.first<[Buffer]>(sql, [body])) ?? [];
      assert.deepEqual(key, Buffer.from(orderKey(value)), JSON.stringify(value));
    }
  });

  it("is that of nothing below an array, which has no fields", async () => {
    const sql = "SELECT stoa_key(stoa_field(?, '{a,0}'::text[]))";
    const [key] = (await connection.first<[Buffer]>(sql, ['{"a":["x"]}'])) ?? [];
    assert.deepEqual(key, Buffer.from(orderKey(null)));
  });

  it("is there for texts that jsonb refuses", async () => {
    const bodies = ['{"a":"x\\u0000y"}', '{"a":"x\\ud800y"}', '{"a":"\\\\\\u0000"}'];
    const read = ["x\ufffdy", "x\ufffdy", "\\\ufffd"];
    for (const [at, body] of bodies.entries()) {
      const sql = "SELECT stoa_field(?, '{a}') #>> '{}'";
      assert.deepEqual(await connection.first(sql, [body]), [read[at]]);
    }
    const escaped = await connection.first("SELECT stoa_field(?, '{a}') #>> '{}'", [
      '{"a":"\\\\u0000"}',
    ]);
    assert.deepEqual(escaped, ["\\u0000"]);
  });
});
