/**
 * The console loads: quickly, small, and without anything that goes wrong on the way.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage, until } from "./browser.ts";

let stage: Stage;

before(async () => {
  stage = await Stage.open();
});

after(() => stage.close());

test("the first page loads under 500 KB, and nothing goes wrong", async () => {
  const visit = await stage.visit();
  await visit.open();
  await visit.page.locator("input[name=login]").waitFor();
  const bytes = await visit.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).transferSize, 0),
  );
  assert.ok(bytes > 50_000 && bytes < 500_000, `${bytes} bytes`);
  assert.deepEqual(visit.problems, []);
  await visit.picture("sign-in");
  await visit.close();
});

test("a wrong password is told, and the right one leads in", async () => {
  const visit = await stage.visit();
  await visit.signIn("wrong horse");
  await visit.page.getByText("Login or password is wrong.").waitFor();
  // The browser notes the 401 as well.
  await until(() => visit.problems.length === 2);
  visit.takeProblems();
  await visit.signIn();
  await visit.page.getByRole("menuitem", { name: "Users" }).waitFor();
  assert.deepEqual(visit.problems, []);
  await visit.close();
});
