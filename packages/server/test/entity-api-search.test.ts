/** The entity API over HTTP: `search=`, and what a store must declare for it. */
import assert from "node:assert/strict";
import { createWorld, type Row, testRows } from "./api-table.ts";

const world = await createWorld();
const list = "/api/v1/inns";

async function made(as: "admin" | "ada" | "bob", store: string, body: object): Promise<string> {
  const { status, json, text } = await world.send({
    as,
    method: "POST",
    url: `/api/v1/${store}`,
    body,
  });
  assert.equal(status, 200, text);
  return json._id;
}

const store = await made("admin", "stores", { name: "inns", search: ["name", "address"] });
const inns = {
  anchor: { name: "Het Gouden Anker", address: { city: "Delft" }, beds: 4 },
  view: { name: "Café Delfzicht", note: "anker", address: { city: "Gouda" }, beds: 2 },
};
const ids = {
  anchor: await made("ada", "inns", inns.anchor),
  view: await made("ada", "inns", inns.view),
};
await made("bob", "inns", { name: "Secret Delft" });

const found = (name: string, query: string, ...names: (keyof typeof inns)[]): Row => {
  const lines = names.map((each) => `{"_id":"${ids[each]}","beds":${inns[each].beds}}`);
  const text = lines.length === 0 ? "[\n]\n" : `[\n${lines.join("\n,\n")}\n]\n`;
  return { name, as: "ada", url: `${list}?only=beds&${query}`, status: 200, text };
};

const refused = (query: string, rule: string): Row => ({
  name: `${query.slice(0, 20)} is refused: ${rule}`,
  as: "ada",
  url: `${list}?${query}`,
  status: 400,
  json: { success: false, code: "400", details: [{ path: "search", rule }] },
});

const counted = (name: string, as: "ada" | "admin", query: string, text: string): Row => {
  return { name, as, url: `${list}?${query}`, status: 200, text };
};

testRows(world, [
  found("a search finds words at any depth below a path", "search=delft", "anchor"),
  found("a star finds what begins so", "search=delf*", "anchor", "view"),
  found("accents and case mean nothing", "search=CAFE", "view"),
  found("all words must be there", "search=gouden+delft", "anchor"),
  found("fields that are not declared are not searched", "search=anker", "anchor"),
  found("what no entity has gives an empty list", "search=rotterdam"),
  found("what others have is not found", "search=secret"),
  found(
    "a search goes with filters and an order",
    "search=delf*&sortBy=beds&where.beds<9",
    "view",
    "anchor",
  ),
  found("a search goes in pages", "search=delf*&offset=1&limit=1", "view"),
  counted(
    "a count under a search is of what one sees",
    "ada",
    "search=delf*&meta=count",
    '{"success":true,"total":2}',
  ),
  counted(
    "nothing of others' words shows in a count",
    "ada",
    "search=secret&meta=true",
    '{"success":true,"total":0,"first":null,"last":null}',
  ),
  counted(
    "who sees more finds more",
    "admin",
    "search=delft&meta=count",
    '{"success":true,"total":2}',
  ),
  refused("search=", "words"),
  refused("search=-*", "words"),
  refused(`search=${"a".repeat(1_001)}`, "maxLength"),
  refused("search=a&search=b", "once"),
  {
    name: "a store that declares nothing is not searched, and says what would help",
    as: "ada",
    url: "/api/v1/cities?search=delft",
    status: 400,
    json: {
      details: [
        {
          path: "search",
          rule: "unsupported",
          message: 'cities declares no fields to search; its definition does, by "search": [..]',
        },
      ],
    },
  },
  {
    name: "fields of the server are not declared for search",
    as: "admin",
    method: "PATCH",
    url: `/api/v1/stores/${store}`,
    body: { search: ["name", "owner"] },
    status: 400,
    json: { details: [{ path: "search.1", rule: "system" }] },
    changes: 0,
  },
  {
    name: "an entity with too many words for a search is refused",
    as: "ada",
    method: "POST",
    url: list,
    body: { name: many(8_001) },
    status: 400,
    json: { details: [{ path: "name address", rule: "words" }] },
    changes: 0,
  },
  {
    name: "in a field that is not searched it may have them",
    as: "ada",
    method: "POST",
    url: list,
    body: { note: many(8_001) },
    status: 200,
    changes: 1,
  },
  {
    name: "what is there must be searchable before it is searched",
    as: "admin",
    method: "PATCH",
    url: `/api/v1/stores/${store}?enforce=true`,
    body: { search: ["name", "note"] },
    status: 409,
    json: { details: [{ path: "search", rule: "violations", message: "1" }] },
    changes: 0,
  },
  {
    name: "other fields may be declared later",
    as: "admin",
    method: "PATCH",
    url: `/api/v1/stores/${store}`,
    body: { search: ["address"] },
    status: 200,
    changes: 1,
  },
  found("and count at once", "search=delf*", "anchor"),
]);

function many(count: number): string {
  return Array.from({ length: count }, (_, at) => `w${at}`).join(" ");
}
