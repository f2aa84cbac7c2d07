/**
 * Several people at one server: what a role forbids, nobody, two at one entity, and a server that
 * is away for a while.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { holds, Stage, until, type Visit } from "./browser.ts";

let stage: Stage;
let note: string;
const password = "a long password";

before(async () => {
  stage = await Stage.open();
  const text = { type: "string" };
  const properties = { text, colour: text, place: text };
  await stage.create("stores", { name: "notes", schema: { type: "object", properties } });
  note = (await stage.create("notes", { text: "one", colour: "blue", place: "hall" }))._id;
  const [root] = await stage.find("/groups");
  const person = async (login: string, credentials: readonly string[]) => {
    const role = await stage.create("roles", { name: `role of ${login}`, credentials });
    const group = root?._id;
    await stage.create("users", { login, password, role: role._id, group });
  };
  await person("reader", ["GET notes/*"]);
  await person("writer", ["* notes/*"]);
  await person("other", ["* notes/*"]);
});

after(() => stage.close());

async function visitAs(login: string) {
  const visit = await stage.visit();
  await visit.signIn(password, login);
  await visit.page.getByRole("menuitem", { name: "notes" }).waitFor();
  return visit;
}

const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true });

test("what a role forbids is not there, or says what it would need", async () => {
  const visit = await visitAs("reader");
  const { page } = visit;
  for (const name of ["Users", "Roles", "Health", "Backups", "Sessions", "Groups"]) {
    assert.equal(await page.getByRole("menuitem", { name }).count(), 0, name);
  }
  await page.getByRole("link", { name: "Make a store" }).waitFor({ state: "detached" });
  await visit.open("/#/start");
  const needs = (credential: string) =>
    `Your role does not allow this: it would need ${credential}.`;
  await page.getByLabel(needs("POST stores")).first().waitFor();
  await visit.open("/#/stores/notes");
  await page.getByRole("gridcell", { name: "hall" }).waitFor();
  await page.getByLabel(needs("POST notes"), { exact: true }).waitFor();
  await page.getByLabel(needs("POST notes/import")).waitFor();
  await page.getByRole("row").filter({ hasText: "hall" }).getByRole("checkbox").check();
  assert.ok(await page.getByRole("button", { name: "Remove" }).isDisabled());
  assert.ok(await page.getByRole("button", { name: "Edit" }).isDisabled());
  await visit.open(`/#/stores/notes/${note}`);
  await page.getByText(needs("PATCH notes/:id")).waitFor();
  assert.ok(await field(page, "text").isDisabled());
  await visit.open(`/#/stores/notes/${note}/history`);
  await page.getByText("Created").waitFor();
  await refusedWhenForced(visit);
  for (const address of ["backups", "health", "groups", "changes"]) {
    await visit.open(`/#/${address}`);
    const name = address === "health" ? "statistics" : address;
    await page.getByText(needs(`GET ${name}`)).waitFor();
  }
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

/** By whoever asks the server itself, with the session of the page. */
async function refusedWhenForced(visit: Visit): Promise<void> {
  const forced = [
    ["POST", "/notes"],
    ["POST", "/notes/import"],
    ["PATCH", `/notes/${note}`],
    ["DELETE", `/notes/${note}`],
    ["GET", "/users"],
    ["POST", "/backups"],
  ] as const;
  const before = visit.takeProblems();
  for (const [method, path] of forced) {
    const sent = { method, headers: { "content-type": "application/json" } };
    const init = JSON.stringify({ ...sent, ...(method !== "GET" && { body: "{}" }) });
    const asked = `fetch("/api/v1${path}", ${init}).then((answer) => answer.status)`;
    assert.equal(await visit.page.evaluate(asked), 403, `${method} ${path}`);
  }
  // The browser notes each of them as well, and either is heard of a moment later.
  await until(() => visit.problems.length >= 2 * forced.length);
  const refused = visit.takeProblems().filter((text) => !/403/.test(text));
  assert.deepEqual([...before, ...refused], []);
}

test("nobody sees only where to sign in, and is led back from there", async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await visit.open(`/#/stores/notes/${note}`);
  await page.locator("input[name=password]").waitFor();
  assert.equal(await page.getByText("hall").count(), 0);
  assert.deepEqual(visit.problems, []);
  await page.locator("input[name=login]").fill("reader");
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await field(page, "place").waitFor();
  assert.deepEqual(visit.problems, []);
  await visit.close();
});

