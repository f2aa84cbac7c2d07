/**
 * What a person does who has never seen Stoa, from the printed password to an old version restored,
 * in a real browser, with nothing prepared.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { Locator, Page } from "playwright-core";
import { comes, holds, Stage, type Visit } from "./browser.ts";

let stage: Stage;
let visit: Visit;
let page: Page;

before(async () => {
  stage = await Stage.open({ isPasswordGiven: false });
  visit = await stage.visit({ permissions: ["clipboard-read", "clipboard-write"] });
  page = visit.page;
});

after(() => stage.close());

const button = (name: string | RegExp): Locator => page.getByRole("button", { name }).first();
const menu = (name: string | RegExp): Locator => page.getByRole("menuitem", { name });
const told = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
const cell = (text: string): Locator => page.getByRole("gridcell", { name: text, exact: true });

test("a newcomer finds the way from the first sign-in to an old version", async (t) => {
  const steps: readonly [name: string, step: () => Promise<void>][] = [
    ["signs in with the printed password and is told where to begin", signsIn],
    ["makes a store from pasted JSON", makesStore],
    ["loads the cities and sees how far it is", loadsCities],
    ["finds Delft, and edits it in the form and in Code", findsAndEdits],
    ["sees a change from outside in the form and in the table", seesLive],
    ["issues a token for one store, uses it by the line shown, revokes it", usesToken],
    ["moves a group and sees before who gains and who loses", movesGroup],
    ["looks up why a member can see an entity", looksUpWhy],
    ["restores an old version", restoresVersion],
  ];
  for (const [name, step] of steps) {
    t.diagnostic(name);
    await step();
  }
  assert.deepEqual(visit.problems, []);
});

async function signsIn(): Promise<void> {
  assert.match(stage.password, /^[\w-]{20}$/);
  await visit.signIn();
  await told("Four short steps, in any order.");
}

async function makesStore(): Promise<void> {
  await page.getByRole("link", { name: "Make a store" }).click();
  await page.getByLabel("Name", { exact: false }).first().fill("inns");
  const inns = [
    { name: "Het Gouden Anker", beds: 12, opened: "1651-04-01" },
    { name: "De Zwaan", beds: 5, opened: "1701-09-12" },
  ];
  await page.locator(".cm-content").click();
  await page.keyboard.insertText(JSON.stringify(inns));
  await button("New store").click();
  await cell("De Zwaan").waitFor();
  await told("2 entities");
  await page.getByLabel("Search", { exact: true }).fill("gouden");
  await told("1 entity");
  await cell("Het Gouden Anker").waitFor();
  await cell("De Zwaan").waitFor({ state: "detached" });
}

async function loadsCities(): Promise<void> {
  await menu("Start here").click();
  await button("Load").click();
  await told(/^[\d,]+ of 171,075$/);
  const bar = page.getByRole("progressbar", { name: "Load the cities of the world" });
  await bar.waitFor();
  const isAt = async () => Number(await bar.getAttribute("aria-valuenow"));
  while ((await isAt()) < 20) await new Promise((resolve) => setTimeout(resolve, 50));
  await page.getByText("171,075 of 171,075").waitFor({ timeout: 600_000 });
  await page.getByRole("link", { name: "Look at them" }).click();
  await told("171,075 entities");
}

async function findsAndEdits(): Promise<void> {
  await page.getByLabel("Search", { exact: true }).fill("delft");
  await cell("Delft").first().click();
  const name = page.getByLabel("name", { exact: false }).first();
  await name.waitFor();
  const country = page.getByLabel("country", { exact: false }).first();
  await holds(country, "NL");
  await page.getByLabel("admin2", { exact: false }).fill("0600");
  await button("Save").click();
  await told("Element updated");
  await page.getByRole("tab", { name: "Code" }).click();
  await page.locator(".cm-content").getByText("0600").waitFor();
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("End");
  await page.keyboard.insertText('"motto": "blue",');
  await button("Save").click();
  await page.getByRole("tab", { name: "Editing" }).click();
  await holds(page.getByLabel("motto"), "blue");
}

async function seesLive(): Promise<void> {
  const id = /cities\/(\w{24})/.exec(page.url())?.[1] ?? "";
  const change = (fields: object) => changeByCurl(`/cities/${id}`, fields);
  await page.getByLabel("admin1", { exact: false }).fill("12");
  await change({ motto: "white" });
  await told("Changed by somebody else meanwhile, and taken over: motto");
  await holds(page.getByLabel("motto"), "white");
  await holds(page.getByLabel("admin1", { exact: false }), "12");
  await button("Save").click();
  await told("Element updated");
  await menu(/Cities of the world/).click();
  await page.getByLabel("Search", { exact: true }).fill("Delft");
  await cell("Delft").waitFor();
  await change({ admin2: "seen live" });
  await cell("seen live").waitFor();
  await stage.create("cities", { n: 999_999, name: "Delft Two", lat: 1, lng: 1, country: "NL" });
  await cell("Delft Two").waitFor();
}

/** What a line prints that somebody copied into a terminal. */
async function printed(line: string): Promise<string> {
  const { stdout } = await promisify(execFile)("sh", ["-c", line]);
  return stdout;
}

