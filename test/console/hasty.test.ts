/**
 * What somebody does who is quicker than the server or the page: clicks twice, goes on while
 * something is being done, opens while still searching. Each thing is done once, and nobody is led
 * astray.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { holds, Stage, until, type Visit } from "./browser.ts";

interface Inn {
  readonly name: string;
  readonly beds: number;
}

let stage: Stage;
let visit: Visit;
let page: Page;
let anchor: string;
let swan: string;

before(async () => {
  stage = await Stage.open();
  const text = { type: "string" };
  const next = { ...text, "x-ref": "inns" };
  const properties = { name: text, beds: { type: "integer" }, next };
  await stage.create("stores", { name: "inns", schema: { type: "object", properties } });
  swan = (await stage.create("inns", { name: "De Zwaan", beds: 4 }))._id;
  anchor = (await stage.create("inns", { name: "Anker", beds: 9, next: swan }))._id;
});

after(() => stage.close());

beforeEach(async () => {
  visit = await stage.visit();
  page = visit.page;
  await visit.signIn();
  await page.getByRole("menuitem", { name: "inns" }).waitFor();
});

afterEach(() => visit.close());

const button = (name: string): Locator => page.getByRole("button", { name, exact: true });
const menu = (name: string): Locator => page.getByRole("menuitem", { name });
const field = (name: string): Locator => page.getByRole("textbox", { name, exact: true });
const shown = (value: string): Locator => page.locator(`input[value="${value}"]`).first();
const dialog = (): Locator => page.getByRole("dialog");
const cell = (name: string): Locator => page.getByRole("gridcell", { name, exact: true });

/** As a slow network does: what is sent so waits until it is let through. */
async function hold(method: string, path: string): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(path, async (route) => {
    if (route.request().method() === method) await promise;
    await route.continue();
  });
  return resolve;
}

test("a tab that is clicked at the very moment of being saved opens", async () => {
  await page.addInitScript(holdPatches);
  await visit.open(`/#/stores/inns/${swan}`);
  await page.reload();
  await field("name").fill("De Witte Zwaan");
  await button("Save").click();
  await until(() => page.evaluate<boolean>("window.held !== undefined"));
  await page.evaluate("document.querySelector('[role=tab][href$=history]').click(); held()");
  await page.getByText("Created").waitFor();
  assert.equal(await dialog().count(), 0);
  assert.deepEqual(visit.problems, []);
});

/** In the page: what a PATCH was answered is handed over by `held()`. */
const holdPatches = `{
  const send = window.fetch;
  window.fetch = async (...request) => {
    const answer = await send(...request);
    if (request[1]?.method !== "PATCH") return answer;
    await new Promise((resolve) => { window.held = resolve; });
    return answer;
  };
}`;

test("a double click issues one token and makes one group", async () => {
  const tokens = async () => (await stage.find("/tokens?where.type=access")).length;
  const before = await tokens();
  await visit.open("/#/tokens");
  await button("Issue a token").click();
  await dialog().getByLabel("Name").fill("reader");
  const issue = await hold("POST", "**/api/v1/tokens");
  await dialog().getByRole("button", { name: "Issue a token" }).dblclick();
  await page.keyboard.press("Escape");
  issue();
  await button("I have kept it").click();
  assert.equal(await tokens(), before + 1);
  await visit.open("/#/groups");
  await button("New group below").first().click();
  await dialog().getByLabel("Name").fill("Holland");
  const make = await hold("POST", "**/api/v1/groups");
  await dialog().getByRole("button", { name: "Save" }).dblclick();
  make();
  await page.getByRole("treeitem", { name: "Holland" }).waitFor();
  assert.equal((await stage.find("/groups?where.name=Holland")).length, 1);
  assert.deepEqual(visit.problems, []);
});

test("a name that is refused stays to be mended", async () => {
  await visit.open("/#/groups");
  await button("New group below").first().click();
  await dialog().getByLabel("Name").fill("x".repeat(2_000));
  await dialog().getByRole("button", { name: "Save" }).click();
  await dialog().getByRole("alert").waitFor();
  assert.equal((await dialog().getByLabel("Name").inputValue()).length, 2_000);
});

test("who follows a reference sees the other entity, and no news of changes", async () => {
  await visit.open(`/#/stores/inns/${swan}`);
  await shown("4").waitFor();
  await visit.open(`/#/stores/inns/${anchor}`);
  await shown("Anker").waitFor();
  await page.getByRole("link", { name: "Open" }).click();
  await shown("4").waitFor();
  assert.equal(await page.getByText("taken over").count(), 0);
  assert.deepEqual(visit.problems, []);
});

test("a row opens though a search is being typed and the page is still loading", async () => {
  const { promise: loaded, resolve: load } = Promise.withResolvers<void>();
  await page.route("**/entity-page*.js", async (route) => {
    await loaded;
    await route.continue();
  });
  await visit.open("/#/stores/inns");
  await cell("Anker").waitFor();
  await page.evaluate(`{
    const [search] = document.querySelectorAll("input[type=search]");
    search.focus();
    document.execCommand("insertText", false, "Ank");
    const cells = [...document.querySelectorAll("[role=gridcell]")];
    cells.find((one) => one.textContent === "Anker").click();
  }`);
  // What is searched for is told a moment after the last key.
  await page.evaluate("new Promise((told) => setTimeout(told, 500))");
  load();
  await shown("Anker").waitFor();
  assert.ok(page.url().endsWith(anchor), page.url());
  assert.deepEqual(visit.problems, []);
});

