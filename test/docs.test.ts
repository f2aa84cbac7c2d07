/**
 * The examples of the documentation are true: each page runs against an empty server of its own.
 */
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { observer } from "../packages/server/src/app/observe.ts";
import { startStoa } from "../packages/server/src/app/wire.ts";
import { type Example, examplesOf, Seen } from "./doc-examples.ts";

const docs = new URL("../docs/", import.meta.url);
const pages = (await readdir(docs)).filter((name) => name.endsWith(".md"));
const administrator = { login: "admin", password: "correct horse" };

let ran = 0;
for (const page of pages) {
  const examples = examplesOf(await readFile(new URL(page, docs), "utf8"));
  if (examples.length > 0) test(`the examples of docs/${page} are true`, () => runPage(examples));
  ran += examples.length;
}

test("the documentation has examples", () => assert.ok(ran >= 20, `${ran}`));

async function runPage(examples: readonly Example[]): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), "stoa-docs-"));
  const { login: adminLogin, password: adminPassword } = administrator;
  const where = { host: "127.0.0.1", port: 0, data };
  const observing = observer({ level: "silent" });
  const stoa = await startStoa({ ...where, adminLogin, adminPassword, ...observing });
  try {
    const authorization = `Bearer ${await signIn(stoa.url)}`;
    const seen = new Seen();
    for (const example of examples) await runExample(stoa.url, authorization, seen, example);
  } finally {
    await stoa.close();
    await rm(data, { recursive: true });
  }
}

async function signIn(url: string): Promise<string> {
  const body = JSON.stringify(administrator);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/api/v1/auth/token`, { method: "POST", headers, body });
  return ((await answer.json()) as { token: string }).token;
}

async function runExample(url: string, authorization: string, seen: Seen, example: Example) {
  const { method, body, line } = example;
  const headers = { authorization, "content-type": "application/json", ...example.headers };
  const response = await fetch(url + encodeURI(seen.fill(example.url)), {
    method,
    headers,
    ...(body && { body: seen.fill(body) }),
  });
  const answer: unknown = await response.json();
  assert.equal(response.status, example.status, `line ${line}: ${JSON.stringify(answer)}`);
  assert.deepEqual(seen.differences(example.answer, answer), [], `line ${line}`);
}
