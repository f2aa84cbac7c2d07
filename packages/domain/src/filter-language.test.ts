/** The text of filters: what it means, what is refused and where the refusal points. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StoaError } from "./error.ts";
import { everything, matches } from "./filter.ts";
import { parseFilter } from "./filter-language.ts";
import type { Json, JsonObject } from "./json.ts";
import * as limit from "./limit.ts";

const entity: JsonObject = {
  _id: "f199b9f2-016c-b30f-e345-50e54938780c",
  type: "mytype",
  value: { no: 2, on: true },
  opts: { title: "Object 1", user_tags: ["red", "mytype"] },
  ext: { ct: "2019-08-21T07:24:18.62Z" },
};

const title = ["property", "opts.title"];

function fits(form: Json): boolean {
  return matches(parseFilter(JSON.stringify(form)), entity);
}

function expectRefusal(text: string, path: string, rule: string, words: RegExp): void {
  assert.throws(
    () => parseFilter(text),
    (error) => {
      assert.ok(error instanceof StoaError, String(error));
      assert.equal(error.code, "validation");
      assert.deepEqual([error.details?.[0]?.path, error.details?.[0]?.rule], [path, rule]);
      assert.match(error.message, words);
      assert.ok(error.message.startsWith(path));
      return true;
    },
    text.slice(0, 100),
  );
}

test("the object form asks that all fields are loosely equal", () => {
  assert.ok(fits({ "opts.title": "Object 1", type: "mytype" }));
  assert.ok(fits({ "value.no": "2", "value.on": "true" }));
  assert.ok(fits({ "opts.user_tags": ["red", "mytype"] }));
  assert.ok(!fits({ "opts.title": "Object 1", type: "other" }));
  assert.deepEqual(parseFilter(" {} "), everything);
  assert.ok(!matches(parseFilter('{"__proto__": {}}'), entity));
  assert.deepEqual(parseFilter('{"constructor":1}'), {
    kind: "loosely",
    path: ["constructor"],
    value: 1,
  });
});

test("the array form is Polish notation over properties, lists and constants", () => {
  const yes: Json[] = [
    ["==", ["property", "type"], "mytype"],
    ["!=", ["property", "value.no"], "2"],
    ["<", ["property", "missing"], 5],
    ["in", ["property", "type"], ["list", "a", "mytype"]],
    ["contains", ["property", "opts.user_tags"], "red"],
    ["contains", title, "ject"],
    ["like", title, "Obj*"],
    ["isnull", ["property", "none"]],
    ["isnotnull", title],
    ["==", ["property", "none"], ["null"]],
    ["==", ["property", "value"], { on: true, no: 2 }],
    ["==", ["%", 7, 3], 1],
    ["==", ["+", 1, 2, 3], ["add", 4, 2]],
    ["==", ["concat", ["lower", title], "!"], "object 1!"],
    ["==", ["toYYYYMMDD", ["property", "ext.ct"]], 20190821],
    ["==", ["uuid", ["upper", ["property", "_id"]]], ["property", "_id"]],
    ["and", ["==", 1, 1], ["||", ["==", 1, 2], ["not", ["==", 1, 2]]]],
    ["property", "value.on"],
    ["&&", true, ["bool", "true"]],
    ["==", ["<", 1, 2], true],
    ["!", ["!", ["!", false]]],
  ];
  for (const form of yes) assert.ok(fits(form), JSON.stringify(form));
});

test("the array form is strict, and only true is true", () => {
  const no: Json[] = [
    ["==", ["property", "value.no"], "2"],
    ["or", "true", 1, null],
    ["property", "type"],
    ["list", true],
    ["in", "a", ["list"]],
    ["in", "a", "abc"],
    ["like", title, "obj*"],
    ["==", ["property", "constructor"], ["property", "type"]],
    ["isnotnull", ["property", "__proto__"]],
    ["&&", true, ["/", 1, 0]],
  ];
  for (const form of no) assert.ok(!fits(form), JSON.stringify(form));
});

test("a refusal names what is wrong and where", () => {
  const deep = '["and",true,["or",["equals",1,2]]]';
  expectRefusal(deep, "filter[2][1]", "operator", /"equals"/);
  expectRefusal('["constructor",1]', "filter", "operator", /"constructor"/);
  expectRefusal('["and",["__proto__"]]', "filter[1]", "operator", /"__proto__"/);
  expectRefusal('["==",1]', "filter", "arguments", /"==" takes 2 arguments and has 1/);
  expectRefusal('["!"]', "filter", "arguments", /takes 1 arguments and has 0/);
  expectRefusal('["and"]', "filter", "arguments", /takes 1 or more/);
  expectRefusal('["or"]', "filter", "arguments", /takes 1 or more/);
  expectRefusal('["==",["null",1],2]', "filter[1]", "arguments", /takes 0/);
  expectRefusal('["==",["lower","a","b"],2]', "filter[1]", "arguments", /takes 1/);
  expectRefusal('["==",["+",1],2]', "filter[1]", "arguments", /takes 2 or more/);
  expectRefusal('["property"]', "filter", "arguments", /takes 1/);
  expectRefusal('["isnull",["property",5]]', "filter[1][1]", "shape", /string/);
  expectRefusal('["isnull",["property",["a"]]]', "filter[1][1]", "shape", /string/);
  expectRefusal('["isnull",["property","a..b"]]', "filter[1][1]", "path", /empty segment/);
  expectRefusal('["==",[1,2],3]', "filter[1]", "shape", /"list"/);
  expectRefusal('["and",{"type":"a"}]', "filter[1]", "shape", /object/);
  expectRefusal("[]", "filter", "shape", /operator/);
  expectRefusal('{"a..b":1}', 'filter["a..b"]', "path", /empty segment/);
});

test("what is no filter at all is refused", () => {
  for (const text of ["5", "true", "null", '"type"']) {
    expectRefusal(text, "filter", "shape", /object or an array/);
  }
  for (const text of ["", "{", "type=a", "[1,]"]) expectRefusal(text, "filter", "syntax", /JSON/);
  expectRefusal('["==",1,1e400]', "filter", "number", /double/);
  expectRefusal('{"a":"\\u0000"}', "filter", "nul", /NUL/);
  expectRefusal('{"a":"\\ud800"}', "filter", "surrogate", /surrogate/);
});

test("the limits of bytes, depth and nodes hold exactly", () => {
  const bytes = (count: number): string => JSON.stringify({ a: "x".repeat(count - 8) });
  assert.ok(parseFilter(bytes(limit.filterBytesMax)));
  expectRefusal(bytes(limit.filterBytesMax + 1), "filter", "bytes", /8192 bytes/);
  expectRefusal(JSON.stringify({ a: "ж".repeat(4096) }), "filter", "bytes", /bytes/);

  const deep = (depth: number): string => `${'["!",'.repeat(depth)}true${"]".repeat(depth)}`;
  assert.ok(parseFilter(deep(limit.filterDepthMax)));
  const place = `filter${"[1]".repeat(limit.filterDepthMax)}`;
  expectRefusal(deep(limit.filterDepthMax + 1), place, "depth", /deeper than 32/);
  expectRefusal(deep(200), "filter", "depth", /deeper than 32/);
  const data = `{"a":${"[".repeat(50)}${"]".repeat(50)}}`;
  expectRefusal(data, `filter["a"]${"[0]".repeat(31)}`, "depth", /deeper than 32/);

  const many = (nodes: number): string => JSON.stringify(["and", ...new Array(nodes - 1).fill(1)]);
  assert.ok(parseFilter(many(limit.filterNodesMax)));
  expectRefusal(many(limit.filterNodesMax + 1), "filter", "nodes", /256 nodes/);
  expectRefusal(JSON.stringify({ a: ["property", ...new Array(300)] }), "filter", "nodes", /256/);
  const constant = JSON.stringify(["==", 1, { a: new Array(253).fill(0) }]);
  expectRefusal(constant, "filter", "nodes", /256 nodes/);
});

test("a text far over the limits is refused at once", () => {
  const texts = [
    "[".repeat(100_000),
    "[".repeat(8_000),
    '{"a":'.repeat(1_600),
    "x".repeat(8_000_000),
  ];
  for (const text of texts) {
    const times = Array.from({ length: 10 }, () => {
      const started = performance.now();
      assert.throws(() => parseFilter(text), StoaError);
      return performance.now() - started;
    });
    // What else runs on the machine may hold up some of them, not all.
    assert.ok(Math.min(...times) < 5, `${text.length} characters`);
  }
});

test("a long name does not come back whole", () => {
  const name = "x".repeat(2_000);
  assert.throws(
    () => parseFilter(JSON.stringify([name, 1])),
    (error) => error instanceof StoaError && error.message.length < 100,
  );
});

test("arbitrary JSON is a filter or a validation error, and a filter can be asked", () => {
  const words = [
    "and",
    "||",
    "!",
    "==",
    "in",
    "like",
    "property",
    "list",
    "+",
    "year",
    "null",
    "a",
  ];
  const { form } = fc.letrec<{ form: Json }>((tie) => ({
    form: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<Json[]>("a", "type", 1, true, null, "opts.title", ".", { a: 1 }),
      fc
        .tuple(fc.constantFrom(...words), fc.array(tie("form"), { maxLength: 3 }))
        .map(([word, args]): Json => [word, ...args]),
    ),
  }));
  let asked = 0;
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue() as fc.Arbitrary<Json>, form, fc.string()), (value) => {
      try {
        const filter = parseFilter(typeof value === "string" ? value : JSON.stringify(value));
        assert.equal(typeof matches(filter, entity), "boolean");
        asked++;
      } catch (error) {
        assert.ok(error instanceof StoaError, String(error));
        assert.equal(error.code, "validation");
      }
    }),
    { numRuns: 5000 },
  );
  assert.ok(asked > 100, `${asked} filters`);
});