test("clicks that come before the page is drawn anew all count", async () => {
  await visit.open("/#/stores/inns");
  await cell("Anker").waitFor();
  const heading = "document.querySelector('[role=columnheader]:nth-child(3) button')";
  await page.evaluate(`${heading}.click(); ${heading}.click()`);
  await page.waitForURL(/sortBy=-beds/);
  const first = page.getByRole("row").nth(1);
  await first.filter({ hasText: "Anker" }).waitFor();
  assert.deepEqual(visit.problems, []);
});

test("who goes on while a user is saved stays there, and is asked if it is refused", async () => {
  await stage.create("users", {
    ...{ login: "ann", password: "a long password" },
    role: (await stage.find("/roles?where.name=member"))[0]?._id,
    group: (await stage.find("/groups"))[0]?._id,
  });
  await menu("Users").click();
  await page.getByRole("cell", { name: "ann", exact: true }).click();
  await field("Name").fill("Ann");
  const save = await hold("PATCH", "**/api/v1/users/*");
  await button("Save").click();
  await menu("Roles").click();
  // It is told for a few seconds only.
  const told = page.getByText("Element updated").waitFor();
  save();
  await Promise.all([told, page.getByRole("cell", { name: "member" }).waitFor()]);
  assert.ok(page.url().endsWith("#/roles"), page.url());
  await menu("Users").click();
  await page.getByRole("cell", { name: "ann", exact: true }).click();
  // The list has a field of that name too.
  await holds(field("Name"), "Ann");
  await field("Login").fill("admin");
  await button("Save").click();
  await page.getByText("is taken").first().waitFor();
  await menu("Roles").click();
  await dialog().getByText("Leave without saving?").waitFor();
  await button("Stay").click();
  await holds(field("Login"), "admin");
  const others = visit.problems.filter((text) => !/409/.test(text));
  assert.deepEqual(others, []);
});

test("a person's form keeps what is typed as soon as it is there", async () => {
  const [admin] = await stage.find<{ email?: string }>("/users?where.login=admin");
  await page.addInitScript(tellLate);
  await page.reload();
  await menu("Users").click();
  await page.getByRole("cell", { name: "admin", exact: true }).first().waitFor();
  // What the list has brought is older than this.
  await stage.change("users", admin?._id ?? "", { email: "root@stoa.example" });
  const read = await hold("GET", `**/api/v1/users/${admin?._id}*`);
  await page.getByRole("cell", { name: "admin", exact: true }).first().click();
  await page.locator("[aria-busy=true]").first().waitFor();
  assert.equal(await field("Name").count(), 0);
  const typed = page.evaluate(typeAtOnce);
  read();
  await typed;
  await holds(field("E-mail"), "root@stoa.example");
  await holds(field("Name"), "Root");
  await button("Save").click();
  await page.getByText("Element updated").waitFor();
  assert.deepEqual(visit.problems, []);
});

/** In the page: what is told in a turn of its own is told late, as on a slow machine. */
const tellLate = `{
  const wait = window.setTimeout;
  window.setTimeout = (work, ms = 0, ...more) => wait(work, ms === 0 ? 200 : ms, ...more);
}`;

/** In the page: types as soon as the field can be seen, sooner than any hand. */
const typeAtOnce = `new Promise((typed) => {
  const watch = new MutationObserver(() => {
    const field = document.querySelector("input[name=name]");
    if (!field?.checkVisibility({ visibilityProperty: true })) return;
    watch.disconnect();
    field.select();
    document.execCommand("insertText", false, "Root");
    typed();
  });
  watch.observe(document, { subtree: true, childList: true, attributes: true });
})`;

test("a definition stays open when it is saved, with what was typed on meanwhile", async () => {
  await visit.open("/#/definitions/inns");
  await field("Title").fill("Inns");
  const save = await hold("PATCH", "**/api/v1/stores/*");
  await button("Save").click();
  await field("Title").fill("Inns of Holland");
  save();
  await page.getByText("Element updated").waitFor();
  await holds(field("Title"), "Inns of Holland");
  await button("Save").click();
  await menu("Users").click();
  await page.getByRole("cell", { name: "admin", exact: true }).first().waitFor();
  const [inns] = await stage.find<{ title: string }>("/stores?where.name=inns");
  assert.equal(inns?.title, "Inns of Holland");
  assert.deepEqual(visit.problems, []);
});

test("the cursor stays where it is when somebody else changes the same entity", async () => {
  const { _id } = await stage.create("inns", { name: "De Kroon", beds: 1, note: "old" });
  await visit.open(`/#/stores/inns/${_id}/code`);
  const code = page.locator(".cm-content");
  await code.getByText("old").click();
  await page.keyboard.press("End");
  await stage.change("inns", _id, { beds: 1_000 });
  await code.getByText("1000").waitFor();
  await page.keyboard.insertText(', "more": 1');
  await button("Save").click();
  await page.getByText("Element updated").waitFor();
  const [kept] = await stage.find<Inn & { more: number }>(`/inns?where._id=${_id}`);
  assert.deepEqual([kept?.beds, kept?.more], [1_000, 1]);
  assert.deepEqual(visit.problems, []);
});
