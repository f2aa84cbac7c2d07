/**
 * What was typed and not saved: nobody leaves it behind unasked, and no end of a session takes it.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { holds, Stage, type Visit } from "./browser.ts";

let stage: Stage;
let visit: Visit;
let page: Page;
let note: string;
const password = "a long password";

before(async () => {
  stage = await Stage.open();
  await stage.create("stores", { name: "notes" });
  const [root] = await stage.find("/groups");
  const role = await stage.create("roles", { name: "writer", credentials: ["* notes/*"] });
  for (const login of ["ann", "bob"]) {
    await stage.create("users", { login, password, role: role._id, group: root?._id });
  }
});

after(() => stage.close());

beforeEach(async () => {
  note = (await stage.create("notes", { text: "old", colour: "blue" }))._id;
  visit = await stage.visit();
  page = visit.page;
  await visit.signIn(password, "ann");
  await page.getByRole("menuitem", { name: "notes" }).waitFor();
  await visit.open(`/#/stores/notes/${note}`);
  await field("text").waitFor();
});

const field = (name: string): Locator => page.getByRole("textbox", { name, exact: true });
const button = (name: string): Locator => page.getByRole("button", { name, exact: true });
const tab = (name: string): Locator => page.getByRole("tab", { name });
const asked = (): Locator => page.getByRole("dialog").getByText("Leave without saving?");
const code = (): Locator => page.locator(".cm-content");

async function writeCode(text: string): Promise<void> {
  await code().getByText("blue").waitFor();
  await code().click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("End");
  await page.keyboard.insertText(text);
}

/** As an administrator does it, or time. */
async function endSessions(login: string): Promise<void> {
  const [user] = await stage.find(`/users?where.login=${login}`);
  for (const { _id } of await stage.find(`/sessions?where.owner=${user?._id}`)) {
    await stage.send(`/sessions/${_id}`, { method: "DELETE", body: "{}" });
  }
}

async function signInAgain(login: string): Promise<void> {
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
}

/** The end of a session is an error, and the only one. */
function onlyRefused(): void {
  const others = visit.problems.filter((text) => !/ 401 |: 401/.test(text));
  assert.deepEqual(others, []);
}