test("a session that is ended elsewhere leads to where one signs in, and back", async () => {
  const visit = await visitAs("reader");
  const { page } = visit;
  await visit.open(`/#/stores/notes/${note}`);
  await field(page, "place").waitFor();
  // It is asked for while the session lasts, and heard of when it has ended.
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  await page.route("**/history?*", async (route) => {
    await ended;
    await route.continue();
  });
  await page.getByRole("tab", { name: "History" }).click();
  const [reader] = await stage.find("/users?where.login=reader");
  for (const { _id } of await stage.find(`/sessions?where.owner=${reader?._id}`)) {
    await stage.send(`/sessions/${_id}`, { method: "DELETE", body: "{}" });
  }
  end();
  await page.locator("input[name=login]").fill("reader");
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[type=submit]").click();
  await page.getByText("Created").waitFor();
  const others = visit.problems.filter((text) => !/ 401 |: 401/.test(text));
  assert.deepEqual(others, []);
  await visit.close();
});

test("two change one entity: both are told, and nothing is lost", async () => {
  const [one, other] = [await visitAs("writer"), await visitAs("other")];
  for (const visit of [one, other]) {
    await visit.open(`/#/stores/notes/${note}`);
    await field(visit.page, "text").waitFor();
  }
  await field(one.page, "text").fill("mine");
  await field(other.page, "place").fill("garden");
  await save(one.page).click();
  await other.page.getByText("Changed by somebody else meanwhile, and taken over: text").waitFor();
  await holds(field(other.page, "text"), "mine");
  await holds(field(other.page, "place"), "garden");
  await field(one.page, "colour").fill("red");
  await field(other.page, "colour").fill("green");
  await save(other.page).click();
  await one.page
    .getByText("You and somebody else both changed: colour. Saving keeps yours.")
    .waitFor();
  await holds(field(one.page, "colour"), "red");
  await holds(field(one.page, "place"), "garden");
  await one.page.getByRole("button", { name: "Take theirs" }).click();
  await holds(field(one.page, "colour"), "green");
  await field(one.page, "colour").fill("yellow");
  await save(one.page).click();
  await other.page
    .getByText("Changed by somebody else meanwhile, and taken over: colour")
    .waitFor();
  const [kept] = await stage.find<{ text: string; colour: string; place: string }>("/notes");
  assert.deepEqual([kept?.text, kept?.colour, kept?.place], ["mine", "yellow", "garden"]);
  assert.deepEqual([...one.problems, ...other.problems], []);
  await one.close();
  await other.close();
});

test("what is removed while it is open says so, keeps what was typed and comes back", async () => {
  const visit = await visitAs("writer");
  const { page } = visit;
  const { _id } = await stage.create("notes", { text: "to go" });
  await visit.open(`/#/stores/notes/${_id}`);
  await field(page, "text").fill("typed");
  await stage.send(`/notes/${_id}`, { method: "DELETE", body: "{}" });
  await page.getByText("Somebody has removed this").waitFor();
  await holds(field(page, "text"), "typed");
  await page.getByRole("button", { name: "Bring it back" }).click();
  await page.getByText("Somebody has removed this").waitFor({ state: "detached" });
  await holds(field(page, "text"), "typed");
  await save(page).click();
  await page.getByText("Element updated").waitFor();
  const [kept] = await stage.find<{ text: string }>(`/notes?where._id=${_id}`);
  assert.equal(kept?.text, "typed");
  // It may have been looked for while it was not there.
  const others = visit.problems.filter((text) => !/ 404 |: 404/.test(text));
  assert.deepEqual(others, []);
  await visit.close();
});

test("a server that is away is told, what was typed stays, and it comes back", async () => {
  const visit = await visitAs("writer");
  const { page } = visit;
  await visit.open(`/#/stores/notes/${note}`);
  await field(page, "text").fill("while away");
  await page.context().setOffline(true);
  const away = page.getByRole("status").filter({ hasText: "The server cannot be reached." });
  await away.waitFor();
  await save(page).click();
  await page.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor();
  await holds(field(page, "text"), "while away");
  await page.context().setOffline(false);
  await away.waitFor({ state: "detached" });
  await save(page).click();
  await page.getByText("Element updated").waitFor();
  const [kept] = await stage.find<{ text: string }>("/notes");
  assert.equal(kept?.text, "while away");
  const others = visit.problems.filter((text) => !/ERR_INTERNET_DISCONNECTED/.test(text));
  assert.deepEqual(others, []);
  await visit.close();
});
