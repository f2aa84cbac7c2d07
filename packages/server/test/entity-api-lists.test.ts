/** The entity API over HTTP: lists and all their parameters. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const list = "/api/v1/cities";

/** What Ada sees of the names, in order. */
const found = (name: string, query: string, ...names: string[]): Row => ({
  name,
  as: "ada",
  url: `${list}?only=name&${query}`,
  status: 200,
  text:
    names.length === 0
      ? "[\n]\n"
      : `[\n${names.map((city) => `{"_id":"{${city}}","name":"${city}"}`).join("\n,\n")}\n]\n`,
});

/** A list that is refused, and the parameter that is named. */
const refused = (query: string, path: string): Row => ({
  name: `${query} is refused, naming ${path}`,
  as: "ada",
  url: `${list}?${query}`,
  status: 400,
  json: {
    success: false,
    code: "400",
    message: "Bad Request",
    tags: ["error_validation"],
    details: [{ path }],
  },
  answers: { "content-length": /^\d+$/ },
});

const rows: readonly Row[] = [
  {
    name: "a list is streamed, an entity a line, without success",
    as: "ada",
    url: list,
    status: 200,
    json: [{ name: "delft" }, { name: "gouda" }, { name: "leiden" }],
    answers: { "content-length": null, "transfer-encoding": "chunked", etag: null, link: null },
    absent: ["success", "lima"],
  },
  found("the layout is the one that the streaming client reads", "", "delft", "gouda", "leiden"),
  found("limit takes the first ones", "limit=2", "delft", "gouda"),
  found("offset skips", "offset=1&limit=1", "gouda"),
  found("an offset past the end gives an empty list", "offset=10000"),
  found("limit 0 gives an empty list", "limit=0"),
  found("limit 10000 is allowed", "limit=10000", "delft", "gouda", "leiden"),
  found("nolimit lifts the bound", "nolimit=true&limit=20000", "delft", "gouda", "leiden"),
  found(
    "nolimit alone, and streamed, are accepted",
    "nolimit=true&streamed=true",
    "delft",
    "gouda",
    "leiden",
  ),
  found("sortBy turns by a minus", "sortBy=-value", "leiden", "gouda", "delft"),
  found("ties are broken by _id", "sortBy=address.country", "delft", "gouda", "leiden"),
  found("where compares numbers as numbers", "where.value=20", "gouda"),
  found("where takes >= unencoded", "where.value>=20", "gouda", "leiden"),
  found("where takes >= encoded", "where.value%3E%3D20", "gouda", "leiden"),
  found("where takes > without an equals sign", "where.value>20", "leiden"),
  found("where takes !=", "where.value!=20", "delft", "leiden"),
  found("where takes any of several", "where.name=delft,leiden", "delft", "leiden"),
  found("a number in quotes is a text", "where.value=%2220%22"),
  found("where reads dotted paths", "where.address.country=NL&where.value<20", "delft"),
  found("where asks for membership of a group", "where.branch={north}&limit=1", "delft"),
  found("where never finds what is not visible", "where.name=lima"),
  found(
    "filter takes the whole language",
    `filter=${encodeURIComponent('["like",["property","name"],"*d*"]')}`,
    "delft",
    "gouda",
    "leiden",
  ),
  found("filter and where hold together", 'filter={"name":"gouda"}&where.value=20', "gouda"),
  found("from is inclusive, in milliseconds", "from=1567296002000", "gouda", "leiden"),
  found("to is inclusive, in milliseconds", "to=1567296002000", "delft", "gouda"),
  found(
    "begin and end are the same as from and to",
    "begin=1567296002000&end=1567296002000",
    "gouda",
  ),
  found(
    "times may be written by ISO 8601",
    "from=2019-09-01T00:00:02&to=2019-09-01T00:00:02Z",
    "gouda",
  ),
  found("a time to the minute is its first millisecond", "to=2019-09-01T00:00"),
  found("a zone may be given, even with a bare plus", "from=2019-09-01T03:00:03+03:00", "leiden"),
  found("the tighter of from and begin wins", "from=0&begin=1567296003000", "leiden"),
  found("from after to gives an empty list", "from=20&to=10"),
  found(
    "withChildGroups=false keeps to the caller's own group",
    "withChildGroups=false&limit=1",
    "delft",
  ),
  found("unknown parameters mean nothing", "page=7&__proto__=1&limit=1", "delft"),
  refused("limit=10001", "limit"),
  refused("limit=-1", "limit"),
  refused("limit=ten", "limit"),
  refused("offset=1.5", "offset"),
  refused("offset=1&offset=2", "offset"),
  refused("meta=true&limit=1", "limit"),
  refused("meta=true&offset=1", "offset"),
  refused("meta=maybe", "meta"),
  refused("from=yesterday", "from"),
  refused("end=2019-13-01T00:00", "end"),
  refused("sortBy=a..b", "sortBy"),
  refused("after=x", "after"),
  refused("search=delft", "search"),
  refused("filter=nonsense", "filter"),
  refused("withChildGroups=maybe", "withChildGroups"),
  refused("where.name=%zz", "where.name"),
  {
    name: "meta counts and shows the ends",
    as: "ada",
    url: `${list}?meta=true`,
    status: 200,
    json: { success: true, total: 3, first: { name: "delft" }, last: { name: "leiden" } },
    answers: { "content-length": /^\d+$/ },
    absent: ["lima"],
  },
  {
    name: "meta follows the order and the filter",
    as: "ada",
    url: `${list}?meta=true&sortBy=-value&where.value>=20`,
    status: 200,
    json: { total: 2, first: { name: "leiden" }, last: { name: "gouda" } },
  },
  {
    name: "meta of nothing has no ends",
    as: "ada",
    url: `${list}?meta=true&where.name=lima`,
    status: 200,
    text: '{"success":true,"total":0,"first":null,"last":null}',
  },
  {
    name: "meta=count has the total alone",
    as: "ada",
    url: `${list}?meta=count`,
    status: 200,
    text: '{"success":true,"total":3}',
  },
  {
    name: "HEAD of a list has no body",
    as: "ada",
    method: "HEAD",
    url: list,
    status: 200,
    text: "",
  },
  {
    name: "HEAD of a page has the link and the length",
    as: "ada",
    method: "HEAD",
    url: `${list}?limit=2`,
    status: 200,
    text: "",
    answers: { link: /rel="next"/, "content-length": /^[1-9]\d+$/ },
  },
  {
    name: "the administrator sees every tenant's",
    as: "admin",
    url: list,
    status: 200,
    json: [{ name: "delft" }, { name: "gouda" }, { name: "leiden" }, { name: "lima" }],
  },
  {
    name: "a list of a store that is not there is not found",
    as: "ada",
    url: "/api/v1/towns",
    status: 404,
    json: { tags: ["error_not_found", "error_towns"] },
  },
  {
    name: "a bad parameter comes before a store that is not there",
    as: "ada",
    url: "/api/v1/towns?limit=x",
    status: 400,
  },
  {
    name: "a role without rights comes before a bad parameter",
    as: "nora",
    url: `${list}?limit=x`,
    status: 403,
  },
  { name: "nobody comes before a role without rights", url: `${list}?limit=x`, status: 401 },
];
testRows(world, rows);

test("links lead through the whole list once, and keep the other parameters", async () => {
  const names: string[] = [];
  let url = `${list}?only=name&sortBy=-value,name&where.value>=10&offset=0&limit=1`;
  for (let page = 0; page < 10; page++) {
    const { json, headers } = await world.send({ as: "ada", url });
    names.push(...json.map(({ name }: { name: string }) => name));
    const link =
      headers.link === undefined ? null : /^<([^<>]+)>; rel="next"$/.exec(String(headers.link));
    if (!link) break;
    url = link[1] as string;
    assert.match(url, /only=name&sortBy=-value,name&where\.value%3E=10&limit=1&after=/);
  }
  assert.deepEqual(names, ["leiden", "gouda", "delft"]);
});

test("a page that is not full, and one over 1000, have no link", async () => {
  for (const query of ["limit=4", "limit=1001", "limit=0", ""]) {
    const { headers } = await world.send({ as: "ada", url: `${list}?${query}` });
    assert.equal(headers.link, undefined);
  }
});
