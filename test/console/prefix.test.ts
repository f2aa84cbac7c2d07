/**
 * The console below a path of a reverse proxy: everything it asks for stays below that path, and
 * nothing that happens is missed where the way is slow.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import type { Locator } from "playwright-core";
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
  const line = page.getByLabel("curl", { exact: true });
  await line.filter({ hasText: `'${proxy.url}/api/v1/notes?limit=3'` }).waitFor();
  await page.reload();
  await page.getByRole("menuitem", { name: "notes" }).waitFor();
  assert.deepEqual(proxy.strays, []);
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

test("what happens before the page can hear of changes is seen once it can", async () => {
  await stage.create("stores", { name: "birds" });
  const { _id } = await stage.create("birds", { text: "wren" });
  const visit = await stage.visit({}, proxy.url);
  const { page } = visit;
  await visit.signIn();
  await page.getByRole("menuitem", { name: "birds" }).waitFor();
  /** Loads a page anew, changes something behind its back, and lets it hear only then. */
  const unheard = async (path: string, shown: Locator, fields: object, coming: Locator) => {
    const release = proxy.holdSockets();
    await visit.open(path);
    await page.reload();
    await shown.waitFor();
    await stage.change("birds", _id, fields);
    await stage.create("birds", { text: "other" });
    release();
    await coming.waitFor();
  };
  const cell = (name: string) => page.getByRole("gridcell", { name, exact: true });
  const value = (text: string) => page.locator(`input[value="${text}"]`);
  const figure = (n: number) => page.getByRole("menuitem", { name: `birds ${n}` });
  await unheard("/#/stores/birds", cell("wren"), { text: "robin" }, cell("robin"));
  await page.getByText("2 entities").waitFor();
  await unheard(`/#/stores/birds/${_id}`, value("robin"), { text: "crow" }, value("crow"));
  await unheard("/#/tokens", figure(3), { text: "rook" }, figure(4));
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

test("an answer that is older than what was heard does not stay", async () => {
  await stage.create("stores", { name: "fish" });
  const { _id } = await stage.create("fish", { text: "carp" });
  const visit = await stage.visit();
  const { page } = visit;
  await visit.signIn();
  await page.getByRole("menuitem", { name: "fish 1" }).waitFor();
  const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
  page.on("websocket", (socket) =>
    socket.on("framereceived", ({ payload }) => {
      if (/"change",.*pike/.test(String(payload))) hear();
    }),
  );
  let kept = 0;
  await page.route("**/api/v1/fish?*limit=100*", async (route) => {
    const answer = await route.fetch();
    if (kept++ === 0) {
      await stage.change("fish", _id, { text: "pike" });
      await heard;
      // What was heard is put in place a moment later, by the clock of the page.
      await page.evaluate("new Promise((placed) => setTimeout(placed, 300))");
    }
    await route.fulfill({ response: answer });
  });
  await visit.open("/");
  await page.reload();
  await page.getByRole("menuitem", { name: "fish 1" }).click();
  await page.getByRole("gridcell", { name: "pike" }).waitFor();
  assert.ok(kept > 1);
  assert.deepEqual(visit.problems, []);
  await visit.close();
});
