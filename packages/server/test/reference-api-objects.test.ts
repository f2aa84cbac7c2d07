/**
 * The reference API by rows of requests and answers: making, reading, changing and removing
 * objects, and looking them up.
 */
import { before } from "node:test";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const list = "/rest/v1/reference/extobjs";
const json = "application/json; charset=utf-8";
const id = "f199b9f2-016c-b30f-e345-50e54938780c";
const other = "00000000-0000-0000-0000-00000000000f";
const invalid = (field: string) => ({ error_code: 1413, error_details: { field } });
const post = { as: "ada", method: "POST", url: list } as const;
const patch = { as: "ada", method: "PATCH", url: `${list}/${id}` } as const;

before(() => {
  world.clock = Date.parse("2019-08-21T07:24:18.620Z");
});

const times = `"ct":"2019-08-21T07:24:18.620Z","lwt":"2019-08-21T07:24:18.620Z"`;
const made = `"opts":{"title":"Object 1"},"ext":{${times}`;

const creating: readonly Row[] = [
  {
    ...post,
    name: "an object is made with the id that was given, in lower case",
    body: { opts: { title: "Object 1" }, value: [1], type: "mytype", id: id.toUpperCase() },
    status: 200,
    text: `{"id":"${id}","type":"mytype","value":[1],${made}}}`,
    answers: { "content-type": json, etag: /^"\d+\.\d+"$/ },
    changes: 1,
  },
  {
    ...post,
    name: "an id that is there is refused",
    body: { type: "mytype", id },
    status: 409,
    text:
      '{"error_code":1402,"error_message":"id: taken by another entity","error_details":' +
      '{"field":"id","rule":"unique","message":"is taken by another entity"}}',
    answers: { "content-type": json },
    changes: 0,
  },
  {
    ...post,
    name: "an id is 8-4-4-4-12",
    body: { type: "t", id: "1" },
    status: 400,
    json: invalid("id"),
  },
  {
    ...post,
    name: "an id is a text",
    body: { type: "t", id: null },
    status: 400,
    json: invalid("id"),
  },
  { ...post, name: "a type is required", body: { value: 1 }, status: 400, json: invalid("type") },
  {
    ...post,
    name: "options are title, comment and user_tags",
    body: { type: "t", opts: { colour: "red" } },
    status: 400,
    json: invalid("opts.colour"),
  },
  { ...post, name: "no other field", body: { type: "t", x: 1 }, status: 400, json: invalid("x") },
  {
    ...post,
    name: "fields of the entity API are none here",
    body: { type: "t", owner: "x" },
    status: 400,
    json: invalid("owner"),
  },
  { ...post, name: "an array is no object", body: [], status: 400, json: { error_code: 1413 } },
  {
    ...post,
    name: "own keys of ext are kept, its times are the server's",
    body: { id: other, type: "other", ext: { ct: "1999", size: { b: 2 } }, opts: null },
    status: 200,
    text:
      `{"id":"${other}","type":"other","opts":{},"ext":{"ct":"2019-08-21T07:24:18.620Z",` +
      '"lwt":"2019-08-21T07:24:18.620Z","size":{"b":2}}}',
    changes: 1,
  },
  {
    ...post,
    as: "rita",
    name: "who may not POST reference/extobjs is refused before anything is read",
    body: "{",
    status: 403,
    json: { error_code: 1401 },
  },
];

