/**
 * The README is true: the sample of all cities is loaded as it says, and each of its queries
 * gives the output that it shows.
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Program } from "./program.ts";

const password = "correct horse";
const page = await readFile(new URL("../README.md", import.meta.url), "utf8");
const shown = [...page.matchAll(/```sh\n(curl .*)\n```\n```json\n([\s\S]*?)```/g)].map(
  ([, command = "", output = ""]) => ({ command, output }),
);

let folder = "";
let server: Program;
let url = "";
let token = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stoa-readme-"));
  const env = { STOA_ADMIN_PASSWORD: password };
  server = Program.node(["--port", "0", "--data", folder], env);
  url = await server.ready();
  token = await server.signIn(password);
});

after(async () => {
  assert.equal(await server.stop("SIGTERM"), 0);
  await rm(folder, { recursive: true });
});

test("the sample loads all cities, says how many, and a second run adds none", async () => {
  const sample = () =>
    new Program(process.execPath, ["scripts/sample.ts", "cities", "--url", url], {
      STOA_ADMIN_PASSWORD: password,
    });
  const first = sample();
  assert.equal(await first.exit(), 0, first.errors);
  assert.match(first.output, /171,075 cities in [\d.]+ s, [\d,]+ per second/);
  const second = sample();
  assert.equal(await second.exit(), 0, second.errors);
  const { total } = JSON.parse(await get("/api/v1/cities?meta=count")) as { total: number };
  assert.equal(total, 171_075);
});

test("everything at once is valid JSON, a line for each city, and the memory stays", async () => {
  const text = await get("/api/v1/cities?nolimit=true");
  const lines = text.split("\n");
  assert.equal(lines[0], "[");
  assert.deepEqual(lines.slice(-2), ["]", ""]);
  assert.equal(lines.filter((line) => line.startsWith("{")).length, 171_075);
  assert.equal((JSON.parse(text) as unknown[]).length, 171_075);
  const before = await anonymousKiB();
  for (let run = 0; run < 3; run++) await get("/api/v1/cities?nolimit=true");
  const grown = (await anonymousKiB()) - before;
  assert.ok(grown < 50 * 1024, `${grown} KiB`);
});

for (const { command, output } of shown) {
  test(`${/'(http\S+)'|(http\S+)/.exec(command)?.[0]} gives what the README shows`, async () => {
    assert.equal(masked(await run(command)), masked(output));
  });
}

test("the README shows queries", () => assert.ok(shown.length >= 5, `${shown.length}`));

/** The few words of curl that the README uses. */
async function run(command: string): Promise<string> {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare);
  const headers: [string, string][] = [];
  let address = "";
  let body: string | null = null;
  for (let at = 1; at < words.length; at++) {
    const word = filled(words[at] as string);
    if (word === "-H") headers.push(filled(words[++at] as string).split(": ") as [string, string]);
    else if (word === "-d") body = filled(words[++at] as string);
    else if (word !== "-s") address = word;
  }
  const method = body === null ? "GET" : "POST";
  return (await fetch(address, { method, headers, body })).text();
}

function filled(word: string): string {
  return word
    .replace("http://127.0.0.1:8080", url)
    .replace("<password>", password)
    .replace("<token>", token);
}

/** Without what differs each time. */
function masked(text: string): string {
  return text
    .trim()
    .replace(/[0-9a-f]{24}/g, "<id>")
    .replace(/"?\b1\d{12}\b"?/g, '"<time>"')
    .replace(/"token":"[^"]*"/, '"token":"<token>"')
    .replace(/"n":\d+/, '"n":"<n>"');
}

async function get(path: string): Promise<string> {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  return answer.text();
}

/** Memory of the server that no file stands behind; 0 where the system does not say. */
async function anonymousKiB(): Promise<number> {
  const status = await readFile(`/proc/${server.id}/status`, "utf8").catch(() => "");
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0);
}
