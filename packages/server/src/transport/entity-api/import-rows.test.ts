/** Tests of bodies of imports, read as rows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject, StoaError } from "@stoa/domain";
import fc from "fast-check";
import { type ImportFormat, importRows } from "./import-rows.ts";

async function* chunks(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function rowsOf(text: string | Uint8Array, format: ImportFormat, size = 7) {
  const options = { format, delimiter: ",", textPaths: new Set(["zip"]) };
  const rows = await Array.fromAsync(importRows(chunks(text, size), options));
  return rows.map(({ row, value, error }) => [
    row,
    value ?? (error as StoaError).details?.[0]?.rule,
  ]);
}

const refusal = (rule: string) => ({ code: "validation", details: [{ rule }] });

async function refused(rule: string, rows: Promise<unknown>): Promise<void> {
  const error = await rows.then(
    () => assert.fail("should be refused"),
    (cause: unknown) => cause as StoaError,
  );
  assert.deepEqual([error.code, error.details?.[0]?.rule], [refusal(rule).code, rule]);
}

test("elements of an array come one by one, however the body is cut", async () => {
  const value = fc.dictionary(fc.string(), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(fc.array(value), fc.integer({ min: 1, max: 40 }), async (values, size) => {
      const elements = JSON.parse(JSON.stringify(values)) as JsonObject[];
      const spaced = JSON.stringify(elements, null, size % 3);
      const rows = await rowsOf(spaced, "json", size);
      assert.deepEqual(
        rows.map(([, one]) => one),
        elements,
      );
    }),
    { numRuns: 100 },
  );
});

test("an element that is no object is an error of its own, and the others are read", async () => {
  const rows = await rowsOf('[{"a":1}, 7, "x,]", [1,[2]], {"b":nonsense}, {"c":3}]', "json");
  assert.deepEqual(rows, [
    [1, { a: 1 }],
    [2, "type"],
    [3, "type"],
    [4, "type"],
    [5, "syntax"],
    [6, { c: 3 }],
  ]);
});

test("a body that is no array, or does not end, ends the import", async () => {
  await refused("type", rowsOf('{"a":1}', "json"));
  await refused("syntax", rowsOf('[{"a":1}', "json"));
  await refused("syntax", rowsOf('[{"a":1}{"b":2}]', "json"));
  await refused("syntax", rowsOf('[{"a":1}] x', "json"));
  assert.deepEqual(await rowsOf(" [ ] ", "json"), []);
});

test("a bad line of NDJSON costs that line alone", async () => {
  const rows = await rowsOf('{"a":1}\r\n\nnope\n[1]\n{"b":"é"}', "ndjson", 3);
  assert.deepEqual(rows, [
    [1, { a: 1 }],
    [2, "syntax"],
    [3, "type"],
    [4, { b: "é" }],
  ]);
});

test("CSV has its names in the header, with dots for what lies within", async () => {
  const csv =
    "\ufeffname,address.city,address.zip,zip,n,tags\r\n" +
    'Delft,D,2611,"2611",5,"[""a""]"\r\nGent,,,,,';
  assert.deepEqual(await rowsOf(csv, "csv"), [
    [1, { name: "Delft", address: { city: "D", zip: 2611 }, zip: "2611", n: 5, tags: ["a"] }],
    [2, { name: "Gent" }],
  ]);
});

test("a row of CSV with too many cells is an error of its own", async () => {
  assert.deepEqual(await rowsOf("a,b\n1,2,3\n4\n", "csv"), [
    [1, "columns"],
    [2, { a: 4 }],
  ]);
});

test("columns that stand in each other's way are an error of the row", async () => {
  assert.deepEqual(await rowsOf("a,a.b\n1,2\n,2\n", "csv"), [
    [1, "columns"],
    [2, { a: { b: 2 } }],
  ]);
});

test("a header that names a column twice or not, and an open quote, end the import", async () => {
  await refused("uniqueItems", rowsOf("a,a\n1,2\n", "csv"));
  await refused("required", rowsOf("a,\n1,2\n", "csv"));
  await refused("csv", rowsOf('a\n"1', "csv"));
});

test("names of the language are names of columns like any other", async () => {
  const [[, value] = []] = await rowsOf("__proto__,constructor.x\n1,2\n", "csv");
  assert.deepEqual(Object.keys(value as JsonObject), ["__proto__", "constructor"]);
  assert.equal(({} as Record<string, unknown>)["x"], undefined);
});

test("a body that is not UTF-8 ends the import", async () => {
  for (const format of ["csv", "ndjson", "json"] as const) {
    await refused("encoding", rowsOf(Uint8Array.from([0x61, 0xff, 0x0a]), format));
  }
});
