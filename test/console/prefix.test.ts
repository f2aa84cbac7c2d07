/**
 * The console below a path of a reverse proxy: everything it asks for stays below that path.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { Stage } from "./browser.ts";
import { type PrefixProxy, prefixProxy } from "./prefix-proxy.ts";

let stage: Stage;
let proxy: PrefixProxy;

before(async () => {
  stage = await Stage.open();
  proxy = await prefixProxy(stage.url, "/tools/stoa");
});

after(async () => {
  await proxy.close();
  await stage.close();
});

test("the console works below a path of a reverse proxy, live changes and files too", async () => {
  await stage.create("stores", { name: "notes" });
  const { _id } = await stage.create("notes", { text: "one" });
  const visit = await stage.visit({}, proxy.url);
  const { page } = visit;
  page.setDefaultTimeout(20_000);
  await visit.signIn();
  await page.getByRole("menuitem", { name: "notes" }).click();
  await page.getByRole("gridcell", { name: "one" }).waitFor();
  await stage.change("notes", _id, { text: "two" });
  await page.getByRole("gridcell", { name: "two" }).waitFor();
  await page.getByRole("button", { name: "Export" }).click();
  const coming = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "NDJSON" }).click();
  assert.match(await readFile(await (await coming).path(), "utf8"), /"text":"two"/);
  await page.getByRole("gridcell", { name: "two" }).click();
  await page.getByText(`GET /tools/stoa/api/v1/notes/${_id}`).waitFor();
  await visit.open("/#/start");
  const line = await page.getByLabel("curl", { exact: true }).first().textContent();
  assert.equal(line?.includes(`'${proxy.url}/api/v1/notes?limit=3'`), true, line ?? "");
  await page.reload();
  await page.getByRole("menuitem", { name: "notes" }).waitFor();
  assert.deepEqual(proxy.strays, []);
  assert.deepEqual(visit.problems, []);
  await visit.close();
});
