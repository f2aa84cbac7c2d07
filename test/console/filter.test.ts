/**
 * What a table is asked for: search, conditions and expressions, in its address, in files, and for
 * all that fit.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { Stage, type Visit } from "./browser.ts";

let stage: Stage;
let visit: Visit;
let page: Page;
const many = 1_010;

before(async () => {
  stage = await Stage.open();
  await stage.create("stores", { name: "inns" });
  const inns = ["Anker", "Appel", "Arend", "Zwaan"].map((name, n) => ({ name, beds: 3 * n + 1 }));
  const init = { method: "POST", body: JSON.stringify(inns) };
  assert.equal((await stage.send("/inns", init)).status, 200);
  const rooms = Array.from({ length: many }, (_, n) => ({ name: `room ${n}`, even: n % 2 === 0 }));
  await stage.create("stores", { name: "rooms" });
  const more = { method: "POST", body: JSON.stringify(rooms) };
  assert.equal((await stage.send("/rooms", more)).status, 200);
  visit = await stage.visit();
  page = visit.page;
  await visit.signIn();
  await page.getByRole("menuitem", { name: "inns 4" }).waitFor();
});

after(() => stage.close());

beforeEach(async () => {
  await visit.open("/");
  await page.reload();
});

const button = (name: string | RegExp): Locator => page.getByRole("button", { name, exact: true });
const cell = (name: string): Locator => page.getByRole("gridcell", { name, exact: true });
const dialog = (): Locator => page.getByRole("dialog");
const shown = (count: string) => page.getByText(`${count} entit`, { exact: false }).waitFor();

async function writeExpression(text: string): Promise<void> {
  await button("Filter").click();
  await button("Write an expression").click();
  await dialog().locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
}

test("an expression is written with marks at its faults, and counts with the search", async () => {
  await visit.open("/#/stores/inns");
  await shown("4");
  await page.getByLabel("Search", { exact: true }).fill("a");
  await shown("3");
  await writeExpression('["and", ["larger", ["property", "beds"], 3]]');
  await dialog().getByRole("status").filter({ hasText: '"larger" is no operator' }).waitFor();
  await dialog().locator(".cm-lintRange-error").filter({ hasText: "larger" }).waitFor();
  assert.ok(await button("Apply").isDisabled());
  await dialog().locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText('{"beds": 4}');
  await button("Apply").click();
  await shown("1");
  await cell("Appel").waitFor();
  assert.deepEqual(visit.problems, []);
});

test("names of operators and fields are offered while one types", async () => {
  await visit.open("/#/stores/inns");
  await shown("4");
  await writeExpression("");
  await page.keyboard.type('["l');
  await page.getByRole("option", { name: '"like"' }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.type('ike", ["property", "be');
  await page.getByRole("option", { name: '"beds"' }).click();
  await dialog()
    .locator(".cm-content")
    .filter({ hasText: '["like", ["property", "beds"' })
    .waitFor();
  await dialog().getByText("begins with a text", { exact: false }).click();
  await button("Apply").click();
  await page.getByText("Nothing fits these filters").waitFor();
  await button("Clear filters").click();
  await shown("4");
  assert.deepEqual(visit.problems, []);
});

test("search, conditions, expression and order stand in the address, and in files", async () => {
  await visit.open("/#/stores/inns");
  await shown("4");
  await writeExpression('["like", ["property", "name"], "A*"]');
  await button("Apply").click();
  await shown("3");
  await button("Filter").click();
  await page.getByRole("combobox", { name: "Field" }).click();
  await page.getByRole("option", { name: "beds" }).click();
  await page.getByRole("combobox", { name: "Operator" }).click();
  await page.getByRole("option", { name: ">=" }).click();
  await page.getByLabel("Value").fill("4");
  await button("Add").click();
  await shown("2");
  await page.getByRole("columnheader", { name: "beds" }).getByRole("button").click();
  await page.getByRole("columnheader", { name: "beds" }).getByRole("button").click();
  await page.waitForURL(/sortBy=-beds/);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByText("2 entities").waitFor();
  // Rows are there before what stands in them.
  await other.getByRole("gridcell", { name: "Appel", exact: true }).waitFor();
  const names = other.locator("[role=row][aria-selected] > [role=gridcell]:nth-child(2)");
  assert.deepEqual(await names.allTextContents(), ["Arend", "Appel"]);
  await other.close();
  await button("Export").click();
  const coming = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "NDJSON" }).click();
  const lines = (await readFile(await (await coming).path(), "utf8")).trim().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).name),
    ["Arend", "Appel"],
  );
  await cell("Arend").click();
  await page.getByRole("tab", { name: "Code" }).waitFor();
  await page.goBack();
  await shown("2");
  assert.deepEqual(visit.problems, []);
});

test("all that fit are changed, with progress, and no others", async () => {
  await visit.open("/#/stores/rooms?where.name!=suite");
  await shown("1,010");
  const first = page.getByRole("row").nth(1).getByRole("checkbox");
  await first.check();
  await button("Select all 1,010").click();
  await page.getByText("1,010 selected").waitFor();
  await first.uncheck();
  await page.getByText("1,009 selected").waitFor();
  await button("Remove").click();
  await dialog().getByText("Remove 1,009 entities?").waitFor();
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await button("Edit").click();
  await page.getByRole("combobox", { name: "Field" }).click();
  await page.getByRole("option", { name: "name" }).click();
  await dialog().getByLabel("name").fill("suite");
  await button("Apply").click();
  await page.getByRole("progressbar", { name: "Changing" }).waitFor();
  const changing = page.getByRole("progressbar", { name: "Changing" });
  await changing.waitFor({ state: "detached", timeout: 300_000 });
  await page.getByText("1 entity", { exact: true }).waitFor();
  await cell("room 0").waitFor();
  const suites = await stage.find("/rooms?where.name=suite&limit=2000");
  assert.equal(suites.length, 1_009);
  assert.deepEqual(visit.problems, []);
});
