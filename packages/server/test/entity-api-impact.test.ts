/** The entity API over HTTP: what the move of a group would bring about. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const url = "/api/v1/groups/{north}/impact?parent={south}";

const rows: readonly Row[] = [
  {
    name: "the move of a group tells what changes hands, and who gains and loses sight",
    as: "admin",
    url,
    status: 200,
    json: {
      success: true,
      moved: { groups: 1, users: 3, entities: 3, stores: { cities: 3 }, others: false },
      gain: {
        groups: [{ _id: "{south}", name: "south" }],
        users: 1,
        people: [{ _id: "{bob}", name: "bob" }],
        next: null,
        others: false,
      },
      lose: { groups: [], users: 0, people: [], next: null, others: false },
    },
    changes: 0,
  },
  {
    name: "a group that stays where it is changes nothing",
    as: "admin",
    url: "/api/v1/groups/{north}/impact?parent={root}",
    status: 200,
    json: { gain: { groups: [], users: 0 }, lose: { groups: [], users: 0 } },
  },
  {
    name: "the impact of a move is for those who may move",
    as: "ada",
    url,
    status: 403,
    absent: ["bob", "south"],
  },
  { name: "the impact of a move needs somebody", url, status: 401 },
  {
    name: "the impact of a move needs a place to move to",
    as: "admin",
    url: "/api/v1/groups/{north}/impact",
    status: 400,
    json: { details: [{ path: "parent", rule: "required" }] },
  },
  {
    name: "a group is not moved below itself",
    as: "admin",
    url: "/api/v1/groups/{north}/impact?parent={north}",
    status: 400,
    json: { details: [{ path: "parent", rule: "cycle" }] },
  },
  {
    name: "the root is not moved",
    as: "admin",
    url: "/api/v1/groups/{root}/impact?parent={north}",
    status: 409,
  },
  {
    name: "the impact of a group that is not there",
    as: "admin",
    url: "/api/v1/groups/{ada}/impact?parent={north}",
    status: 404,
  },
];

testRows(world, rows);

test("what the impact tells is what the move does", async () => {
  const seen = async () => {
    const { json } = await world.send({ as: "bob", url: "/api/v1/cities?meta=count" });
    return json.total as number;
  };
  const before = await seen();
  const { json } = await world.send({ as: "admin", url });
  const body = { parent: "{south}" };
  const moved = await world.send({
    as: "admin",
    method: "PATCH",
    url: "/api/v1/groups/{north}",
    body,
  });
  assert.equal(moved.status, 200, moved.text);
  assert.equal((await seen()) - before, json.moved.entities);
  const back = "/api/v1/groups/{north}/impact?parent={root}";
  const { json: reverse } = await world.send({ as: "admin", url: back });
  assert.deepEqual(reverse.lose, json.gain);
  assert.equal(reverse.gain.users, 0);
});

test("people come in pages", async () => {
  for (const login of ["one", "two", "three"]) {
    const body = { login, password: "correct horse", role: "{member}", group: "{south}" };
    await world.send({ as: "admin", method: "POST", url: "/api/v1/users", body });
  }
  const names: string[] = [];
  let after = "";
  for (let pages = 0; pages < 9; pages++) {
    const query = `parent={root}&limit=2&after=${after}`;
    const { json } = await world.send({
      as: "admin",
      url: `/api/v1/groups/{north}/impact?${query}`,
    });
    assert.equal(json.lose.users, 4);
    names.push(...json.lose.people.map(({ name }: { name: string }) => name));
    if (json.lose.next === null) break;
    after = json.lose.next;
  }
  assert.deepEqual(names, ["bob", "one", "two", "three"]);
});
