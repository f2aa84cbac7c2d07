/** The entity API over HTTP: many entities at once, in and out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, testRows, type Who } from "./api-table.ts";

const world = await createWorld();
const csv = { "content-type": "text/csv" };
const ndjson = { "content-type": "application/x-ndjson" };

const schema = {
  type: "object",
  required: ["name"],
  properties: { name: { type: "string" }, code: { type: "string" }, n: { type: "integer" } },
};
const definition = { name: "towns", schema, unique: [["name"]] };
await world.send({ as: "admin", method: "POST", url: "/api/v1/stores", body: definition });

function linesOf(text: string) {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

async function importing(as: Who, query: string, headers: Record<string, string>, body: unknown) {
  const url = `/api/v1/towns/import${query}`;
  const answer = await world.send({ as, method: "POST", url, headers, body });
  assert.equal(answer.status, 200, answer.text);
  const events = linesOf(answer.text);
  return { events, end: events.at(-1), errors: events.filter(({ kind }) => kind === "error") };
}

async function listed(as: Who, query = "") {
  const answer = await world.send({ as, url: `/api/v1/towns?${query}` });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

const refusals: readonly Row[] = [
  {
    name: "an import needs somebody",
    method: "POST",
    url: "/api/v1/towns/import",
    body: [],
    status: 401,
  },
  {
    name: "an import needs the right to create",
    as: "rita",
    method: "POST",
    url: "/api/v1/towns/import",
    body: [{ name: "Delft" }],
    status: 403,
    changes: 0,
  },
  {
    name: "an import into no store",
    as: "ada",
    method: "POST",
    url: "/api/v1/nowhere/import",
    body: [],
    status: 404,
  },
  {
    name: "nothing is imported into system stores",
    as: "admin",
    method: "POST",
    url: "/api/v1/users/import",
    body: [{ login: "eve", role: "{administrator}", group: "{root}" }],
    status: 405,
    changes: 0,
  },
  {
    name: "an import is CSV or JSON",
    as: "ada",
    method: "POST",
    url: "/api/v1/towns/import",
    headers: { "content-type": "text/plain" },
    body: "name\nDelft\n",
    status: 415,
  },
  {
    name: "an import that is no array is refused as a whole",
    as: "ada",
    method: "POST",
    url: "/api/v1/towns/import",
    body: { name: "Delft" },
    status: 400,
    changes: 0,
  },
  {
    name: "a list in a form that there is not",
    as: "ada",
    url: "/api/v1/towns?format=xls",
    status: 400,
    json: { details: [{ path: "format", rule: "enum" }] },
  },
];

testRows(world, refusals);

test("a preview tells what each row would come to, and keeps nothing", async () => {
  const before = await world.changes();
  const body = "name,code,n\nDelft,01,1\n,02,2\nGent,03,x\nDelft,04,4\n";
  const { status, json } = await world.send({
    as: "ada",
    method: "POST",
    url: "/api/v1/towns/import?dry=1",
    headers: csv,
    body,
  });
  assert.equal(status, 200);
  const [delft, nameless, gent, again] = json.rows;
  assert.deepEqual([delft.entity.name, delft.entity.code, delft.entity.n], ["Delft", "01", 1]);
  assert.equal(delft.entity.owner, world.ids["ada"]);
  assert.deepEqual(nameless.error.details[0].rule, "required");
  assert.deepEqual([gent.error.details[0].path, gent.error.details[0].rule], ["n", "type"]);
  assert.equal(again.error.code, "conflict");
  assert.equal(await world.changes(), before);
  assert.deepEqual(await listed("admin"), []);
});

test("a preview looks at the first rows only", async () => {
  const body = Array.from({ length: 500 }, (_, n) => `{"name":"t${n}"}`).join("\n");
  const url = "/api/v1/towns/import?dry=1&limit=3";
  const { json } = await world.send({ as: "ada", method: "POST", url, headers: ndjson, body });
  assert.equal(json.rows.length, 3);
});

test("an import keeps what is well, and tells what is not by its row", async () => {
  const rows = Array.from({ length: 450 }, (_, n) => {
    if (n === 200) return "nonsense";
    return JSON.stringify(n % 100 === 7 ? { n } : { name: `town ${n}`, n });
  });
  const before = await world.changes();
  const { events, end, errors } = await importing("ada", "", ndjson, rows.join("\n"));
  assert.deepEqual(
    errors.map(({ row }) => row),
    [8, 108, 201, 208, 308, 408],
  );
  const counts = { rows: 450, created: 444, updated: 0, failed: 6 };
  assert.deepEqual({ ...end, sequence: 0 }, { kind: "end", success: true, ...counts, sequence: 0 });
  assert.ok(Number(end?.["sequence"]) > 0);
  assert.ok(events.filter(({ kind }) => kind === "progress").length >= 3);
  assert.equal((await world.changes()) - before, 444);
  assert.equal((await listed("ada", "meta=count")).total, 444);
});

test("what breaks off in the middle keeps what was told, and says so", async () => {
  const rows = Array.from({ length: 250 }, (_, n) => `{"name":"half ${n}"}`);
  const before = (await listed("ada", "meta=count")).total;
  const { end } = await importing("ada", "", {}, `[${rows.join(",")}`);
  assert.equal(end.success, false);
  assert.equal(end.code, "400");
  assert.equal((await listed("ada", "meta=count")).total - before, 200);
});

test("owner, group and grants of a row are what one could give", async () => {
  const { ids } = world;
  const rows = [
    { name: "mine", owner: ids["ada"], group: ids["north"], access: [ids["rita"]] },
    { name: "of nora", owner: ids["nora"] },
    { name: "of bob", owner: ids["bob"] },
    { name: "of the root", group: ids["root"] },
    { name: "for bob", access: [ids["bob"]] },
    { name: "for nobody", access: [ids["admin"]?.replace(/.$/, "0")] },
    { name: "bad id", _id: "7" },
    { name: "own id", _id: "0123456789abcdef01234567", time: 5, _at: 6, branch: ["x"] },
  ];
  const { errors, end } = await importing("ada", "", {}, rows);
  assert.deepEqual(
    errors.map(({ row, details }) => [row, details[0].path]),
    [
      [3, "owner"],
      [4, "group"],
      [5, "access.0"],
      [6, "access.0"],
      [7, "_id"],
    ],
  );
  assert.equal(end.created, 3);
  const [mine] = await listed("rita", "where.name=mine");
  assert.deepEqual([mine.owner, mine.access], [ids["ada"], [ids["rita"]]]);
  const [ofNora] = await listed("ada", "where.name=of nora".replaceAll(" ", "%20"));
  assert.equal(ofNora.owner, ids["nora"]);
  const { json } = await world.send({ as: "ada", url: "/api/v1/towns/0123456789abcdef01234567" });
  assert.equal(json.name, "own id");
  assert.ok(json.time > 1e12 && json._at === undefined && json.branch.length === 2);
});

test("upsert changes what may be seen, and nothing else", async () => {
  const { json: hidden } = await world.send({
    as: "bob",
    method: "POST",
    url: "/api/v1/towns",
    body: { name: "Lima" },
  });
  const id = "0123456789abcdef01234567";
  const rows = [
    { _id: id, n: 9, owner: world.ids["bob"] },
    { _id: hidden._id, name: "taken" },
    { _id: id, n: 9 },
  ];
  const { errors, end } = await importing("ada", "?upsert=1", {}, rows);
  assert.deepEqual(
    errors.map(({ row, code }) => [row, code]),
    [[2, "conflict"]],
  );
  assert.deepEqual([end.created, end.updated, end.failed], [0, 1, 1]);
  const { json } = await world.send({ as: "ada", url: `/api/v1/towns/${id}` });
  assert.deepEqual([json.name, json.n, json.owner], ["own id", 9, world.ids["ada"]]);
  const { json: still } = await world.send({ as: "bob", url: `/api/v1/towns/${hidden._id}` });
  assert.equal(still.name, "Lima");
});

test("a list as NDJSON is its entities, a line each", async () => {
  const all = await listed("ada");
  assert.ok(all.length > 400);
  const { text, headers } = await world.send({ as: "ada", url: "/api/v1/towns?format=ndjson" });
  assert.deepEqual(linesOf(text), all);
  assert.match(String(headers["content-type"]), /^application\/x-ndjson/);
  assert.equal(headers["content-disposition"], 'attachment; filename="towns.ndjson"');
  const accept = { accept: "application/x-ndjson" };
  const asked = await world.send({ as: "ada", url: "/api/v1/towns", headers: accept });
  assert.equal(asked.text, text);
  const none = await world.send({ as: "ada", url: "/api/v1/towns?format=ndjson&where.n=-1" });
  assert.equal(none.text, "");
});

test("a list as CSV has the columns that are asked for, in the order of the list", async () => {
  const query = "where.n>=0&where.n<=2&sortBy=-n&only=name,n&format=csv";
  const { text, headers } = await world.send({ as: "ada", url: `/api/v1/towns?${query}` });
  const [head, ...rows] = text.split("\r\n");
  assert.equal(head, "_id,name,n");
  assert.deepEqual(
    rows.map((row) => row.split(",").slice(1).join(",")),
    ["town 2,2", "town 1,1", "town 0,0", ""],
  );
  assert.match(String(headers["content-type"]), /^text\/csv/);
});

test("nobody exports what it cannot see", async () => {
  for (const format of ["csv", "ndjson"]) {
    const { text } = await world.send({ as: "bob", url: `/api/v1/towns?format=${format}` });
    assert.ok(text.includes("Lima"));
    assert.ok(!/town |own id/.test(text), text);
    const refused = await world.send({ as: "nora", url: `/api/v1/towns?format=${format}` });
    assert.equal(refused.status, 403);
  }
});

test("what is exported as CSV comes in again as it was, formulas and all", async () => {
  await world.send({ as: "admin", method: "POST", url: "/api/v1/stores", body: { name: "odd" } });
  const odd = [
    { text: "=HYPERLINK(1)", list: [1, "a"], deep: { a: { b: null } } },
    { text: "-5", number: -5, empty: "", none: null, yes: true },
    { text: 'say "hi", you\r\nthere', code: "0012", twelve: "12" },
  ];
  await world.send({ as: "ada", method: "POST", url: "/api/v1/odd", body: odd });
  const { text } = await world.send({ as: "ada", url: "/api/v1/odd?format=csv" });
  assert.ok(text.includes("'=HYPERLINK(1)"));
  const { json: before } = await world.send({ as: "ada", url: "/api/v1/odd" });
  for (const { _id } of before) {
    await world.send({ as: "ada", method: "DELETE", url: `/api/v1/odd/${_id}` });
  }
  const url = "/api/v1/odd/import";
  const answer = await world.send({ as: "ada", method: "POST", url, headers: csv, body: text });
  assert.equal(linesOf(answer.text).at(-1).created, 3, answer.text);
  const { json: after } = await world.send({ as: "ada", url: "/api/v1/odd" });
  const without = ({ time: _, ...rest }: Record<string, unknown>) => rest;
  assert.deepEqual(after.map(without), before.map(without));
});

test("fields that come after the first page stand in a column of their own", async () => {
  await world.send({ as: "admin", method: "POST", url: "/api/v1/stores", body: { name: "many" } });
  const bodies = Array.from({ length: 1_200 }, (_, n) => (n < 1_150 ? { n } : { n, late: "x" }));
  await world.send({ as: "ada", method: "POST", url: "/api/v1/many", body: bodies });
  const { text } = await world.send({ as: "ada", url: "/api/v1/many?format=csv" });
  const [head = "", ...rows] = text.trimEnd().split("\r\n");
  assert.ok(head.endsWith(",n,_more"), head);
  assert.equal(rows.length, 1_200);
  assert.ok(rows.at(-1)?.endsWith(',1199,"{""late"":""x""}"'), String(rows.at(-1)));
});
