/**
 * Lists of the reference API by rows: filter, mask, order, flat, offset and limit; and every error
 * that may come before a route is found.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const list = "/rest/v1/reference/extobjs";
const json = "application/json; charset=utf-8";
const ids: string[] = [];
for (const [at, title] of ["b", "a", "c"].entries()) {
  world.clock = Date.parse("2019-09-01T01:00:00Z") + at;
  const body = { type: at < 2 ? "x" : "y", value: { n: at }, opts: { title } };
  const { json: made } = await world.send({ as: "ada", method: "POST", url: list, body });
  ids.push(made.id);
}
world.clock += 5;
const touched = {
  as: "ada",
  method: "PATCH",
  url: `${list}/${ids[0]}`,
  body: { value: 9 },
} as const;
assert.equal((await world.send(touched)).status, 200);

const titled = (...titles: readonly string[]) =>
  titles.map((title) => `{"opts":{"title":"${title}"}}`).join("\n,\n");
const listed = (...titles: readonly string[]) => `[\n${titled(...titles)}\n]\n`;
const where = (filter: unknown) => `filter=${encodeURIComponent(JSON.stringify(filter))}`;
const ordered = (order: unknown) => `order=${encodeURIComponent(JSON.stringify(order))}`;
const property = (name: string) => ["property", name];

const found = (name: string, parameters: string, ...titles: readonly string[]): Row => ({
  name,
  as: "ada",
  url: `${list}?mask=opts&${parameters}`,
  status: 200,
  text: titles.length === 0 ? "[\n]\n" : listed(...titles),
});
const refused = (name: string, parameters: string, field: string): Row => ({
  name,
  as: "ada",
  url: `${list}?${parameters}`,
  status: 400,
  json: { error_code: 1413, error_details: { field } },
  answers: { "content-type": json },
});

const rows: readonly Row[] = [
  {
    name: "an item shows id, type, title and times, in this order",
    as: "ada",
    url: `${list}?limit=1`,
    status: 200,
    text:
      `[\n{"id":"${ids[0]}","type":"x","opts":{"title":"b"},` +
      '"ext":{"ct":"2019-09-01T01:00:00.000Z","lwt":"2019-09-01T01:00:00.007Z"}}\n]\n',
    answers: { "content-type": json },
  },
  {
    name: "a mask is cut to what lists show, and keeps their order",
    as: "ada",
    url: `${list}?limit=1&mask=value,ext.lwt,type,nothing,owner`,
    status: 200,
    text: '[\n{"type":"x","ext":{"lwt":"2019-09-01T01:00:00.007Z"}}\n]\n',
  },
  {
    name: "the id alone",
    as: "ada",
    url: `${list}?limit=1&mask=id`,
    status: 200,
    text: `[\n{"id":"${ids[0]}"}\n]\n`,
  },
  {
    name: "nothing that lists show",
    as: "ada",
    url: `${list}?limit=1&mask=value`,
    status: 200,
    text: "[\n{}\n]\n",
  },
  {
    name: "flat",
    as: "ada",
    url: `${list}?limit=1&flat=true&mask=id,opts,ext.ct`,
    status: 200,
    text: `[\n{"id":"${ids[0]}","opts.title":"b","ext.ct":"2019-09-01T01:00:00.000Z"}\n]\n`,
  },
  found("in the order of creation, unless something else is said", "", "b", "a", "c"),
  found("from an offset, up to a limit", "offset=1&limit=1", "a"),
  found("no more than nothing", "limit=0"),
  found("unknown parameters mean nothing", "where.type=x&sortBy=x&only=x", "b", "a", "c"),
  found("the object form, loosely", where({ type: "x", "value.n": "1" }), "a"),
  found("the array form, strictly", where(["==", property("value.n"), "1"])),
  found("a filter on the id", where({ id: ids[2] }), "c"),
  found("a filter on fields that do not show", where(["==", property("owner"), world.ids["ada"]])),
  found("a filter on a time", where([">", property("ext.ct"), "2019-09-01T01:00:00.001Z"]), "c"),
  found("every one", where({}), "b", "a", "c"),
  found("ordered by a field", ordered(["opts.title"]), "a", "b", "c"),
  found("backwards", ordered(["-opts.title"]), "c", "b", "a"),
  found("by several", ordered([{ type: "desc" }, { "opts.title": "ASC" }]), "c", "a", "b"),
  found("by the last change", ordered(["-ext.lwt", "id"]), "b", "c", "a"),
  found("by creation, backwards", ordered([{ "ext.ct": "desc" }]), "c", "a", "b"),
  { ...found("by type", "", "b", "a"), url: `${list}_by_type/x?mask=opts.title` },
  {
    ...found("by type and filter", "", "a"),
    url: `${list}_by_type/x?mask=opts&${where({ "opts.title": "a" })}`,
  },
  { ...found("a type that is percent-encoded", ""), url: `${list}_by_type/a%2Fb%20c/?limit=3` },
  { ...found("what another tenant has", ""), as: "bob" },
  refused("a limit over the largest", "limit=10001", "limit"),
  refused("a limit that is no number", "limit=-1", "limit"),
  refused("an offset that is no number", "offset=1.5", "offset"),
  refused("an order that is no array", 'order="type"', "order"),
  refused("an order that is no JSON", "order=type", "order"),
  refused("a direction that is none", ordered([{ type: "up" }]), "order[0]"),
  refused("an order by no path", ordered(["a..b"]), "order[0]"),
  refused("an order by too many", ordered(Array(9).fill("type")), "order"),
  refused("a filter that is no JSON", "filter={", "filter"),
  refused("an operator that is none", where(["regex", property("type"), "x"]), "filter"),
  refused("a filter that is too deep", where(nested(33)), `filter${"[1]".repeat(32)}`),
  refused("a filter of too many nodes", where(["||", ...Array(256).fill(true)]), "filter"),
  refused("a filter that is too long", where({ type: "x".repeat(8_200) }), "filter"),
  {
    name: "a list by type is only read",
    as: "ada",
    method: "DELETE",
    url: `${list}_by_type/x`,
    status: 405,
    json: { error_code: 1403 },
    answers: { allow: "GET, HEAD, OPTIONS" },
  },
  {
    name: "HEAD is GET without a body",
    as: "ada",
    method: "HEAD",
    url: list,
    status: 200,
    text: "",
  },
];

const before: readonly Row[] = [
  { name: "nobody", url: list, status: 401, json: { error_code: 1407 } },
  { name: "nobody, below", url: "/rest/v1/nothing", status: 401, json: { error_code: 1407 } },
  {
    name: "no such path",
    as: "ada",
    url: "/rest/v1/nothing",
    status: 404,
    json: { error_code: 1404 },
  },
  { name: "the root", as: "ada", url: "/rest/v1", status: 404, json: { error_code: 1404 } },
  {
    name: "no such store",
    as: "ada",
    url: "/rest/v1/reference/no",
    status: 404,
    json: { error_code: 1404 },
  },
  {
    name: "a store of entities",
    as: "ada",
    url: "/rest/v1/reference/cities",
    status: 404,
    json: { error_code: 1404 },
  },
  {
    name: "a verb that the path does not have",
    as: "ada",
    method: "PUT",
    url: list,
    status: 405,
    json: { error_code: 1403 },
    answers: { allow: "GET, POST, LOOKUP, HEAD, OPTIONS" },
  },
  {
    name: "OPTIONS says which it has",
    method: "OPTIONS",
    url: list,
    status: 200,
    answers: { allow: "GET, POST, LOOKUP, HEAD, OPTIONS" },
  },
  {
    name: "bad JSON",
    as: "ada",
    method: "POST",
    url: list,
    body: "{",
    status: 400,
    json: { error_code: 1405 },
  },
  {
    name: "bad UTF-8",
    as: "ada",
    method: "POST",
    url: list,
    body: Uint8Array.of(0x22, 0xff, 0x22),
    status: 400,
    json: { error_code: 1405 },
  },
  {
    name: "half of a surrogate pair",
    as: "ada",
    method: "POST",
    url: list,
    body: '{"type":"\\ud800"}',
    status: 400,
    json: { error_code: 1413, error_details: { field: "type", rule: "surrogate" } },
  },
  {
    name: "a number that fits no double",
    as: "ada",
    method: "POST",
    url: list,
    body: '{"type":"t","value":1e400}',
    status: 400,
    json: { error_code: 1413, error_details: { field: "value", rule: "number" } },
  },
  {
    name: "another content type",
    as: "ada",
    method: "POST",
    url: list,
    headers: { "content-type": "text/plain" },
    body: "{}",
    status: 415,
    json: { error_code: 1405 },
  },
  {
    name: "bad percent-encoding in the path",
    as: "ada",
    url: `${list}/%zz`,
    status: 400,
    json: { error_code: 1405 },
  },
  {
    name: "bad percent-encoding in a parameter",
    as: "ada",
    url: `${list}?filter=%ff`,
    status: 400,
    json: { error_code: 1405 },
  },
  {
    name: "an override of another verb",
    as: "ada",
    method: "POST",
    url: list,
    headers: { "x-http-method-override": "PUT" },
    status: 400,
    json: { error_code: 1405 },
  },
];

testRows(world, [...rows, ...before]);

const faults: readonly [name: string, bytes: string, status: number, number: number][] = [
  ["a verb that nobody knows", `FETCH ${list} HTTP/1.1\r\nHost: x\r\n\r\n`, 400, 1405],
  ["no host", `GET ${list} HTTP/1.1\r\nConnection: close\r\n\r\n`, 400, 1405],
  [
    "two lengths",
    `POST ${list} HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
    400,
    1405,
  ],
  [
    "a chunk that is none",
    `POST ${list} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
    400,
    1405,
  ],
];

for (const [name, bytes, status, number] of faults) {
  test(`${name}: ${status} and ${number}`, async () => {
    const [head = "", body = ""] = (await exchange(bytes)).split("\r\n\r\n");
    assert.match(head, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(head, /content-type: application\/json; charset=utf-8/i);
    assert.equal(JSON.parse(body).error_code, number);
  });
}

function nested(depth: number): unknown {
  let filter: unknown = true;
  for (let at = 0; at < depth; at++) filter = ["!", filter];
  return filter;
}

function exchange(bytes: string): Promise<string> {
  const { hostname, port } = new URL(world.url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}
