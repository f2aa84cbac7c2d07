/**
 * The console's files as a browser gets them: types, codings, what may be kept, what a page may
 * load; and what is no file of the console.
 */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Stoa, startStoa } from "../src/app/wire.ts";

let folder = "";
let stoa: Stoa;
const script = "console.log('here')";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stoa-console-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<!doctype html><title>Stoa</title>");
  await writeFile(join(folder, "assets", "index-4f2a.js"), script);
  await writeFile(join(folder, "assets", "index-4f2a.js.gz"), gzipSync(script));
  await writeFile(join(folder, ".made-of"), "secret");
  const where = { host: "127.0.0.1", port: 0, data: "memory" };
  const person = { adminLogin: "admin", adminPassword: "correct horse" };
  stoa = await startStoa({ ...where, ...person, consoleFiles: folder });
});

after(async () => {
  await stoa.close();
  await rm(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(stoa.url + path, { headers: { "accept-encoding": "identity", ...headers } });

test("the page is at / and may load nothing from elsewhere", async () => {
  const answer = await get("/");
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(answer.headers.get("cache-control"), "no-cache");
  const policy = answer.headers.get("content-security-policy") ?? "";
  assert.match(policy, /script-src 'self';/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.match(await answer.text(), /<title>Stoa/);
});

test("what has its content in its name may be kept for good", async () => {
  const answer = await get("/assets/index-4f2a.js");
  assert.equal(answer.headers.get("cache-control"), "public, max-age=31536000, immutable");
  assert.equal(answer.headers.get("content-encoding"), null);
  assert.equal(await answer.text(), script);
});

test("a browser that takes gzip gets the bytes that were compressed before", async () => {
  const answer = await get("/assets/index-4f2a.js", { "accept-encoding": "br, gzip;q=0.5" });
  assert.equal(answer.headers.get("content-encoding"), "gzip");
  assert.equal(answer.headers.get("vary"), "Accept-Encoding");
  assert.equal(answer.headers.get("content-length"), String(gzipSync(script).length));
  assert.equal(await answer.text(), script);
  assert.equal(gunzipSync(gzipSync(script)).toString(), script);
  const refused = await get("/assets/index-4f2a.js", { "accept-encoding": "gzip;q=0" });
  assert.equal(refused.headers.get("content-encoding"), null);
  await refused.text();
});

for (const path of ["/.made-of", "/assets/..%2f.made-of", "/assets/", "/assets/x.js", "/etc"]) {
  test(`${path} is no file of the console`, async () => {
    const answer = await get(path);
    assert.equal(answer.status, 404);
    assert.doesNotMatch(await answer.text(), /secret/);
  });
}

test("a file can only be read", async () => {
  const answer = await fetch(`${stoa.url}/`, { method: "POST", body: "{}" });
  assert.equal(answer.status, 405);
  assert.equal(answer.headers.get("allow"), "GET, HEAD, OPTIONS");
  await answer.text();
});

test("without a built console there is nothing at /, and the APIs answer", async () => {
  const where = { host: "127.0.0.1", port: 0, data: "memory", adminLogin: "admin" };
  const alone = await startStoa({ ...where, consoleFiles: join(folder, "missing") });
  const answers = await Promise.all(["/", "/healthz"].map((path) => fetch(alone.url + path)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 200],
  );
  await Promise.all(answers.map((answer) => answer.text()));
  await alone.close();
});
