/** Tests of the parameters of lists. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonObject, matches } from "@stoa/domain";
import { parseListQuery, parseReadOptions } from "./list-query.ts";

const fits = (query: string, entity: JsonObject) =>
  matches(parseListQuery(query).query.filter, entity);

const refusal = (query: string): string => {
  try {
    parseListQuery(query);
  } catch (error) {
    const { code, details } = error as { code: string; details: { path: string; rule: string }[] };
    assert.equal(code, "validation");
    return `${details[0]?.path} ${details[0]?.rule}`;
  }
  return "none";
};

test("without parameters it is the first 10000 of everything, by _id", () => {
  const { query, options, meta } = parseListQuery("");
  assert.deepEqual(query, {
    filter: { kind: "all", of: [] },
    order: [],
    offset: 0,
    limit: 10000,
    after: null,
    only: null,
  });
  assert.deepEqual([options, meta], [{}, "none"]);
});

test("offset and limit are integers up to 10000, and nolimit lifts the bound", () => {
  assert.equal(parseListQuery("offset=10000&limit=1000").query.offset, 10000);
  assert.equal(parseListQuery("offset=10000&limit=1000").query.limit, 1000);
  assert.equal(parseListQuery("limit=0").query.limit, 0);
  assert.equal(parseListQuery("limit=10000").query.limit, 10000);
  assert.equal(parseListQuery("nolimit=true").query.limit, Number.POSITIVE_INFINITY);
  assert.equal(parseListQuery("nolimit=true&limit=20000").query.limit, 20000);
  assert.equal(parseListQuery("nolimit=false").query.limit, 10000);
});

/** What is refused, and by which parameter and rule. */
const refusals: readonly [string, string][] = [
  ["limit=10001", "limit maximum"],
  ["limit=10001&nolimit=false", "limit maximum"],
  ["limit=-1", "limit integer"],
  ["limit=1.5", "limit integer"],
  ["limit=1e3", "limit integer"],
  ["limit=", "limit integer"],
  ["limit", "limit integer"],
  ["limit=+1", "limit integer"],
  ["limit=1&limit=2", "limit once"],
  ["offset=x", "offset integer"],
  ["offset=99999999999999999", "offset integer"],
  ["nolimit=1", "nolimit boolean"],
  ["meta=yes", "meta enum"],
  ["meta=true&limit=1", "limit meta"],
  ["meta=true&offset=0", "offset meta"],
  ["meta=count&limit=1", "limit meta"],
  ["from=soon", "from time"],
  ["to=2019-02-30T00:00", "to time"],
  ["begin=", "begin time"],
  ["end=1.5", "end time"],
  ["only=", "only path"],
  ["only=a,,b", "only path"],
  ["only=a..b", "only path"],
  [`only=${"a,".repeat(200)}a`, "only maxItems"],
  ["sortBy=-", "sortBy path"],
  ["sortBy=a,b,c,d,e,f,g,h,i", "sortBy maxItems"],
  ["after=x", "after cursor"],
  ['after=["a","b","c"]', "after cursor"],
  ["filter=[1", "filter syntax"],
  ["search=", "search words"],
  ["search=*", "search words"],
  ["search=a&search=b", "search once"],
  [`search=${"a".repeat(1_001)}`, "search maxLength"],
  ["withChildGroups=0", "withChildGroups boolean"],
  ["unwind=", "unwind path"],
  ["where.a=%zz", "where.a encoding"],
  ["%zz=1", "%zz encoding"],
  [Array(101).fill("where.a=1").join("&"), "where maxItems"],
];
for (const [query, expected] of refusals) {
  test(`${query.slice(0, 60)} is refused: ${expected}`, () => {
    assert.equal(refusal(query), expected);
  });
}

test("unknown parameters, streamed and empty pieces mean nothing", () => {
  assert.deepEqual(parseListQuery("&x=1&constructor=2&__proto__=3&streamed=yes&_=&"), {
    ...parseListQuery(""),
  });
});

test("from and to, and begin and end, bound the time on both sides, inclusively", () => {
  for (const query of ["from=10&to=20", "begin=10&end=20", "from=10&end=20"]) {
    const found = [9, 10, 20, 21].filter((time) => fits(query, { time }));
    assert.deepEqual(found, [10, 20]);
  }
  assert.equal(fits("from=2019-08-31T21:00", { time: Date.UTC(2019, 7, 31, 21) }), true);
  assert.equal(fits("from=2019-08-31T21:00", { time: Date.UTC(2019, 7, 31, 21) - 1 }), false);
});

test("of from and begin the tighter bound wins", () => {
  assert.deepEqual(
    [10, 14, 15].filter((time) => fits("from=10&begin=15", { time })),
    [15],
  );
  assert.deepEqual(
    [10, 15, 20].filter((time) => fits("to=10&end=15", { time })),
    [10],
  );
});

test("from after to finds nothing and is no mistake", () => {
  assert.equal(fits("from=20&to=10", { time: 15 }), false);
});

test("conditions, filter and times all hold together", () => {
  const filter = encodeURIComponent('["==",["property","c"],3]');
  const query = `where.a=1&where.b>2&from=5&filter=${filter}`;
  assert.equal(fits(query, { a: 1, b: 3, c: 3, time: 5 }), true);
  assert.equal(fits(query, { a: 2, b: 3, c: 3, time: 5 }), false);
  assert.equal(fits(query, { a: 1, b: 2, c: 3, time: 5 }), false);
  assert.equal(fits(query, { a: 1, b: 3, c: 4, time: 5 }), false);
  assert.equal(fits(query, { a: 1, b: 3, c: 3, time: 4 }), false);
});

test("sortBy names fields, a minus turns the order, and a cursor must fit it", () => {
  const { query } = parseListQuery(`sortBy=a.b,-c&after=${encodeURIComponent('[1,null,"x"]')}`);
  assert.deepEqual(query.order, [
    { path: ["a", "b"], descending: false },
    { path: ["c"], descending: true },
  ]);
  assert.deepEqual(query.after, [1, null, "x"]);
});

test("only and unwind name paths, and repeat by adding up", () => {
  const { query, options } = parseListQuery(
    "only=name,b.c&only=d&unwind=city&withChildGroups=false",
  );
  assert.deepEqual(query.only, [["name"], ["b", "c"], ["d"]]);
  assert.deepEqual(options, { unwind: [["city"]], withChildGroups: false });
  assert.deepEqual(parseReadOptions("only=a&unwind=b"), { only: [["a"]], unwind: [["b"]] });
  assert.deepEqual(parseReadOptions("x=1"), { only: null, unwind: [] });
});

test("search asks for words and beginnings", () => {
  assert.deepEqual(parseListQuery("search=Oude+Delf*").options, {
    search: [
      { word: "oude", isPrefix: false },
      { word: "delf", isPrefix: true },
    ],
  });
});

test("meta asks for the total with or without the ends", () => {
  assert.equal(parseListQuery("meta=true").meta, "all");
  assert.equal(parseListQuery("meta=count&where.a=1").meta, "count");
  assert.equal(parseListQuery("meta=false&limit=1").meta, "none");
});