async function changeByCurl(path: string, fields: object): Promise<void> {
  const secret = `Authorization: Bearer ${await stage.secret()}`;
  const json = "Content-Type: application/json";
  const body = JSON.stringify(fields);
  const address = `${stage.url}/api/v1${path}`;
  const answer = await printed(
    `curl -sX PATCH -H '${secret}' -H '${json}' -d '${body}' '${address}'`,
  );
  assert.equal(JSON.parse(answer).success, true, answer);
}

async function usesToken(): Promise<void> {
  await visit.open("/#/tokens");
  await button("Issue a token").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("reader");
  await dialog.getByLabel("May do").fill("GET cities/*");
  await page.keyboard.press("Enter");
  await dialog.getByRole("button", { name: "Issue a token" }).click();
  const shown = dialog.getByLabel("curl", { exact: true }).filter({ hasText: "cities?limit=3" });
  const line = (await shown.textContent()) ?? "";
  const [, token = "", url = ""] = /Bearer (\S+)' '(\S+)'$/.exec(line.trim()) ?? [];
  assert.equal(url, `${stage.url}/api/v1/cities?limit=3`);
  // Somebody who copies the line needs nothing else.
  assert.equal((JSON.parse(await printed(line)) as unknown[]).length, 3);
  const asked = (path: string, init = {}) => stage.send(path, init, token);
  assert.equal((await asked("/inns")).status, 403);
  const writing = { method: "POST", body: "{}" };
  assert.equal((await asked("/cities", writing)).status, 403);
  await button("I have kept it").click();
  await told("GET cities/*");
  await button("Revoke").click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await told("Nothing here yet");
  assert.equal(JSON.parse(await printed(line)).success, false);
  assert.equal((await asked("/cities?limit=3")).status, 401);
}

/** Holland stands below Asia, where Cara is, and comes to stand below Europe, where Ann is. */
async function movesGroup(): Promise<void> {
  const [member] = await stage.find("/roles?where.name=member");
  await visit.open("/#/groups");
  const name = async (group: string, below: Locator) => {
    await below.getByRole("button", { name: "New group below" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(group);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("treeitem", { name: group }).waitFor();
  };
  const item = (group: string) => page.getByRole("treeitem", { name: group });
  for (const group of ["Europe", "Asia"]) await name(group, page.getByRole("treeitem").first());
  await name("Holland", item("Asia"));
  const password = "a long password";
  const idOf = async (group: string) => (await stage.find(`/groups?where.name=${group}`))[0]?._id;
  const person = async (login: string, group: string) =>
    stage.create("users", { login, password, role: member?._id, group: await idOf(group) });
  await person("ann", "Europe");
  await person("bob", "Holland");
  await person("cara", "Asia");
  await stage.create("inns", {
    ...{ name: "In den Hollandschen Tuin", beds: 3, opened: "1620-01-01" },
    group: await idOf("Holland"),
  });
  await item("Holland").dragTo(item("Europe"));
  const dialog = page.getByRole("dialog");
  await dialog.getByText("1 entity moves with it.").waitFor();
  await dialog.getByText("1 person sees more:").waitFor();
  await dialog.getByText("ann").waitFor();
  await dialog.getByText("1 person sees less:").waitFor();
  await dialog.getByText("cara").waitFor();
  await dialog.getByRole("button", { name: "Move" }).click();
  await dialog.waitFor({ state: "detached" });
  // Europe has what Asia had.
  await item("Europe").and(page.locator("[aria-expanded=true]")).waitFor();
  await comes(() => item("Asia").getAttribute("aria-expanded"), null);
}

async function looksUpWhy(): Promise<void> {
  await menu(/^inns/).click();
  await cell("In den Hollandschen Tuin").click();
  await page.getByRole("tab", { name: "Access" }).click();
  await page.getByLabel("Person").fill("an");
  await page.getByRole("option", { name: "ann" }).click();
  await told("ann sees it.");
  await told("belongs to a group above it:");
}

async function restoresVersion(): Promise<void> {
  await page.getByRole("tab", { name: "Editing" }).click();
  const name = page.getByLabel("name", { exact: false }).first();
  await name.fill("Another name");
  await button("Save").click();
  await told("Element updated");
  await page.getByRole("tab", { name: "History" }).click();
  await told("Created");
  await button("Restore this version").click();
  await told("Restored");
  await page.getByRole("tab", { name: "Editing" }).click();
  await page.locator("input[value='In den Hollandschen Tuin']").first().waitFor();
}
