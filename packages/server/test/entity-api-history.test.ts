/** The entity API over HTTP: what has become of an entity, and the way back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const one = "/api/v1/cities/{delft}";

const reading: readonly Row[] = [
  {
    name: "a first change",
    as: "ada",
    method: "PATCH",
    url: one,
    body: { value: 11, address: null },
    status: 200,
    changes: 1,
  },
  {
    name: "a grant is a change like any other",
    as: "ada",
    method: "POST",
    url: `${one}/access`,
    body: { grant: ["{rita}"] },
    status: 200,
    changes: 1,
  },
  {
    name: "history tells who changed what, the newest first",
    as: "rita",
    url: `${one}/history`,
    status: 200,
    json: {
      success: true,
      next: null,
      changes: [
        { op: "update", by: "{ada}", changed: ["access"], entity: { access: ["{rita}"] } },
        { op: "update", by: "{ada}", changed: ["value", "address"], entity: { value: 11 } },
        { op: "insert", by: "{ada}", store: "cities", id: "{delft}", entity: { value: 10 } },
      ],
    },
    absent: ["gap"],
  },
  {
    name: "history of what one cannot see is not there",
    as: "bob",
    url: `${one}/history`,
    status: 404,
    absent: ["delft", "{ada}"],
  },
  { name: "history needs somebody", url: `${one}/history`, status: 401 },
  { name: "history needs a right", as: "nora", url: `${one}/history`, status: 403 },
  { name: "history of no store", as: "ada", url: "/api/v1/nowhere/{delft}/history", status: 404 },
  {
    name: "history has a limit",
    as: "ada",
    url: `${one}/history?limit=1001`,
    status: 400,
    json: { details: [{ path: "limit", rule: "maximum" }] },
  },
  {
    name: "history goes on before a number",
    as: "ada",
    url: `${one}/history?before=x`,
    status: 400,
    json: { details: [{ path: "before", rule: "integer" }] },
  },
  {
    name: "history from a number of something else is empty",
    as: "ada",
    url: `${one}/history?before=1`,
    status: 200,
    json: { changes: [], next: null },
  },
  { name: "history is only read", as: "ada", method: "POST", url: `${one}/history`, status: 405 },
];

const restoring: readonly Row[] = [
  {
    name: "restore needs the number of a change",
    as: "ada",
    method: "POST",
    url: `${one}/restore`,
    body: { sequence: "1" },
    status: 400,
    json: { details: [{ path: "sequence", rule: "integer" }] },
  },
  {
    name: "restore to a number of something else is refused",
    as: "ada",
    method: "POST",
    url: `${one}/restore`,
    body: { sequence: 1 },
    status: 400,
    json: { details: [{ path: "sequence", rule: "version" }] },
    changes: 0,
  },
  {
    name: "restore needs the right to change",
    as: "rita",
    method: "POST",
    url: `${one}/restore`,
    body: { sequence: 1 },
    status: 403,
    changes: 0,
  },
  {
    name: "restore of what one cannot see is not there",
    as: "bob",
    method: "POST",
    url: `${one}/restore`,
    body: { sequence: 1 },
    status: 404,
    changes: 0,
  },
];

testRows(world, reading);
testRows(world, restoring);

async function historyOf(id: string, query = "") {
  const answer = await world.send({ as: "ada", url: `/api/v1/cities/${id}/history${query}` });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

test("history comes in pages that meet", async () => {
  const all = (await historyOf("{delft}")).changes.map(({ seq }: { seq: number }) => seq);
  assert.ok(all.length >= 3);
  const paged: number[] = [];
  let query = "?limit=1";
  for (let pages = 0; pages <= all.length; pages++) {
    const { changes, next } = await historyOf("{delft}", query);
    paged.push(...changes.map(({ seq }: { seq: number }) => seq));
    if (next === null) break;
    query = `?limit=1&before=${next}`;
  }
  assert.deepEqual(paged, all);
});

test("a version comes back as a new one, with the grants of now", async () => {
  const { changes } = await historyOf("{delft}");
  const { seq, entity } = changes.at(-1);
  const { headers } = await world.send({ as: "ada", url: one });
  const restore = (ifMatch: string) =>
    world.send({
      as: "ada",
      method: "POST",
      url: `${one}/restore`,
      body: { sequence: seq },
      headers: { "if-match": ifMatch },
    });
  assert.equal((await restore('"1.1"')).status, 412);
  const { status, json, text, headers: answered } = await restore(String(headers["etag"]));
  assert.equal(status, 200, text);
  assert.deepEqual(json.access, [world.ids["rita"]]);
  assert.deepEqual({ ...json.address, value: json.value }, { ...entity.address, value: 10 });
  assert.notEqual(answered["etag"], headers["etag"]);
  const [latest] = (await historyOf("{delft}")).changes;
  assert.deepEqual([latest.op, latest.changed], ["update", ["value", "address"]]);
});

test("what was removed comes back under its id, by those above its group", async () => {
  const gouda = "/api/v1/cities/{gouda}";
  const { json: before } = await world.send({ as: "ada", url: gouda });
  await world.send({ as: "ada", method: "DELETE", url: gouda });
  assert.equal((await world.send({ as: "ada", url: gouda })).status, 404);
  const { changes } = await historyOf("{gouda}");
  assert.deepEqual(
    changes.map(({ op, entity }: { op: string; entity: unknown }) => [op, entity]),
    [["remove", null]],
  );
  const body = { sequence: changes[0].seq };
  const restore = (as: "bob" | "ada") =>
    world.send({ as, method: "POST", url: `${gouda}/restore`, body });
  assert.equal((await restore("bob")).status, 404);
  const { status, json, text } = await restore("ada");
  assert.equal(status, 200, text);
  assert.deepEqual(json, before);
  const ops = (await historyOf("{gouda}")).changes.map(({ op }: { op: string }) => op);
  assert.deepEqual(ops, ["insert", "remove", "insert"]);
});

test("what was removed from a system store does not come back", async () => {
  const group = { name: "brief", parent: world.ids["root"] };
  const made = await world.send({
    as: "admin",
    method: "POST",
    url: "/api/v1/groups",
    body: group,
  });
  const url = `/api/v1/groups/${made.json._id}`;
  await world.send({ as: "admin", method: "DELETE", url });
  const history = await world.send({ as: "admin", url: `${url}/history` });
  const body = { sequence: history.json.changes[0].seq };
  const answer = await world.send({ as: "admin", method: "POST", url: `${url}/restore`, body });
  assert.equal(answer.status, 405, answer.text);
});

test("a page of large versions holds as many as fit, and the next ones follow", async () => {
  for (let n = 0; n < 6; n++) {
    const body = { text: String(n).repeat(2_500_000) };
    const url = "/api/v1/cities/{leiden}";
    assert.equal((await world.send({ as: "ada", method: "PATCH", url, body })).status, 200);
  }
  const seqs: number[] = [];
  const sizes: number[] = [];
  for (let query = "", next = 0; next !== null; query = `?before=${next}`) {
    const page = await historyOf("{leiden}", query);
    seqs.push(...page.changes.map(({ seq }: { seq: number }) => seq));
    sizes.push(page.changes.length);
    next = page.next;
  }
  assert.equal(seqs.length, 7);
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => b - a),
  );
  assert.ok(sizes.length > 1 && sizes.every((size) => size > 0 && size < 7), String(sizes));
});

test("history of people holds no password", async () => {
  const url = "/api/v1/users/{ada}";
  const body = { password: "another horse", name: "Ada" };
  assert.equal((await world.send({ as: "admin", method: "PATCH", url, body })).status, 200);
  const { text, json } = await world.send({ as: "admin", url: `${url}/history` });
  assert.deepEqual(json.changes[0].changed, ["name"]);
  assert.ok(!/password|horse|argon/.test(text), text);
});
