/**
 * References in forms: shown by name, found by name, kept as ids.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./browser.ts";

let stage: Stage;

before(async () => {
  stage = await Stage.open();
});

after(() => stage.close());

test("a reference reads as a name, and another one is found by its name", async () => {
  const text = { type: "string" };
  await stage.create("stores", { name: "inns", schema: { properties: { name: text } } });
  const inn = { ...text, "x-ref": "inns" };
  await stage.create("stores", { name: "guests", schema: { properties: { name: text, inn } } });
  const anchor = await stage.create("inns", { name: "Het Gouden Anker" });
  const swan = await stage.create("inns", { name: "De Zwaan" });
  const guest = await stage.create("guests", { name: "Ann", inn: anchor._id });
  const visit = await stage.visit();
  const { page } = visit;
  await visit.signIn();
  await page.waitForURL((url) => !url.hash.includes("login"));
  await visit.open(`/#/stores/guests/${guest._id}`);
  const field = page.getByRole("combobox", { name: "inn" });
  await page.locator("input[value='Het Gouden Anker']").waitFor();
  await field.fill("de zw");
  await page.getByRole("option", { name: "De Zwaan" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Element updated").waitFor();
  const [kept] = await stage.find("/guests");
  assert.equal((kept as unknown as { inn: string }).inn, swan._id);
  assert.deepEqual(visit.problems, []);
  await visit.close();
});
