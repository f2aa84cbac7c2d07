/** Long work by the client: imports in parts, the sample, backups; and lists as files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { importParts } from "../src/import-parts.ts";
import { citiesHouse, refused } from "./cities.ts";

const { client, cities } = await citiesHouse();

test("a file is sent in parts, and tells its progress and every row that was refused", async () => {
  await client.stores.create({
    name: "towns",
    schema: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
  });
  const note = "x".repeat(100_000);
  const lines = Array.from({ length: 25 }, (_, n) => `${n === 22 ? "" : `town ${n}`},"${note}\n"`);
  const file = new Blob([`name,note\n${lines.join("\n")}\n`]);
  const events = await Array.fromAsync(client.jobs.import("towns", file, { format: "csv" }));
  const refusals = events.filter((event) => event.kind === "error");
  assert.deepEqual(
    refusals.map(({ row, code }) => [row, code]),
    [[23, "validation"]],
  );
  const steps = events.filter((event) => event.kind !== "error").map(({ bytes }) => bytes);
  assert(new Set(steps).size > 2, `${steps}`);
  const last = events.at(-1);
  assert(last?.kind === "end");
  assert.deepEqual(last, {
    ...{ kind: "end", rows: 25, created: 24, updated: 0, failed: 1 },
    ...{ bytes: file.size, total: file.size },
  });
  assert.equal(await client.store("towns").count(), 24);
  await refused("not_found", Array.fromAsync(client.jobs.import("no", file, { format: "csv" })));
});

test("parts end where rows end, and each of CSV has the header", async () => {
  const csv = new Blob(['a,b\n1,"x\ny"\n2,z\n']);
  const texts = async (file: Blob, format: "csv" | "ndjson" | "json", characters: number) =>
    (await Array.fromAsync(importParts(file, format, characters))).map(({ text }) => text);
  assert.deepEqual(await texts(csv, "csv", 1), ['a,b\n1,"x\ny"\n2,z\n']);
  const json = new Blob(['[{"a": 1},\n{"a": 2}]']);
  assert.deepEqual(await texts(json, "json", 1), ['{"a":1}\n', '{"a":2}\n']);
  assert.deepEqual(await texts(new Blob(["{}"]), "json", 1), ["{}"]);
  await refused("validation", texts(new Blob(["[{"]), "json", 1));
});

test("a preview tells what the first rows would come to, and keeps nothing", async () => {
  const file = new Blob(["name;population\nDelft;100000\nGent;260000\n"]);
  const question = { format: "csv", delimiter: ";", limit: 1 } as const;
  const rows = await client.jobs.preview("cities", file, question);
  assert.deepEqual(
    rows.map(({ row, entity }) => [row, entity?.["name"], entity?.["population"]]),
    [[1, "Delft", 100_000]],
  );
  assert.equal(await cities.count(), 0);
});

test("a list has an address as a file", async () => {
  await cities.createAll([
    { name: "Delft", country: "NL" },
    { name: "Gent", country: "BE" },
  ]);
  const { token } = await client.tokens.issue({ name: "reader" });
  const headers = { authorization: `Bearer ${token}` };
  const query = { where: { country: "NL" }, only: ["name"] };
  const answer = await fetch(client.fileAddress("cities", "csv", query), { headers });
  assert.match(await answer.text(), /^_id,name\r?\n\w+,Delft\r?\n$/);
});

test("the sample tells how far it is, and is refused where the name is taken", async () => {
  const error = await refused("conflict", Array.fromAsync(client.jobs.sample("cities")));
  assert.match(error.message, /cities/);
  const byName = { where: { name: "cities" } };
  const [definition] = await Array.fromAsync(client.store("stores").find(byName));
  await client.stores.remove(definition?._id ?? "", { parameters: { confirm: "cities" } });
  const told = await Array.fromAsync(client.jobs.sample("cities", { limit: 300 }));
  assert(told.length > 2);
  const end = { kind: "end", total: 300, done: 300, created: 300, success: true } as const;
  assert.partialDeepStrictEqual(told.at(-1), end);
  assert.equal(await cities.count(), 300);
});

test("a backup is made, listed and removed", async () => {
  const told = await Array.fromAsync(client.jobs.makeBackup());
  const last = told.at(-1);
  assert(last?.kind === "end" && last.backup.bytes > 1_000);
  const { backups, most } = await client.jobs.backups();
  assert.deepEqual([backups, most], [[last.backup], 10]);
  await client.jobs.removeBackup(last.backup.name);
  assert.deepEqual((await client.jobs.backups()).backups, []);
});
