/**
 * COPY: what is sent is what stands there, and what is refused leaves nothing behind.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { newSchema, run, type TestSchema } from "../../test/postgres-schemas.ts";
import { parseAddress } from "./postgres-address.ts";
import { PostgresConnection } from "./postgres-connection.ts";
import { type CopyValue, copyRows } from "./postgres-copy.ts";

const columns = ["id", "n", "d", "body"];
type Row = readonly CopyValue[];

describe("rows by COPY", () => {
  let schema: TestSchema;
  let connection: PostgresConnection;

  before(async () => {
    schema = await newSchema();
    const { schema: name } = parseAddress(schema.url);
    await run(
      schema.url,
      `CREATE SCHEMA ${name}; CREATE TABLE ${name}.t (id integer PRIMARY KEY, ` +
        "n bigint GENERATED ALWAYS AS IDENTITY, d double precision, body text)",
    );
    connection = await PostgresConnection.open(parseAddress(schema.url), "builder");
  });

  after(async () => {
    await connection.close();
    await schema.remove();
  });

  async function kept(rows: readonly Row[]): Promise<readonly Row[]> {
    await connection.execute("DELETE FROM t");
    await copyRows(connection, "t", columns, rows);
    return connection.all<Row>(`SELECT ${columns.join(", ")} FROM t ORDER BY id`);
  }

  it("every text and number comes back as it was", async () => {
    const texts = [
      "",
      "\\N",
      "\\.",
      "a\tb",
      "\r\n",
      "\\",
      "\\t",
      "é 😀 \u2028",
      '"',
      "\u0001\u007f",
    ];
    const numbers = [0, -0.1, 5e-324, 1e308, 2 ** 53, null];
    const rows = texts.map(
      (text, at): Row => [at, at + 1, numbers[at % numbers.length] ?? null, text],
    );
    rows.push([texts.length, 2 ** 52, null, null]);
    assert.deepEqual(await kept(rows), rows);
    const anyText = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { maxLength: 20 }), async (some) => {
        const drawn = some.map((text, at): Row => [at, at, at / 3, text.toWellFormed()]);
        assert.deepEqual(await kept(drawn), drawn);
      }),
      { numRuns: 15 },
    );
  });

  it("what breaks a rule leaves nothing behind, and the connection goes on", async () => {
    assert.equal((await kept([[1, 1, 1, "a"]])).length, 1);
    const twice: Row[] = [
      [2, 2, 2, "b"],
      [1, 3, 3, "c"],
    ];
    await assert.rejects(copyRows(connection, "t", columns, twice), /duplicate key/);
    await assert.rejects(copyRows(connection, "nowhere", columns, twice), /does not exist/);
    assert.deepEqual(await connection.all("SELECT id FROM t"), [[1]]);
    await copyRows(connection, "t", columns, twice.slice(0, 1));
    assert.equal((await connection.all("SELECT id FROM t")).length, 2);
  });
});
