/**
 * The examples that the published contract of the reference API prints, one after the other: the
 * answers have the same status, type, fields and order of fields. Ids and times aside, which the
 * contract itself prints now so and now so.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { createWorld } from "./api-table.ts";

const world = await createWorld();
const examples = examplesOf(readFileSync(new URL("extobjs-examples.txt", import.meta.url), "utf8"));

/** What the answers of the lists show besides the object that the first example makes. */
const others = [
  { type: "newType", opts: { title: "Object 75" } },
  { type: "mytype", opts: { title: "Object 2" } },
];

before(() => assert.equal(examples.length, 8));

for (const [at, { method, url, headers, body, answer }] of examples.entries()) {
  test(`example ${at + 1}: ${method} ${url} answers ${answer.status}`, async () => {
    if (at === 1) for (const other of others) await create(other);
    // The last example repeats the one before it, for a key that nobody has.
    const sent = at === examples.length - 1 ? '"nothing"' : body;
    const got = await world.send({
      as: "ada",
      method,
      url,
      headers: { ...headers },
      ...(sent !== "" && { body: sent }),
    });
    assert.equal(got.status, answer.status, got.text);
    assert.equal(got.headers["content-type"], answer.headers["content-type"]?.toLowerCase());
    if (answer.body === "") assert.equal(got.text, "");
    else assert.equal(form(got.text), form(answer.body));
    world.clock += 60_000;
  });
}

async function create(object: object): Promise<void> {
  world.clock += 1_000;
  const sent = {
    as: "ada",
    method: "POST",
    url: "/rest/v1/reference/extobjs",
    body: object,
  } as const;
  assert.equal((await world.send(sent)).status, 200);
}

/** The text of the value, with its fields in their order, and words for ids and times. */
function form(text: string): string {
  return JSON.stringify(JSON.parse(text))
    .replace(/"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, '"an id"')
    .replace(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,3}Z"/g, '"a time"');
}

interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Example extends Message {
  readonly method: string;
  readonly url: string;
  readonly answer: Message & { readonly status: number };
}

/** Blocks `=== request` and `=== answer`, each as it stands on the wire. */
function examplesOf(text: string): Example[] {
  const pairs = text.split("=== request\n").slice(1);
  return pairs.map((pair) => {
    const [request = "", answer = ""] = pair.split("=== answer\n");
    const sent = messageOf(request);
    const got = messageOf(answer);
    const [method = "", url = ""] = sent.first.split(" ");
    return { method, url, ...sent, answer: { ...got, status: Number(got.first.split(" ")[1]) } };
  });
}

function messageOf(text: string): Message & { readonly first: string } {
  const [head = "", ...rest] = text.split("\n\n");
  const [first = "", ...lines] = head.trim().split("\n");
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(": ");
    return [line.slice(0, at).toLowerCase(), line.slice(at + 2)];
  });
  return { first, headers: Object.fromEntries(headers), body: rest.join("\n\n").trim() };
}