test("leaving a form or the code with something typed asks first", async () => {
  await field("text").fill("typed");
  await tab("History").click();
  await asked().waitFor();
  await button("Stay").click();
  await holds(field("text"), "typed");
  await page.getByRole("menuitem", { name: "Start here" }).click();
  await asked().waitFor();
  await button("Leave").click();
  await page.getByText("Four short steps, in any order.").waitFor();
  await visit.open(`/#/stores/notes/${note}/code`);
  await writeCode('"more": 1,');
  await tab("Editing").click();
  await asked().waitFor();
  await button("Stay").click();
  await code().getByText('"more"').waitFor();
  await button("Save").click();
  await page.getByText("Element updated").waitFor();
  await tab("Editing").click();
  await holds(field("text"), "old");
  await tab("History").click();
  await page.getByText("Created").waitFor();
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

/** As a slow network does: what is saved is answered when it is let through. */
async function holdSaving(): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(`**/notes/${note}`, async (route) => {
    if (route.request().method() === "PATCH") await promise;
    await route.continue();
  });
  return resolve;
}

test("who leaves while it is being saved is let go once it is, unasked", async () => {
  await tab("Code").click();
  await writeCode('"more": 1,');
  const letThrough = await holdSaving();
  await button("Save").click();
  await tab("Editing").click();
  assert.equal(await button("Save").isDisabled(), true);
  assert.equal(await asked().count(), 0);
  letThrough();
  await holds(field("more").or(page.getByLabel("more")), "1");
  await field("text").fill("typed");
  await button("Save").click();
  await tab("History").click();
  await page.getByText("Created").waitFor();
  const [kept] = await stage.find<{ text: string; more: number }>(`/notes?where._id=${note}`);
  assert.deepEqual([kept?.text, kept?.more], ["typed", 1]);
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

test("who leaves while it is being saved is asked once it is refused", async () => {
  await field("text").fill("typed");
  const letThrough = await holdSaving();
  await button("Save").click();
  await tab("History").click();
  assert.equal(await asked().count(), 0);
  await stage.change("notes", note, { text: "theirs" });
  letThrough();
  await asked().waitFor();
  await button("Stay").click();
  await holds(field("text"), "typed");
  await page.getByText("You and somebody else both changed: text.").waitFor();
  await visit.close();
});

test("what is typed while it is being saved stays", async () => {
  await field("text").fill("typed");
  const letThrough = await holdSaving();
  await button("Save").click();
  await field("colour").fill("green");
  letThrough();
  await page.getByText("Element updated").waitFor();
  await holds(field("text"), "typed");
  await holds(field("colour"), "green");
  await button("Save").click();
  await tab("History").click();
  await page.getByText("Created").waitFor();
  const [kept] = await stage.find<{ text: string; colour: string }>(`/notes?where._id=${note}`);
  assert.deepEqual([kept?.text, kept?.colour], ["typed", "green"]);
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

test("closing the tab with something typed asks first, and else does not", async () => {
  const kinds: string[] = [];
  page.on("dialog", (dialog) => {
    kinds.push(dialog.type());
    void dialog.accept();
  });
  await page.reload();
  // A browser asks only where somebody has touched the page.
  await field("text").click();
  await field("text").fill("typed");
  assert.deepEqual(kinds, []);
  await page.reload();
  assert.deepEqual(kinds, ["beforeunload"]);
  await page.getByText("What you typed before is here again.").waitFor();
  await holds(field("text"), "typed");
  await button("Cancel").click();
  await page.reload();
  await field("text").waitFor();
  assert.deepEqual(kinds, ["beforeunload"]);
  await holds(field("text"), "old");
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

test("a form is there again after the session has ended, over what others changed", async () => {
  await field("text").fill("typed");
  const letThrough = await holdSaving();
  await button("Save").click();
  await endSessions("ann");
  await stage.change("notes", note, { colour: "red" });
  letThrough();
  await signInAgain("ann");
  await page.getByText("What you typed before is here again.").waitFor();
  await page.getByText("taken over: colour").waitFor();
  await holds(field("text"), "typed");
  await button("Save").click();
  await page.getByText("Element updated").waitFor();
  const [kept] = await stage.find<{ text: string; colour: string }>(`/notes?where._id=${note}`);
  assert.deepEqual([kept?.text, kept?.colour], ["typed", "red"]);
  onlyRefused();
  await visit.close();
});

test("code is there again after the session has ended, and for nobody else", async () => {
  await tab("Code").click();
  await writeCode('"more": 1,');
  const letThrough = await holdSaving();
  await button("Save").click();
  await endSessions("ann");
  letThrough();
  await signInAgain("bob");
  await code().getByText("blue").waitFor();
  assert.equal(await code().getByText('"more"').count(), 0);
  await endSessions("bob");
  await page.reload();
  await signInAgain("ann");
  await code().getByText('"more"').waitFor();
  await page.getByText("What you typed before is here again.").waitFor();
  await button("Save").click();
  await page.getByText("Element updated").waitFor();
  onlyRefused();
  await visit.close();
});

test("the forms of administration ask too, and tell what others change meanwhile", async () => {
  await visit.close();
  visit = await stage.visit();
  page = visit.page;
  await visit.signIn();
  await page.getByRole("menuitem", { name: "notes" }).waitFor();
  const [store] = await stage.find("/stores?where.name=notes");
  await visit.open("/#/definitions/notes");
  await field("Title").fill("My notes");
  await stage.change("stores", store?._id ?? "", { title: "Our notes" });
  await page.getByText("Somebody else has changed this meanwhile.").waitFor();
  await holds(field("Title"), "My notes");
  await page.getByRole("menuitem", { name: "Users" }).click();
  await asked().waitFor();
  await button("Stay").click();
  await button("Take theirs").click();
  await holds(field("Title"), "Our notes");
  await page.getByRole("menuitem", { name: "Users" }).click();
  await page.getByRole("cell", { name: "bob", exact: true }).click();
  await field("Name").fill("Robert");
  await page.getByRole("menuitem", { name: "Roles" }).click();
  await asked().waitFor();
  await button("Stay").click();
  await button("Save").click();
  await page.getByText("Element updated").waitFor();
  assert.equal((await stage.find<{ name: string }>("/users?where.login=bob"))[0]?.name, "Robert");
  assert.deepEqual(visit.problems, []);
  await visit.close();
});