const reading: readonly Row[] = [
  {
    as: "ada",
    url: `${list}/${id.toUpperCase()}`,
    name: "an object is read by its id in either case",
    status: 200,
    text: `{"id":"${id}","type":"mytype","value":[1],${made}}}`,
    answers: { "content-type": json, etag: /^"/ },
  },
  {
    as: "ada",
    url: `${list}/${id}?mask=opts,value,nothing,id`,
    name: "a mask chooses fields, in their order; unknown names mean nothing",
    status: 200,
    text: `{"id":"${id}","value":[1],"opts":{"title":"Object 1"}}`,
  },
  {
    as: "ada",
    url: `${list}/${other}?mask=ext.size.b,owner`,
    name: "a mask goes as deep as there are fields, and never to those that do not show",
    status: 200,
    text: '{"ext":{"size":{"b":2}}}',
  },
  {
    as: "ada",
    url: `${list}/${other}?flat=true`,
    name: "flat makes composite fields dotted keys",
    status: 200,
    text:
      `{"id":"${other}","type":"other","opts":{},"ext.ct":"2019-08-21T07:24:18.620Z",` +
      '"ext.lwt":"2019-08-21T07:24:18.620Z","ext.size.b":2}',
  },
  {
    as: "ada",
    url: `${list}/${id}?flat=x`,
    name: "flat is a bool",
    status: 400,
    json: invalid("flat"),
  },
  { as: "rita", url: `${list}/${id}`, name: "a reader of the same group sees it", status: 200 },
  {
    as: "bob",
    url: `${list}/${id}`,
    name: "another tenant does not, and hears what it would hear of nothing",
    status: 404,
    json: { error_code: 1404 },
    absent: ["mytype"],
  },
  {
    as: "ada",
    url: `${list}/nothing`,
    name: "no such id",
    status: 404,
    json: { error_code: 1404 },
  },
  {
    as: "nora",
    url: `${list}/${id}`,
    name: "who may not GET is refused",
    status: 403,
    json: { error_code: 1401 },
  },
];

const updating: readonly Row[] = [
  {
    ...patch,
    name: "a patch that changes nothing keeps the times and makes no change",
    body: { id, type: "mytype", opts: { title: "Object 1", comment: null }, ext: { lwt: "x" } },
    status: 200,
    text: `{"id":"${id}","type":"mytype","value":[1],${made}}}`,
    changes: 0,
  },
  {
    ...patch,
    name: "an id cannot be changed",
    body: { id: other },
    status: 400,
    json: invalid("id"),
  },
  {
    ...patch,
    name: "a type cannot be taken away",
    body: { type: null },
    status: 400,
    json: invalid("type"),
  },
  {
    ...patch,
    name: "a value is replaced whole, options one by one",
    body: { value: { a: 1 }, opts: { comment: "c", title: null }, ext: { own: [1] } },
    status: 200,
    json: { value: { a: 1 }, opts: { comment: "c" }, ext: { own: [1] } },
    absent: ["title"],
    changes: 1,
  },
  {
    ...patch,
    name: "null is a value",
    body: { value: null, opts: { title: "Object 1" } },
    status: 200,
    json: { value: null, opts: { comment: "c", title: "Object 1" } },
    changes: 1,
  },
  {
    ...patch,
    name: "a version that is not the present one is refused",
    headers: { "if-match": '"1.1"' },
    body: { value: 1 },
    status: 412,
    json: { error_code: 1406 },
  },
  {
    ...patch,
    name: "a list of operations is no patch here",
    headers: { "content-type": "application/json-patch+json" },
    body: "[]",
    status: 415,
    json: { error_code: 1405 },
  },
  {
    ...patch,
    as: "bob",
    name: "who does not see it cannot change it",
    body: { value: 2 },
    status: 404,
    json: { error_code: 1404 },
    changes: 0,
  },
];

const lookup = { as: "ada", method: "LOOKUP", url: list } as const;
const lookingUp: readonly Row[] = [
  { ...lookup, name: "LOOKUP by type", body: '"mytype"', status: 200, text: `["${id}"]` },
  { ...lookup, name: "LOOKUP by id", body: `"${id}"`, status: 200, text: `["${id}"]` },
  {
    ...lookup,
    name: "LOOKUP by id in upper case",
    body: `"${id.toUpperCase()}"`,
    status: 200,
    text: `["${id}"]`,
    answers: { "content-type": json },
  },
  {
    ...lookup,
    name: "LOOKUP that finds nothing",
    body: '"Mytype"',
    status: 404,
    text: '{"error_code":1404,"error_message":"Lookup failed"}',
    answers: { "content-type": json },
  },
  {
    ...lookup,
    as: "bob",
    name: "LOOKUP finds what the caller sees",
    body: '"mytype"',
    status: 404,
    text: '{"error_code":1404,"error_message":"Lookup failed"}',
  },
  { ...lookup, as: "rita", name: "a reader may LOOKUP", body: '"mytype"', status: 200 },
  { ...lookup, name: "LOOKUP by a number", body: "7", status: 404, json: { error_code: 1404 } },
  { ...lookup, name: "LOOKUP by an object", body: "{}", status: 400, json: { error_code: 1413 } },
  { ...lookup, name: "LOOKUP by nothing", status: 400, json: { error_code: 1405 } },
  {
    ...lookup,
    name: "LOOKUP by eleven megabytes",
    body: `"${"x".repeat(11_000_000)}"`,
    status: 413,
    json: { error_code: 1410 },
  },
  {
    ...lookup,
    method: "SEARCH",
    name: "SEARCH is LOOKUP",
    body: '"other"',
    status: 200,
    text: `["${other}"]`,
  },
  {
    ...lookup,
    method: "POST",
    headers: { "x-http-method-override": "LOOKUP" },
    name: "POST with an override is LOOKUP",
    body: '"other"',
    status: 200,
    text: `["${other}"]`,
  },
  {
    ...lookup,
    as: "nora",
    name: "LOOKUP needs a right",
    body: '"other"',
    status: 403,
    json: { error_code: 1401 },
  },
  {
    ...lookup,
    url: "/rest/v1/reference/cities",
    name: "LOOKUP in a store of entities",
    body: '"x"',
    status: 404,
    json: { error_code: 1404 },
  },
];

const removing: readonly Row[] = [
  {
    as: "ada",
    method: "DELETE",
    url: `//rest//v1/reference/extobjs/${other}/`,
    name: "an object is removed, and nothing is said",
    status: 204,
    text: "",
    answers: { "content-type": null },
    changes: 1,
  },
  {
    as: "ada",
    method: "DELETE",
    url: `${list}/${other}`,
    name: "once",
    status: 404,
    json: { error_code: 1404 },
  },
];

testRows(world, [...creating, ...reading, ...updating, ...lookingUp, ...removing]);
