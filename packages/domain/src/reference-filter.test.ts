/**
 * Filters in the words of the reference API: `id` for what is kept as `_id`, nothing of what does
 * not show, and times however they are written.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOfText, entityText } from "./entity.ts";
import { matches } from "./filter.ts";
import { parseFilter } from "./filter-language.ts";
import type { Json, JsonObject } from "./json.ts";
import { referenceFilter, referencePath } from "./reference-filter.ts";

const id = "f199b9f2-016c-b30f-e345-50e54938780c";
const head = { _id: id, owner: "o", group: "g", access: ["a"], branch: ["g"], time: 5, _at: 6 };
const ext = { ct: "2019-08-21T07:24:18.620Z", lwt: "2019-09-06T12:46:18.000Z", own: "x" };
const entity: JsonObject = { ...head, type: "mytype", opts: { title: "Object 1" }, ext };

const fits = (filter: Json) =>
  matches(referenceFilter(parseFilter(JSON.stringify(filter))), entity);
const property = (path: string) => ["property", path];

test("id is the id, in both forms and at any depth", () => {
  assert.ok(fits({ id }));
  assert.ok(fits(["==", property("id"), id]));
  assert.ok(fits(["in", property("id"), ["list", "x", id]]));
  assert.ok(fits(["||", ["like", property("id"), "f199*"], ["!", ["isnull", property("type")]]]));
  assert.ok(fits(["==", ["upper", property("id")], id.toUpperCase()]));
  assert.ok(!fits({ id: "other" }));
  assert.ok(fits(["isnull", property("id.x")]));
});

test("fields that do not show are missing", () => {
  for (const name of Object.keys(head)) {
    assert.ok(fits(["isnull", property(name)]), name);
    assert.ok(fits({ [name]: null }), name);
    assert.deepEqual(referencePath([name]), ["id"]);
  }
  assert.ok(!fits(["contains", property("access"), "a"]));
});

test("fields that show are found as they are", () => {
  assert.ok(fits({ "opts.title": "Object 1", type: "mytype" }));
  assert.ok(fits(["==", property("ext.own"), "x"]));
  assert.deepEqual(referencePath(["opts", "title"]), ["opts", "title"]);
});

test("a time compares as a time, however it is written", () => {
  for (const text of [
    "2019-08-21T07:24:18.62Z",
    "2019-08-21T07:24:18.620Z",
    "2019-08-21t09:24:18.620+02:00",
    "2019-08-21 07:24:18.62z",
  ]) {
    assert.ok(fits(["==", property("ext.ct"), text]), text);
    assert.ok(fits(["in", property("ext.ct"), ["list", text]]), text);
    assert.ok(fits({ "ext.ct": text }), text);
  }
  assert.ok(fits([">", property("ext.ct"), "2019-08-21T07:24:18Z"]));
  assert.ok(fits(["<", "2019-08-21T07:24:18Z", property("ext.ct")]));
  assert.ok(fits(["<", property("ext.ct"), "2019-08-21T07:24:18.7Z"]));
  assert.ok(fits(["==", property("ext.lwt"), "2019-09-06T12:46:18Z"]));
});

test("the beginning of a time is a text like any other, and so are other fields", () => {
  assert.ok(fits([">", property("ext.ct"), "2019-08-21"]));
  assert.ok(fits(["<", property("ext.ct"), "2019-08-22"]));
  assert.ok(fits(["like", property("ext.ct"), "2019-08-21T*"]));
  assert.ok(!fits(["==", property("ext.own"), "2019-08-21T07:24:18.62Z"]));
  assert.ok(!fits(["==", property("ext.ct"), "2019-99-99T07:24:18Z"]));
});

test("the body is found again in the text that was made of it", () => {
  const bodies = ["{}", '{"a":1}', '{"time":5,"a":",\\"time\\":7"}'];
  for (const body of bodies) {
    for (const at of [null, 17]) {
      for (const access of [[], ["58238a935baa56173b24f0e4"]]) {
        const stored = { id, owner: "o", group: "g", access, time: 5, at, body };
        assert.equal(bodyOfText(entityText(stored, '["g"]')), body);
      }
    }
  }
});
