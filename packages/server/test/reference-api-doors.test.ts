/**
 * Objects of the reference API through the doors of the entity API, stores of their kind that one
 * has made oneself, and signing in with the words of this API.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, password, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const list = "/rest/v1/reference/extobjs";
const id = "f199b9f2-016c-b30f-e345-50e54938780c";
world.clock = Date.parse("2019-08-21T07:24:18.620Z");

const entities = "/api/v1/extobjs";
const elsewhere: readonly Row[] = [
  {
    as: "ada",
    url: `${entities}/${id}`,
    name: "in the entity API the same object has the common fields",
    status: 200,
    json: { _id: id, group: "{north}", access: [], type: "mytype", opts: { comment: "c" } },
  },
  {
    as: "ada",
    method: "PATCH",
    url: `${entities}/${id}`,
    name: "a patch there merges as here",
    body: { value: { b: 2 }, ext: { own: null, ct: "x" } },
    status: 200,
    json: { value: { b: 2 }, ext: { ct: "2019-08-21T07:24:18.620Z" } },
    absent: ['own"'],
    changes: 1,
  },
  {
    as: "ada",
    method: "PATCH",
    url: `${entities}/${id}`,
    name: "operations there cannot change the times",
    headers: { "content-type": "application/json-patch+json" },
    body: '[{"op":"remove","path":"/ext"},{"op":"replace","path":"/type","value":"mytype2"}]',
    status: 200,
    json: { type: "mytype2", ext: { ct: "2019-08-21T07:24:18.620Z" } },
    changes: 1,
  },
  {
    as: "ada",
    method: "POST",
    url: entities,
    name: "what is made there has the same shape",
    body: { value: 1 },
    status: 400,
    json: { details: [{ path: "type", rule: "required" }] },
  },
  {
    as: "ada",
    url: `${entities}?filter=["==",["property","type"],"mytype2"]&only=type`,
    name: "the language of filters is the same there",
    status: 200,
    json: [{ _id: id, type: "mytype2" }],
  },
  {
    as: "ada",
    method: "POST",
    url: `${entities}/${id}/access`,
    name: "an object is granted there",
    body: { grant: ["{rita}"] },
    status: 200,
    json: { access: ["{rita}"] },
  },
  {
    as: "ada",
    url: `${list}/${id}`,
    name: "and looks here as before",
    status: 200,
    absent: ["access", "owner", "_id"],
  },
];

const own: readonly Row[] = [
  {
    as: "admin",
    method: "POST",
    url: "/api/v1/stores",
    name: "a store of this kind is made by its definition",
    body: { name: "notes", flavour: "reference" },
    status: 200,
  },
  {
    as: "ada",
    method: "POST",
    url: "/rest/v1/reference/notes",
    name: "and is there at once",
    body: { type: "a" },
    status: 200,
    json: { type: "a" },
  },
  {
    as: "ada",
    url: "/rest/v1/reference/notes_by_type/a",
    name: "its lists by type too",
    status: 200,
    json: [{ type: "a" }],
  },
  {
    as: "admin",
    method: "POST",
    url: "/api/v1/stores",
    name: "it takes no schema",
    body: { name: "more", flavour: "reference", schema: {} },
    status: 400,
    json: { details: [{ path: "schema", rule: "flavour" }] },
  },
  {
    as: "admin",
    method: "DELETE",
    url: "/api/v1/stores/{extobjs}?confirm=extobjs",
    name: "extobjs can be removed",
    status: 200,
  },
  { as: "ada", url: list, name: "and is gone then", status: 404, json: { error_code: 1404 } },
];

const sessions = "/rest/v1/iam/sessions";
const credentials = { login: "ada", pwd: password };
const signingIn: readonly Row[] = [
  {
    method: "POST",
    url: sessions,
    name: "signing in gives the cookie of the entity API",
    body: credentials,
    status: 200,
    json: { session_type: "cookie", ct: "2019-08-21T07:24:18.620Z" },
    answers: { "set-cookie": /^sid=[\w-]+; Path=\/; Expires=.*; HttpOnly; SameSite=Lax$/ },
    absent: ["session_token"],
  },
  {
    method: "POST",
    url: sessions,
    name: "or a token, and no cookie",
    body: { ...credentials, session_type: "token" },
    status: 200,
    json: { session_type: "token" },
    answers: { "set-cookie": null },
  },
  {
    method: "POST",
    url: sessions,
    name: "a wrong password",
    body: { ...credentials, pwd: "wrong" },
    status: 401,
    json: { error_code: 1407 },
  },
  {
    method: "POST",
    url: sessions,
    name: "a password that is none",
    body: { login: "ada" },
    status: 400,
    json: { error_code: 1413, error_details: { field: "pwd" } },
  },
  {
    method: "POST",
    url: sessions,
    name: "a session of another type",
    body: { ...credentials, session_type: "x" },
    status: 400,
    json: { error_code: 1413, error_details: { field: "session_type" } },
  },
  {
    method: "POST",
    url: sessions,
    headers: { origin: "https://elsewhere.example.org" },
    name: "from a page elsewhere",
    body: credentials,
    status: 403,
    json: { error_code: 1401 },
  },
  { url: sessions, name: "sessions are not listed here", status: 405, json: { error_code: 1403 } },
  {
    as: "ada",
    url: `${sessions}/current`,
    name: "the current session says who one is",
    status: 200,
    json: { session_type: "token", user: "{ada}", login: "ada", role: "member" },
  },
  { url: `${sessions}/current`, name: "nobody has none", status: 401, json: { error_code: 1407 } },
];

const stores = await world.send({ as: "admin", url: "/api/v1/stores?where.name=extobjs" });
Object.assign(world.ids, { extobjs: stores.json[0]._id });
await world.send({
  as: "ada",
  method: "POST",
  url: list,
  body: { id, type: "mytype", opts: { comment: "c" }, ext: { own: 1 } },
});

testRows(world, [...elsewhere, ...signingIn, ...own]);

test("a cookie and a token of this API open both, until the session is ended", async () => {
  for (const type of ["cookie", "token"]) {
    const body = { ...credentials, session_type: type };
    const { headers, json } = await world.send({ method: "POST", url: sessions, body });
    const [cookie = ""] = String(headers["set-cookie"]).split(";");
    const shown: Record<string, string> =
      type === "cookie" ? { cookie } : { authorization: `Bearer ${json.session_token}` };
    const status = async (url: string, method = "GET") =>
      (await world.send({ method, url, headers: shown })).status;
    const urls = [`${sessions}/current`, "/api/v1/auth", "/api/v1/cities"];
    for (const url of urls) assert.equal(await status(url), 200, `${type} ${url}`);
    assert.equal(await status(`${sessions}/current`, "DELETE"), 204);
    for (const url of urls) assert.equal(await status(url), 401, `${type} ${url}`);
  }
});

test("scopes of a token are those of the reference routes", async () => {
  const scopes = ["LOOKUP reference/extobjs", "GET reference/notes/*"];
  const body = { name: "narrow", scopes };
  const { json } = await world.send({ as: "ada", method: "POST", url: "/api/v1/tokens", body });
  const headers = { authorization: `Bearer ${json.token}` };
  const status = async (method: string, url: string) =>
    (await world.send({ method, url, headers, body: method === "GET" ? undefined : '"a"' })).status;
  assert.equal(await status("GET", "/rest/v1/reference/notes"), 200);
  assert.equal(await status("GET", "/rest/v1/reference/notes_by_type/a"), 200);
  assert.equal(await status("LOOKUP", "/rest/v1/reference/notes"), 403);
  assert.equal(await status("GET", "/api/v1/notes"), 403);
  assert.equal(await status("GET", list), 403);
  assert.equal(await status("LOOKUP", list), 404);
});
