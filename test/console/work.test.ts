/**
 * Work on many entities at once, and on the server: changing and removing with undo, out into
 * files and in again, the feed of changes, copies of the database.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, beforeEach, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { Stage, until, type Visit } from "./browser.ts";

interface Note {
  readonly text: string;
  readonly colour: string;
}

let stage: Stage;
let visit: Visit;
let page: Page;

before(async () => {
  stage = await Stage.open();
  const properties = { text: { type: "string", minLength: 1 }, colour: { type: "string" } };
  const schema = { type: "object", properties, required: ["text"] };
  await stage.create("stores", { name: "notes", schema });
  for (let n = 1; n <= 5; n++) await stage.create("notes", { text: `note ${n}`, colour: "blue" });
  visit = await stage.visit();
  page = visit.page;
  await visit.signIn();
  await page.getByRole("menuitem", { name: "notes" }).waitFor();
});

after(() => stage.close());

beforeEach(async () => {
  await visit.open("/#/stores/notes");
  await row("note 3").waitFor();
});

const row = (text: string): Locator => page.getByRole("row").filter({ hasText: text });
const button = (name: string): Locator => page.getByRole("button", { name, exact: true });
const select = (text: string) => row(text).getByRole("checkbox").check();
const colours = async () => (await stage.find<Note>("/notes?limit=5")).map(({ colour }) => colour);

test("many are changed at once, and until then it can be undone", async () => {
  const paint = async (colour: string) => {
    await select("note 1");
    await select("note 2");
    await button("Edit").click();
    await page.getByRole("combobox", { name: "Field" }).click();
    await page.getByRole("option", { name: "colour" }).click();
    await page.getByLabel("colour").fill(colour);
    await button("Apply").click();
    await page.getByText("2 entities are being changed").waitFor();
  };
  await paint("red");
  await button("Undo").click();
  await page.getByText("2 entities are being changed").waitFor({ state: "detached" });
  assert.deepEqual(await colours(), ["blue", "blue", "blue", "blue", "blue"]);
  await paint("green");
  await page.keyboard.press("Escape");
  await until(async () => (await colours()).join() === "green,green,blue,blue,blue");
  await row("note 1").filter({ hasText: "green" }).waitFor();
  assert.deepEqual(visit.problems, []);
});

test("rows are walked through, selected and opened by keys", async () => {
  const named = (text: string) => page.getByRole("gridcell", { name: text, exact: true });
  await named("note 1").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Space");
  await row("note 2").getByRole("checkbox", { checked: true }).waitFor();
  assert.equal(await page.getByRole("checkbox", { checked: true }).count(), 1);
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  const id = page.getByTitle("All fields and values");
  await id.waitFor();
  const opening = page.context().waitForEvent("page");
  await id.click();
  const other = await opening;
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const copied = other.getByRole("button", { name: (await id.textContent()) ?? "" });
  // It is told for two seconds only.
  await Promise.all([other.getByText("Copied").waitFor(), copied.click()]);
  assert.equal(await other.evaluate("navigator.clipboard.readText()"), await id.textContent());
  await other.close();
  assert.deepEqual(visit.problems, []);
});

test("many are removed at once, and until then it can be undone", async () => {
  await select("note 4");
  await select("note 5");
  await button("Remove").click();
  await button("Undo").click();
  await page.getByText("2 entities are being removed").waitFor({ state: "detached" });
  assert.equal((await stage.find("/notes")).length, 5);
  await select("note 5");
  await button("Remove").click();
  await page.getByText("1 entity is being removed").waitFor();
  await page.keyboard.press("Escape");
  await row("note 5").waitFor({ state: "detached" });
  await until(async () => (await stage.find("/notes")).length === 4);
  assert.deepEqual(visit.problems, []);
});

test("what is shown goes out as CSV, JSON and NDJSON", async () => {
  await page.getByLabel("Search", { exact: true }).fill("note 3");
  await row("note 4").waitFor({ state: "detached" });
  const exported = async (format: string) => {
    await button("Export").click();
    const coming = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: format, exact: true }).click();
    const file = await coming;
    assert.equal(file.suggestedFilename(), `notes.${format.toLowerCase()}`);
    return readFile(await file.path(), "utf8");
  };
  assert.match(await exported("CSV"), /^_id,text,colour\r?\n\w{24},note 3,blue\r?\n$/);
  const [note, ...others] = JSON.parse(await exported("JSON")) as Note[];
  assert.deepEqual([note?.text, others.length], ["note 3", 0]);
  assert.equal((JSON.parse(await exported("NDJSON")) as Note).text, "note 3");
  assert.deepEqual(visit.problems, []);
});

test("a file comes in with a preview, progress, and a report of what was refused", async () => {
  await page.getByRole("link", { name: "Import" }).click();
  const lines = Array.from({ length: 900 }, (_, n) => `${n === 6 ? "" : `row ${n + 1}`};pink`);
  const buffer = Buffer.from(`text;colour\n${lines.join("\n")}\n`);
  const file = { name: "notes.csv", mimeType: "text/csv", buffer };
  await page.locator("input[type=file]").setInputFiles(file);
  const preview = page.getByRole("region", { name: "What the first rows would come to" });
  await preview.getByRole("cell", { name: "row 2", exact: true }).waitFor();
  assert.equal(await preview.getByText(/shorter|text: /).count(), 1);
  assert.equal((await stage.find("/notes?where.colour=pink")).length, 0);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("The import is done").waitFor();
  await page.getByText("900 rows: 899 created, 0 changed, 1 refused").waitFor();
  await page.getByRole("table", { name: "Problem" }).getByRole("cell", { name: "7" }).waitFor();
  const coming = page.waitForEvent("download");
  await button("Save the report").click();
  assert.match(await readFile(await (await coming).path(), "utf8"), /^row,code,message\n7,valid/);
  await page.getByRole("link", { name: "Open the table" }).click();
  await page.getByText("903 entities").waitFor();
  assert.deepEqual(visit.problems, []);
});

test("changes come live, the newest first, and wait while they are paused", async () => {
  await visit.open("/#/changes");
  await page.getByRole("link", { name: "row 900", exact: true }).waitFor();
  await stage.create("notes", { text: "fresh" });
  const lines = page.locator("tbody tr");
  await lines.first().filter({ hasText: "fresh" }).waitFor();
  await button("Pause").click();
  await stage.create("notes", { text: "later" });
  await page.getByText("1 change waits").waitFor();
  assert.equal(await page.getByRole("link", { name: "later", exact: true }).count(), 0);
  await button("Go on").click();
  await lines.first().filter({ hasText: "later" }).waitFor();
  await page.getByRole("combobox", { name: "Store" }).click();
  await page.getByRole("option", { name: "External objects" }).click();
  await page.getByText("Nothing here yet").waitFor();
  assert.deepEqual(visit.problems, []);
});

test("a copy of the database is made, taken away and removed", async () => {
  await visit.open("/#/backups");
  await button("Make a copy").click();
  await page.getByText("The copy is made").waitFor();
  const name = (await page.getByRole("rowheader").first().textContent()) ?? "";
  assert.match(name, /^stoa-.*\.db$/);
  const coming = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  const bytes = await readFile(await (await coming).path());
  assert.equal(bytes.subarray(0, 15).toString(), "SQLite format 3");
  await button("Remove").click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText(name, { exact: true }).waitFor({ state: "detached" });
  assert.deepEqual(visit.problems, []);
});
